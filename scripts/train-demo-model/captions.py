"""Captions as token ids, with a small vocabulary of CLIP's kind."""

from __future__ import annotations

import random
from pathlib import Path

import torch
from transformers import CLIPTokenizer

from scenes import COLOURS, OPENINGS, PLACES, SHAPES, SIZES, SYNONYMS, Caption, describe, every_scene

TOKENS = 77
START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = 690

# What a text encoder is asked about a caption; the class after the last one is "it does not say".
ATTRIBUTES = {"background": COLOURS, "colour": COLOURS, "shape": SHAPES, "size": SIZES, "place": PLACES}


def make_tokenizer() -> CLIPTokenizer:
    """CLIP's own byte-level BPE, its merges learnt from our captions: each word of theirs becomes one token."""
    rng = random.Random(3)
    texts = [describe(scene, rng).text for scene in every_scene()]
    texts += list(COLOURS) + [word for words in SYNONYMS.values() for word in words] + list(OPENINGS)
    # Ends of words nobody taught: without them an unknown word would end the text.
    texts += [chr(code) for code in range(33, 127)]
    # transformers builds the normaliser and the splitting; only vocabulary and merges are ours.
    empty = CLIPTokenizer(vocab={START: 0, END: 1}, merges=[], model_max_length=TOKENS)
    return empty.train_new_from_iterator(texts, VOCABULARY, show_progress=False)


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    if not (folder / "tokenizer.json").exists():
        make_tokenizer().save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def token_ids(tokenizer: CLIPTokenizer, captions: list[Caption]) -> torch.Tensor:
    texts = [caption.text for caption in captions]
    return tokenizer(texts, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt").input_ids


def answers(captions: list[Caption]) -> dict[str, torch.Tensor]:
    """Class numbers by attribute."""
    return {
        name: torch.tensor([_answer(getattr(caption, name), values) for caption in captions])
        for name, values in ATTRIBUTES.items()
    }


def _answer(value: str | None, values: tuple[str, ...]) -> int:
    return len(values) if value is None else values.index(value)
