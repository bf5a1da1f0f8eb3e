"""What diffusers' VaeImageProcessor and Pillow make of images that pipelines are given.

    python test/reference/make_image_inputs.py

Writes test/fixtures/reference/image_inputs.json.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
from diffusers.image_processor import VaeImageProcessor
from diffusers.utils import load_image
from PIL import Image

TARGET = Path(__file__).parent.parent / "fixtures" / "reference" / "image_inputs.json"


def source(width: int, height: int, channels: int) -> np.ndarray:
    """Smooth in one half, rough in the other, with hard edges; test/support/image-inputs.ts has the same."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    smooth = (x * 5 + y * 3 + c * 40) % 256
    rough = (x * 37 + y * 91 + c * 53 + (x * y) % 251) % 256
    edge = np.where((x + y) % 16 < 8, 255, 0)
    return np.where(x * 2 < width, smooth, np.where(y * 2 < height, rough, edge)).astype(np.uint8)


def image(width: int, height: int, channels: int) -> Image.Image:
    data = source(width, height, channels)
    return Image.fromarray(data[..., 0] if channels == 1 else data)


def encoded(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def levels(tensor) -> np.ndarray:
    """[n, c, h, w] in -1..1 to the levels it was made of."""
    return ((tensor.numpy()[0].transpose(1, 2, 0) + 1) * 127.5).round().astype(np.uint8)


RESIZES = [
    # source, target, mode
    [(61, 43), (24, 16), "default"],
    [(61, 43), (64, 48), "default"],
    [(61, 43), (None, None), "default"],
    [(200, 20), (24, 16), "default"],
    [(9, 9), (40, 24), "default"],
    [(61, 43), (32, 48), "fill"],
    [(43, 61), (48, 24), "fill"],
    [(61, 43), (32, 48), "crop"],
    [(43, 61), (48, 24), "crop"],
    [(48, 32), (24, 16), "crop"],
    [(48, 32), (24, 16), "fill"],
]


def resizes() -> list[dict]:
    cases = []
    for (width, height), (to_width, to_height), mode in RESIZES:
        processor = VaeImageProcessor(vae_scale_factor=8)
        tensor = processor.preprocess(image(width, height, 3), height=to_height, width=to_width, resize_mode=mode)
        cases.append(
            {
                "source": [width, height],
                "target": [tensor.shape[3], tensor.shape[2]],
                "given": to_width is not None,
                "mode": mode,
                "pixels": encoded(levels(tensor)),
            }
        )
    return cases


def masks() -> list[dict]:
    processor = VaeImageProcessor(
        vae_scale_factor=8, do_normalize=False, do_binarize=True, do_convert_grayscale=True
    )
    cases = []
    for channels, mode in ((1, "default"), (3, "default"), (1, "fill")):
        tensor = processor.preprocess(image(61, 43, channels), height=32, width=48, resize_mode=mode)
        cases.append({"channels": channels, "mode": mode, "binary": encoded(tensor.numpy()[0, 0].astype(np.uint8))})
    return cases


def blurs() -> list[dict]:
    return [
        {"radius": radius, "pixels": encoded(np.asarray(VaeImageProcessor.blur(image(40, 24, 1), radius)))}
        for radius in (0.5, 1, 2.5, 4, 33)
    ]


def crop_regions() -> list[dict]:
    cases = []
    for box in ((10, 5, 20, 30), (0, 0, 64, 8), (60, 40, 64, 48), (30, 20, 31, 21), (2, 2, 62, 46), (0, 20, 10, 48)):
        for size in ((64, 64), (32, 64), (64, 24)):
            for padding in (0, 7, 32):
                mask = Image.new("L", (64, 48))
                mask.paste(255, box)
                region = VaeImageProcessor.get_crop_region(mask, *size, pad=padding)
                cases.append({"box": box, "size": size, "padding": padding, "region": region})
    return cases


def overlays() -> list[dict]:
    processor = VaeImageProcessor(vae_scale_factor=8)
    original = image(61, 43, 3)
    mask = processor.blur(Image.fromarray(source(61, 43, 1)[..., 0]), 2)
    same = Image.fromarray(255 - source(61, 43, 3))
    other = Image.fromarray(255 - source(40, 24, 3))
    return [
        {"pixels": encoded(np.asarray(processor.apply_overlay(mask, original, same)))},
        {
            "box": [8, 4, 50, 30],
            "pixels": encoded(np.asarray(processor.apply_overlay(mask, original, other, (8, 4, 50, 30)))),
        },
    ]


def saved(picture: Image.Image, format: str, **options) -> str:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return base64.b64encode(file.getvalue()).decode()


def files() -> list[dict]:
    rgb = image(23, 17, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    cmyk = np.repeat(np.repeat(source(3, 2, 4), 8, 0), 8, 1)
    grey16 = (source(23, 17, 1)[..., 0].astype(np.uint16) << 8) | 0x7F
    made = {
        "PNG": saved(rgb, "PNG"),
        "grey PNG": saved(image(23, 17, 1), "PNG"),
        "PNG with alpha": saved(Image.fromarray(source(23, 17, 4)), "PNG"),
        "grey PNG with alpha": saved(Image.fromarray(source(23, 17, 2), "LA"), "PNG"),
        "PNG with a palette": saved(rgb.quantize(16), "PNG", transparency=3),
        "JPEG": saved(rgb, "JPEG", quality=90),
        "JPEG turned by EXIF": saved(rgb, "JPEG", quality=90, exif=exif),
        "PNG turned by EXIF": saved(rgb, "PNG", exif=exif),
        "CMYK JPEG": saved(Image.fromarray(cmyk, "CMYK"), "JPEG", quality=100),
        "CMYK TIFF": saved(Image.fromarray(cmyk, "CMYK"), "TIFF"),
        "WebP": saved(rgb, "WEBP", lossless=True),
        "GIF": saved(rgb.quantize(16), "GIF"),
    }
    cases = []
    for name, data in made.items():
        picture = load_image(Image.open(io.BytesIO(base64.b64decode(data))))
        cases.append({"name": name, "file": data, "size": picture.size, "pixels": encoded(np.asarray(picture))})
    # Pillow clips the levels of 16-bit grey at 255, which turns nearly all white; of colours it takes the upper bits.
    wide = saved(Image.fromarray(grey16), "PNG")
    upper = Image.fromarray((grey16 >> 8).astype(np.uint8)).convert("RGB")
    cases.append({"name": "grey PNG of 16 bits", "file": wide, "size": upper.size, "pixels": encoded(np.asarray(upper))})
    return cases


if __name__ == "__main__":
    TARGET.write_text(
        json.dumps(
            {
                "resizes": resizes(),
                "masks": masks(),
                "blurs": blurs(),
                "cropRegions": crop_regions(),
                "overlays": overlays(),
                "files": files(),
            }
        )
    )
