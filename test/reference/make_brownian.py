"""Records seeds of numpy's SeedSequence and increments of torchsde's Brownian trees.

    python test/reference/make_brownian.py
"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import torch
import torchsde

TARGET = Path(__file__).resolve().parents[1] / "fixtures" / "reference" / "brownian.json"
SEQUENCES = [
    (0, [], 4),
    (42, [], 4),
    (2**32 - 1, [], 24),
    (2**32 + 5, [], 24),
    (2**64 - 1, [3], 4),
    (2**130 + 7, [0, 1], 4),
    (0, [0, 0], 24),
    (1234, [5, 3], 24),
    (2**63 - 1, [2**33, 40], 24),
]
# Start, end, shape, seed. The third one's middles are ties of rounding to six digits.
TREES = [
    (0.0292, 14.6146, [2, 3, 2, 2], 0),
    (0.01, 157.407, [20], 2**63 - 1),
    (0.0, 1.0, [3], 7),
    (0.002, 80.0, [4, 8, 8], 2**32 + 1),
]
QUERIES = 12


def times(generator: random.Random, start: float, end: float) -> list:
    """Steps that follow each other, anywhere, at the ends, beyond them, and of ties."""
    descending = sorted((generator.uniform(start, end) for _ in range(QUERIES)), reverse=True)
    pairs = [list(pair) for pair in zip(descending[1:], descending)]
    pairs += [sorted(generator.uniform(start, end) for _ in range(2)) for _ in range(QUERIES)]
    middle = (start + end) / 2
    return [*pairs, [start, end], [start, middle], [start - 1, end + 1], [0.0703125, 0.1328125]]


def tree(start: float, end: float, shape: list, seed: int) -> dict:
    interval = torchsde.BrownianInterval(
        t0=start, t1=end, size=shape, dtype=torch.float32, entropy=seed, tol=1e-6, pool_size=24, halfway_tree=True
    )
    queries = times(random.Random(1), start, end)
    hashes = [hashlib.sha256(interval(*pair).numpy().astype("<f4").tobytes()).hexdigest() for pair in queries]
    return {
        "start": start,
        "end": end,
        "shape": shape,
        "seed": str(seed),
        "queries": [[*pair, digest[:16]] for pair, digest in zip(queries, hashes)],
    }


def sequence(entropy: int, spawn_key: list, pool_size: int) -> dict:
    made = np.random.SeedSequence(entropy, spawn_key=tuple(spawn_key), pool_size=pool_size)
    state = [int(word) for word in made.generate_state(6)]
    return {"entropy": str(entropy), "spawnKey": spawn_key, "poolSize": pool_size, "state": state}


if __name__ == "__main__":
    values = {
        "sequences": [sequence(*case) for case in SEQUENCES],
        "trees": [tree(*case) for case in TREES],
    }
    lines = [f"{json.dumps(key)}: [\n" + ",\n".join(map(json.dumps, value)) + "\n]" for key, value in values.items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
