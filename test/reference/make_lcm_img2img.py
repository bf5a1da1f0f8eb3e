"""Makes test/fixtures/reference/lcm_img2img.json: images of diffusers' LatentConsistencyModelImg2ImgPipeline.

    python test/reference/make_lcm_img2img.py
"""

import json

import torch
from diffusers import LatentConsistencyModelImg2ImgPipeline
from PIL import Image

from make_image_inputs import source
from make_lcm import FIXTURES, encoded

CASES = [
    {"name": "its defaults", "prompt": ["a red circle"], "seed": 1},
    {"name": "strength 0.3, two images", "prompt": ["a cat"], "num_images_per_prompt": 2, "strength": 0.3, "seed": 2},
    {"name": "strength 1, fewer distillation steps", "prompt": ["a cat"], "strength": 1.0, "original_inference_steps": 20, "num_inference_steps": 6, "seed": 3},
]


def run(case: dict) -> dict:
    options = {key: value for key, value in case.items() if key not in ("name", "seed")}
    pipeline = LatentConsistencyModelImg2ImgPipeline.from_pretrained(FIXTURES / "export" / "lcm", torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    image = Image.fromarray(source(32, 24, 3))
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    pixels = pipeline(image=image, **options, generator=generator, output_type="pt").images
    return {**case, "images": encoded((pixels * 255).round().to(torch.uint8).permute(0, 2, 3, 1))}


if __name__ == "__main__":
    target = FIXTURES / "reference" / "lcm_img2img.json"
    with torch.no_grad():
        target.write_text(json.dumps([run(case) for case in CASES]) + "\n")
    print(target, target.stat().st_size, "bytes")
