"""Loads folders of every pipeline class in optimum-intel, and optimum-intel's here, and compares the images.

    npm run build:ts && python test/reference/cross_loading_pipelines.py

The models are the tiny random ones of test/fixtures/export. Prints one row of a Markdown table for each pipeline.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np  # noqa: E402
import optimum.intel
import torch
from optimum.exporters.openvino import main_export
from PIL import Image

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "test" / "fixtures" / "export"
PROMPT = "a red circle"
SEED = 42
STEPS = 5
SIDE = 32

# Class, model, options in our names. LCM's model predicts without guidance by two halves.
PIPELINES = [
    ("StableDiffusionPipeline", "sd1", {}),
    ("StableDiffusionImg2ImgPipeline", "sd1", {"strength": 0.6}),
    ("StableDiffusionInpaintPipeline", "inpaint", {"strength": 1.0}),
    ("LatentConsistencyModelPipeline", "lcm", {}),
    ("StableDiffusionXLPipeline", "sdxl", {}),
    ("StableDiffusionXLImg2ImgPipeline", "sdxl", {"strength": 0.6}),
    ("StableDiffusionXLImg2ImgPipeline", "refiner", {"strength": 0.6}),
    ("StableDiffusionXLInpaintPipeline", "sdxl", {"strength": 0.6}),
]


def psnr(a: Image.Image, b: Image.Image) -> str:
    error = np.mean((np.asarray(a.convert("RGB"), np.float64) - np.asarray(b.convert("RGB"), np.float64)) ** 2)
    return "identical" if error == 0 else f"{10 * np.log10(255**2 / error):.1f} dB"


def inputs(name: str, work: Path) -> dict:
    """Paths of images, by diffusers' names."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    pixels = np.stack([(x * 6) % 256, (y * 10) % 256, (x * y) % 256], axis=-1).astype("uint8")
    mask = np.zeros((SIDE, SIDE), dtype="uint8")
    mask[8:24, 8:24] = 255
    Image.fromarray(pixels).save(work / "image.png")
    Image.fromarray(mask).save(work / "mask.png")
    given = {}
    if "Img2Img" in name or "Inpaint" in name:
        given["image"] = work / "image.png"
    if "Inpaint" in name:
        given["mask_image"] = work / "mask.png"
    return given


def whole(model: str, work: Path) -> Path:
    """The refiner's folder with what it shares with the base model."""
    folder = work / model
    shutil.copytree(MODELS / model, folder)
    for part in ("vae", "text_encoder_2", "tokenizer_2", "scheduler"):
        if model == "refiner":
            shutil.copytree(MODELS / "sdxl" / part, folder / part)
    return folder


def ours(model: Path, name: str, options: dict, given: dict, out: Path, save_to: Path | None = None) -> Image.Image:
    camel = {"image": "image", "mask_image": "maskImage"}
    settings = {"numInferenceSteps": STEPS, "seed": SEED, "guidanceScale": 5, **options}
    if "image" not in given or "mask_image" in given:
        settings |= {"width": SIDE, "height": SIDE}
    settings |= {camel[key]: str(path) for key, path in given.items()}
    request = {"model": str(model), "pipeline": f"OV{name}", "prompt": PROMPT, "options": settings, "out": str(out)}
    if save_to:
        request["saveTo"] = str(save_to)
    script = Path(__file__).parent / "cross_loading_images.mjs"
    subprocess.run(["node", str(script)], input=json.dumps(request), text=True, check=True)
    return Image.open(out)


def theirs(folder: Path, name: str, options: dict, given: dict) -> Image.Image:
    pipeline = getattr(optimum.intel, f"OV{name}").from_pretrained(folder, ov_config={"INFERENCE_PRECISION_HINT": "f32"})
    pipeline.set_progress_bar_config(disable=True)
    settings = {key: Image.open(path) for key, path in given.items()} | options
    if "image" not in given or "mask_image" in given:
        settings |= {"height": SIDE, "width": SIDE}
    generator = torch.Generator("cpu").manual_seed(SEED)
    return pipeline(PROMPT, num_inference_steps=STEPS, guidance_scale=5.0, generator=generator, **settings).images[0]


def main() -> None:
    print("| pipeline | model | ours in optimum-intel | theirs here |\n| --- | --- | --- | --- |", flush=True)
    for name, model, options in PIPELINES:
        with tempfile.TemporaryDirectory() as temporary:
            work = Path(temporary)
            given = inputs(name, work)
            folder = whole(model, work)
            first = ours(folder, name, options, given, work / "ours.png", work / "saved")
            row = [psnr(first, theirs(work / "saved", name, options, given))]
            exported = work / "exported"
            task = "inpainting" if "Inpaint" in name else "image-to-image" if "Img2Img" in name else "text-to-image"
            main_export(str(folder), exported, task=task)
            second = ours(exported, name, options, given, work / "back.png")
            row.append(psnr(second, theirs(exported, name, options, given)))
        print(f"| `OV{name}` | `{model}` | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
