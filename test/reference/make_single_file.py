"""Makes test/fixtures/single-file: how original checkpoints name and lay out what diffusers' folders hold.

    python test/reference/make_single_file.py

Which key becomes which is asked of diffusers' own converters: they are given the original's keys with marked tensors.
Then the checkpoints that follow from it are converted back, which must give the folders of test/fixtures/export again.

layouts.json.gz: for each of those folders, each key of its checkpoint with its shape and the keys it is made of.
full-size.json.gz: the shapes of Stable Diffusion 1.5 and 2.1, and what diffusers makes of their original configurations.
"""

import gzip
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers.loaders import single_file_utils as diffusers_loader
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TARGET = FIXTURES / "single-file"
WEIGHTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}


def both(*names):
    return [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]


def unet_keys(config) -> list[str]:
    """Keys of ldm's openaimodel.UNetModel."""
    channels, layers = config.block_out_channels, config.layers_per_block
    keys = both("time_embed.0", "time_embed.2", "input_blocks.0.0", "out.0", "out.2")

    def resnet(name, changes):
        parts = ["in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3"]
        return both(*(f"{name}.{part}" for part in parts + ["skip_connection"] * changes))

    def transformer(name):
        block = f"{name}.transformer_blocks.0"
        keys = both(*(f"{name}.{part}" for part in ("norm", "proj_in", "proj_out")))
        keys += both(*(f"{block}.{part}" for part in ("norm1", "norm2", "norm3", "ff.net.0.proj", "ff.net.2")))
        for attention in ("attn1", "attn2"):
            keys += [f"{block}.{attention}.{part}.weight" for part in ("to_q", "to_k", "to_v")]
            keys += both(f"{block}.{attention}.to_out.0")
        return keys

    width, skips, index = channels[0], [channels[0]], 1
    for level, size in enumerate(channels):
        for _ in range(layers):
            keys += resnet(f"input_blocks.{index}.0", width != size)
            width = size
            if config.down_block_types[level].startswith("CrossAttn"):
                keys += transformer(f"input_blocks.{index}.1")
            skips.append(width)
            index += 1
        if level < len(channels) - 1:
            keys += both(f"input_blocks.{index}.0.op")
            skips.append(width)
            index += 1
    keys += resnet("middle_block.0", False) + transformer("middle_block.1") + resnet("middle_block.2", False)
    index = 0
    for level, size in reversed(list(enumerate(channels))):
        for layer in range(layers + 1):
            keys += resnet(f"output_blocks.{index}.0", width + skips.pop() != size)
            width, place = size, 1
            if config.down_block_types[level].startswith("CrossAttn"):
                keys += transformer(f"output_blocks.{index}.1")
                place = 2
            if level > 0 and layer == layers:
                keys += both(f"output_blocks.{index}.{place}.conv")
            index += 1
    return [f"model.diffusion_model.{key}" for key in keys]


def vae_keys(config) -> list[str]:
    """Keys of ldm's AutoencoderKL."""
    channels, layers = config.block_out_channels, config.layers_per_block

    def resnet(name, changes):
        return both(*(f"{name}.{part}" for part in ["norm1", "conv1", "norm2", "conv2"] + ["nin_shortcut"] * changes))

    keys = both("quant_conv", "post_quant_conv")
    for half in ("encoder", "decoder"):
        keys += both(*(f"{half}.{part}" for part in ("conv_in", "norm_out", "conv_out")))
        keys += resnet(f"{half}.mid.block_1", False) + resnet(f"{half}.mid.block_2", False)
        keys += both(*(f"{half}.mid.attn_1.{part}" for part in ("norm", "q", "k", "v", "proj_out")))
    width = channels[0]
    for level, size in enumerate(channels):
        for layer in range(layers):
            keys += resnet(f"encoder.down.{level}.block.{layer}", width != size)
            width = size
        if level < len(channels) - 1:
            keys += both(f"encoder.down.{level}.downsample.conv")
    for level, size in reversed(list(enumerate(channels))):
        for layer in range(layers + 1):
            keys += resnet(f"decoder.up.{level}.block.{layer}", width != size)
            width = size
        if level > 0:
            keys += both(f"decoder.up.{level}.upsample.conv")
    return [f"first_stage_model.{key}" for key in keys]


def clip_keys(config) -> list[str]:
    """Keys of ldm's FrozenCLIPEmbedder, which holds transformers' CLIPTextModel."""
    keys = [f"embeddings.{part}_embedding.weight" for part in ("token", "position")] + both("final_layer_norm")
    for layer in range(config.num_hidden_layers):
        parts = ["layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"]
        parts += [f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
        keys += both(*(f"encoder.layers.{layer}.{part}" for part in parts))
    return [f"cond_stage_model.transformer.text_model.{key}" for key in keys]


def open_clip_keys(config) -> list[str]:
    """Keys of ldm's FrozenOpenCLIPEmbedder that are not left out, text_projection apart."""
    keys = ["token_embedding.weight", "positional_embedding"] + both("ln_final")
    for layer in range(config.num_hidden_layers):
        parts = ["ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj", "attn.out_proj"]
        keys += [f"transformer.resblocks.{layer}.{key}" for key in both(*parts)]
        keys += [f"transformer.resblocks.{layer}.attn.in_proj_{kind}" for kind in ("weight", "bias")]
    return [f"cond_stage_model.model.{key}" for key in keys]


def convert(network, checkpoint, model) -> dict:
    """What diffusers makes of a checkpoint."""
    if network == "unet":
        return diffusers_loader.convert_ldm_unet_checkpoint(checkpoint, dict(model.config))
    if network == "vae":
        return diffusers_loader.convert_ldm_vae_checkpoint(checkpoint, dict(model.config))
    if any(key.startswith("cond_stage_model.model.") for key in checkpoint):
        return diffusers_loader.convert_open_clip_checkpoint(model, checkpoint)
    return diffusers_loader.convert_ldm_clip_checkpoint(checkpoint)


def layout(network, keys, model, state) -> dict:
    """Each original key with its shape and what it is made of, in order, as diffusers' converters have it."""
    width = model.config.hidden_size if network == "text_encoder" else None
    marked = {}
    for index, key in enumerate(keys):
        parts = 3 if ".in_proj_" in key else 1
        values = torch.arange(parts)[:, None].repeat_interleave(width, 0) if parts == 3 else torch.zeros(1, 1, dtype=torch.int64)
        marked[key] = values + index * 4
        if key.endswith("in_proj_bias"):
            marked[key] = marked[key][:, 0]
    made_of = {index: {} for index in range(len(keys))}
    for name, tensor in convert(network, marked, model).items():
        index, part = divmod(int(tensor.flatten()[0]), 4)
        assert torch.all(tensor == tensor.flatten()[0]), name
        made_of[index][part] = name
    result = {}
    for index, key in enumerate(keys):
        names = [made_of[index][part] for part in sorted(made_of[index])]
        shape = list(state[names[0]].shape)
        shape[0] *= len(names)
        if ".mid.attn_1." in key and len(shape) == 2:
            shape += [1, 1]
        result[key] = {"shape": shape, "network": network, "keys": names}
    used = [name for entry in result.values() for name in entry["keys"]]
    assert sorted(used) == sorted(state), set(used) ^ set(state)
    return result


def layout_of(models: dict, states: dict, text_keys) -> dict:
    enumerate_keys = {"unet": unet_keys, "vae": vae_keys, "text_encoder": text_keys}
    result = {}
    for network, model in models.items():
        result |= layout(network, enumerate_keys[network](model.config), model, states[network])
    return result


def verify(models: dict, states: dict, layout: dict) -> None:
    """Builds the checkpoint and lets diffusers convert it back."""
    checkpoint = {
        key: torch.cat([states[entry["network"]][name] for name in entry["keys"]]).reshape(entry["shape"])
        for key, entry in layout.items()
    }
    for network, model in models.items():
        converted = convert(network, checkpoint, model)
        state = states[network]
        assert sorted(converted) == sorted(state), (network, set(converted) ^ set(state))
        for name, tensor in state.items():
            assert torch.equal(converted[name], tensor), name


def tiny(name: str, text_keys) -> dict:
    folder = FIXTURES / "export" / name
    models = {
        "text_encoder": CLIPTextModel.from_pretrained(folder / "text_encoder"),
        "unet": UNet2DConditionModel.from_pretrained(folder / "unet"),
        "vae": AutoencoderKL.from_pretrained(folder / "vae"),
    }
    states = {network: load_file(folder / network / f"{WEIGHTS[network]}.safetensors") for network in models}
    result = layout_of(models, states, text_keys)
    verify(models, states, result)
    return result


# As in the configuration files that came with the checkpoints.
VAE_PARAMS = {"ch": 128, "ch_mult": [1, 2, 4, 4], "in_channels": 3, "out_ch": 3, "z_channels": 4, "num_res_blocks": 2}
UNET_PARAMS = {
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "attention_resolutions": [4, 2, 1],
    "num_res_blocks": 2,
    "channel_mult": [1, 2, 4, 4],
    "transformer_depth": 1,
}
ORIGINALS = {
    "sd15": {"num_heads": 8, "context_dim": 768},
    "sd21": {"num_head_channels": 64, "context_dim": 1024, "use_linear_in_transformer": True},
}
# text_encoder/config.json of Stable Diffusion 1.5 and 2.1, as far as a network is built after it.
TEXTS = {
    "sd15": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "hidden_act": "quick_gelu"},
    "sd21": {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23, "num_attention_heads": 16, "hidden_act": "gelu"},
}


def full_size(name: str, text_keys) -> dict:
    original = {
        "model": {
            "params": {
                "linear_start": 0.00085,
                "linear_end": 0.012,
                "unet_config": {"params": {**UNET_PARAMS, **ORIGINALS[name]}},
                "first_stage_config": {"params": {"ddconfig": VAE_PARAMS}},
                "scale_factor": 0.18215,
            }
        }
    }
    # Which model a checkpoint is of is told by this tensor's shape alone.
    told = {diffusers_loader.CHECKPOINT_KEY_NAMES["v2"]: torch.empty(320, ORIGINALS[name]["context_dim"])}
    unet = diffusers_loader.create_unet_diffusers_config_from_ldm(original, told)
    vae = diffusers_loader.create_vae_diffusers_config_from_ldm(original, told)
    text = {"vocab_size": 49408, "max_position_embeddings": 77, **TEXTS[name]}
    schedulers = {}
    for steps in (None, 875000):
        counted = told | ({} if steps is None else {"global_step": torch.tensor(steps)})
        config = diffusers_loader._legacy_load_scheduler(DDIMScheduler, counted, "scheduler", original, prediction_type=None).config
        fields = ("beta_start", "beta_end", "beta_schedule", "clip_sample", "num_train_timesteps", "prediction_type")
        fields += ("set_alpha_to_one", "steps_offset", "timestep_spacing")
        schedulers[str(steps)] = {field: config[field] for field in fields}
    with torch.device("meta"):
        models = {
            "text_encoder": CLIPTextModel(CLIPTextConfig(**text)),
            "unet": UNet2DConditionModel(**unet),
            "vae": AutoencoderKL(**vae),
        }
    states = {network: model.state_dict() for network, model in models.items()}
    states["text_encoder"] = {
        key if key.startswith("text_model.") else f"text_model.{key}": tensor
        for key, tensor in states["text_encoder"].items()
        if not key.endswith("position_ids")
    }
    shapes = {key: entry["shape"] for key, entry in layout_of(models, states, text_keys).items()}
    return {"shapes": shapes, "unet": unet, "vae": vae, "text_encoder": text, "schedulers": schedulers}


def write(name: str, content: dict) -> None:
    path = TARGET / f"{name}.json.gz"
    path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0))
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    write("layouts", {"sd1": tiny("sd1", clip_keys), "sd2": tiny("sd2", open_clip_keys), "inpaint": tiny("inpaint", clip_keys)})
    write("full-size", {"sd15": full_size("sd15", clip_keys), "sd21": full_size("sd21", open_clip_keys)})
