"""Draws the cases of parity_cases.json with diffusers and writes latents and pictures down.

    python test/reference/make_parity.py DIFFUSERS_FOLDER VALUES.json [SCALE]

SCALE multiplies the cases' sizes, for models with another VAE or a larger sample size.
"""

import base64
import json
import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline

CASES = json.loads((Path(__file__).parent / "parity_cases.json").read_text())


def encoded(values: np.ndarray) -> dict:
    return {"shape": list(values.shape), "base64": base64.b64encode(values.tobytes()).decode()}


def interval_options(pipeline, case: dict) -> dict:
    """Guidance in a part of the steps, by the callback of diffusers' documentation, which cuts the batch."""
    start, end = case.get("guidanceStart", 0.0), case.get("guidanceEnd", 1.0)
    if (start, end) == (0.0, 1.0):
        return {}
    steps, scale, images = case["steps"], case["guidanceScale"], case.get("images", 1)
    guided = range(int(start * steps), int(end * steps))
    negative = case.get("negativePrompt")
    prompts, negatives = pipeline.encode_prompt(case["prompt"], "cpu", images, True, negative_prompt=negative)

    def after_step(pipe, index, timestep, values):
        is_guided = index + 1 in guided
        pipe._guidance_scale = scale if is_guided else 0.0
        values["prompt_embeds"] = torch.cat([negatives, prompts]) if is_guided else prompts
        return values

    first = scale if 0 in guided else 1.0
    inputs = ["prompt_embeds"]
    return dict(guidance_scale=first, callback_on_step_end=after_step, callback_on_step_end_tensor_inputs=inputs)


def run(pipeline, own_scheduler, case: dict, scale: int) -> dict:
    scheduler_class = getattr(diffusers, case["scheduler"])
    pipeline.scheduler = scheduler_class.from_config({**own_scheduler.config, **case.get("config", {})})
    seeds = case.get("seeds")

    def generator():
        make = lambda seed: torch.Generator("cpu").manual_seed(seed)
        return [make(seed) for seed in seeds] if seeds else make(case["seed"])

    options = dict(
        prompt=case["prompt"],
        negative_prompt=case.get("negativePrompt"),
        num_inference_steps=case["steps"],
        guidance_scale=case["guidanceScale"],
        guidance_rescale=case.get("guidanceRescale", 0.0),
        num_images_per_prompt=case.get("images", 1),
        eta=case.get("eta", 0.0),
        height=case.get("height", 32) * scale,
        width=case.get("width", 32) * scale,
    )
    options |= interval_options(pipeline, case)
    latents = pipeline(**options, generator=generator(), output_type="latent").images
    pictures = pipeline(**options, generator=generator(), output_type="np").images
    return {
        "latents": encoded(latents.numpy().astype("<f4")),
        "pictures": encoded((pictures * 255).round().astype("uint8")),
    }


if __name__ == "__main__":
    folder, target = sys.argv[1:3]
    scale = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    own = pipeline.scheduler
    with torch.no_grad():
        values = {case["name"]: run(pipeline, own, case, scale) for case in CASES}
    Path(target).write_text(json.dumps({"scale": scale, "values": values}))
