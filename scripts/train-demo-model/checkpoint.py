"""Long work that may be stopped at any moment and taken up again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch


def save_whole(path: Path, state: dict[str, Any]) -> None:
    """Whatever happens, `path` is either the old file or the new one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def save_checkpoint(path: Path, step: int, **parts: Any) -> None:
    """Keeps the state of models, optimizers and schedules, and how many steps they have had."""
    save_whole(path, {**{name: part.state_dict() for name, part in parts.items()}, "step": step})


def resume(path: Path, **parts: Any) -> int:
    """Gives the parts back the state of a checkpoint, if there is one; the step to go on with."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"]
