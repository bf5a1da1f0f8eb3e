"""Guided predictions as diffusers' pipelines compute them, in float32.

    python test/reference/make_guidance.py

Writes test/fixtures/reference/guidance.json.
"""

import json
from pathlib import Path

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

TARGET = Path(__file__).parent.parent / "fixtures" / "reference" / "guidance.json"

SCALES = [7.5, 1.1, 12.345678, -3.0, 0.1]


def main():
    generator = torch.Generator("cpu").manual_seed(0)
    # As a batch of two images: the unconditional half first. The last values make rounding of each step show.
    prediction = torch.randn(4, 8, generator=generator)
    prediction[0, :4] = torch.tensor([16777216.0, 0.1, 1e-8, 3.0])
    prediction[2, :4] = torch.tensor([1.0, 0.3, 1.0, 3.0000002])
    noise_uncond, noise_text = prediction.chunk(2)
    cases = []
    for scale in SCALES:
        guided = noise_uncond + scale * (noise_text - noise_uncond)
        rescaled = rescale_noise_cfg(guided, noise_text, guidance_rescale=0.7)
        values = {"guided": guided.flatten().tolist(), "rescaled": rescaled.flatten().tolist()}
        cases.append({"guidanceScale": scale, **values})
    content = {"torch": torch.__version__, "prediction": prediction.flatten().tolist(), "cases": cases}
    TARGET.write_text(json.dumps(content) + "\n")


main()
