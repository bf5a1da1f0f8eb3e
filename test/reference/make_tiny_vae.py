"""Makes test/fixtures/export/tiny-vae: a random AutoencoderTiny, what diffusers computes with it, and an image.

    python test/reference/make_tiny_vae.py
"""

import base64
import json
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline
from make_export import TARGET, shaken, write_expected


def make() -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 2),
        num_decoder_blocks=(2, 1),
    )


def image(vae: AutoencoderTiny) -> dict:
    pipeline = StableDiffusionPipeline.from_pretrained(TARGET / "sd1", vae=vae, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    options = {"num_inference_steps": 5, "guidance_scale": 3.0, "height": 32, "width": 32}
    generator = torch.Generator("cpu").manual_seed(0)
    images = pipeline("a red circle", **options, generator=generator, output_type="np").images
    pixels = (images * 255).round().astype("uint8")
    return {"prompt": "a red circle", "seed": 0, "pixels": base64.b64encode(pixels.tobytes()).decode()}


if __name__ == "__main__":
    torch.manual_seed(0)
    folder = TARGET / "tiny-vae"
    with torch.no_grad():
        vae = shaken(make())
        vae.save_pretrained(folder)
        sample = torch.rand(2, 3, 16, 12) * 2 - 1
        latents = torch.randn(2, 4, 4, 3) * 3
        write_expected(folder, "expected-encoder", {"sample": sample}, {"latent_sample": vae.encode(sample).latents})
        write_expected(folder, "expected-decoder", {"latent_sample": latents}, {"sample": vae.decode(latents).sample})
        (folder / "image.json").write_text(json.dumps(image(vae)) + "\n")
