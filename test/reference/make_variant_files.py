"""Makes test/fixtures/reference/variant_files.json: the weights that diffusers downloads where some components have a
variant and some do not.

    python test/reference/make_variant_files.py
"""

import json
from pathlib import Path

from diffusers.pipelines.pipeline_loading_utils import variant_compatible_siblings

TARGET = Path(__file__).resolve().parents[1] / "fixtures" / "reference" / "variant_files.json"

TEXT = "text_encoder/model"
UNET = "unet/diffusion_pytorch_model"
VAE = "vae/diffusion_pytorch_model"
PLAIN = [f"{name}.safetensors" for name in (TEXT, UNET, VAE)]
CASES = {
    "every component has the variant": (PLAIN + [f"{name}.fp16.safetensors" for name in (TEXT, UNET, VAE)], "fp16"),
    "only the UNet has the variant": (PLAIN + [f"{UNET}.non_ema.safetensors"], "non_ema"),
    "all but the VAE have the variant": (
        PLAIN + [f"{TEXT}.fp16.safetensors", f"{UNET}.fp16.safetensors"],
        "fp16",
    ),
    "the UNet has the variant alone": (
        [f"{TEXT}.safetensors", f"{UNET}.fp16.safetensors", f"{VAE}.safetensors"],
        "fp16",
    ),
    "the variant is in shards, the rest is not": (
        PLAIN
        + [f"{UNET}.fp16-0000{n}-of-00002.safetensors" for n in (1, 2)]
        + [f"{UNET}.safetensors.index.fp16.json"],
        "fp16",
    ),
    "the variant is in old shards": (
        PLAIN
        + [f"{UNET}-0000{n}-of-00002.fp16.safetensors" for n in (1, 2)]
        + [f"{UNET}.safetensors.fp16.index.json"],
        "fp16",
    ),
    "no component has the variant": (PLAIN, "fp16"),
    "another variant than the one there": (PLAIN + [f"{UNET}.non_ema.safetensors"], "fp16"),
}


def selected(files, variant):
    try:
        return sorted(variant_compatible_siblings(files, variant=variant)[0])
    except ValueError:
        return None


cases = [
    {"name": name, "files": files, "variant": variant, "selected": selected(files, variant)}
    for name, (files, variant) in CASES.items()
]
TARGET.write_text(json.dumps(cases, indent=2) + "\n")
