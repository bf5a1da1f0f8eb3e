"""Teaches the UNet to draw what captions say, in the latents of a trained autoencoder. An hour or two on two cores.

Stop it whenever you like: it goes on from its last checkpoint. Every picture grid it leaves in the work folder shows
held-out scenes, drawn with the averaged weights.
"""

from __future__ import annotations

import copy
import random
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel

from captions import load_tokenizer, token_ids
from checkpoint import resume, save_checkpoint, save_whole
from pictures import draw_all, sample_scenes, to_model
from sampling import SCHEDULE, save_grid
from scenes import SIDE, describe, held_out_prompts, misseen
from train_text_encoder import WIDTH
from training import descend, main

PICTURES = 12_000
# How often a picture is shown, against one of another shape.
SHOWN = {"star": 2.5}
BATCH = 48
RATE = 6e-4
WARM_UP = 100
# The part of all steps over which the rate falls to nothing.
COOL_DOWN = 0.4
SLOWEST_AVERAGE = 0.999
# Where signal outweighs noise more than this, predicting velocity is only telling the noise: such steps count less.
CLEAREST = 4.0


def make_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        block_out_channels=(64, 128, 224),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
    )


def first_unet(work: Path) -> UNet2DConditionModel:
    """A new one, or what an earlier training left in the work folder to go on from."""
    folder = work / "unet"
    if not folder.exists():
        return make_unet()
    return UNet2DConditionModel.from_pretrained(folder, torch_dtype=torch.float32)


def train(work: Path, steps: int) -> None:
    torch.manual_seed(3)
    tokenizer = load_tokenizer(work / "tokenizer")
    # The encoder stays as it is: its states hold what a UNet needs.
    encoder = CLIPTextModel.from_pretrained(work / "text_encoder").float().eval().requires_grad_(False)
    unet = first_unet(work).train()
    averaged = copy.deepcopy(unet).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=RATE, weight_decay=0.01)
    noising = DDPMScheduler(**SCHEDULE)
    counts = ((1 + CLEAREST) * (1 - noising.alphas_cumprod)).clamp(max=1)
    checkpoint = work / "unet.pt"
    parts = {"unet": unet, "averaged": averaged, "optimizer": optimizer}
    start = resume(checkpoint, **parts)
    scenes, latents = cached_latents(work)
    weights = [SHOWN.get(scene.shape, 1) for scene in scenes]
    began, losses = time.monotonic(), []
    for step in range(start, steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * rate_at(step, steps)
        rng = random.Random(step)
        generator = torch.Generator().manual_seed(step)
        chosen = rng.choices(range(len(scenes)), weights, k=BATCH)
        captions = [describe(misseen(scenes[i], rng), rng) for i in chosen]
        states = encoder(token_ids(tokenizer, captions)).last_hidden_state
        clean = latents[chosen]
        noise = torch.randn(clean.shape, generator=generator)
        timesteps = torch.randint(0, SCHEDULE["num_train_timesteps"], (BATCH,), generator=generator)
        with torch.autocast("cpu", torch.bfloat16):
            predicted = unet(noising.add_noise(clean, noise, timesteps), timesteps, states).sample
        missed = (predicted.float() - noising.get_velocity(clean, noise, timesteps)).square().mean((1, 2, 3))
        loss = (missed * counts[timesteps]).mean()
        descend(loss, optimizer, unet.parameters())
        average(averaged, unet, step)
        losses.append(loss.item())
        if step % 50 == 49:
            pace = (time.monotonic() - began) / (step + 1 - start)
            print(f"step {step + 1}/{steps}: loss {sum(losses) / len(losses):.4f}, {pace:.2f} s a step", flush=True)
            losses = []
        if step % 100 == 99 or step + 1 == steps:
            save_checkpoint(checkpoint, step + 1, **parts)
        if step % 500 == 499:
            save_grid(work / f"step-{step + 1}.png", held_out_prompts(24), work, averaged)


def rate_at(step: int, steps: int) -> float:
    """Rises, stays, falls: so that a run can be made longer after it began."""
    return min(1, (step + 1) / WARM_UP, (steps - step) / (COOL_DOWN * steps))


@torch.no_grad()
def average(averaged: UNet2DConditionModel, unet: UNet2DConditionModel, step: int) -> None:
    keep = min(SLOWEST_AVERAGE, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(averaged.parameters()), list(unet.parameters()), 1 - keep)


@torch.no_grad()
def cached_latents(work: Path) -> tuple[list, torch.Tensor]:
    scenes = sample_scenes(PICTURES, seed=4)
    path = work / "latents.pt"
    if not path.exists():
        vae = AutoencoderKL.from_pretrained(work / "vae").eval()
        pictures = draw_all(scenes, seed=4)
        parts = [vae.encode(to_model(part)).latent_dist.mean for part in pictures.split(50)]
        save_whole(path, {"latents": torch.cat(parts) * vae.config.scaling_factor})
    return scenes, torch.load(path, weights_only=True)["latents"]


if __name__ == "__main__":
    main(train, __doc__, steps=5000)
