"""Records how diffusers' schedulers treat odd step counts, old files, each other's configs and image-to-image.

    python test/reference/make_scheduler_behaviour.py
"""

import inspect
import itertools
import json
import math
import warnings
from pathlib import Path

import diffusers
import torch
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers

from make_schedulers import prediction

warnings.filterwarnings("ignore")
diffusers.logging.set_verbosity_error()
HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "fixtures" / "reference" / "scheduler_behaviour.json"
SHAPE = (1, 4, 1, 2)
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SCHEDULERS = [
    "DDIMScheduler",
    "PNDMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
]


def numbers(tensor: torch.Tensor) -> list:
    """The first four, to eight digits: enough for a comparison to 1e-5."""
    return [float(f"{value:.8g}") if math.isfinite(value) else None for value in tensor.reshape(-1)[:4].tolist()]


def randn(seed: int) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(seed))


def denoise(scheduler, sample: torch.Tensor, timesteps) -> torch.Tensor:
    takes_noise = "generator" in inspect.signature(scheduler.step).parameters
    options = {"generator": torch.Generator("cpu").manual_seed(7)} if takes_noise else {}
    for timestep in timesteps:
        output = prediction(scheduler.scale_model_input(sample, timestep), float(timestep))
        sample = scheduler.step(output, timestep, sample, **options).prev_sample
    return sample


def run(scheduler, steps: int) -> dict:
    """The end of a trajectory, or the name of the exception."""
    try:
        scheduler.set_timesteps(steps)
        timesteps = scheduler.timesteps
        final = denoise(scheduler, randn(3) * scheduler.init_noise_sigma, timesteps)
    except Exception as error:
        return {"raises": type(error).__name__}
    ends = [len(timesteps), float(timesteps[0]), float(timesteps[-1])]
    return {"timesteps": [*ends, float(f"{timesteps.double().sum():.10g}")], "final": numbers(final)}


def edges() -> list:
    variants = [{"prediction_type": "epsilon"}, {"prediction_type": "v_prediction"}]
    cases = []
    for name, spacing, variant, steps in itertools.product(
        SCHEDULERS, ["linspace", "leading", "trailing"], variants, [1, 2, 3, 499, 500, 999, 1000]
    ):
        config = {**SD, "timestep_spacing": spacing, "steps_offset": 1, **variant}
        if name == "PNDMScheduler":
            config["skip_prk_steps"] = variant["prediction_type"] == "epsilon"
        else:
            config["rescale_betas_zero_snr"] = variant["prediction_type"] == "v_prediction"
        result = run(getattr(diffusers, name)(**config), steps)
        cases.append({"scheduler": name, "config": config, "steps": steps, **result})
    return cases


# Scheduler files as models on the hub have them: without what later versions added, and with other classes' keys.
FILES = {
    "PNDM of 0.2": {"_class_name": "PNDMScheduler", **SD, "num_train_timesteps": 1000, "skip_prk_steps": True},
    "PNDM of SD 1.5": {
        "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", **SD, "num_train_timesteps": 1000,
        "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
        "clip_sample": False,
    },
    "PNDM with prk steps": {"_class_name": "PNDMScheduler", **SD, "skip_prk_steps": False, "steps_offset": 0},
    "DDIM without offset and clip": {"_class_name": "DDIMScheduler", **SD, "set_alpha_to_one": False},
    "DDIM with offset 0 and clip": {
        "_class_name": "DDIMScheduler", **SD, "set_alpha_to_one": False, "steps_offset": 0, "clip_sample": True,
    },
    "DDIM of SD 2.1": {
        "_class_name": "DDIMScheduler", **SD, "set_alpha_to_one": False, "steps_offset": 1, "clip_sample": False,
        "prediction_type": "v_prediction", "skip_prk_steps": True,
    },
    "Euler leading": {"_class_name": "EulerDiscreteScheduler", **SD, "timestep_spacing": "leading"},
    "Euler before spacing": {"_class_name": "EulerDiscreteScheduler", **SD, "trained_betas": None},
    "Euler a with another's keys": {
        "_class_name": "EulerAncestralDiscreteScheduler", **SD, "timestep_spacing": "leading", "steps_offset": 0,
        "clip_sample": True, "skip_prk_steps": False, "use_karras_sigmas": True,
    },
    "DPM++ leading": {"_class_name": "DPMSolverMultistepScheduler", **SD, "timestep_spacing": "leading"},
    "DPM++ with nulls": {
        "_class_name": "DPMSolverMultistepScheduler", **SD, "thresholding": None, "variance_type": None,
        "lower_order_final": None,
    },
}
PIPELINES = [
    "StableDiffusionPipeline",
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionInpaintPipeline",
    "StableDiffusionXLPipeline",
]
# Of classes this package lacks: what others make of their files.
FOREIGN = {
    "UniPC": dict(diffusers.UniPCMultistepScheduler(**SD, solver_type="bh2", solver_order=3).config),
    "DEIS": dict(diffusers.DEISMultistepScheduler(**SD, solver_type="logrho", algorithm_type="deis").config),
    "DDPM": dict(diffusers.DDPMScheduler(**SD, clip_sample=False, variance_type="fixed_small").config),
    "LMS": dict(diffusers.LMSDiscreteScheduler(**SD, use_karras_sigmas=True, timestep_spacing="trailing").config),
    "Heun": dict(diffusers.HeunDiscreteScheduler(**SD, clip_sample=True, use_exponential_sigmas=True).config),
}


def config_of(scheduler) -> dict:
    """As a saved file: private keys aside."""
    saved = json.loads(scheduler.to_json_string())
    return {key: str(value) if value == -math.inf else value for key, value in saved.items() if key[0] != "_"}


def in_pipeline(file: dict, pipeline: str):
    scheduler = getattr(diffusers, file["_class_name"]).from_config(file)
    cls = getattr(diffusers, pipeline)
    parts = {name: None for name in inspect.signature(cls.__init__).parameters if name != "self"}
    options = {"requires_safety_checker": False, "force_zeros_for_empty_prompt": True, "add_watermarker": False}
    given = {name: options.get(name, value) for name, value in parts.items()}
    return cls(**{**given, "scheduler": scheduler}).scheduler


def loaded() -> list:
    cases = []
    for (name, file), pipeline in itertools.product(FILES.items(), PIPELINES):
        scheduler = in_pipeline(file, pipeline)
        case = {"name": name, "file": file, "pipeline": pipeline, "config": config_of(scheduler)}
        case["others"] = {}
        for other in ["DDIMScheduler", "EulerDiscreteScheduler"]:
            made = getattr(diffusers, other).from_config(scheduler.config)
            case["others"][other] = config_of(made)
        cases.append({**case, **run(scheduler, 5)})
    return cases


def foreign() -> list:
    cases = []
    for (name, config), target in itertools.product(FOREIGN.items(), SCHEDULERS):
        # Written to a file, every key of it counts as given; straight from the object only those that were.
        written = {key: value for key, value in config.items() if key != "_use_default_values"}
        defaulted = config.get("_use_default_values", [])
        for source, file in [("file", written), ("given", {k: v for k, v in written.items() if k not in defaulted})]:
            file = {**file, "_class_name": f"{name}MultistepScheduler" if name in ("UniPC", "DEIS") else ""}
            try:
                result = {"config": config_of(getattr(diffusers, target).from_config(file))}
            except Exception as error:
                result = {"raises": f"{type(error).__name__}: {error}"}
            infinite = {key: str(v) if v in (math.inf, -math.inf) else v for key, v in file.items()}
            cases.append({"name": f"{name}, {source}", "file": infinite, "target": target, **result})
    return cases


def image_to_image() -> list:
    cases = []
    variants = [(name, {}) for name in SCHEDULERS]
    variants += [
        ("PNDMScheduler", {"skip_prk_steps": True}),
        ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
        ("DPMSolverMultistepScheduler", {"solver_order": 3, "algorithm_type": "sde-dpmsolver++"}),
        ("EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    ]
    for (name, variant), strength, steps in itertools.product(variants, [0.3, 0.75, 1.0], [4, 20]):
        config = {**SD, "steps_offset": 1, **variant}
        scheduler = getattr(diffusers, name)(**config)
        scheduler.set_timesteps(steps)
        pipeline = diffusers.StableDiffusionImg2ImgPipeline
        holder = type("Holder", (), {"scheduler": scheduler})()
        timesteps, _ = pipeline.get_timesteps(holder, steps, strength, "cpu")
        image, noise = randn(5), randn(3)
        noisy = scheduler.add_noise(image, noise, timesteps[:1])
        begin = len(scheduler.timesteps) - len(timesteps)
        case = {"scheduler": name, "config": config, "steps": steps, "strength": strength, "begin": begin}
        try:
            final = numbers(denoise(scheduler, noisy, timesteps))
        except Exception as error:
            final = type(error).__name__
        cases.append({**case, "noisy": numbers(noisy), "final": final})
    return cases


def keys() -> list:
    """The keys of all schedulers that Stable Diffusion's pipelines take."""
    names = [entry.name for entry in KarrasDiffusionSchedulers] + ["LCMScheduler", "TCDScheduler", "SASolverScheduler"]
    found = {key for name in names for key in inspect.signature(getattr(diffusers, name).__init__).parameters}
    return sorted(found - {"self", "args", "kwargs"})


if __name__ == "__main__":
    values = {
        "keys": keys(),
        "edges": edges(),
        "loaded": loaded(),
        "foreign": foreign(),
        "imageToImage": image_to_image(),
    }
    lines = [f"{json.dumps(key)}: [\n" + ",\n".join(map(json.dumps, value)) + "\n]" for key, value in values.items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
