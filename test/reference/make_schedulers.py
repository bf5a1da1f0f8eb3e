"""Runs diffusers' schedulers over scheduler_cases.json and records their trajectories.

A formula that both sides compute alike stands for the UNet, so that only the schedulers are compared.

    python test/reference/make_schedulers.py
"""

import json
import warnings
from pathlib import Path

import diffusers
import numpy as np
import torch

warnings.filterwarnings("ignore")
HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "fixtures" / "reference" / "schedulers.json"
CASES = json.loads((HERE / "scheduler_cases.json").read_text())
SHAPE = (2, 4, 2, 2)


def prediction(sample: torch.Tensor, timestep: float) -> torch.Tensor:
    """Bounded, depends on both, and smooth, so that rounding does not grow."""
    return torch.from_numpy(np.cos(sample.double().numpy() + timestep / 500).astype("float32"))


def run(case: dict) -> dict:
    scheduler = getattr(diffusers, case["scheduler"])(**case.get("config", {}))
    scheduler.set_timesteps(case["steps"])
    noise = torch.Generator("cpu").manual_seed(7)
    sample = torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(3)) * scheduler.init_noise_sigma
    options = {"generator": noise} if case.get("noise") else {}
    if "eta" in case:
        options["eta"] = case["eta"]
    middle = None
    timesteps = scheduler.timesteps
    for index, timestep in enumerate(timesteps):
        scaled = scheduler.scale_model_input(sample, timestep)
        output = prediction(scaled, float(timestep))
        sample = scheduler.step(output, timestep, sample, **options).prev_sample
        if index == len(timesteps) // 2:
            middle = sample
    numbers = lambda tensor: [float(value) for value in tensor.reshape(-1)]
    return {
        "timesteps": [float(timestep) for timestep in timesteps],
        "initNoiseSigma": float(scheduler.init_noise_sigma),
        "middle": numbers(middle),
        "final": numbers(sample),
    }


if __name__ == "__main__":
    TARGET.write_text(json.dumps({case["name"]: run(case) for case in CASES}) + "\n")
