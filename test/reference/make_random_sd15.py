"""Writes a model of Stable Diffusion 1.5's full size with random fp16 weights, 2 GB, as a diffusers folder.

    python test/reference/make_random_sd15.py FOLDER

How fast a model loads and runs, and what memory it takes, does not depend on its weights.
"""

import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TOKENIZER = Path(__file__).parents[2] / "models" / "clip-tokenizer"


def main(folder: str) -> None:
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float16)
    pipeline = StableDiffusionPipeline(
        tokenizer=CLIPTokenizer.from_pretrained(TOKENIZER, model_max_length=77),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=49408,
                hidden_size=768,
                intermediate_size=3072,
                projection_dim=768,
                num_hidden_layers=12,
                num_attention_heads=12,
                max_position_embeddings=77,
                hidden_act="quick_gelu",
            )
        ),
        unet=UNet2DConditionModel(
            sample_size=64,
            block_out_channels=(320, 640, 1280, 1280),
            layers_per_block=2,
            cross_attention_dim=768,
            attention_head_dim=8,
        ),
        vae=AutoencoderKL(
            sample_size=512,
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
        ),
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16).save_pretrained(folder)


if __name__ == "__main__":
    main(sys.argv[1])
