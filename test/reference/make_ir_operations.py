"""Makes test/fixtures/reference/ir_operations.json: which operations networks of diffusion models have in OpenVINO IR,
in which versions, with which attributes, and with how many inputs and outputs.

The networks are tiny ones with random weights, exported in every way there is: by optimum-intel in each weight format,
by nncf's compression to 4 and 8 bits and its quantisation, and by OpenVINO's converter from traced and from exported
PyTorch modules.

    python test/reference/make_ir_operations.py WORK_FOLDER
"""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
import torch
from diffusers import AutoencoderTiny, ControlNetModel, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPVisionConfig, CLIPVisionModelWithProjection

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "test" / "fixtures" / "export"
TARGET = ROOT / "test" / "fixtures" / "reference" / "ir_operations.json"

BLOCKS = dict(
    down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    block_out_channels=(16, 32),
    layers_per_block=1,
    attention_head_dim=4,
    cross_attention_dim=32,
    norm_num_groups=8,
)


class Call(torch.nn.Module):
    """A module's method with some arguments fixed, which a converter takes for a network."""

    def __init__(self, module, call):
        super().__init__()
        self.module = module.eval()
        self.call = call

    def forward(self, *inputs):
        return self.call(self.module, *inputs)


def modules():
    """Names, modules and examples of inputs."""
    latents, states = torch.randn(2, 4, 8, 8), torch.randn(2, 77, 32)
    step, image = torch.tensor([1]), torch.randn(2, 3, 16, 16)
    unet = UNet2DConditionModel(up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **BLOCKS)
    plain = UNet2DConditionModel(up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **BLOCKS)
    plain.set_attn_processor(AttnProcessor())
    control = ControlNetModel(conditioning_embedding_out_channels=(8, 16), **BLOCKS)
    with torch.no_grad():
        down, middle = control(latents, step, states, image, return_dict=False)
    tiny = AutoencoderTiny(
        encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8), num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1)
    )
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=16, projection_dim=16
    )
    text = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, vocab_size=100, projection_dim=16)
    checker = StableDiffusionSafetyChecker(CLIPConfig(text_config=text, vision_config=vision.to_dict(), projection_dim=16))

    yield "unet", Call(unet, lambda m, *i: m(*i, return_dict=False)[0]), (latents, step, states)
    yield "unet without fused attention", Call(plain, lambda m, *i: m(*i, return_dict=False)[0]), (latents, step, states)
    yield (
        "unet with residuals",
        Call(
            unet,
            lambda m, sample, timestep, hidden, mid, *rest: m(
                sample,
                timestep,
                hidden,
                down_block_additional_residuals=rest,
                mid_block_additional_residual=mid,
                return_dict=False,
            )[0],
        ),
        (latents, step, states, middle, *down),
    )
    yield "controlnet", Call(control, lambda m, *i: m(*i, return_dict=False)), (latents, step, states, image)
    yield "taesd decoder", Call(tiny, lambda m, z: m.decode(z, return_dict=False)[0]), (latents,)
    yield "taesd encoder", Call(tiny, lambda m, x: m.encode(x, return_dict=False)[0]), (image,)
    yield (
        "image encoder",
        Call(CLIPVisionModelWithProjection(vision), lambda m, x: m(x).image_embeds),
        (torch.randn(1, 3, 32, 32),),
    )
    yield (
        "safety checker",
        Call(checker, lambda m, clip, images: m.forward_onnx(clip, images)),
        (torch.randn(1, 3, 32, 32), torch.randn(1, 16, 16, 3)),
    )


def by_optimum(work: Path):
    for model in ("sd1", "sd2", "sdxl", "lcm", "inpaint"):
        for weights in ("fp32", "fp16", "int8"):
            folder = work / f"{model}-{weights}"
            task = "inpainting" if model == "inpaint" else "text-to-image"
            if not folder.exists():
                command = [Path(sys.executable).parent / "optimum-cli", "export", "openvino", "--model", MODELS / model]
                subprocess.run([*command, "--task", task, "--weight-format", weights, folder], check=True)
            yield from (path for path in folder.rglob("openvino_model.xml"))


def by_converter(work: Path):
    for name, module, inputs in modules():
        yield save(ov.convert_model(module, example_input=inputs), work / f"traced {name}.xml")
        if name in ("unet", "controlnet"):
            with torch.no_grad():
                program = torch.export.export(module, inputs)
            yield save(ov.convert_model(program), work / f"exported {name}.xml")


def by_nncf(work: Path):
    core = ov.Core()
    for component in ("unet", "text_encoder", "vae_decoder"):
        path = work / "sd1-fp32" / component / "openvino_model.xml"
        for mode in ("INT4_SYM", "INT4_ASYM", "INT8_SYM", "INT8_ASYM", "NF4", "CB4"):
            grouped = {} if mode.startswith("INT8") else {"group_size": -1, "all_layers": True}
            compressed = nncf.compress_weights(core.read_model(path), mode=nncf.CompressWeightsMode[mode], **grouped)
            yield save(compressed, work / f"{component} {mode}.xml")
    decoder = core.read_model(work / "sd1-fp32" / "vae_decoder" / "openvino_model.xml")
    decoder.reshape([1, 4, 8, 8])
    images = nncf.Dataset([np.random.default_rng(seed).standard_normal((1, 4, 8, 8), dtype=np.float32) for seed in range(3)])
    yield save(nncf.quantize(decoder, images), work / "quantised.xml")


def save(model: ov.Model, path: Path) -> Path:
    ov.save_model(model, path, compress_to_fp16=False)
    return path


def collect(paths) -> dict:
    operations: dict = {}
    for path in paths:
        for layer in ElementTree.parse(path).getroot().find("layers"):
            data = layer.find("data")
            attributes = set() if data is None else set(data.attrib)
            inputs, outputs = (len(layer.find(side) or []) for side in ("input", "output"))
            known = operations.setdefault(
                layer.get("type"), {"versions": set(), "always": attributes, "inputs": set(), "outputs": set()}
            )
            known["versions"].add(layer.get("version"))
            known["always"] &= attributes
            known["inputs"].add(inputs)
            known["outputs"].add(outputs)
    return {
        name: {key: sorted(values) for key, values in operation.items()} for name, operation in sorted(operations.items())
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    work = Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    paths = [*by_optimum(work), *by_converter(work), *by_nncf(work)]
    TARGET.write_text(json.dumps(collect(paths), indent=1) + "\n")
