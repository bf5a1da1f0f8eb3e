"""Teaches the text encoder what captions say, before any picture is involved. About two minutes on two cores.

Linear heads read the five attributes from any one state at or after the end of the text. Most of the 77 states then
hold all of the caption, so cross-attention, which begins by averaging them, conditions a UNet from its first step.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import CLIPTextConfig, CLIPTextModel

from captions import ATTRIBUTES, TOKENS, answers, load_tokenizer, token_ids
from scenes import describe, training_scenes
from training import descend, main

WIDTH = 128
BATCH = 64
RATE = 2e-3
# States a caption that are asked at a time.
ASKED = 4


def make_text_encoder(tokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        hidden_act="quick_gelu",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def train(work: Path, steps: int) -> None:
    torch.manual_seed(2)
    tokenizer = load_tokenizer(work / "tokenizer")
    encoder = make_text_encoder(tokenizer).train()
    heads = nn.ModuleDict({name: nn.Linear(WIDTH, len(values) + 1) for name, values in ATTRIBUTES.items()})
    parameters = [*encoder.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    scenes = training_scenes()
    for step in range(steps):
        rng = random.Random(step)
        captions = [describe(scene, rng) for scene in rng.choices(scenes, k=BATCH)]
        ids = token_ids(tokenizer, captions)
        states = encoder(ids).last_hidden_state
        ends = (ids == tokenizer.eos_token_id).int().argmax(1)
        places = (ends + torch.rand(ASKED, BATCH) * (TOKENS - ends)).long()
        asked = states[torch.arange(BATCH), places]
        said = answers(captions)
        losses, right = [], []
        for name, head in heads.items():
            scores = head(asked)
            expected = said[name].expand(ASKED, BATCH)
            losses.append(cross_entropy(scores.flatten(0, 1), expected.flatten()))
            right.append((scores.argmax(-1) == expected).float().mean().item())
        loss = sum(losses)
        descend(loss, optimizer, parameters)
        schedule.step()
        if step % 100 == 99:
            told = ", ".join(f"{name} {part:.1%}" for name, part in zip(heads, right))
            print(f"step {step + 1}/{steps}: loss {loss.item():.4f}; {told}", flush=True)
    encoder.save_pretrained(work / "text_encoder")


if __name__ == "__main__":
    main(train, __doc__, steps=1200)
