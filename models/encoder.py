"""Encoder: texts in, unit vectors out; and its engine over sentence-transformers."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from models import bundle, hub
from models.errors import ModelError, ModelUnavailable
from models.files import remembered_sha256, sha256

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
"""float32 [n, dim], C order, every row of length 1."""

BATCH = 32
"""Texts encoded at a time."""
SUMS = ".sums.json"
"""In the default model's folder: checksums of its great files. It is not our place to write into another."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model to use, as a user sets it."""

    name: str = ""
    """A sentence-transformers folder or hub name; empty for the default model."""
    query_prompt: str | None = None
    """Put before every question; None to take it from the model's own configuration."""
    passage_prompt: str | None = None
    """Put before every passage and sentence; None to take it from the model's own configuration."""

    @property
    def label(self) -> str:
        """The name shown to people and recorded in an index."""
        return self.name or bundle.NAME

    @property
    def prompts(self) -> dict[str, str]:
        """The prompts that were set, in sentence-transformers' own words."""
        chosen = {"query": self.query_prompt, "document": self.passage_prompt}
        return {role: prompt for role, prompt in chosen.items() if prompt is not None}


class Encoder(Protocol):
    """What the indexer and the service ask of a model. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """The name shown to people and recorded in an index."""

    @property
    def fingerprint(self) -> str:
        """Changes when weights, tokenizer, prompts or pooling do: vectors of two fingerprints never meet."""

    @property
    def engine(self) -> str:
        """What computes, for people: "OpenVINO (brgemm_avx512_i8)" or "sentence-transformers on cpu"."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens a passage may have, prompt and special tokens included; the rest would be cut off."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions: float32 [len(texts), dim], unit rows."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages or sentences: float32 [len(texts), dim], unit rows."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without prompt and special tokens."""


def model_folder(choice: ModelChoice) -> Path:
    """The folder the chosen model stands in, fetched first where need be. Raises ModelError."""
    if not choice.name:
        return bundle.folder()
    if Path(choice.name).is_dir():
        return Path(choice.name)
    return hub.folder(choice.name)


def model_here(choice: ModelChoice) -> Path | None:
    """The chosen model's folder, if it is on this machine; nothing is fetched. Raises ModelError."""
    if not choice.name:
        found = bundle.CACHE / bundle.NAME
        return found if found.is_dir() else None
    return Path(choice.name) if Path(choice.name).is_dir() else hub.cached(choice.name)


def fingerprint(folder: Path, choice: ModelChoice) -> str:
    """16 hexadecimal digits over every file of the model's folder and the prompts that were set.

    Needs no engine, so that an index can be found up to date without loading the model.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        inside = path.relative_to(folder).as_posix()
        if inside.startswith((".", "onnx/", "openvino/")) or path.suffix == ".md":
            continue  # not what sentence-transformers computes with here
        content = sha256(path) if choice.name else remembered_sha256(path, folder / SUMS)
        digest.update(f"{inside}\0{content}\0".encode())
    digest.update(repr(sorted(choice.prompts.items())).encode())
    return digest.hexdigest()[:16]


def load(choice: ModelChoice) -> Encoder:
    """The chosen model, ready to encode. Raises ModelError.

    The default model runs on an engine of its own, several times as fast; where that engine cannot be
    made or computes other vectors, and on a CUDA device, which is faster still, sentence-transformers runs
    it like any other model.
    """
    folder = model_folder(choice)
    if not choice.name and not _cuda():
        try:
            from models.openvino_engine import OpenVinoEncoder

            return OpenVinoEncoder(folder, choice)
        except (ImportError, ModelError, OSError, RuntimeError) as error:
            logging.getLogger(__name__).warning(
                "The fast engine cannot be used (%s); sentence-transformers runs the model, far slower.",
                " ".join(str(error).split()),  # OpenVINO's own errors are of many lines
            )
    return SentenceTransformersEncoder(folder, choice)


def _cuda() -> bool:
    """Whether torch finds a CUDA device. It is asked, which costs seconds, only where there is a driver."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()


class SentenceTransformersEncoder:
    """Any sentence-transformers model, on a CUDA device where there is one and the CPU otherwise."""

    def __init__(self, folder: Path, choice: ModelChoice) -> None:
        """Raises ModelUnavailable when the folder holds no sentence-transformers model."""
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise ModelUnavailable(
                f"{folder} holds neither modules.json nor config.json: it is not a sentence-transformers"
                " model. Set MODEL to a folder that such a model was saved to, or unset it for the default."
            )
        self._folder = folder
        self._choice = choice
        self._lock = threading.Lock()
        self._model = _load_quietly(folder)
        for role, variable in ("query", "REPERE_QUERY_PROMPT"), ("document", "REPERE_PASSAGE_PROMPT"):
            if not self._prompt(role) and role not in choice.prompts:
                logging.getLogger(__name__).warning(
                    "%s names no %s prompt; none is used. Set %s if it was trained with one.",
                    self.name,
                    role,
                    variable,
                )

    @property
    def name(self) -> str:
        return self._choice.label

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(self._folder, self._choice)

    @property
    def engine(self) -> str:
        return f"sentence-transformers on {self._model.device.type}"

    @cached_property
    def dim(self) -> int:
        return int(self._model.get_embedding_dimension() or self.passages(["a"]).shape[1])

    @cached_property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or 512)

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._prompt("query"))

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._prompt("document"))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        with self._lock:
            encoded = self._model.tokenizer(
                list(texts), add_special_tokens=False, truncation=False, padding=False, verbose=False
            )
        return [len(ids) for ids in encoded["input_ids"]]

    def _prompt(self, role: str) -> str:
        if role in self._choice.prompts:
            return self._choice.prompts[role]
        prompts = self._model.prompts
        names = ("query",) if role == "query" else ("document", "passage", "corpus")
        return next((prompts[name] for name in names if prompts.get(name)), "")

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        # One text is encoded at a time or one batch: a fast tokenizer may not be shared by two threads
        # at once, and two cores gain nothing from two batches side by side.
        with self._lock:
            raw = self._model.encode(
                list(texts), prompt=prompt, batch_size=BATCH, convert_to_numpy=True, show_progress_bar=False
            )
        vectors = np.ascontiguousarray(raw, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
        return unit


def _load_quietly(folder: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    with _no_chatter():
        try:
            return SentenceTransformer(str(folder), local_files_only=True).eval()
        except Exception as error:  # its tokenizer and its tensor reader raise trees of their own
            reason = next(iter(str(error).splitlines()), "").rstrip(".") or type(error).__name__
            raise ModelUnavailable(
                f"The model in {folder} could not be loaded: {reason}."
                " Set MODEL to a folder that a sentence-transformers model was saved to."
            ) from error


@contextmanager
def _no_chatter() -> Iterator[None]:
    """Without transformers' load report: a sentence model has no pooler, and that is no news."""
    from transformers.utils import logging as chatter

    level = chatter.get_verbosity()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        yield
    finally:
        chatter.set_verbosity(level)
