"""Draws the held-out prompts with diffusers from packages/shapes in f32: one lossless WebP, ten pictures a row.

    python test/reference/make_held_out.py [MODEL] [TARGET]
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "test" / "fixtures"
SIDE = 128
COLUMNS = 10


def main(model: Path, target: Path) -> None:
    asked = json.loads((FIXTURES / "held-out-prompts.json").read_text())
    pipeline = StableDiffusionPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    prompts = [entry["prompt"] for entry in asked["prompts"]]
    pictures = []
    for start in range(0, len(prompts), asked["batch"]):
        pictures += pipeline(
            prompts[start : start + asked["batch"]],
            num_inference_steps=asked["numInferenceSteps"],
            guidance_scale=asked["guidanceScale"],
            generator=torch.Generator("cpu").manual_seed(start),
        ).images
    sheet = Image.new("RGB", (COLUMNS * SIDE, -(-len(pictures) // COLUMNS) * SIDE))
    for n, picture in enumerate(pictures):
        sheet.paste(picture, (n % COLUMNS * SIDE, n // COLUMNS * SIDE))
    sheet.save(target, lossless=True, quality=100, method=6)


if __name__ == "__main__":
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "packages" / "shapes"
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else FIXTURES / "reference" / "held-out.webp"
    main(model, target)
