"""Generates latents and an image from each folder of odd_folder_cases.json with diffusers: old configs, surplus tensors, variants.

    python test/reference/make_odd_folders.py

Each folder is test/fixtures/export/sd1 with the case's edits; test/support/odd-folders.ts makes the same ones. Writes
test/fixtures/reference/odd-folders.json. Stops where a case would prove nothing: where the latents are also those of the
scheduler as its file has it (`isCorrected`), or that of another case (`differsFrom`).
"""

import base64
import json
import shutil
import tempfile
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from safetensors.numpy import load_file, save_file
from transformers import logging

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
CASES = json.loads((Path(__file__).parent / "odd_folder_cases.json").read_text())
PROMPT = "a small blue square on a yellow background"
GUIDANCE = 5.0
SEED = 3
STEPS = 6
SIDE = 32
STEPS_OF_DEFAULT_SIZE = 4
# Larger ones are committed in part: every so many rows and columns.
MAX_SAMPLES = 16


def edit_config(path: Path, edit: dict) -> None:
    config = edit["contents"] if "contents" in edit else {**json.loads(path.read_text()), **edit["set"]}
    path.write_text(json.dumps(config))


def edit_tensors(path: Path, edit: dict) -> None:
    tensors = load_file(path)
    for name, shape in edit.get("add", {}).items():
        tensors[name] = np.zeros(shape, np.float32)
    for name, rows in edit.get("grow", {}).items():
        tensors[name] = np.concatenate([tensors[name], tensors[name][:rows]])
    if "swap" in edit:
        first, second = edit["swap"]
        tensors[first], tensors[second] = tensors[second], tensors[first]
    save_file(tensors, path.parent.parent / edit["copyTo"] if "copyTo" in edit else path, {"format": "pt"})


def write_tokenizer(folder: Path, files: dict) -> None:
    """The vocabulary in two files, as before tokenizer.json."""
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, model["merges"])]))
    for name, contents in files.items():
        (folder / name).write_text(json.dumps(contents))


def make_folder(case: dict, folder: Path) -> Path:
    shutil.copytree(FIXTURES / "export" / "sd1", folder)
    for name, edit in case.get("edits", {}).items():
        edit_config(folder / name, edit)
        if "_class_name" in edit.get("contents", {}) and name.startswith("scheduler"):
            index = {"scheduler": ["diffusers", edit["contents"]["_class_name"]]}
            edit_config(folder / "model_index.json", {"set": index})
    for name, edit in case.get("tensors", {}).items():
        edit_tensors(folder / name, edit)
    if "tokenizer" in case:
        write_tokenizer(folder / "tokenizer", case["tokenizer"])
    return folder


def generate(pipeline: StableDiffusionPipeline, case: dict) -> dict:
    """The image, [H, W, 3], and its latents, [4, h, w]; without them where the size is of interest, which takes longer."""
    if case.get("hasDefaultSize"):
        size = {"num_inference_steps": STEPS_OF_DEFAULT_SIZE}
    else:
        size = {"num_inference_steps": STEPS, "height": SIDE, "width": SIDE}
    options = {
        "prompt": case.get("prompt", PROMPT),
        "guidance_scale": GUIDANCE,
        **size,
    }
    make = lambda kind: pipeline(
        **options, generator=torch.Generator("cpu").manual_seed(SEED), output_type=kind
    ).images[0]
    image = {"image": (make("np") * 255).round().astype("uint8")}
    return image if case.get("hasDefaultSize") else {"latents": make("latent").numpy().astype("<f4"), **image}


def must_differ(name: str, a: dict, b: dict) -> None:
    latents = np.abs(a["latents"] - b["latents"]).max() / b["latents"].std()
    pixels = np.abs(a["image"].astype(int) - b["image"].astype(int)).max()
    print(f"{name}: {latents:.4f} of the latents' deviation and {pixels} levels from what it must differ from")
    # The test allows 5e-4.
    assert latents > 5e-3, f"{name} proves nothing"


def run(case: dict, folder: Path) -> dict:
    make_folder(case, folder)
    load = dict(torch_dtype=torch.float32, variant=case.get("variant"), safety_checker=None)
    pipeline = StableDiffusionPipeline.from_pretrained(folder, **load)
    pipeline.set_progress_bar_config(disable=True)
    generated = generate(pipeline, case)
    if case.get("isCorrected"):
        scheduler_class = getattr(diffusers, type(pipeline.scheduler).__name__)
        pipeline.scheduler = scheduler_class.from_pretrained(folder / "scheduler")
        must_differ(case["name"], generated, generate(pipeline, case))
    return generated


def encoded(kind: str, values: np.ndarray) -> dict:
    is_image = kind == "image"
    height, width = values.shape[:2] if is_image else values.shape[1:]
    every = -(-max(height, width) // MAX_SAMPLES)
    some = values[::every, ::every] if is_image else values[:, ::every, ::every]
    return {
        "size": [height, width],
        "every": every,
        "samples": base64.b64encode(np.ascontiguousarray(some).tobytes()).decode(),
    }


def main() -> None:
    logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as work, torch.no_grad():
        generated = {case["name"]: run(case, Path(work) / str(index)) for index, case in enumerate(CASES)}
    for case in CASES:
        if "differsFrom" in case:
            must_differ(case["name"], generated[case["name"]], generated[case["differsFrom"]])
    values = {
        name: {kind: encoded(kind, array) for kind, array in arrays.items()} for name, arrays in generated.items()
    }
    target = FIXTURES / "reference" / "odd-folders.json"
    settings = {
        "prompt": PROMPT,
        "options": {"guidanceScale": GUIDANCE, "seed": SEED},
        "ofGivenSize": {"numInferenceSteps": STEPS, "height": SIDE, "width": SIDE},
        "ofDefaultSize": {"numInferenceSteps": STEPS_OF_DEFAULT_SIZE},
    }
    target.write_text(json.dumps({**settings, "values": values}) + "\n")
    print(target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
