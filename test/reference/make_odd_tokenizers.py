"""Token ids of transformers' CLIPTokenizer for folders as older versions wrote them, and for odd ones.

    python test/reference/make_odd_tokenizers.py

Reads test/fixtures/small-tokenizer; writes test/fixtures/reference/odd-tokenizers.json: a few folders as they are found,
and 60 made at random of the files that transformers reads. Which of them transformers refuses is not written.
"""

import copy
import json
import random
import tempfile
from pathlib import Path

from transformers import CLIPTokenizer, logging

FIXTURES = Path(__file__).parent.parent / "fixtures"
SOURCE = json.loads((FIXTURES / "small-tokenizer" / "tokenizer.json").read_text())
VOCAB, MERGES = SOURCE["model"]["vocab"], SOURCE["model"]["merges"]
BOS, EOS = "<|startoftext|>", "<|endoftext|>"
NAMES = {"bos_token": BOS, "eos_token": EOS, "unk_token": EOS, "pad_token": EOS}

PROMPTS = [
    "a <cat-toy> above the circle", "a <Cat-Toy>above", "<cat-toy><cat-toy>  <cat-toy>", "SKS dog, sks dog, skssks", "_sks_ (sks)",
    f"{BOS}below{EOS} and", f"  {EOS}  below", "<|ENDOFTEXT|>", "ΣΑΣ <ΣΑΣ> <σας>", "J\u030c A\u030a \u00c5 å", "a\u0085\u00a0\u3000b", "constructor toString",
    "a red circle " * 40,
]


def token(content, **rules):
    return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, **rules}


def typed(content, **rules):
    return {"__type": "AddedToken", **token(content, **rules)}


# By name: whether the vocabulary is in tokenizer.json, and what stands beside it.
FOLDERS = {
    "added_tokens.json alone": (False, {"added_tokens.json": {"<cat-toy>": 690, "sks": 691}}),
    "added_tokens.json, a textual inversion of transformers 4.2x": (False, {
        "added_tokens.json": {"<cat-toy>": 690},
        "special_tokens_map.json": {**NAMES, "bos_token": token(BOS), "eos_token": token(EOS), "unk_token": token(EOS)},
        "tokenizer_config.json": {**NAMES, "bos_token": typed(BOS), "eos_token": typed(EOS), "model_max_length": 77},
    }),
    "added_tokens.json whose ids have gaps and are not in order": (False, {
        "added_tokens.json": {"sks": 700, "<cat-toy>": 695, "<Cat-Toy>": 693}, "tokenizer_config.json": NAMES,
    }),
    "added_tokens.json with special tokens": (False, {
        "added_tokens.json": {"<cat-toy>": 690, "sks": 691, EOS: 689},
        "special_tokens_map.json": {**NAMES, "additional_special_tokens": ["<cat-toy>"]},
        "tokenizer_config.json": {**NAMES, "additional_special_tokens": ["sks"]},
    }),
    "added_tokens.json beside added_tokens_decoder, which replaces it": (False, {
        "added_tokens.json": {"<cat-toy>": 690},
        "tokenizer_config.json": {**NAMES, "added_tokens_decoder": {"688": token(BOS), "689": token(EOS), "690": token("sks")}},
    }),
    "added_tokens.json beside tokenizer.json, which has others": (True, {
        "added_tokens.json": {"<cat-toy>": 690, "sks": 691},
        "added_tokens": [*SOURCE["added_tokens"], {"id": 690, "special": False, **token("above", normalized=False)}],
    }),
    "added_tokens.json with names of JavaScript's own": (False, {
        "added_tokens.json": {"constructor": 690, "toString": 691, "__proto__": 692},
    }),
    "tokens that take white space along": (True, {
        "added_tokens": [
            *SOURCE["added_tokens"], {"id": 690, "special": True, **token("<cat-toy>", lstrip=True, rstrip=True, normalized=False)},
            {"id": 691, "special": False, **token("<ΣΑΣ>", rstrip=True)},
        ],
    }),
    "tokens that are single words": (True, {
        "added_tokens": [
            *SOURCE["added_tokens"], {"id": 690, "special": False, **token("sks", single_word=True)},
            {"id": 691, "special": False, **token("SKS", single_word=True, normalized=False)},
        ],
    }),
    "roles beyond CLIP's own": (False, {
        "tokenizer_config.json": {**NAMES, "mask_token": "<cat-toy>", "sep_token": typed("sks"), "image_token": "above"},
    }),
    "extra_special_tokens": (False, {
        "tokenizer_config.json": {**NAMES, "extra_special_tokens": ["<cat-toy>", "sks"]},
        "special_tokens_map.json": {"extra_special_tokens": [token("above"), "sks"]},
    }),
    "max_len, of the first CLIP": (False, {"tokenizer_config.json": {"max_len": 16, "do_lower_case": True}}),
    "padded and truncated on the left": (False, {
        "tokenizer_config.json": {**NAMES, "pad_token": "!", "padding_side": "left", "truncation_side": "left"},
    }),
}

CONTENTS = [
    "<cat-toy>", "<Cat-Toy>", "sks", "SKS dog", "!", "below", "below</w>", "constructor", "A\u030a", "_sks_", "</s>", BOS, EOS,
    "<pad>", "  above", "å", "<ΣΑΣ>", "<σας>", "dog", "..", "<cat-toy><cat-toy>",
]


class RandomFolder:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def maybe(self, chance, make):
        return make() if self.random.random() < chance else None

    def rules(self, content=None, **more):
        rules = {"content": content or self.random.choice(CONTENTS)}
        for key in ("lstrip", "rstrip", "single_word", "normalized"):
            if more or self.random.random() < 0.6:
                rules[key] = self.random.random() < 0.35
        if more or self.random.random() < 0.5:
            rules["special"] = self.random.random() < 0.5
        return rules

    def role(self, name, is_typed):
        own = {"bos_token": BOS, "eos_token": EOS}.get(name)
        content = own or self.random.choice([EOS, BOS, "!", "<pad>", "<cat-toy>"])
        if self.random.random() < 0.5:
            return content
        return {**({"__type": "AddedToken"} if is_typed else {}), **self.rules(content)}

    def roles(self, is_typed):
        chances = {**dict.fromkeys(NAMES, 0.5), "mask_token": 0.1, "image_token": 0.1}
        values = {name: self.maybe(chance, lambda name=name: self.role(name, is_typed)) for name, chance in chances.items()}
        return {name: value for name, value in values.items() if value is not None}

    def config(self):
        config = self.roles(True)
        config["additional_special_tokens"] = self.maybe(0.3, lambda: self.random.sample(CONTENTS, 2))
        ids = self.random.sample(range(690, 700), 3)
        config["added_tokens_decoder"] = self.maybe(0.3, lambda: {
            "688": self.rules(BOS, whole=True), "689": self.rules(EOS, whole=True), **{str(i): self.rules(whole=True) for i in ids},
        })
        config["model_max_length"] = self.maybe(0.2, lambda: self.random.choice([77, 10, 10**30]))
        return {key: value for key, value in config.items() if value is not None}

    def folder(self):
        random, files = self.random, {}
        if random.random() < 0.85:
            files["tokenizer_config.json"] = self.config()
        if random.random() < 0.5:
            more = self.maybe(0.3, lambda: {"additional_special_tokens": random.sample(CONTENTS, 2)}) or {}
            files["special_tokens_map.json"] = {**self.roles(False), **more}
        if random.random() < 0.6:
            contents = random.sample(CONTENTS, random.randint(1, 4))
            files["added_tokens.json"] = {content: 690 + i for i, content in enumerate(contents)}
        is_json = random.random() < 0.4
        if is_json:
            more = [{"id": i, **self.rules(whole=True)} for i in random.sample(range(690, 700), 2)]
            files["added_tokens"] = [*SOURCE["added_tokens"], *sorted(more, key=lambda added: added["id"])]
        return is_json, files


def load(is_json, files):
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        for name, content in files.items():
            if name.endswith(".json"):
                (folder / name).write_text(json.dumps(content))
        if is_json:
            tokenizer = {**copy.deepcopy(SOURCE), "added_tokens": files["added_tokens"]}
            (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
        else:
            (folder / "vocab.json").write_text(json.dumps(VOCAB))
            (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, MERGES)]))
        return CLIPTokenizer.from_pretrained(folder)


def encode(tokenizer, prompt):
    length = tokenizer.model_max_length if tokenizer.model_max_length < 1e6 else 77
    padded = tokenizer(prompt, padding="max_length", truncation=True, max_length=length)
    assert tokenizer(prompt).input_ids[0] == tokenizer.bos_token_id
    # Padding is written as its length, before (negative) or behind.
    kept = [i for i, used in enumerate(padded.attention_mask) if used]
    padding = len(padded.input_ids) - len(kept)
    return [-padding if kept[0] > 0 else padding, *padded.input_ids[kept[0] : kept[-1] + 1]]


def main():
    logging.set_verbosity_error()
    folders = dict(FOLDERS)
    seed = 0
    while len(folders) < len(FOLDERS) + 60:
        is_json, files = RandomFolder(seed).folder()
        seed += 1
        try:
            tokenizer = load(is_json, files)
        except TypeError:
            continue
        # Such a token has no embedding in any text encoder, and the folder is refused here.
        if tokenizer.pad_token_id < 690:
            folders[f"random {seed}"] = (is_json, files)
    reference = {"prompts": PROMPTS, "folders": []}
    for name, (is_json, files) in folders.items():
        tokenizer = load(is_json, files)
        reference["folders"].append({
            "name": name, "isJson": is_json, "files": files, "padTokenId": tokenizer.pad_token_id,
            "encoded": [encode(tokenizer, prompt) for prompt in PROMPTS],
        })
    target = FIXTURES / "reference" / "odd-tokenizers.json"
    target.write_text(json.dumps(reference, separators=(",", ":")) + "\n")
    print(target, target.stat().st_size, "bytes")


main()
