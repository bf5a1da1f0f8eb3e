"""Makes test/fixtures/sd-tiny: a Stable Diffusion pipeline with every part in its place and random weights.

The folder is what optimum-intel writes; `diffusers/` inside a work folder is the same model for diffusers.

    python test/reference/make_sd_tiny.py WORK_FOLDER
"""

import shutil
import subprocess
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "test" / "fixtures" / "sd-tiny"
TOKENIZER = ROOT / "test" / "fixtures" / "small-tokenizer"


def make(folder: Path) -> None:
    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER)
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            projection_dim=32,
        )
    )
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(16, 32),
        layers_per_block=1,
        attention_head_dim=4,
        cross_attention_dim=32,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        up_block_types=("UpDecoderBlock2D", "UpDecoderBlock2D"),
        block_out_channels=(16, 32),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=32,
    )
    # A random network hardly listens to its prompt; louder text makes the prompt show in the picture.
    with torch.no_grad():
        for parameter in text_encoder.parameters():
            parameter.mul_(2)
    scheduler = PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)


def export(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    command = Path(sys.executable).parent / "optimum-cli"
    subprocess.run(
        [command, "export", "openvino", "--model", source, "--task", "text-to-image", "--weight-format", "fp32", target],
        check=True,
    )
    for extra in target.glob("tokenizer/openvino_*"):
        extra.unlink()


if __name__ == "__main__":
    work = Path(sys.argv[1])
    make(work / "diffusers")
    export(work / "diffusers", TARGET)
