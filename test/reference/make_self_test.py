"""
What `openvino-diffusers doctor --self-test` compares with, for lib/cli/self-test-reference.ts: diffusers' image of the
model of shapes, as means of 8x8 squares, and torch's result for a small network.
"""

import json
import sys

import numpy as np
import torch
from diffusers import StableDiffusionPipeline

PROMPT = "a red circle on a blue background"
SEED = 3
STEPS = 4
SQUARES = 8

pipe = StableDiffusionPipeline.from_pretrained("packages/shapes", torch_dtype=torch.float32)
pipe.set_progress_bar_config(disable=True)
pixels = pipe(
    PROMPT,
    num_inference_steps=STEPS,
    generator=torch.Generator("cpu").manual_seed(SEED),
    output_type="np",
).images[0]
height, width, channels = pixels.shape
means = pixels.reshape(SQUARES, height // SQUARES, SQUARES, width // SQUARES, channels).mean(axis=(1, 3)) * 255


def waves(*shape):
    """Numbers that every language computes alike."""
    count = int(np.prod(shape))
    return torch.from_numpy(np.sin(np.arange(count, dtype=np.float64)).astype(np.float32).reshape(shape))


x = torch.nn.functional.conv2d(waves(1, 8, 8, 8), waves(8, 8, 3, 3), padding=1)
x = torch.nn.functional.silu(torch.nn.functional.group_norm(x, 4, eps=1e-5))
x = (x @ waves(8, 8)).numpy()[0, :, ::4, ::4]

json.dump(
    {
        "squares": [round(float(value), 1) for value in means.ravel()],
        "network": [round(float(value), 4) for value in x.ravel()],
    },
    sys.stdout,
)
