"""One mode in optimum-intel, measured in a process of its own; the counterpart of generation.mjs.

    python optimum_generation.py '{"model":…,"size":…,"steps":…,"static":…,"precision":…}'
"""

import json
import resource
import sys
import time

import torch
from optimum.intel import OVStableDiffusionPipeline

options = json.loads(sys.argv[1])
size, steps = options["size"], options["steps"]
pipeline = OVStableDiffusionPipeline.from_pretrained(
    options["model"],
    compile=False,
    ov_config={"INFERENCE_PRECISION_HINT": options["precision"], "PERFORMANCE_HINT": "LATENCY"},
)
pipeline.set_progress_bar_config(disable=True)
start = time.perf_counter()
if options["static"]:
    pipeline.reshape(batch_size=1, height=size, width=size, num_images_per_prompt=1)
pipeline.compile()
compile_seconds = time.perf_counter() - start


def draw(prompt: str, steps: int) -> float:
    start = time.perf_counter()
    generator = torch.Generator("cpu").manual_seed(42)
    pipeline(prompt, height=size, width=size, num_inference_steps=steps, generator=generator)
    return time.perf_counter() - start


draw("warm up", 2)
seconds = draw("a large red circle on a blue background", steps)
print(
    json.dumps(
        {
            "secondsPerImage": seconds,
            "compileSeconds": compile_seconds,
            "peakMemoryBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
