"""Makes test/fixtures/single-file: how original checkpoints name and lay out what diffusers' folders hold.

    python test/reference/make_single_file.py

Which key becomes which is asked of diffusers' own converters: they are given the original's keys with marked tensors.
Then the checkpoints that follow from it are converted back, which must give the folders of test/fixtures/export again.

layouts.json.gz: for each of those folders, each key of its checkpoint with its shape and the keys it is made of.
full-size.json.gz: the shapes of Stable Diffusion 1.5, 2.1 and XL (base and refiner), and what diffusers makes of their original configurations.
"""

import gzip
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers.loaders import single_file_utils as diffusers_loader
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TARGET = FIXTURES / "single-file"
WEIGHTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model", "text_encoder_2": "model"}


def both(*names):
    return [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]


def unet_keys(config) -> list[str]:
    """Keys of ldm's openaimodel.UNetModel."""
    channels, layers = config.block_out_channels, config.layers_per_block
    keys = both("time_embed.0", "time_embed.2", "input_blocks.0.0", "out.0", "out.2")

    def resnet(name, changes):
        parts = ["in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3"]
        return both(*(f"{name}.{part}" for part in parts + ["skip_connection"] * changes))

    def transformer(name, level):
        depth = config.transformer_layers_per_block
        keys = both(*(f"{name}.{part}" for part in ("norm", "proj_in", "proj_out")))
        for index in range(depth if isinstance(depth, int) else depth[level]):
            block = f"{name}.transformer_blocks.{index}"
            keys += both(*(f"{block}.{part}" for part in ("norm1", "norm2", "norm3", "ff.net.0.proj", "ff.net.2")))
            for attention in ("attn1", "attn2"):
                keys += [f"{block}.{attention}.{part}.weight" for part in ("to_q", "to_k", "to_v")]
                keys += both(f"{block}.{attention}.to_out.0")
        return keys

    if config.addition_embed_type:
        keys += both("label_emb.0.0", "label_emb.0.2")

    width, skips, index = channels[0], [channels[0]], 1
    for level, size in enumerate(channels):
        for _ in range(layers):
            keys += resnet(f"input_blocks.{index}.0", width != size)
            width = size
            if config.down_block_types[level].startswith("CrossAttn"):
                keys += transformer(f"input_blocks.{index}.1", level)
            skips.append(width)
            index += 1
        if level < len(channels) - 1:
            keys += both(f"input_blocks.{index}.0.op")
            skips.append(width)
            index += 1
    keys += resnet("middle_block.0", False) + transformer("middle_block.1", -1) + resnet("middle_block.2", False)
    index = 0
    for level, size in reversed(list(enumerate(channels))):
        for layer in range(layers + 1):
            keys += resnet(f"output_blocks.{index}.0", width + skips.pop() != size)
            width, place = size, 1
            if config.up_block_types[len(channels) - 1 - level].startswith("CrossAttn"):
                keys += transformer(f"output_blocks.{index}.1", level)
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


def clip_keys(config, prefix="cond_stage_model.transformer.") -> list[str]:
    """Keys of ldm's FrozenCLIPEmbedder, which holds transformers' CLIPTextModel."""
    keys = [f"embeddings.{part}_embedding.weight" for part in ("token", "position")] + both("final_layer_norm")
    for layer in range(config.num_hidden_layers):
        parts = ["layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"]
        parts += [f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
        keys += both(*(f"encoder.layers.{layer}.{part}" for part in parts))
    return [f"{prefix}text_model.{key}" for key in keys]


def open_clip_keys(config, prefix="cond_stage_model.model.", projection=False) -> list[str]:
    """Keys of ldm's FrozenOpenCLIPEmbedder that are not left out, and those of FrozenOpenCLIPEmbedder2."""
    keys = ["token_embedding.weight", "positional_embedding"] + both("ln_final")
    if projection:
        keys.append("text_projection")
    for layer in range(config.num_hidden_layers):
        parts = ["ln_1", "ln_2", "mlp.c_fc", "mlp.c_proj", "attn.out_proj"]
        keys += [f"transformer.resblocks.{layer}.{key}" for key in both(*parts)]
        keys += [f"transformer.resblocks.{layer}.attn.in_proj_{kind}" for kind in ("weight", "bias")]
    return [f"{prefix}{key}" for key in keys]


SD1 = {"text_encoder": clip_keys}
SD2 = {"text_encoder": open_clip_keys}
XL = {
    "text_encoder": lambda config: clip_keys(config, "conditioner.embedders.0.transformer."),
    "text_encoder_2": lambda config: open_clip_keys(config, "conditioner.embedders.1.model.", True),
}
REFINER = {"text_encoder_2": lambda config: open_clip_keys(config, "conditioner.embedders.0.model.", True)}


def convert(network, checkpoint, model) -> dict:
    """What diffusers makes of a checkpoint."""
    if network == "unet":
        return diffusers_loader.convert_ldm_unet_checkpoint(checkpoint, dict(model.config))
    if network == "vae":
        return diffusers_loader.convert_ldm_vae_checkpoint(checkpoint, dict(model.config))
    for prefix in ("cond_stage_model.model.", "conditioner.embedders.0.model.", "conditioner.embedders.1.model."):
        own = {key: tensor for key, tensor in checkpoint.items() if key.startswith(prefix)}
        if own and (network == "text_encoder_2" or prefix.startswith("cond_stage_model")):
            return diffusers_loader.convert_open_clip_checkpoint(model, own, prefix=prefix)
    return diffusers_loader.convert_ldm_clip_checkpoint(checkpoint)


def layout(network, keys, model, state) -> dict:
    """Each original key with its shape and what it is made of, in order, as diffusers' converters have it."""
    width = model.config.hidden_size if network.startswith("text_encoder") else None
    marked = {}
    for index, key in enumerate(keys):
        parts = 3 if ".in_proj_" in key else 1
        values = torch.arange(parts)[:, None].repeat_interleave(width, 0) if parts == 3 else torch.zeros(1, 1, dtype=torch.int64)
        marked[key] = values + index * 4
        if key.endswith("in_proj_bias"):
            marked[key] = marked[key][:, 0]
        if key.endswith(".text_projection"):
            marked[key] = marked[key].expand(width, 1)
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
        if key.endswith(".text_projection"):
            result[key] |= {"shape": shape[::-1], "transposed": True}
    used = [name for entry in result.values() for name in entry["keys"]]
    assert sorted(used) == sorted(state), set(used) ^ set(state)
    return result


def layout_of(models: dict, states: dict, text_keys) -> dict:
    enumerate_keys = {"unet": unet_keys, "vae": vae_keys, **text_keys}
    result = {}
    for network, model in models.items():
        result |= layout(network, enumerate_keys[network](model.config), model, states[network])
    return result


def verify(models: dict, states: dict, layout: dict) -> None:
    """Builds the checkpoint and lets diffusers convert it back."""
    checkpoint = {}
    for key, entry in layout.items():
        tensor = torch.cat([states[entry["network"]][name] for name in entry["keys"]])
        checkpoint[key] = tensor.T if "transposed" in entry else tensor.reshape(entry["shape"])
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
    if "text_encoder_2" in text_keys:
        models["text_encoder_2"] = CLIPTextModelWithProjection.from_pretrained(folder / "text_encoder_2")
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
    "sdxl": {
        "num_head_channels": 64,
        "context_dim": 2048,
        "use_linear_in_transformer": True,
        "num_classes": "sequential",
        "adm_in_channels": 2816,
        "attention_resolutions": [4, 2],
        "channel_mult": [1, 2, 4],
        "transformer_depth": [1, 2, 10],
    },
    "refiner": {
        "num_head_channels": 64,
        "context_dim": 1280,
        "use_linear_in_transformer": True,
        "num_classes": "sequential",
        "adm_in_channels": 2560,
        "model_channels": 384,
        "attention_resolutions": [4, 2],
        "transformer_depth": 4,
    },
}
# config.json of the text encoders, as far as networks are built after them.
CLIP_L = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "hidden_act": "quick_gelu"}
BIG_G = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "hidden_act": "gelu",
    "projection_dim": 1280,
}
TEXTS = {
    "sd15": {"text_encoder": CLIP_L},
    "sd21": {
        "text_encoder": {
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_hidden_layers": 23,
            "num_attention_heads": 16,
            "hidden_act": "gelu",
        }
    },
    "sdxl": {"text_encoder": CLIP_L, "text_encoder_2": BIG_G},
    "refiner": {"text_encoder_2": BIG_G},
}


def full_size(name: str, text_keys) -> dict:
    original = {
        "model": {
            "params": {
                "linear_start": 0.00085,
                "linear_end": 0.012,
                "unet_config": {"params": {**UNET_PARAMS, **ORIGINALS[name]}},
                "first_stage_config": {"params": {"ddconfig": VAE_PARAMS}},
                "scale_factor": 0.13025 if name in ("sdxl", "refiner") else 0.18215,
            }
        }
    }
    # Which model a checkpoint is of is told by this tensor alone.
    kind = {"sdxl": "xl_base", "refiner": "xl_refiner"}.get(name, "v2")
    told = {diffusers_loader.CHECKPOINT_KEY_NAMES[kind]: torch.empty(320, ORIGINALS[name]["context_dim"])}
    unet = diffusers_loader.create_unet_diffusers_config_from_ldm(original, told)
    vae = diffusers_loader.create_vae_diffusers_config_from_ldm(original, told)
    texts = {encoder: {"vocab_size": 49408, "max_position_embeddings": 77, **text} for encoder, text in TEXTS[name].items()}
    schedulers = {}
    for steps in (None, 875000):
        counted = told | ({} if steps is None else {"global_step": torch.tensor(steps)})
        config = diffusers_loader._legacy_load_scheduler(DDIMScheduler, counted, "scheduler", original, prediction_type=None).config
        fields = ("beta_start", "beta_end", "beta_schedule", "clip_sample", "num_train_timesteps", "prediction_type")
        fields += ("set_alpha_to_one", "steps_offset", "timestep_spacing")
        schedulers[str(steps)] = {field: config[field] for field in fields if field in config}
    with torch.device("meta"):
        models = {
            "unet": UNet2DConditionModel(**unet),
            "vae": AutoencoderKL(**vae),
        }
        classes = {"text_encoder": CLIPTextModel, "text_encoder_2": CLIPTextModelWithProjection}
        models |= {encoder: classes[encoder](CLIPTextConfig(**text)) for encoder, text in texts.items()}
    states = {network: model.state_dict() for network, model in models.items()}
    for encoder in texts:
        states[encoder] = {
            key if key.startswith(("text_model.", "text_projection.")) else f"text_model.{key}": tensor
            for key, tensor in states[encoder].items()
            if not key.endswith("position_ids")
        }
    shapes = {key: entry["shape"] for key, entry in layout_of(models, states, text_keys).items()}
    return {"shapes": shapes, "unet": unet, "vae": vae, **texts, "schedulers": schedulers}


def write(name: str, content: dict) -> None:
    path = TARGET / f"{name}.json.gz"
    path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0))
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    write("layouts", {"sd1": tiny("sd1", SD1), "sd2": tiny("sd2", SD2), "inpaint": tiny("inpaint", SD1), "sdxl": tiny("sdxl", XL)})
    sizes = {"sd15": SD1, "sd21": SD2, "sdxl": XL, "refiner": REFINER}
    write("full-size", {name: full_size(name, text_keys) for name, text_keys in sizes.items()})
