"""What the three trainings have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import torch


def descend(loss: torch.Tensor, optimizer: torch.optim.Optimizer, parameters: Iterable[torch.nn.Parameter]) -> None:
    """One step of the optimizer, on gradients that are not too long."""
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()


def main(train: Callable[[Path, int], None], description: str, steps: int) -> None:
    """Runs a training from the command line: `script.py WORK [--steps N]`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("work", type=Path, help="folder for checkpoints and results, the same for all trainings")
    parser.add_argument("--steps", type=int, default=steps)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    train(options.work, options.steps)
