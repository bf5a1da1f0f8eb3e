"""Runs the tokenizers that openvino-diffusers exports as networks, beside their converter's and transformers' own.

    npm run build:ts && python test/reference/tokenizer_ids.py

Encodes the 200 prompts of test/fixtures/reference/tokens.json with the vocabularies of packages/shapes and of CLIP, whole
and cut to 77 tokens, and all in one batch. Fails where the exported network gives other ids or another mask than the
network openvino_tokenizers converts the same folder to; prints how many prompts both give other ids for than
transformers, or refuse.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import openvino
from openvino_tokenizers import convert_tokenizer
from transformers import AutoTokenizer

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "test" / "fixtures"
PROMPTS = json.loads((FIXTURES / "reference" / "tokens.json").read_text())["prompts"]
# By vocabulary: a diffusers folder, and the tokenizer to put in it.
VOCABULARIES = {
    "packages/shapes": (ROOT / "packages" / "shapes", None),
    "CLIP": (FIXTURES / "export" / "sd1", ROOT / "models" / "clip-tokenizer"),
}


def encode(network, prompts, truncation=False):
    request = network.create_infer_request()
    for state in request.query_state():
        state.state = openvino.Tensor(np.array(truncation))
    try:
        outputs = request.infer(prompts)
    except RuntimeError as error:
        # What BPETokenizer makes of words that come out as more tokens than they have bytes.
        if "ragged_offset < outputs[2].get_size()" not in str(error):
            raise
        return None
    return outputs["input_ids"].tolist(), outputs["attention_mask"].tolist()


def compare(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ours = openvino.Core().compile_model(folder / "openvino_tokenizer.xml", "CPU")
    theirs = openvino.Core().compile_model(convert_tokenizer(tokenizer), "CPU")
    encoded = [encode(ours, [prompt]) for prompt in PROMPTS]
    assert encoded == [encode(theirs, [prompt]) for prompt in PROMPTS]
    cut = [encode(ours, [prompt], truncation=True) for prompt in PROMPTS]
    assert cut == [encode(theirs, [prompt], truncation=True) for prompt in PROMPTS]
    assert max(len(result[0][0]) for result in cut if result) == 77
    readable = [prompt for prompt, result in zip(PROMPTS, encoded) if result]
    assert encode(ours, readable) == encode(theirs, readable) is not None
    expected = [tokenizer(prompt).input_ids for prompt in PROMPTS]
    other = sum(result is not None and result[0][0] != ids for result, ids in zip(encoded, expected))
    return len(PROMPTS) - len(readable), other


def main():
    for name, (model, tokenizer) in VOCABULARIES.items():
        with tempfile.TemporaryDirectory() as work:
            source, target = Path(work) / "source", Path(work) / "exported"
            shutil.copytree(model, source)
            if tokenizer:
                shutil.rmtree(source / "tokenizer")
                shutil.copytree(tokenizer, source / "tokenizer")
                shutil.copy(FIXTURES / "clip-tokenizer" / "tokenizer_config.json", source / "tokenizer")
            subprocess.run(["node", ROOT / "dist" / "cli" / "main.js", "export", source, target], check=True, capture_output=True)
            refused, other = compare(target / "tokenizer")
            print(f"{name}: as converted in {len(PROMPTS)} of {len(PROMPTS)}; refused {refused}, unlike transformers {other}")


main()
