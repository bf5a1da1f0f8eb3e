"""Verdicts of diffusers' safety checker, and what transformers' CLIPImageProcessor makes of images.

    python test/reference/make_safety_checker.py

Writes test/fixtures/reference/safety_checker.json.
"""

import base64
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from transformers import CLIPImageProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from make_image_inputs import source

FIXTURES = Path(__file__).parent.parent / "fixtures"
SIZES = [(24, 24), (32, 32), (40, 24), (24, 56), (33, 65)]
# A colour is kept, inverted, halved or dropped.
CHANGES = ["kkk", "iii", "khd", "dik"]
CHANGE = {"k": lambda x: x, "i": lambda x: 255 - x, "h": lambda x: x // 2, "d": lambda x: x * 0}

PROCESSORS = [
    {"size": 24, "crop_size": 24, "resample": 3},
    {"size": {"shortest_edge": 24}, "crop_size": {"height": 24, "width": 24}},
    {"size": {"height": 60, "width": 12}, "crop_size": 24, "resample": 1},
    {"do_resize": False, "crop_size": 24, "do_normalize": False},
    {"size": 12, "do_center_crop": False, "do_rescale": False, "resample": 1},
]


def image(size: tuple[int, int], change: str) -> np.ndarray:
    data = source(*size, 3)
    return np.stack([CHANGE[name](data[..., i]) for i, name in enumerate(change)], axis=-1).astype(np.uint8)


if __name__ == "__main__":
    torch.set_num_threads(1)
    pipeline = StableDiffusionPipeline.from_pretrained(
        FIXTURES / "export" / "sd1",
        safety_checker=StableDiffusionSafetyChecker.from_pretrained(FIXTURES / "export" / "safety_checker"),
        feature_extractor=CLIPImageProcessor(size=24, crop_size=24),
    )
    verdicts = []
    for size in SIZES:
        for change in CHANGES:
            pixels = torch.from_numpy(image(size, change).copy()).permute(2, 0, 1)[None] / 127.5 - 1
            _, flags = pipeline.run_safety_checker(pixels, "cpu", torch.float32)
            verdicts.append({"size": size, "change": change, "flagged": flags[0]})
    inputs = []
    for config in PROCESSORS:
        for size in [(33, 65)] if "size" in config else [(20, 33)]:
            values = CLIPImageProcessorPil(**config)(Image.fromarray(image(size, "kkk")), return_tensors="pt").pixel_values
            values = values[0].to(torch.float32).contiguous()
            inputs.append(
                {
                    "config": config,
                    "size": size,
                    "shape": list(values.shape),
                    "base64": base64.b64encode(values.numpy().tobytes()).decode(),
                }
            )
    target = FIXTURES / "reference" / "safety_checker.json"
    target.write_text(json.dumps({"verdicts": verdicts, "inputs": inputs}) + "\n")
    print(sum(verdict["flagged"] for verdict in verdicts), "of", len(verdicts), "flagged;", target.stat().st_size, "bytes")
