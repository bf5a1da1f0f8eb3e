"""What openvino_tokenizers makes of CLIP tokenizers, layer by layer, for test/unit/tokenizer/tokenizer-network.test.ts.

    python test/reference/make_tokenizer_networks.py

Reads packages/shapes/tokenizer, models/clip-tokenizer and test/fixtures/small-tokenizer; writes
test/fixtures/reference/tokenizer-networks.json. A layer is one line, numbered in the order in which walks from the
results and then the sinks back to the input leave it: its operation, its attributes, the outputs it takes, and the
precisions it gives. Of a long constant there is the beginning of its SHA-256.
"""

import hashlib
import json
import shutil
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import openvino
from openvino_tokenizers import convert_tokenizer
from transformers import AutoTokenizer

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "test" / "fixtures"
BOS, EOS = "<|startoftext|>", "<|endoftext|>"
NAMES = {"bos_token": BOS, "eos_token": EOS, "unk_token": EOS, "pad_token": EOS, "model_max_length": 77}
NUMPY = {"i32": "<i4", "i64": "<i8", "boolean": "?"}


def token(content, **rules):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, **rules}


# By name: a folder, and files that stand in it instead of its own.
TOKENIZERS = {
    "packages/shapes": ("packages/shapes/tokenizer", {}),
    "CLIP's vocabulary": ("models/clip-tokenizer", {
        "tokenizer_config.json": {**NAMES, "tokenizer_class": "CLIPTokenizer"},
    }),
    "padded with !": ("test/fixtures/small-tokenizer", {
        "tokenizer_config.json": {**NAMES, "pad_token": "!", "tokenizer_class": "CLIPTokenizer"},
    }),
    "with added_tokens.json": ("test/fixtures/small-tokenizer", {
        "tokenizer_config.json": {**NAMES, "tokenizer_class": "CLIPTokenizer"},
        "added_tokens.json": {"<cat-toy>": 690, "sks": 691},
    }),
    "with tokens of its own": ("test/fixtures/small-tokenizer", {
        "tokenizer_config.json": {**NAMES, "tokenizer_class": "CLIPTokenizer",
            "added_tokens_decoder": {
                "688": token(BOS, special=True),
                "689": token(EOS, special=True),
                "690": token("<café 1>", special=False, lstrip=True),
                "691": token("<café 1>+", special=False, lstrip=True, rstrip=True),
                "692": token("_a.b", special=True),
                "693": token("_a.b.c", special=True, normalized=True),
            }},
    }),
}


def constant_of(attributes, weights):
    start, kind = int(attributes["offset"]), attributes["element_type"]
    data = weights[start : start + int(attributes["size"])]
    if kind == "u8" and len(data) <= 128:
        value = json.dumps(data.decode(), ensure_ascii=False)
    elif kind != "u8" and len(data) <= 32:
        value = ",".join(str(int(n)) for n in np.frombuffer(data, NUMPY[kind]))
    else:
        value = hashlib.sha256(data).hexdigest()[:16]
    return f"{kind} [{attributes['shape']}] {value}"


def describe(xml, weights):
    root = ET.fromstring(xml)
    layers = {layer.get("id"): layer for layer in root.find("layers")}
    sources = {(e.get("to-layer"), e.get("to-port")): (e.get("from-layer"), e.get("from-port")) for e in root.find("edges")}
    numbers, lines = {}, []

    def ports(layer, side):
        return [port for port in (layer.find(side) if layer.find(side) is not None else [])]

    def visit(id):
        if id in numbers:
            return
        layer, inputs = layers[id], []
        for port in ports(layer, "input"):
            source, output = sources[id, port.get("id")]
            visit(source)
            place = [p.get("id") for p in ports(layers[source], "output")].index(output)
            inputs.append(f"{numbers[source]}.{place}")
        attributes = dict(layer.find("data").attrib) if layer.find("data") is not None else {}
        operation = f"{layer.get('version')}.{layer.get('type')}"
        if layer.get("type") == "Const":
            shown = [constant_of(attributes, weights)]
        else:
            shown = [f"{name}={value}" for name, value in sorted(attributes.items())]
        outputs = [port.get("precision") for port in ports(layer, "output")]
        numbers[id] = len(lines)
        lines.append(" ".join([operation, *shown, "<-", *inputs, "->", *outputs]))

    for kind in ("Result", "Assign"):
        for id, layer in layers.items():
            if layer.get("type") == kind:
                visit(id)
    results = [id for id, layer in layers.items() if layer.get("type") == "Result"]
    outputs = [
        next(port.get("names") for port in ports(layers[layer], "output") if port.get("id") == output)
        for layer, output in (sources[id, "0"] for id in results)
    ]
    info = {entry.tag: entry.get("value") for entry in root.find("rt_info")}
    ids = {name: int(info[name]) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return {"outputs": outputs, "ids": ids, "layers": lines}


def main():
    reference = {}
    for name, (source, files) in TOKENIZERS.items():
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "tokenizer"
            shutil.copytree(ROOT / source, folder)
            for file, content in files.items():
                (folder / file).write_text(json.dumps(content))
            network = Path(work) / "openvino_tokenizer.xml"
            openvino.save_model(convert_tokenizer(AutoTokenizer.from_pretrained(folder)), network)
            described = describe(network.read_text(), network.with_suffix(".bin").read_bytes())
        reference[name] = {"source": source, "files": files, **described}
    target = FIXTURES / "reference" / "tokenizer-networks.json"
    target.write_text(json.dumps(reference, indent=1, ensure_ascii=False) + "\n")
    print(target, target.stat().st_size, "bytes")


main()
