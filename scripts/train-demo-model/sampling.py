"""The model as a diffusers pipeline, and pictures from it."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextModel

from captions import load_tokenizer
from scenes import SIDE, Scene

STEPS = 20
GUIDANCE = 3.0
COLUMNS = 8

# Of the noise, in training and in drawing.
SCHEDULE = dict(
    num_train_timesteps=1000,
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    # At high noise, where layout is decided, predicting the noise says nothing about the picture.
    prediction_type="v_prediction",
)


def make_pipeline(work: Path, unet: UNet2DConditionModel) -> StableDiffusionPipeline:
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(work / "vae"),
        text_encoder=CLIPTextModel.from_pretrained(work / "text_encoder").float(),
        tokenizer=load_tokenizer(work / "tokenizer"),
        unet=unet,
        scheduler=DPMSolverMultistepScheduler(**SCHEDULE, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def save_grid(path: Path, prompts: list[tuple[str, Scene]], work: Path, unet: UNet2DConditionModel) -> None:
    """The prompts' pictures, row by row, and beside them a text file that says what they should be."""
    # torch's own stream of random numbers is the training's.
    with torch.random.fork_rng():
        pictures = make_pipeline(work, unet)(
            [prompt for prompt, _ in prompts],
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            width=SIDE,
            height=SIDE,
            generator=torch.Generator().manual_seed(0),
        ).images
    rows = -(-len(pictures) // COLUMNS)
    grid = Image.new("RGB", (COLUMNS * SIDE, rows * SIDE))
    for n, picture in enumerate(pictures):
        grid.paste(picture, (n % COLUMNS * SIDE, n // COLUMNS * SIDE))
    grid.save(path)
    path.with_suffix(".txt").write_text("\n".join(prompt for prompt, _ in prompts) + "\n")
