"""Image-to-image and inpainting by diffusers, from the small models in test/fixtures/export.

    python test/reference/make_image_pipelines.py

Reads image_pipeline_cases.json, writes test/fixtures/reference/image_pipelines.json.
"""

import base64
import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline
from PIL import Image

from make_image_inputs import source

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
CASES = json.loads((HERE / "image_pipeline_cases.json").read_text())


def image(width: int, height: int, channels: int, inverted: bool = False) -> Image.Image:
    data = source(width, height, channels)
    if inverted:
        data = 255 - data
    return Image.fromarray(data[..., 0] if channels == 1 else data)


def mask(width: int, height: int, box: list[int]) -> Image.Image:
    picture = Image.new("L", (width, height))
    picture.paste(255, tuple(box))
    return picture


def generator(case: dict):
    make = lambda seed: torch.Generator("cpu").manual_seed(seed)
    return [make(seed) for seed in case["seeds"]] if "seeds" in case else make(case["seed"])


def run(case: dict, pipelines: dict) -> dict:
    pipeline_class = StableDiffusionInpaintPipeline if "mask" in case else StableDiffusionImg2ImgPipeline
    folder = FIXTURES / "export" / case["model"]
    key = (pipeline_class, folder)
    if key not in pipelines:
        pipelines[key] = pipeline_class.from_pretrained(folder, torch_dtype=torch.float32)
        pipelines[key].set_progress_bar_config(disable=True)
        pipelines[key] = (pipelines[key], pipelines[key].scheduler)
    pipeline, own = pipelines[key]
    pipeline.scheduler = (
        getattr(diffusers, case["scheduler"]).from_config({**own.config, **case.get("config", {})})
        if "scheduler" in case
        else own
    )
    images = [image(*size, 3, inverted=i > 0) for i, size in enumerate(case["images"])]
    options = dict(
        prompt=case["prompt"],
        image=images if len(images) > 1 else images[0],
        strength=case["strength"],
        num_inference_steps=case["steps"],
        guidance_scale=case["guidanceScale"],
        num_images_per_prompt=case.get("imagesPerPrompt", 1),
    )
    if "mask" in case:
        masks = mask(*case["maskSize"], case["mask"])
        if case.get("maskBlur"):
            masks = pipeline.mask_processor.blur(masks, case["maskBlur"])
        options.update(
            mask_image=masks,
            height=case["height"],
            width=case["width"],
            padding_mask_crop=case.get("paddingMaskCrop"),
        )
    own_generator = generator(case)
    made = pipeline(**options, generator=own_generator, output_type="pil").images
    # What the generator gives next shows how much was drawn.
    last = own_generator if not isinstance(own_generator, list) else own_generator[0]
    after = torch.randn(1, generator=last).item()
    pixels = np.stack([np.asarray(one) for one in made])
    return {
        "shape": list(pixels.shape),
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
        "next": after,
    }


if __name__ == "__main__":
    # The small models spend more time on waiting threads than on arithmetic.
    torch.set_num_threads(1)
    pipelines: dict = {}
    with torch.no_grad():
        values = {case["name"]: run(case, pipelines) for case in CASES}
    (FIXTURES / "reference" / "image_pipelines.json").write_text(json.dumps(values) + "\n")
