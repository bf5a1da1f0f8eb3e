"""Makes test/fixtures/reference/xl.json: images of diffusers' pipelines of Stable Diffusion XL on a tiny random model.

    python test/reference/make_xl.py
"""

import base64
import json
from pathlib import Path

import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

FIXTURES = Path(__file__).parent.parent / "fixtures"

# In diffusers' names; the test has them in camelCase.
CASES = [
    {"name": "no negative prompt", "prompt": ["a red circle"], "seed": 1},
    {"name": "an empty negative prompt", "prompt": ["a red circle"], "negative_prompt": [""], "seed": 2, "scheduler": "euler"},
    {
        "name": "two prompts for two encoders, not square",
        "prompt": ["a red circle", "a small blue square on a yellow background"],
        "prompt_2": ["in the rain", "at night"],
        "negative_prompt": ["a dog", "text"],
        "negative_prompt_2": ["fog", "snow"],
        "height": 24,
        "width": 40,
        "seed": 3,
    },
    {
        "name": "sizes, negative sizes",
        "prompt": ["a red circle", "a cat"],
        "negative_prompt": ["a dog", "a cow"],
        "original_size": [20, 30],
        "crops_coords_top_left": [3, 5],
        "target_size": [32, 64],
        "negative_original_size": [8, 9],
        "negative_crops_coords_top_left": [1, 2],
        "negative_target_size": [10, 12],
        "seed": 4,
    },
    {"name": "without guidance", "prompt": ["a red circle"], "guidance_scale": 1.0, "num_images_per_prompt": 2, "seed": 5},
    {"name": "a layer less", "prompt": ["a red circle"], "negative_prompt": ["a dog"], "clip_skip": 1, "seed": 6},
    {"name": "the first part", "prompt": ["a red circle"], "denoising_end": 0.7, "seed": 7, "scheduler": "euler"},
]


def encoded(tensor: torch.Tensor) -> dict:
    return {"shape": list(tensor.shape), "base64": base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()}


def run(folder: Path, case: dict) -> dict:
    options = {key: tuple(value) if "size" in key or "coords" in key else value for key, value in case.items()}
    for key in ("name", "seed", "scheduler"):
        options.pop(key, None)
    pipeline = StableDiffusionXLPipeline.from_pretrained(folder, torch_dtype=torch.float32, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    if case.get("scheduler") == "euler":
        pipeline.scheduler = EulerDiscreteScheduler.from_config(pipeline.scheduler.config)
    settings = {"height": 32, "width": 32, "num_inference_steps": 5, "guidance_scale": 5.0, **options}
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    latents = pipeline(**settings, generator=generator, output_type="latent").images
    with torch.no_grad():
        images = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    pixels = (pipeline.image_processor.postprocess(images, output_type="pt") * 255).round().to(torch.uint8)
    return {**case, "latents": encoded(latents), "images": encoded(pixels.permute(0, 2, 3, 1))}


if __name__ == "__main__":
    target = FIXTURES / "reference" / "xl.json"
    target.write_text(json.dumps([run(FIXTURES / "export" / "sdxl", case) for case in CASES]) + "\n")
    print(target, target.stat().st_size, "bytes")
