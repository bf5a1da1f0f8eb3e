"""Makes test/fixtures/reference/xl.json and test/fixtures/export/refiner: what diffusers' pipelines of Stable Diffusion XL
make with tiny random models.

    python test/reference/make_xl.py

The refiner's folder holds what it does not share with test/fixtures/export/sdxl: its UNet and its model_index.json.
"""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)
from make_export import make_unet, shaken
from PIL import Image

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


# What starts from an image: 40 x 24 pixels of a fixed pattern, masked in the middle.
IMAGE_CASES = [
    {"name": "image to image", "pipeline": "img2img", "strength": 0.6, "seed": 11},
    {"name": "image to image by default", "pipeline": "img2img", "negative_prompt": ["a dog"], "num_inference_steps": 10, "seed": 12},
    {
        "name": "image to image, a batch, negative sizes",
        "pipeline": "img2img",
        "prompt": ["a red circle", "a cat"],
        "negative_prompt": ["a dog", "a cow"],
        "negative_original_size": [8, 9],
        "crops_coords_top_left": [3, 5],
        "strength": 1.0,
        "seed": 13,
        "scheduler": "euler",
    },
    {"name": "a refiner", "pipeline": "refiner", "strength": 0.6, "seed": 14},
    {
        "name": "a refiner with scores",
        "pipeline": "refiner",
        "aesthetic_score": 7.0,
        "negative_aesthetic_score": 3.5,
        "negative_prompt": ["a dog"],
        "negative_crops_coords_top_left": [1, 2],
        "strength": 0.8,
        "seed": 15,
        "scheduler": "heun",
    },
    {"name": "hand-over to a refiner", "pipeline": "refiner", "denoising_start": 0.6, "hand_over": True, "seed": 16, "scheduler": "euler"},
    {"name": "a part in the middle", "pipeline": "img2img", "denoising_start": 0.3, "denoising_end": 0.8, "hand_over": True, "seed": 17},
    {"name": "inpainting", "pipeline": "inpaint", "strength": 0.6, "seed": 18},
    {"name": "inpainting by default", "pipeline": "inpaint", "num_inference_steps": 6, "seed": 19, "scheduler": "euler"},
    {"name": "inpainting from noise", "pipeline": "inpaint", "strength": 1.0, "negative_prompt": ["a dog"], "seed": 20},
]


def encoded(tensor: torch.Tensor) -> dict:
    return {"shape": list(tensor.shape), "base64": base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()}


def sample_image() -> Image.Image:
    y, x = np.mgrid[0:24, 0:40]
    pixels = np.stack([(x * 6) % 256, (y * 10) % 256, (x * y) % 256], axis=-1).astype("uint8")
    return Image.fromarray(pixels)


def sample_mask() -> Image.Image:
    mask = np.zeros((24, 40), dtype="uint8")
    mask[6:18, 10:30] = 255
    return Image.fromarray(mask)


def make_refiner(sdxl: StableDiffusionXLPipeline, folder: Path) -> StableDiffusionXLImg2ImgPipeline:
    unet = make_unet(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(8, 16),
        attention_head_dim=(2, 4),
        transformer_layers_per_block=2,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=24 + 5 * 8,
        cross_attention_dim=32,
    )
    refiner = StableDiffusionXLImg2ImgPipeline(
        vae=sdxl.vae,
        text_encoder=None,
        text_encoder_2=sdxl.text_encoder_2,
        tokenizer=None,
        tokenizer_2=sdxl.tokenizer_2,
        unet=shaken(unet, torch.float16),
        scheduler=sdxl.scheduler,
        requires_aesthetics_score=True,
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    shutil.rmtree(folder, ignore_errors=True)
    refiner.to(torch.float16).save_pretrained(folder)
    refiner.to(torch.float32)
    for shared in ("vae", "text_encoder_2", "tokenizer_2", "scheduler"):
        shutil.rmtree(folder / shared)
    return refiner


PIPELINES = {
    "text": StableDiffusionXLPipeline,
    "img2img": StableDiffusionXLImg2ImgPipeline,
    "refiner": StableDiffusionXLImg2ImgPipeline,
    "inpaint": StableDiffusionXLInpaintPipeline,
}
SCHEDULERS = {"euler": EulerDiscreteScheduler, "heun": HeunDiscreteScheduler}


def run(base: StableDiffusionXLPipeline, refiner: StableDiffusionXLImg2ImgPipeline, case: dict) -> dict:
    options = {key: tuple(value) if "size" in key or "coords" in key else value for key, value in case.items()}
    for key in ("name", "seed", "scheduler", "pipeline", "hand_over"):
        options.pop(key, None)
    kind = case.get("pipeline", "text")
    loaded = refiner if kind == "refiner" else base
    more = {"requires_aesthetics_score": True} if kind == "refiner" else {}
    pipeline = PIPELINES[kind](
        **{name: part for name, part in loaded.components.items() if name not in ("image_encoder", "feature_extractor")},
        add_watermarker=False,
        force_zeros_for_empty_prompt=loaded.config.force_zeros_for_empty_prompt,
        **more,
    )
    pipeline.set_progress_bar_config(disable=True)
    if "scheduler" in case:
        pipeline.scheduler = SCHEDULERS[case["scheduler"]].from_config(pipeline.scheduler.config)
    settings = {"num_inference_steps": 5, "guidance_scale": 5.0, "prompt": ["a red circle"], **options}
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    if kind in ("text", "inpaint"):
        settings = {"height": 24 if kind == "inpaint" else 32, "width": 40 if kind == "inpaint" else 32, **settings}
    if kind == "inpaint":
        settings |= {"image": sample_image(), "mask_image": sample_mask()}
    elif kind != "text":
        settings["image"] = sample_image()
    result = dict(case)
    if case.get("hand_over"):
        settings["image"] = torch.randn(1, 4, 12, 20, generator=torch.Generator("cpu").manual_seed(99))
        result["image_latents"] = encoded(settings["image"])
    latents = pipeline(**settings, generator=generator, output_type="latent").images
    with torch.no_grad():
        images = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    pixels = (pipeline.image_processor.postprocess(images, output_type="pt") * 255).round().to(torch.uint8)
    return {**result, "latents": encoded(latents), "images": encoded(pixels.permute(0, 2, 3, 1))}


if __name__ == "__main__":
    torch.manual_seed(0)
    base = StableDiffusionXLPipeline.from_pretrained(FIXTURES / "export" / "sdxl", torch_dtype=torch.float32, add_watermarker=False)
    refiner = make_refiner(base, FIXTURES / "export" / "refiner")
    target = FIXTURES / "reference" / "xl.json"
    target.write_text(json.dumps({kind: [run(base, refiner, case) for case in cases] for kind, cases in (("text", CASES), ("image", IMAGE_CASES))}) + "\n")
    print(target, target.stat().st_size, "bytes")
