"""Token ids of transformers' CLIPTokenizer for 200 prompts, and tokenizer.json as transformers writes it.

    python test/reference/make_tokens.py

Reads models/clip-tokenizer (CLIP's vocabulary); writes test/fixtures/clip-tokenizer/tokenizer.json.gz and
test/fixtures/reference/tokens.json.
"""

import gzip
import json
import tempfile
import unicodedata
from pathlib import Path

from transformers import CLIPTokenizer

FIXTURES = Path(__file__).parent.parent / "fixtures"
CLIP = FIXTURES / "clip-tokenizer"
VOCABULARY = FIXTURES.parent.parent / "models" / "clip-tokenizer"

PLAIN = [
    "a photo of an astronaut riding a horse on mars",
    "A Highly Detailed Portrait of a CYBERPUNK City, trending on ArtStation, 8K",
    "a large red circle on a blue background",
    "portrait of a woman, oil painting, by rembrandt, masterpiece, best quality",
    "a fantasy landscape, trending on artstation",
    "lowres, bad anatomy, bad hands, text, error, missing fingers, extra digit",
    "cat", "A", "z", "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "the quick brown fox jumps over the lazy dog", "photo-realistic, ultra-wide 35mm f/1.4 lens",
]
WHITESPACE = [
    "", " ", "     ", "\t", "\n", "\r\n\r\n", " leading", "trailing ", "  both  ", "many      spaces",
    "tab\tseparated\twords", "line one\nline two\r\nline three", "a\u00a0no-break\u00a0space", "thin\u2009space",
    "ideographic\u3000space", "next\u0085line", "line\u2028separator\u2029paragraph", "form\ffeed\vvertical",
    "mongolian\u180evowel", "\ufeffbyte order mark", "in\ufeffside", "!\ufeff!",
]
INVISIBLE = [
    "zero\u200bwidth", "zero\u200dwidth\u200cjoiners", "left\u200eright\u200fmarks", "soft\u00adhyphen",
    "word\u2060joiner", "bell\a and \b backspace", "null\x00byte", "\x01\x02\x03", "escape\x1b[31mred\x1b[0m",
    "delete\x7f", "c1\x80\x9f", "replacement \ufffd character", "private \ue000 use", "tag \U000e0041\U000e0042",
    "variation\ufe0f selector", "end\x1e",
]
ACCENTS = [
    "café", "cafe\u0301", "Ångström A\u030angstro\u0308m", "naïve façade Übermensch", "e\u0301\u0302\u0303 stacked",
    "Z\u0335\u0321a\u0334l\u0337g\u0336o\u0338", "ﬁne ﬂow oﬀice", "½ ¼ ² ³ ¹ №", "Ⅷ Ⅳ ⅷ", "ªº", "ß ẞ STRASSE",
    "İstanbul ISTANBUL ıi", "ǅ Ǆ ǆ", "\u0301 alone", "ΑΣ ΟΔΟΣ Σ ΣΑΣ σς", "ΣΊΣΥΦΟΣ!", "Ω Ω Å Å K",
    "ĳ Ĳ ŉ", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝒮𝒸𝓇𝒾𝓅𝓉", "Ｆｕｌｌ ｗｉｄｔｈ １２３", "ñ n\u0303 Ñ N\u0303", "\u1e9b\u0323",
]
SCRIPTS = [
    "一只猫坐在窗台上", "一隻貓", "猫が窓辺に座っている", "ネコ ﾈｺ ガ カ\u3099", "고양이가 창가에 앉아 있다", "\u1100\u1161\u11a8",
    "قطة تجلس على النافذة", "قِطَّةٌ", "ﻻ ﷺ", "חתול יושב על אדן החלון", "חָתוּל", "кошка сидит на окне", "КОШКА Ёлка ё",
    "γάτα στο παράθυρο", "बिल्ली खिड़की पर", "แมวนั่งอยู่ที่หน้าต่าง", "কি ক\u09c7\u09be", "ღ კატა ᲙᲐᲢᲐ", "կատու ԿԱՏՈՒ", "ꮳꮃꭹ ᏣᎳᎩ",
    "con mèo ngồi trên bậu cửa sổ", "kočka sedí na okně", "a 猫 and a cat和狗", "١٢٣ १२३ ๑๒๓ 一二三", "𠀀𠀁 𩸽", "豈 更 車",
]
EMOJI = [
    "🐱", "🐱🐶🐭", "a 🐱 on a 🪟", "👨‍👩‍👧‍👦", "👩🏽‍🚀 in space", "🏳️‍🌈", "🇩🇪🇫🇷", "1️⃣2️⃣", "❤️ vs ❤", "😀😀😀😀", "cat🐱cat", "👍🏿",
    "☃️snow", "™ © ®", "♥♦♣♠", "🫠🫡", "🐱‍👤",
]
PUNCTUATION = [
    "!", "!!!", "?!?!", "...", "…", "--- — –", "a,b,c", "a , b , c", "(masterpiece:1.3), [blurry], {curly}",
    "((best quality)), (worst quality:-1.4)", "[from:to:0.5]", "a | b", "AND NOT BREAK", "<lora:detail:0.8>", "embedding:foo",
    "__wildcard__", "snake_case_name", "kebab-case-name", "#hashtag @mention", "50% off $9.99 €5 £3 ¥100", "a+b=c*d/e\\f^g~h`i",
    "\"double\" 'single' “curly” ‘quotes’ «guillemets»", "a/b\\c", "&amp;", "&lt;3 &gt; &quot;x&quot; &#39;", "&amp;amp;", "<b>bold</b>",
    "http://example.com/a_b?c=d&e=f#g", "https://www.example.org:8080/~user/index.html", "me@example.com", "C:\\Users\\me",
    "1.5e-10", "3.14159", "1,000,000", "2024-01-31 12:34:56", "x²+y²=z²", "</w>", "cat</w>", "¿qué? ¡sí!", "「猫」、。", "a·b•c",
]
CONTRACTIONS = [
    "it's", "IT'S", "don't can't won't", "we're they've I'm you'll he'd", "'s", "'s 't 're 've 'm 'll 'd", "'sand 'twas",
    "it’s don’t", "rock 'n' roll", "dogs' dog's's", "''''", "'S'T'RE", "o'clock o'neil",
]
NUMBERS = ["1", "1234567890", "007", "4k 8k 16k", "v1.5 v2 xl1", "3d 2d 1girl", "a1b2c3", "10000000000000000000000"]
SPECIAL = [
    "<|endoftext|>", "<|startoftext|>", "a <|endoftext|> b", "<|startoftext|>a<|endoftext|>", "<|endoftext|><|endoftext|>",
    "<|ENDOFTEXT|>", "a<|STARTOFTEXT|>b", "<|ENDOFTEXT|><|startoftext|>", "<|endoftext", "|endoftext|>>", "<<|endoftext|>>",
    "wow! hi!! ! !<|endoftext|>!",
]
LONG = [
    "cat " * 75, "cat " * 76, "cat " * 80, "a very long prompt, " * 20, "supercalifragilistic" * 12, "猫" * 40, "🐱" * 60,
    "x" * 400, "," * 200, ("one two three four five six seven eight nine ten " * 8) + "<|endoftext|> and more", "! " * 90,
]
PROMPTS = [
    *PLAIN, *WHITESPACE, *INVISIBLE, *ACCENTS, *SCRIPTS, *EMOJI, *PUNCTUATION, *CONTRACTIONS, *NUMBERS, *SPECIAL, *LONG,
]


def token(content, **rules):
    return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, **rules}


def typed(content):
    return {"__type": "AddedToken", **token(content)}


BOS, EOS = "<|startoftext|>", "<|endoftext|>"
CONFIG = json.loads((CLIP / "tokenizer_config.json").read_text())
LEGACY_CONFIG = {"bos_token": typed(BOS), "eos_token": typed(EOS), "unk_token": typed(EOS), "pad_token": EOS}
LEGACY_MAP = {"bos_token": token(BOS), "eos_token": token(EOS), "unk_token": token(EOS)}

# Folders as they are found: by name, which vocabulary they hold and what stands beside it.
FOLDERS = {
    "vocab.json and merges.txt": ("vocab", {"tokenizer_config.json": CONFIG}),
    "tokenizer.json": ("json", {"tokenizer_config.json": CONFIG}),
    "nothing beside vocab.json and merges.txt": ("vocab", {}),
    "Stable Diffusion 1.x": ("vocab", {
        "tokenizer_config.json": {**LEGACY_CONFIG, "model_max_length": 77},
        "special_tokens_map.json": {**LEGACY_MAP, "pad_token": EOS},
    }),
    "Stable Diffusion 2.x, padded with !": ("vocab", {
        "tokenizer_config.json": {**LEGACY_CONFIG, "model_max_length": 77},
        "special_tokens_map.json": {**LEGACY_MAP, "pad_token": "!"},
    }),
    "added_tokens_decoder": ("vocab", {
        "tokenizer_config.json": {
            "bos_token": BOS, "eos_token": EOS, "unk_token": EOS, "pad_token": "!", "model_max_length": 10**30,
            "added_tokens_decoder": {
                "0": token("!", normalized=False, special=True),
                "49406": token(BOS, special=True),
                "49407": token(EOS, special=True),
                "49408": token("cat", special=False),
            },
        },
        "special_tokens_map.json": {"pad_token": "?"},
    }),
}


def encode(tokenizer, prompt):
    """As diffusers' StableDiffusionPipeline.encode_prompt does: the ids, and the text its warning names."""
    padded = tokenizer(prompt, padding="max_length", truncation=True, max_length=77)
    length = sum(padded.attention_mask)
    assert padded.input_ids[length:] == [tokenizer.pad_token_id] * (77 - length)
    untruncated = tokenizer(prompt).input_ids
    removed = tokenizer.batch_decode([untruncated[76:-1]])[0] if len(untruncated) > 77 else None
    return padded.input_ids[:length], removed


def main():
    assert len(PROMPTS) == len(set(PROMPTS)) == 200, (len(PROMPTS), len(set(PROMPTS)))
    assert any(unicodedata.normalize("NFC", p) != p for p in PROMPTS)
    backend = CLIPTokenizer.from_pretrained(VOCABULARY).backend_tokenizer.to_str()
    compact = json.dumps(json.loads(backend), ensure_ascii=False, separators=(",", ":"))
    (CLIP / "tokenizer.json.gz").write_bytes(gzip.compress(compact.encode(), 9, mtime=0))

    folders, base = [], None
    for name, (vocabulary, files) in FOLDERS.items():
        with tempfile.TemporaryDirectory() as folder:
            for file, content in files.items():
                (Path(folder) / file).write_text(json.dumps(content))
            if vocabulary == "json":
                (Path(folder) / "tokenizer.json").write_text(compact)
            else:
                for file in ("vocab.json", "merges.txt"):
                    (Path(folder) / file).write_bytes((VOCABULARY / file).read_bytes())
            tokenizer = CLIPTokenizer.from_pretrained(folder)
            encoded = [encode(tokenizer, prompt) for prompt in PROMPTS]
        base = base or encoded
        # Only what a folder changes is written again.
        differing = {i: {"ids": e[0], "removed": e[1]} for i, e in enumerate(encoded) if e != base[i]}
        folders.append({
            "name": name, "vocabulary": vocabulary, "files": files, "padTokenId": tokenizer.pad_token_id,
            "differing": differing,
        })
        print(name, len(differing))
    reference = {
        "prompts": PROMPTS,
        "encoded": [{"ids": ids, "removed": removed} for ids, removed in base],
        "folders": folders,
    }
    target = FIXTURES / "reference" / "tokens.json"
    target.write_text(json.dumps(reference, separators=(",", ":")))
    print(target, target.stat().st_size, "bytes")


main()
