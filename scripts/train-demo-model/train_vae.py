"""Teaches the autoencoder to bring 128x128 pictures to 4x16x16 latents and back. About ten minutes on two cores."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch.nn.functional import l1_loss, mse_loss

from checkpoint import resume, save_checkpoint
from pictures import draw_all, sample_scenes, to_model
from scenes import SIDE
from training import descend, main

PICTURES = 6000
BATCH = 16
RATE = 2e-3
KL_WEIGHT = 1e-5


def make_vae() -> AutoencoderKL:
    widths = (16, 32, 64, 64)
    return AutoencoderKL(
        sample_size=SIDE,
        latent_channels=4,
        block_out_channels=widths,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        layers_per_block=1,
        norm_num_groups=4,
    )


def train(work: Path, steps: int) -> None:
    torch.manual_seed(1)
    vae = make_vae()
    optimizer = torch.optim.AdamW(vae.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.05)
    checkpoint = work / "vae.pt"
    parts = {"vae": vae, "optimizer": optimizer, "schedule": schedule}
    start = resume(checkpoint, **parts)
    pictures = draw_all(sample_scenes(PICTURES, seed=1), seed=1)
    for step in range(start, steps):
        generator = torch.Generator().manual_seed(step)
        chosen = torch.randint(len(pictures), (BATCH,), generator=generator)
        batch = to_model(pictures[chosen])
        posterior = vae.encode(batch).latent_dist
        back = vae.decode(posterior.sample(generator)).sample
        loss = mse_loss(back, batch) + 0.2 * l1_loss(back, batch) + KL_WEIGHT * posterior.kl().mean()
        descend(loss, optimizer, vae.parameters())
        schedule.step()
        if step % 50 == 49 or step + 1 == steps:
            mse = mse_loss(back, batch).item()
            print(f"step {step + 1}/{steps}: mse {mse:.4f}, {10 * math.log10(4 / mse):.1f} dB", flush=True)
        if step % 200 == 199:
            save_checkpoint(checkpoint, step + 1, **parts)
    normalise(vae, pictures[:1000])
    vae.save_pretrained(work / "vae")


@torch.no_grad()
def normalise(vae: AutoencoderKL, pictures: torch.Tensor) -> None:
    """Folds the latents' mean and deviation, channel by channel, into the convolutions beside them.

    Latents times the scaling factor then have mean 0 and deviation 1, as noise has.
    """
    factor = vae.config.scaling_factor
    latents = torch.cat([vae.encode(to_model(part)).latent_dist.mean for part in pictures.split(50)])
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    quant, post_quant = vae.quant_conv, vae.post_quant_conv
    # The last four channels are the posterior's log variance.
    scale = 1 / (deviation * factor)
    quant.bias[:4] = (quant.bias[:4] - mean) * scale
    quant.weight[:4] *= scale.view(-1, 1, 1, 1)
    quant.bias[4:] += 2 * scale.log()
    post_quant.bias += (post_quant.weight.squeeze() * mean).sum(1)
    post_quant.weight /= scale.view(1, -1, 1, 1)


if __name__ == "__main__":
    main(train, __doc__, steps=2400)
