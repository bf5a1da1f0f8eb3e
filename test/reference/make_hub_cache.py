"""Makes test/fixtures/reference/hub_cache.json: what huggingface_hub's cache holds after a few downloads.

    python test/reference/make_hub_cache.py

It wants huggingface_hub 1.33.0, in an environment of its own: optimum-intel, of requirements.txt, wants an older one.
The hub is a server on this machine; the repository it serves stands in the file too, so that others can serve it.
With `--read CACHE` it makes nothing, and says instead what huggingface_hub finds in a cache that others wrote.
"""

import hashlib
import json
import os
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ID = "org/model"
LARGE = 1000
TARGET = Path(__file__).resolve().parents[1] / "fixtures" / "reference" / "hub_cache.json"

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
FIRST = {
    ".gitattributes": "*.safetensors filter=lfs\n",
    "README.md": "Ein Modell für Tests\n",
    "model_index.json": json.dumps(INDEX, indent=2),
    "scheduler/scheduler_config.json": "{}\n",
    "text_encoder/config.json": "{}\n",
    "text_encoder/model.safetensors": "text encoder " * 100,
    "tokenizer/merges.txt": "#version: 0.2\n",
    "tokenizer/vocab.json": '{"é": 0}\n',
    "unet/config.json": '{"sample_size": 64}\n',
    "unet/diffusion_pytorch_model.bin": "a pickle",
    "unet/diffusion_pytorch_model.safetensors": "unet " * 500,
    "unet/größe.txt": "not needed",
    "vae/config.json": "{}\n",
    "vae/diffusion_pytorch_model.safetensors": "vae " * 400,
}
SECOND = {**FIRST, "unet/config.json": '{"sample_size": 96}\n', "vae/diffusion_pytorch_model.safetensors": "VAE " * 400}
COMMITS = {hashlib.sha1(name.encode()).hexdigest(): files for name, files in [("first", FIRST), ("second", SECOND)]}
REFS = dict(zip(["v1", "main"], COMMITS))
WANTED = [
    path for path in FIRST if path not in [".gitattributes", "README.md", "unet/größe.txt"] and not path.endswith(".bin")
]


def hash_of(content: bytes) -> str:
    if len(content) >= LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def entry_of(path: str, text: str) -> dict:
    content = text.encode()
    digest = hash_of(content)
    entry = {"type": "file", "path": path, "size": len(content), "oid": digest}
    if len(content) >= LARGE:
        entry["oid"] = hashlib.sha1(digest.encode()).hexdigest()
        entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
    return entry


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        parts = unquote(urlsplit(self.path).path).removeprefix("/api/models").removeprefix(f"/{ID}/").split("/")
        commit = REFS.get(parts[1], parts[1])
        files = COMMITS.get(commit)
        if files is None:
            return self.send_error(404)
        if parts[0] == "revision":
            self.answer(json.dumps({"id": ID, "_id": "1", "sha": commit, "siblings": []}).encode())
        elif parts[0] == "tree":
            self.answer(json.dumps([entry_of(*file) for file in files.items()]).encode())
        else:
            content = files["/".join(parts[2:])].encode()
            self.answer(content, {"ETag": f'"{hash_of(content)}"', "X-Repo-Commit": commit})

    def answer(self, content: bytes, headers: dict[str, str] = {}):
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def described(path: Path) -> str:
    """A link by where it leads, other files by what they hold."""
    return f"-> {os.readlink(path)}" if path.is_symlink() else path.read_text()


def make() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
    from huggingface_hub import __version__, snapshot_download

    with tempfile.TemporaryDirectory() as cache:
        for revision in REFS:
            snapshot_download(ID, revision=revision, cache_dir=cache, allow_patterns=WANTED)
        repo = Path(cache) / "models--org--model"
        paths = sorted(path for path in repo.rglob("*") if path.is_symlink() or path.is_file())
        tree = {path.relative_to(repo).as_posix(): described(path) for path in paths}
    server.shutdown()
    made = {"huggingface_hub": __version__, "refs": REFS, "commits": COMMITS, "tree": tree}
    TARGET.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


def read(cache: str) -> None:
    from huggingface_hub import scan_cache_dir, snapshot_download

    for revision in [*REFS, *COMMITS]:
        folder = snapshot_download(
            ID, revision=revision, cache_dir=cache, local_files_only=True, allow_patterns=WANTED
        )
        files = COMMITS[REFS.get(revision, revision)]
        for path in WANTED:
            assert (Path(folder) / path).read_text() == files[path], path
    print(scan_cache_dir(cache).export_as_table(verbosity=1))


if len(sys.argv) > 1:
    read(sys.argv[2])
else:
    make()
