"""Makes test/fixtures/export/sdxs and test/fixtures/reference/sdxs.json: a tiny random model with the blocks of
IDKiro/sdxs-512-0.9, and diffusers' images of it.

    python test/reference/make_sdxs.py

SDXS's UNet has three levels, no attention in the largest, and no block in the middle; its VAE is an AutoencoderTiny.
Text encoder and tokenizer are those of test/fixtures/export/sd1, which the test copies beside them.
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, EulerDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from make_lcm import encoded

FIXTURES = Path(__file__).parent.parent / "fixtures"
TARGET = FIXTURES / "export" / "sdxs"
SD1 = FIXTURES / "export" / "sd1"

CASES = [
    {"name": "one step without guidance", "prompt": ["a red circle"], "seed": 1},
    {"name": "two prompts, not square", "prompt": ["a cat", "a dog"], "height": 24, "width": 40, "seed": 2},
    {"name": "two steps", "prompt": ["a blue square"], "num_inference_steps": 2, "seed": 3},
]


def model() -> StableDiffusionPipeline:
    torch.manual_seed(0)
    text_encoder = CLIPTextModel.from_pretrained(SD1 / "text_encoder", torch_dtype=torch.float32)
    unet = UNet2DConditionModel(
        sample_size=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type=None,
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(8, 16, 24),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=(1, 2, 3),
        use_linear_projection=True,
        cross_attention_dim=text_encoder.config.hidden_size,
    )
    vae = AutoencoderTiny.from_pretrained(FIXTURES / "export" / "tiny-vae")
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=CLIPTokenizer.from_pretrained(SD1 / "tokenizer"),
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def run(pipeline: StableDiffusionPipeline, case: dict) -> dict:
    options = {key: value for key, value in case.items() if key not in ("name", "seed")}
    settings = {"height": 32, "width": 32, "num_inference_steps": 1, "guidance_scale": 0.0, **options}
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    pixels = pipeline(**settings, generator=generator, output_type="pt").images
    return {**case, "images": encoded((pixels * 255).round().to(torch.uint8).permute(0, 2, 3, 1))}


if __name__ == "__main__":
    pipeline = model()
    pipeline.set_progress_bar_config(disable=True)
    with torch.no_grad():
        values = [run(pipeline, case) for case in CASES]
    with tempfile.TemporaryDirectory() as work:
        pipeline.save_pretrained(work)
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        shutil.copy(Path(work) / "model_index.json", TARGET)
        for part in ("unet", "vae", "scheduler"):
            shutil.copytree(Path(work) / part, TARGET / part)
    target = FIXTURES / "reference" / "sdxs.json"
    target.write_text(json.dumps(values) + "\n")
    print(target, target.stat().st_size, "bytes")
