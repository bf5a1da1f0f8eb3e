"""Prompts in the syntax of AUTOMATIC1111's web UI, encoded with torch; and prompts as compel weighs them.

    python test/reference/make_prompts.py

Writes test/fixtures/reference/prompts.json. The web UI's arithmetic, stated: a prompt is parts with weights; their tokens
fill chunks of 75, where a full chunk ends after a comma of its last 20 tokens if there is one; each chunk is framed by
start and end, padded, and encoded alone; states are multiplied by their tokens' weights and scaled so that the chunk's
mean is what it was; chunks are joined along tokens, and shorter prompts of a batch padded with empty chunks.
https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/sd_hijack_clip.py
"""

import base64
import json
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline

FIXTURES = Path(__file__).parent.parent / "fixtures"
BRACKETS = {"(": 1.1, "[": 1 / 1.1}
CLOSES = {")": "(", "]": "["}

PARSED = [
    "normal text",
    "an (important) word",
    "(unbalanced",
    "un)balanced] too",
    r"\(literal\] \\ and \x",
    "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
    "(a:1.2:3) b:2) c:",
    "a BREAK b BREAKFAST\nBREAK  c",
    "BREAK",
    "a BREAK BREAK b",
    "(negative:-1.5) (zero:0) (plus:+.5)",
    "",
    "[[less]] [(mixed)] ([mixed:1.5])",
]

LONG = ", ".join(f"a red circle on a blue square {i}" for i in range(14))
CASES = [
    {"name": "weights", "prompt": ["a (red:1.4) circle on a [blue] square"], "negative_prompt": ["(blurry:1.3)"]},
    {"name": "a long prompt, negative padded", "prompt": [LONG], "negative_prompt": ["text"]},
    {"name": "a long negative prompt with weights", "prompt": ["a (cat:0.6)"], "negative_prompt": [f"({LONG}:1.2)"]},
    {"name": "BREAK", "prompt": ["a red circle BREAK (a dog:1.5)", "a cat"], "negative_prompt": ["", "[fog] BREAK snow"]},
    {"name": "no comma to go back to", "prompt": ["circle " * 90], "negative_prompt": [""]},
]


def parse(prompt: str) -> list[list]:
    """Parts with weights, by a reader that goes through the characters."""
    parts: list[list] = []
    opened: list[tuple[str, int]] = []

    def close(kind: str, factor: float) -> bool:
        for place in range(len(opened) - 1, -1, -1):
            if opened[place][0] == kind:
                _, start = opened.pop(place)
                for part in parts[start:]:
                    part[1] *= factor
                return True
        return False

    def words(text: str) -> None:
        pieces, rest = [], text
        while True:
            start, found = 0, -1
            while (at := rest.find("BREAK", start)) >= 0:
                before, after = rest[at - 1 : at], rest[at + 5 : at + 6]
                if not (at > 0 and (before.isalnum() or before == "_")) and not (after.isalnum() or after == "_"):
                    found = at
                    break
                start = at + 1
            if found < 0:
                break
            pieces.append(rest[:found].rstrip())
            rest = rest[found + 5 :].lstrip()
        for piece in [*pieces, rest]:
            parts.append([piece, 1.0])
            parts.append(None)
        parts.pop()

    # A break has no weight: the list holds one that nobody multiplies.
    class Break(list):
        pass

    i, plain = 0, ""
    def flush() -> None:
        nonlocal plain
        if plain:
            words(plain)
            for place, part in enumerate(parts):
                if part is None:
                    parts[place] = Break(["BREAK", 1.0])
        plain = ""

    while i < len(prompt):
        char = prompt[i]
        if char == "\\":
            flush()
            escaped = prompt[i + 1 : i + 2]
            keeps = escaped != "" and escaped in "()[]\\"
            parts.append([escaped if keeps else "", 1.0])
            i += 2 if keeps else 1
        elif char in BRACKETS:
            flush()
            opened.append((char, len(parts)))
            i += 1
        elif char == ":":
            flush()
            end = i + 1
            if end < len(prompt) and prompt[end] in "+-":
                end += 1
            digits = end
            while end < len(prompt) and prompt[end] in ".0123456789":
                end += 1
            if end > digits and prompt[end : end + 1] == ")":
                if not close("(", 1.0 * float(prompt[i + 1 : end])) :
                    plain = prompt[i : end + 1]
                    flush()
                i = end + 1
            else:
                plain = ":"
                flush()
                i += 1
        elif char in CLOSES:
            flush()
            if not close(CLOSES[char], BRACKETS[CLOSES[char]]):
                plain = char
                flush()
            i += 1
        else:
            plain += char
            i += 1
    flush()
    for kind in "([":
        while close(kind, BRACKETS[kind]):
            pass
    joined: list = []
    for part in parts:
        if isinstance(part, Break):
            joined.append("BREAK")
        elif joined and joined[-1] != "BREAK" and joined[-1][1] == part[1]:
            joined[-1][0] += part[0]
        else:
            joined.append(list(part))
    return joined or [["", 1.0]]


def chunks(prompt: str, tokenizer) -> list[tuple[list[int], list[float]]]:
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    done, ids, weights = [], [], []
    for part in parse(prompt):
        if part == "BREAK":
            done.append((ids, weights))
            ids, weights = [], []
            continue
        for token in tokenizer(part[0], add_special_tokens=False, truncation=False)["input_ids"]:
            if len(ids) == 75:
                cut = 75
                if token != comma and comma in ids:
                    last = 74 - ids[::-1].index(comma)
                    cut = last + 1 if 75 - last <= 20 else 75
                done.append((ids[:cut], weights[:cut]))
                ids, weights = ids[cut:], weights[cut:]
            ids, weights = ids + [token], weights + [part[1]]
    return done + [(ids, weights)] if ids or not done else done


def encode(prompt: str, count: int, tokenizer, encoder, layer: int | None):
    """States, and the pooled text of the first chunk."""
    states, pooled = [], None
    found = chunks(prompt, tokenizer)
    for ids, weights in found + [([], [])] * (count - len(found)):
        padding = [tokenizer.pad_token_id] * (75 - len(ids))
        framed = torch.tensor([[tokenizer.bos_token_id, *ids, tokenizer.eos_token_id, *padding]])
        output = encoder(framed, output_hidden_states=True)
        z = output.last_hidden_state if layer is None else output.hidden_states[layer]
        mean = z.mean()
        factors = torch.ones(77)
        factors[1 : 1 + len(weights)] = torch.tensor(weights)
        z = z * factors[None, :, None]
        states.append(z * (mean / z.mean()))
        pooled = output[0] if pooled is None else pooled
    return torch.hstack(states), pooled


def count_of(case: dict, tokenizer) -> int:
    return max(len(chunks(text, tokenizer)) for text in case["prompt"] + case["negative_prompt"])


def encoded(tensor: torch.Tensor) -> dict:
    return {"shape": list(tensor.shape), "base64": base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()}


def run(pipeline, case: dict, is_xl: bool) -> dict:
    layer = -2 if is_xl else None
    encoders = [(pipeline.tokenizer, pipeline.text_encoder)]
    if is_xl:
        encoders.append((pipeline.tokenizer_2, pipeline.text_encoder_2))
    count = max(count_of(case, tokenizer) for tokenizer, _ in encoders)
    rows = {}
    for name in ("prompt", "negative_prompt"):
        parts = [
            [encode(text, count, tokenizer, encoder, layer) for tokenizer, encoder in encoders] for text in case[name]
        ]
        rows[f"{name}_embeds"] = torch.cat([torch.cat([states for states, _ in one], dim=-1) for one in parts])
        if is_xl:
            rows[f"{name.replace('prompt', 'pooled_prompt')}_embeds"] = torch.cat([one[-1][1] for one in parts])
    generator = torch.Generator("cpu").manual_seed(1)
    size = dict(height=32, width=32, num_inference_steps=5, guidance_scale=5.0)
    latents = pipeline(**rows, **size, generator=generator, output_type="latent").images
    return {
        **case,
        "chunks": count,
        "latents": encoded(latents),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    pipelines = {
        "sd1": StableDiffusionPipeline.from_pretrained(FIXTURES / "export" / "sd1", torch_dtype=torch.float32),
        "sdxl": StableDiffusionXLPipeline.from_pretrained(FIXTURES / "export" / "sdxl", torch_dtype=torch.float32, add_watermarker=False),
    }
    with torch.no_grad():
        results = {}
        for name, pipeline in pipelines.items():
            pipeline.set_progress_bar_config(disable=True)
            results[name] = [run(pipeline, case, name == "sdxl") for case in CASES]
    target = FIXTURES / "reference" / "prompts.json"
    value = {"parsed": [{"prompt": prompt, "parts": parse(prompt)} for prompt in PARSED], **results}
    target.write_text(json.dumps(value, ensure_ascii=False) + "\n")
    print(target.stat().st_size, "bytes")
