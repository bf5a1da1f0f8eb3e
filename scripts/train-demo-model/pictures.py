"""Many drawn scenes at once, in memory."""

from __future__ import annotations

import random
from multiprocessing import Pool

import numpy as np
import torch

from scenes import Scene, draw, training_scenes

# The corners take a UNet longest.
HARD = ("triangle", "star", "heart")


def sample_scenes(count: int, seed: int) -> list[Scene]:
    """Training scenes in random order: each about equally often, those of hard shapes twice."""
    scenes = training_scenes()
    scenes += [scene for scene in scenes if scene.shape in HARD]
    rng = random.Random(seed)
    chosen: list[Scene] = []
    while len(chosen) < count:
        rng.shuffle(scenes)
        chosen += scenes
    return chosen[:count]


def draw_all(scenes: list[Scene], seed: int) -> torch.Tensor:
    """uint8, [scene, 3, side, side]; the same for the same seed."""
    with Pool() as pool:
        drawn = pool.starmap(_draw_one, [(scene, seed * 1_000_003 + i) for i, scene in enumerate(scenes)], chunksize=64)
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).contiguous()


def _draw_one(scene: Scene, seed: int) -> np.ndarray:
    return np.asarray(draw(scene, random.Random(seed)))


def to_model(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 to what networks take: -1 to 1."""
    return pictures.float() / 127.5 - 1
