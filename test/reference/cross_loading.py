"""Loads folders that openvino-diffusers exported in Python's packages, and compares the pictures.

    npm run build:ts && python test/reference/cross_loading.py MODEL… >> docs/cross-loading.md

Each MODEL is a diffusers folder of the StableDiffusionPipeline class. It is exported by the command line of this
repository and drawn there and in Python, from the same seed in f32. Prints one row of a Markdown table for each.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import openvino_genai
import torch
from diffusers import DDIMScheduler
from optimum.intel import OVStableDiffusionPipeline
from PIL import Image

CLI = Path(__file__).parents[2] / "dist" / "cli" / "main.js"
PROMPT = "a large red circle on the left on a blue background"
SEED = 42
STEPS = 20
GUIDANCE = 4.0
PACKAGES = ("optimum-intel", "openvino", "openvino-genai", "openvino-tokenizers", "diffusers", "transformers", "torch")


def run(*arguments: str) -> None:
    subprocess.run(["node", str(CLI), *arguments], check=True, capture_output=True)


def psnr(a: Image.Image, b: Image.Image) -> float:
    difference = np.asarray(a.convert("RGB"), np.float64) - np.asarray(b.convert("RGB"), np.float64)
    error = np.mean(difference**2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def side_of(model: Path) -> int:
    unet = json.loads((model / "unet" / "config.json").read_text())
    vae = json.loads((model / "vae" / "config.json").read_text())
    return unet["sample_size"] * 2 ** (len(vae["block_out_channels"]) - 1)


def with_ddim(model: Path, target: Path) -> None:
    """A copy with the scheduler that all three packages have."""
    shutil.copytree(model, target)
    DDIMScheduler.from_pretrained(model / "scheduler", clip_sample=False).save_pretrained(target / "scheduler")
    index = json.loads((target / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", "DDIMScheduler"]
    (target / "model_index.json").chmod(0o644)
    (target / "model_index.json").write_text(json.dumps(index))


def in_optimum(folder: Path, side: int) -> Image.Image:
    pipeline = OVStableDiffusionPipeline.from_pretrained(folder, ov_config={"INFERENCE_PRECISION_HINT": "f32"})
    pipeline.reshape(batch_size=1, height=side, width=side, num_images_per_prompt=1)
    pipeline.compile()
    return pipeline(
        PROMPT,
        height=side,
        width=side,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=torch.Generator("cpu").manual_seed(SEED),
    ).images[0]


def in_genai(folder: Path, side: int) -> Image.Image:
    pipeline = openvino_genai.Text2ImagePipeline(folder)
    pipeline.reshape(1, side, side, GUIDANCE)
    pipeline.compile("CPU", INFERENCE_PRECISION_HINT="f32")
    drawn = pipeline.generate(
        PROMPT,
        height=side,
        width=side,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=openvino_genai.TorchGenerator(SEED),
    )
    return Image.fromarray(drawn.data[0])


def main(models: list[Path]) -> None:
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES) + ":\n")
    print("| model | optimum-intel | openvino-genai |\n| --- | --- | --- |")
    for model in models:
        with tempfile.TemporaryDirectory() as work:
            source, folder, picture = Path(work) / "source", Path(work) / "exported", Path(work) / "ours.png"
            with_ddim(model, source)
            run("export", str(source), str(folder))
            side = side_of(model)
            draw = ["--steps", str(STEPS), "--guidance-scale", str(GUIDANCE), "--seed", str(SEED), "--precision", "f32"]
            run("generate", "--model", str(folder), "--prompt", PROMPT, *draw, "--size", f"{side}x{side}", "-o", str(picture))
            ours = Image.open(picture)
            optimum, genai = in_optimum(folder, side), in_genai(folder, side)
            print(f"| {model.name} | {psnr(ours, optimum):.1f} dB | {psnr(ours, genai):.1f} dB |", flush=True)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
