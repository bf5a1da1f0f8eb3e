"""Pixels, PNG text chunks and EXIF comments, as diffusers and Pillow make them from what is written here.

    python test/reference/make_image.py

Writes test/fixtures/reference/image.json.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from PIL.PngImagePlugin import PngInfo

TARGET = Path(__file__).parent.parent / "fixtures" / "reference" / "image.json"

SHAPE = [2, 3, 32, 24]
TEXTS = {
    "ASCII": "a cat, (nice:1.3)\nSteps: 20, Sampler: Euler a",
    "Latin-1": "un été à la plage ÷ ÿ \u00a0",
    "beyond Latin-1": "猫 🐱\nNegative prompt: кот\nSteps: 20",
    "empty": "",
}


def encoded(array):
    return base64.b64encode(array.tobytes()).decode()


def tensor():
    """Noise that overshoots [-1, 1], every value half-way between two bytes, and what is not a number."""
    values = np.random.default_rng(0).normal(0, 0.7, int(np.prod(SHAPE))).astype(np.float32)
    ties = ((np.arange(256, dtype=np.float32) + np.float32(0.5)) / np.float32(127.5)) - np.float32(1)
    values[:256] = ties
    values[256:512] = np.nextafter(ties, np.float32(2))
    values[512:520] = [-1, 1, 0, -0.0, np.inf, -np.inf, 1e-45, 0.9999999]
    return values.reshape(SHAPE)


# EXIF comments: the first is encoded as AUTOMATIC1111's web UI does, the others as other programs do.
COMMENTS = {
    "UTF-16, big-endian": b"UNICODE\0" + TEXTS["beyond Latin-1"].encode("utf-16-be"),
    "UTF-16, little-endian": b"UNICODE\0" + TEXTS["beyond Latin-1"].encode("utf-16-le"),
    "UTF-16 with a byte order mark": b"UNICODE\0" + TEXTS["beyond Latin-1"].encode("utf-16"),
    "UTF-8": b"\0" * 8 + TEXTS["beyond Latin-1"].encode(),
    "ASCII": b"ASCII\0\0\0" + TEXTS["ASCII"].encode(),
}


def png_with(text, zip=False):
    info = PngInfo()
    info.add_text("parameters", text, zip=zip)
    return saved("PNG", pnginfo=info)


def with_comment(format, comment):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    # As bytes: Pillow loses a directory that is only within another in AVIF.
    return saved(format, exif=exif.tobytes())


def saved(format, **options):
    file = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(file, format, **options)
    return file.getvalue()


values = tensor()
images = VaeImageProcessor().postprocess(torch.from_numpy(values), output_type="pil")
pixels = np.stack([np.asarray(image) for image in images])
reference = {
    "tensor": {"shape": SHAPE, "values": encoded(values), "pixels": encoded(pixels)},
    "pngTexts": {
        name: {"text": text, "png": base64.b64encode(png_with(text)).decode()} for name, text in TEXTS.items()
    },
    "compressedPngTexts": {
        name: {"text": text, "png": base64.b64encode(png_with(text, zip=True)).decode()}
        for name, text in TEXTS.items()
    },
    "exifComments": {
        f"{format}, {name}": {
            "text": TEXTS["ASCII" if name == "ASCII" else "beyond Latin-1"],
            "image": base64.b64encode(with_comment(format, comment)).decode(),
        }
        for name, comment in COMMENTS.items()
        for format in ("JPEG", "WEBP", "AVIF")
    },
}
TARGET.write_text(json.dumps(reference, indent=1) + "\n")
scaled = (values[np.isfinite(values)] * np.float32(0.5) + np.float32(0.5)) * np.float32(255)
print(TARGET, TARGET.stat().st_size, "bytes,", int((scaled % 1 == 0.5).sum()), "values half-way between bytes")
