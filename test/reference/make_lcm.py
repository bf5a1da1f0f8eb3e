"""Makes test/fixtures/reference/lcm.json: images of diffusers' latent consistency pipeline on a tiny random model.

    python test/reference/make_lcm.py
"""

import base64
import json
from pathlib import Path

import torch
from diffusers import LatentConsistencyModelPipeline

FIXTURES = Path(__file__).parent.parent / "fixtures"

# In diffusers' names; the test has them in camelCase.
CASES = [
    {"name": "its defaults", "prompt": ["a red circle"], "seed": 1},
    {
        "name": "two prompts, not square, another guidance scale",
        "prompt": ["a red circle", "a small blue square on a yellow background"],
        "height": 24,
        "width": 40,
        "guidance_scale": 1.7,
        "num_inference_steps": 8,
        "seed": 2,
    },
    {
        "name": "two images a prompt, fewer distillation steps, one step",
        "prompt": ["a cat"],
        "num_images_per_prompt": 2,
        "num_inference_steps": 1,
        "original_inference_steps": 20,
        "guidance_scale": 0.0,
        "seed": 3,
    },
    {"name": "timesteps of one's own", "prompt": ["a red circle"], "timesteps": [999, 759, 499, 259], "seed": 4},
]


def encoded(tensor: torch.Tensor) -> dict:
    return {"shape": list(tensor.shape), "base64": base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()}


def run(folder: Path, case: dict) -> dict:
    options = {key: value for key, value in case.items() if key not in ("name", "seed")}
    pipeline = LatentConsistencyModelPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    settings = {"height": 32, "width": 32, **options}
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    latents = pipeline(**settings, generator=generator, output_type="latent").images
    with torch.no_grad():
        images = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    pixels = (pipeline.image_processor.postprocess(images, output_type="pt") * 255).round().to(torch.uint8)
    return {**case, "latents": encoded(latents), "images": encoded(pixels.permute(0, 2, 3, 1))}


if __name__ == "__main__":
    target = FIXTURES / "reference" / "lcm.json"
    target.write_text(json.dumps([run(FIXTURES / "export" / "lcm", case) for case in CASES]) + "\n")
    print(target, target.stat().st_size, "bytes")
