"""Puts the trained parts together as packages/shapes, a diffusers folder in fp16, and writes down what tests ask of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel

from checkpoint import resume
from sampling import GUIDANCE, STEPS, make_pipeline
from scenes import held_out_prompts
from train_unet import make_unet

ROOT = Path(__file__).parents[2]
PROMPTS = 100
# Pictures drawn at a time by the tests, each batch with one seed.
BATCH = 10


def trained_unet(work: Path) -> UNet2DConditionModel:
    """The averaged weights of the last checkpoint, so that a run can be looked at before its end."""
    unet = make_unet()
    resume(work / "unet.pt", averaged=unet)
    return unet


def main(work: Path, target: Path) -> None:
    pipeline = make_pipeline(work, trained_unet(work))
    pipeline.to(torch.float16).save_pretrained(target)
    config = target / "vae" / "config.json"
    # Where it was trained is nobody's business.
    told = json.loads(config.read_text())
    told.pop("_name_or_path", None)
    config.write_text(json.dumps(told, indent=2))
    for weights in target.glob("*/*.safetensors"):
        weights.chmod(0o644)

    settings = {"numInferenceSteps": STEPS, "guidanceScale": GUIDANCE, "batch": BATCH}
    prompts = [{"prompt": prompt, **asdict(scene)} for prompt, scene in held_out_prompts(PROMPTS)]
    expected = ROOT / "test" / "fixtures" / "held-out-prompts.json"
    expected.write_text(json.dumps({**settings, "prompts": prompts}, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="folder of the training")
    parser.add_argument("--target", type=Path, default=ROOT / "packages" / "shapes")
    options = parser.parse_args()
    main(options.work, options.target)
