"""Makes test/fixtures/export: tiny random diffusers folders, and what diffusers and optimum-intel make of them.

    python test/reference/make_export.py WORK_FOLDER

Beside each network stands expected.json: inputs, and the outputs of its diffusers or transformers class in float32.
In each pipeline's folder stands ports.json: the inputs and outputs of optimum-intel's export of it.
"""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker, cosine_distance
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
)

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "test" / "fixtures" / "export"
TOKENIZER = ROOT / "test" / "fixtures" / "small-tokenizer"
TYPES = {torch.float32: "f32", torch.int64: "i64", torch.bool: "boolean"}


def shaken(model, dtype=torch.float32):
    """Random weights everywhere, norms and biases too, rounded to the type they are to be stored in."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
            parameter.copy_(parameter.to(dtype).float())
    return model.eval()


def described(tensor: torch.Tensor) -> dict:
    data = np.ascontiguousarray(tensor.detach().numpy())
    return {
        "elementType": TYPES[tensor.dtype],
        "shape": list(tensor.shape),
        "base64": base64.b64encode(data.tobytes()).decode(),
    }


def write_expected(folder: Path, name: str, inputs: dict, outputs: dict) -> None:
    case = {
        "inputs": {key: described(value) for key, value in inputs.items()},
        "outputs": {key: described(value) for key, value in outputs.items()},
    }
    (folder / f"{name}.json").write_text(json.dumps(case))


def clip_config(tokenizer, **more) -> CLIPTextConfig:
    return CLIPTextConfig(
        **{
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            "projection_dim": 24,
            **more,
        }
    )


def expect_text(folder: Path, model, tokenizer) -> None:
    ids = tokenizer(["a cat", "a dog on the moon"], padding="max_length", return_tensors="pt").input_ids
    result = model(ids, output_hidden_states=True)
    outputs = {"last_hidden_state": result.last_hidden_state}
    for name in ("pooler_output", "text_embeds"):
        if getattr(result, name, None) is not None:
            outputs[name] = getattr(result, name)
    outputs |= {f"hidden_states.{i}": state for i, state in enumerate(result.hidden_states)}
    write_expected(folder, "expected", {"input_ids": ids}, outputs)


def expect_unet(folder: Path, unet, sizes=((8, 8), (6, 10))) -> None:
    """The second size is no multiple of the UNet's downsampling, which diffusers fits by cropping on the way up."""
    config = unet.config
    for index, (height, width) in enumerate(sizes):
        width_of_text = config.cross_attention_dim
        inputs = {
            "sample": torch.randn(2, config.in_channels, height, width),
            "timestep": torch.tensor([981 - 700 * index]),
            "encoder_hidden_states": torch.randn(2, 7, width_of_text),
        }
        more = {}
        if config.time_cond_proj_dim:
            inputs["timestep_cond"] = torch.randn(2, config.time_cond_proj_dim)
            more["timestep_cond"] = inputs["timestep_cond"]
        if config.addition_embed_type == "text_time":
            text_width = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
            inputs["text_embeds"] = torch.randn(2, text_width)
            inputs["time_ids"] = torch.tensor([[64.0, 48.0, 0.0, 3.0, 64.0, 64.0]] * 2)
            more["added_cond_kwargs"] = {name: inputs[name] for name in ("text_embeds", "time_ids")}
        out = unet(inputs["sample"], inputs["timestep"], inputs["encoder_hidden_states"], **more).sample
        write_expected(folder, f"expected-{height}x{width}", inputs, {"out_sample": out})


def expect_vae(folder: Path, vae) -> None:
    sample = torch.rand(2, 3, 16, 12) * 2 - 1
    latents = torch.randn(2, vae.config.latent_channels, 4, 3)
    write_expected(folder, "expected-encoder", {"sample": sample}, {"latent_parameters": vae.encode(sample).latent_dist.parameters})
    write_expected(folder, "expected-decoder", {"latent_sample": latents}, {"sample": vae.decode(latents).sample})


def make_vae() -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=32,
    )


def make_unet(**more) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        **{
            "sample_size": 8,
            "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
            "block_out_channels": (8, 16, 24),
            "layers_per_block": 1,
            "attention_head_dim": 4,
            "cross_attention_dim": 32,
            "norm_num_groups": 4,
            **more,
        }
    )


def save(pipeline, folder: Path, dtype=torch.float32, **options) -> None:
    pipeline.to(dtype).save_pretrained(folder, **options)
    pipeline.to(torch.float32)
    for surplus in ("merges.txt", "vocab.json"):
        for path in folder.glob(f"tokenizer*/{surplus}"):
            path.unlink()


def write_ports(folder: Path, exported: Path) -> None:
    """Exports through Python objects, not the command, so that nothing but the graphs is made."""
    core = openvino.Core()
    shape = lambda partial: [d.get_length() if d.is_static else -1 for d in partial]
    port = lambda p: {"names": sorted(p.names), "elementType": p.element_type.type_name, "shape": shape(p.partial_shape)}
    subprocess.run(
        [Path(sys.executable).parent / "optimum-cli", "export", "openvino", "--model", folder, "--task", "text-to-image"]
        + ["--weight-format", "fp32", exported],
        check=True,
    )
    ports = {}
    for path in sorted(exported.glob("*/openvino_model.xml")):
        model = core.read_model(path)
        ports[path.parent.name] = {"inputs": [port(p) for p in model.inputs], "outputs": [port(p) for p in model.outputs]}
    (folder / "ports.json").write_text(json.dumps(ports, indent=1) + "\n")


def sd1(tokenizer) -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        vae=shaken(make_vae(), torch.float16),
        text_encoder=shaken(CLIPTextModel(clip_config(tokenizer)), torch.float16),
        tokenizer=tokenizer,
        unet=shaken(make_unet(), torch.float16),
        scheduler=PNDMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sd2(tokenizer) -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        vae=shaken(make_vae()),
        text_encoder=shaken(CLIPTextModel(clip_config(tokenizer, hidden_act="gelu"))),
        tokenizer=tokenizer,
        unet=shaken(make_unet(use_linear_projection=True, attention_head_dim=(1, 2, 3), upcast_attention=True)),
        scheduler=DDIMScheduler(prediction_type="v_prediction"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl(tokenizer) -> StableDiffusionXLPipeline:
    unet = make_unet(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(8, 16),
        attention_head_dim=(2, 4),
        transformer_layers_per_block=(1, 2),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=24 + 6 * 8,
        cross_attention_dim=64,
    )
    return StableDiffusionXLPipeline(
        vae=shaken(make_vae(), torch.bfloat16),
        text_encoder=shaken(CLIPTextModel(clip_config(tokenizer)), torch.bfloat16),
        text_encoder_2=shaken(CLIPTextModelWithProjection(clip_config(tokenizer, hidden_act="gelu")), torch.bfloat16),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=shaken(unet, torch.bfloat16),
        scheduler=DDIMScheduler(),
        add_watermarker=False,
    )


def lcm(tokenizer) -> LatentConsistencyModelPipeline:
    return LatentConsistencyModelPipeline(
        vae=shaken(make_vae()),
        text_encoder=shaken(CLIPTextModel(clip_config(tokenizer, num_hidden_layers=1))),
        tokenizer=tokenizer,
        unet=shaken(make_unet(time_cond_proj_dim=16)),
        scheduler=LCMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def inpaint(tokenizer) -> StableDiffusionInpaintPipeline:
    return StableDiffusionInpaintPipeline(
        vae=shaken(make_vae()),
        text_encoder=shaken(CLIPTextModel(clip_config(tokenizer, num_hidden_layers=1))),
        tokenizer=tokenizer,
        unet=shaken(make_unet(in_channels=9)),
        scheduler=PNDMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def renamed(source: Path, target: Path, rename) -> None:
    tensors = load_file(source)
    assert any(rename(key) != key for key in tensors)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({rename(key): value for key, value in tensors.items()}, target, metadata={"format": "pt"})


def old_vae_key(key: str) -> str:
    for new, old in {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}.items():
        key = key.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
    return key


def older_layouts() -> None:
    """The same weights under the names that other versions of the libraries write."""
    source = TARGET / "sd2"
    vae = TARGET / "vae-old-keys"
    renamed(source / "vae" / "diffusion_pytorch_model.safetensors", vae / "diffusion_pytorch_model.safetensors", old_vae_key)
    shutil.copy(source / "vae" / "config.json", vae)
    sample = torch.randn(1, 3, 16, 16)
    assert torch.equal(*(AutoencoderKL.from_pretrained(f).encode(sample).latent_dist.mean for f in (vae, source / "vae")))

    text = TARGET / "text-encoder-unprefixed"
    unprefixed = lambda key: key.removeprefix("text_model.")
    renamed(source / "text_encoder" / "model.safetensors", text / "model.safetensors", unprefixed)
    shutil.copy(source / "text_encoder" / "config.json", text)


def safety_checker() -> None:
    vision = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "image_size": 24,
        "patch_size": 8,
    }
    config = CLIPConfig(vision_config=CLIPVisionConfig(**vision).to_dict(), projection_dim=24)
    checker = shaken(StableDiffusionSafetyChecker(config))
    images = torch.randn(8, 3, 24, 24) * torch.linspace(0.5, 3, 8)[:, None, None, None]
    with torch.no_grad():
        checker.concept_embeds.copy_(torch.randn_like(checker.concept_embeds))
        checker.special_care_embeds.copy_(torch.randn_like(checker.special_care_embeds))
        embeds = checker.visual_projection(checker.vision_model(images)[1])
        concepts = cosine_distance(embeds, checker.concept_embeds)
        special = cosine_distance(embeds, checker.special_care_embeds)
        # Thresholds at which two images are caught outright, and two more only if special care lowers the bar.
        checker.concept_embeds_weights.fill_(2)
        ranked = concepts[:, 0].sort().values
        checker.concept_embeds_weights[0] = (ranked[-3] + ranked[-2]) / 2
        near = concepts[:, 1].argsort()[-2:]
        checker.concept_embeds_weights[1] = concepts[near, 1].max() + 0.004
        checker.special_care_embeds_weights.fill_(2)
        checker.special_care_embeds_weights[1] = special[near[-1], 1] - 0.02
    flags = torch.tensor(checker(images, [np.zeros(1) for _ in images])[1])
    strict = torch.tensor(checker.forward_onnx(images, torch.zeros(8, 1))[1])
    assert 0 < flags.sum() < 8 and torch.equal(flags, strict)
    assert not torch.equal(flags, (concepts > checker.concept_embeds_weights).any(dim=1)), "special care decides nothing"
    folder = TARGET / "safety_checker"
    checker.save_pretrained(folder)
    write_expected(folder, "expected", {"clip_input": images}, {"has_nsfw_concepts": flags})


if __name__ == "__main__":
    work = Path(sys.argv[1])
    shutil.rmtree(TARGET, ignore_errors=True)
    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER)
    types = {"sd1": torch.float16, "sdxl": torch.bfloat16}
    with torch.no_grad():
        for make in (sd1, sd2, sdxl, lcm, inpaint):
            name = make.__name__
            folder = TARGET / name
            pipeline = make(tokenizer)
            save(pipeline, folder, types.get(name, torch.float32))
            for part in ("text_encoder", "text_encoder_2"):
                if getattr(pipeline, part, None) is not None:
                    expect_text(folder / part, getattr(pipeline, part), tokenizer)
            expect_unet(folder / "unet", pipeline.unet)
            expect_vae(folder / "vae", pipeline.vae)
        older_layouts()
        safety_checker()
    for name in ("sd1", "sd2", "sdxl", "lcm", "inpaint"):
        write_ports(TARGET / name, work / name)
