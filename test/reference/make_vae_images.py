"""Generates images with diffusers from models whose VAE was replaced.

    python test/reference/make_vae_images.py

Besides the images, vae_images.json holds the shapes of a VAE in the original layout, in the order of its keys, whose
values follow from `fill`: tests write the same file (test/support/vae-file.ts).
"""

import base64
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from safetensors.torch import save_file

from make_single_file import layout, vae_keys

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
EXPORT = FIXTURES / "export"
PROMPT, SEED, SIDE, STEPS, GUIDANCE = "a red circle", 0, 32, 5, 3.0
# Of what the shapes do not tell, all is Stable Diffusion's.
SIZES = {
    "block_out_channels": (32, 64),
    "layers_per_block": 1,
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
}


def fill(shape: list[int], place: int, is_norm: bool) -> torch.Tensor:
    """Numbers that look random and are the same everywhere."""
    count = int(np.prod(shape))
    mixed = np.arange(1, count + 1, dtype=np.uint32) * np.uint32(2654435761) + np.uint32((place + 1) * 40503)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(2246822519)
    mixed ^= mixed >> np.uint32(13)
    centred = mixed.astype(np.float64) / 2**32 - 0.5
    if len(shape) == 1:
        values = centred / 8 + (1 if is_norm else 0)
    else:
        values = centred * 4 / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def is_norm(key: str) -> bool:
    return key.endswith(".weight") and "norm" in key


def original_shapes() -> dict[str, list[int]]:
    with torch.device("meta"):
        vae = AutoencoderKL(**SIZES)
    found = layout("vae", vae_keys(vae.config), vae, vae.state_dict())
    return {key.removeprefix("first_stage_model."): entry["shape"] for key, entry in sorted(found.items())}


def from_original(shapes: dict[str, list[int]]) -> AutoencoderKL:
    tensors = {key: fill(shape, place, is_norm(key)) for place, (key, shape) in enumerate(shapes.items())}
    with tempfile.TemporaryDirectory() as folder:
        save_file(tensors, f"{folder}/vae.safetensors")
        AutoencoderKL(**SIZES).save_config(folder)
        return AutoencoderKL.from_single_file(f"{folder}/vae.safetensors", config=folder)


def generate(model: str, vae: AutoencoderKL) -> str:
    pipeline = StableDiffusionPipeline.from_pretrained(EXPORT / model, vae=vae.eval(), torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    images = pipeline(
        PROMPT,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        height=SIDE,
        width=SIDE,
        generator=torch.Generator("cpu").manual_seed(SEED),
        output_type="np",
    ).images
    print(model, images.mean(), images.std(), images.min(), images.max())
    return base64.b64encode((images * 255).round().astype("uint8").tobytes()).decode()


if __name__ == "__main__":
    shapes = original_shapes()
    folder = AutoencoderKL.from_pretrained
    images = {
        "sd1 with the VAE of inpaint": generate("sd1", folder(EXPORT / "inpaint/vae")),
        "sd2 with the VAE of sd1": generate("sd2", folder(EXPORT / "sd1/vae")),
        "sd1 with vae-old-keys": generate("sd1", folder(EXPORT / "vae-old-keys")),
        "sd1 with the original layout": generate("sd1", from_original(shapes)),
    }
    settings = {"prompt": PROMPT, "seed": SEED, "side": SIDE, "numInferenceSteps": STEPS, "guidanceScale": GUIDANCE}
    target = FIXTURES / "reference" / "vae_images.json"
    target.write_text(json.dumps({**settings, "images": images, "shapes": shapes}) + "\n")
    print(target, target.stat().st_size, "bytes")
