"""Draws three prompts with diffusers from models that the package exports itself.

    python test/reference/make_export_pictures.py
"""

import base64
import json
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline

FIXTURES = Path(__file__).parent.parent / "fixtures"
PROMPTS = ["a red circle", "a small blue square on a yellow background", ""]
SIDE = 32
STEPS = 5
GUIDANCE = 3.0


def draw(model: str) -> list[dict]:
    pipeline = StableDiffusionPipeline.from_pretrained(FIXTURES / "export" / model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    drawn = []
    for seed, prompt in enumerate(PROMPTS):
        pictures = pipeline(
            prompt,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            height=SIDE,
            width=SIDE,
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="np",
        ).images
        pixels = (pictures * 255).round().astype("uint8")
        drawn.append({"prompt": prompt, "seed": seed, "pixels": base64.b64encode(pixels.tobytes()).decode()})
    return drawn


if __name__ == "__main__":
    settings = {"side": SIDE, "numInferenceSteps": STEPS, "guidanceScale": GUIDANCE}
    models = {model: draw(model) for model in ("sd1", "sd2")}
    target = FIXTURES / "reference" / "export_pictures.json"
    target.write_text(json.dumps({**settings, "models": models}) + "\n")
