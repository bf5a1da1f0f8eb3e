"""Records what torch's and numpy's generators return.

    python test/reference/make_random.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

TARGET = Path(__file__).resolve().parents[1] / "fixtures" / "reference" / "random.json"

# Each entry is one generator's draws, one after another.
TORCH = [
    (0, [[1]]),
    (0, [[15]]),
    (0, [[16]]),
    (0, [[17]]),
    (42, [[31]]),
    (42, [[100]]),
    (42, [[1, 4, 64, 64]]),
    (7, [[2, 4, 96, 64]]),
    (1, [[1], [1], [1]]),
    (1, [[3], [16], [3], [5]]),
    (1, [[15], [15], [100], [2], [7]]),
    (123456789, [[4, 64, 64], [4, 64, 64]]),
    (2**31, [[17]]),
    (2**32 - 1, [[64]]),
    (2**32, [[64]]),
    (2**32 + 5, [[1, 4, 32, 32]]),
    (2**53 - 1, [[33]]),
    (2**53 + 1, [[33]]),
    (2**63, [[8], [48]]),
    (2**64 - 1, [[1, 4, 24, 40]]),
    (-1, [[20], [3]]),
    (-(2**63), [[20]]),
    (99, [[]]),
    (99, [[0], [4]]),
]
NUMPY = [
    (0, [[1]]),
    (0, [[1], [1], [1]]),
    (42, [[1, 4, 64, 64]]),
    (42, [[15], [16], [17]]),
    (2**32 - 1, [[31], [2]]),
    (1234, [[3, 5, 7], [2, 2]]),
]


def summaries(draws: list) -> list:
    return [
        {
            "shape": list(draw.shape),
            "sha256": hashlib.sha256(draw.astype("<f4").tobytes()).hexdigest(),
            "first": [float(value) for value in draw.reshape(-1)[:3]],
        }
        for draw in draws
    ]


def from_torch(seed: int, shapes: list) -> list:
    generator = torch.Generator("cpu").manual_seed(seed)
    return summaries([torch.randn(shape, generator=generator).numpy() for shape in shapes])


def from_numpy(seed: int, shapes: list) -> list:
    generator = np.random.RandomState(seed)
    return summaries([np.asarray(generator.randn(*shape)).astype("float32") for shape in shapes])


if __name__ == "__main__":
    values = {
        "torch": [{"seed": str(seed), "draws": from_torch(seed, shapes)} for seed, shapes in TORCH],
        "numpy": [{"seed": str(seed), "draws": from_numpy(seed, shapes)} for seed, shapes in NUMPY],
    }
    TARGET.write_text(json.dumps(values, indent=1) + "\n")
