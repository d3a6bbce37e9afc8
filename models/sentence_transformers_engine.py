"""Any sentence-transformers model, on a CUDA device where there is one and on the CPU otherwise."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.encoder import Vectors
from models.errors import ModelUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH, CUDA_BATCH = 32, 256
"""Texts encoded at a time, on the processor and on a CUDA device."""
PROMPT_SETTINGS = {"query": "REPERE_QUERY_PROMPT", "document": "REPERE_PASSAGE_PROMPT"}
"""Setting that gives the prompt of each role."""
PROMPT_NAMES = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""Names under which a model's configuration may give the prompt of each role."""


class SentenceTransformersEncoder:
    """Encodes with the sentence_transformers library, as the Encoder protocol describes."""

    def __init__(self, folder: Path, name: str, fingerprint: str, prompts: Mapping[str, str]) -> None:
        """Raises ModelUnavailable when the folder holds no sentence-transformers model."""
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise ModelUnavailable(
                f"{folder} holds neither modules.json nor config.json: it is not a sentence-transformers"
                " model. Set MODEL to a folder that such a model was saved to, or unset it for the default."
            )
        self.name = name
        self.fingerprint = fingerprint
        self._lock = threading.Lock()
        self._model = _load_quietly(folder)
        self._on_cuda = self._model.device.type == "cuda"
        self.choice = None
        self.engine = f"sentence-transformers on {'cuda, bf16' if self._on_cuda else self._model.device.type}"
        self.max_tokens = int(self._model.max_seq_length or 512)
        self._prompts = {role: prompts.get(role, self._configured_prompt(role)) for role in PROMPT_NAMES}
        for role, setting in PROMPT_SETTINGS.items():
            if not self._prompts[role] and role not in prompts:
                logging.getLogger(__name__).warning(
                    "%s names no %s prompt; none is used. Set %s if it was trained with one.",
                    name,
                    role,
                    setting,
                )

    @cached_property
    def dim(self) -> int:
        return int(self._model.get_embedding_dimension() or self.passages(["a"]).shape[1])

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._prompts["query"])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._prompts["document"])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        with self._lock:
            encoded = self._model.tokenizer(
                list(texts), add_special_tokens=False, truncation=False, padding=False, verbose=False
            )
        return [len(ids) for ids in encoded["input_ids"]]

    def _configured_prompt(self, role: str) -> str:
        configured = self._model.prompts
        return next((configured[name] for name in PROMPT_NAMES[role] if configured.get(name)), "")

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        # One batch is encoded at a time: two threads must not share a fast tokenizer, and two batches side
        # by side gain nothing on two cores.
        with self._lock, _bf16("cuda") if self._on_cuda else nullcontext():
            raw = self._model.encode(
                list(texts),
                prompt=prompt,
                batch_size=CUDA_BATCH if self._on_cuda else BATCH,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        vectors = np.ascontiguousarray(raw, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
        return unit


def _bf16(device: str) -> AbstractContextManager[None]:
    """Return a context in which matrix products are computed in bf16; norms and softmax stay in fp32."""
    import torch

    context: AbstractContextManager[None] = torch.autocast(device, torch.bfloat16)
    return context


def _load_quietly(folder: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    with _no_load_report():
        try:
            return SentenceTransformer(str(folder), local_files_only=True).eval()
        except Exception as error:  # the tokenizer and the tensor reader have exception trees of their own
            reason = next(iter(str(error).splitlines()), "").rstrip(".") or type(error).__name__
            raise ModelUnavailable(
                f"The model in {folder} could not be loaded: {reason}."
                " Set MODEL to a folder that a sentence-transformers model was saved to."
            ) from error


@contextmanager
def _no_load_report() -> Iterator[None]:
    """Silence transformers' load report, which warns that a sentence model has no pooler: none is needed."""
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
