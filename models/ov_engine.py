"""The default model on OpenVINO: an int8 engine made once, beside the model, and checked at every start."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from models import encoder, ov_graph, ov_texts
from models.encoder import ModelChoice, Vectors
from models.errors import ModelCorrupt, ModelUnavailable
from models.quiet_openvino import ov

FORMAT = 1
"""Of the engine's folder; another number has it made anew. Change it when ov_graph or ov_texts changes."""
FOLDER = "openvino"
"""Inside the model's folder; the model's fingerprint leaves it out."""
MANIFEST, CHECK = "engine.json", "check.npy"
WEIGHTS = "model.safetensors"

MAX_TOKENS = 512
BATCH_TOKENS = 1024
"""Tokens multiplied at a time, padding included: enough for two cores, little enough for their caches."""
STEP = 4
"""Batches are as long as a multiple of this. A length met for the first time costs OpenVINO tens of
milliseconds, so there should be few; padding costs less."""
WARM = range(STEP, 48 + 1, STEP)
"""Lengths of the questions that are met at load, so that no user pays for them."""
LEAST_COSINE = 0.997
"""To fp32, of a passage and two questions, at load. A processor whose int8 products overflow (AVX2 without
VNNI) or any other fault of an engine falls below it; a sound engine reaches 0.999."""

Ids = npt.NDArray[np.int32]


class OpenVinoEncoder:
    """An Encoder. Questions and passages are encoded one call at a time, on all cores."""

    def __init__(self, folder: Path, choice: ModelChoice, threads: int | None = None) -> None:
        """Raises ModelError when the engine can neither be found nor made, or computes wrong vectors here."""
        self._folder = folder
        self._choice = choice
        self._lock = threading.Lock()
        self._tokenizer = _tokenizer(folder)
        self._prompts = {**_prompts(folder), **choice.prompts}
        engine = ensure(folder)
        core = ov.Core()
        model = core.compile_model(str(engine / "encoder.xml"), "CPU", _settings(core, threads))
        self._request = model.create_infer_request()
        self._dim = int(model.output(0).partial_shape[1].get_length())
        self._check(engine)

    @property
    def name(self) -> str:
        return self._choice.label

    @cached_property
    def fingerprint(self) -> str:
        return encoder.fingerprint(self._folder, self._choice)

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def max_tokens(self) -> int:
        return MAX_TOKENS

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._prompts["query"] + text for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._prompts["document"] + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [
            len(one.ids) for one in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ]

    def _encode(self, texts: list[str]) -> Vectors:
        tokens = _tokens(self._tokenizer, texts)
        vectors = np.empty((len(texts), self._dim), np.float32)
        for rows, ids, mask in batches(tokens):
            with self._lock:  # a request holds one batch; two cores gain nothing from two of them
                vectors[rows] = self._request.infer([ids, mask], share_inputs=True)[0]
        return vectors

    def _check(self, engine: Path) -> None:
        expected = np.load(engine / CHECK)
        cosine = float((self._encode(_CHECKED) * expected).sum(axis=1).min())
        if not cosine >= LEAST_COSINE:
            raise ModelUnavailable(
                f"The int8 engine computes other vectors here than the model does: cosine {cosine:.4f},"
                f" expected {LEAST_COSINE} or more."
            )
        for length in WARM:
            self._request.infer([np.ones((1, length), np.int32), np.ones((1, length), np.float32)])


_CHECKED = ["passage: " + ov_texts.PASSAGES[0], *("query: " + text for text in ov_texts.QUERIES[:2])]


def batches(tokens: Sequence[Sequence[int]]) -> Iterator[tuple[npt.NDArray[np.intp], Ids, Vectors]]:
    """Texts of like length together: their rows, ids and mask [texts, tokens], about BATCH_TOKENS at a time.

    The same texts always make the same batches.
    """
    lengths = np.array([len(ids) for ids in tokens], np.intp)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = -(-int(lengths[order[start]]) // STEP) * STEP
        rows = order[start : start + max(1, BATCH_TOKENS // longest)]
        ids = np.zeros((len(rows), longest), np.int32)
        mask = np.zeros((len(rows), longest), np.float32)
        for line, row in enumerate(rows):
            ids[line, : lengths[row]] = tokens[row]
            mask[line, : lengths[row]] = 1
        yield rows, ids, mask
        start += len(rows)


def ensure(folder: Path) -> Path:
    """The engine's folder; the engine is made first when it is missing, damaged or of other weights.

    Raises ModelError.
    """
    engine = folder / FOLDER
    if not _sound(engine, folder / WEIGHTS):
        with FileLock(folder / ".openvino.lock"):
            if not _sound(engine, folder / WEIGHTS):  # otherwise another process made it meanwhile
                _make(folder, engine)
    return engine


def _make(folder: Path, engine: Path) -> None:
    print("Making the model's fast engine (once, half a minute at the most)…", file=sys.stderr, flush=True)
    for stale in folder.glob(".openvino-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".openvino-", dir=folder, ignore_cleanup_errors=True) as scratch:
        work = Path(scratch) / FOLDER
        work.mkdir()
        bert = _bert(folder)
        tokenizer = _tokenizer(folder)
        np.save(work / CHECK, _reference(bert, _tokens(tokenizer, _CHECKED)))
        ranges = _calibrate(bert, _tokens(tokenizer, _calibration_texts()))
        ov.save_model(ov_graph.int8_model(bert, ranges), work / "encoder.xml", compress_to_fp16=False)
        files = {path.name: _sha256(path) for path in sorted(work.iterdir())}
        manifest = {"format": FORMAT, "weights": _stamp(folder / WEIGHTS), "files": files}
        (work / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        _sync(work)
        shutil.rmtree(engine, ignore_errors=True)
        work.rename(engine)


def _sound(engine: Path, weights: Path) -> bool:
    try:
        manifest = json.loads((engine / MANIFEST).read_text(encoding="utf-8"))
        return (
            manifest["format"] == FORMAT
            and manifest["weights"] == _stamp(weights)
            and all(_sha256(engine / name) == digest for name, digest in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _stamp(weights: Path) -> list[int]:
    # Size and time, not a sum over 470 MB: that would cost every start more than all the rest of loading.
    # The folder's fingerprint sums the weights themselves.
    status = weights.stat()
    return [status.st_size, status.st_mtime_ns]


def _bert(folder: Path) -> ov_graph.Bert:
    try:
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return ov_graph.Bert(
            layers=shape["num_hidden_layers"],
            heads=shape["num_attention_heads"],
            hidden=shape["hidden_size"],
            eps=shape["layer_norm_eps"],
            tensors=load_file(folder / WEIGHTS),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelCorrupt(f"{folder} holds no BERT that an engine can be made of: {error}.") from error


def _calibration_texts() -> list[str]:
    last_sentences = [text.split(". ")[-1] for text in ov_texts.PASSAGES]
    passages = [*ov_texts.PASSAGES, *last_sentences]
    return [*("query: " + text for text in ov_texts.QUERIES), *("passage: " + text for text in passages)]


def _calibrate(bert: ov_graph.Bert, tokens: list[list[int]]) -> ov_graph.Ranges:
    sites = ov_graph.sites(bert)
    request = _exact(ov_graph.float_model(bert, observe=True))

    def seen(ids: list[int]) -> ov_graph.Ranges:
        request.infer([np.array([ids], np.int32), np.ones((1, len(ids)), np.float32)])
        bounds = [request.get_output_tensor(1 + i).data.reshape(-1).copy() for i in range(2 * len(sites))]
        return dict(zip(sites, zip(bounds[::2], bounds[1::2], strict=True), strict=True))

    return ov_graph.merge(seen(ids) for ids in tokens)


def _reference(bert: ov_graph.Bert, tokens: list[list[int]]) -> Vectors:
    request = _exact(ov_graph.float_model(bert))
    rows = [
        request.infer([np.array([i], np.int32), np.ones((1, len(i)), np.float32)])[0][0].copy()
        for i in tokens
    ]
    return np.stack(rows)


def _exact(model: ov.Model) -> ov.InferRequest:
    return ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()


def _settings(core: ov.Core, threads: int | None) -> dict[str, str | int | bool]:
    native_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if native_bf16 else "f32",
        "INFERENCE_NUM_THREADS": threads or 0,  # 0: as many as OpenVINO finds cores for
        "ENABLE_CPU_PINNING": False,  # the machine is not ours alone
    }


def _tokenizer(folder: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises nothing more precise
        raise ModelCorrupt(f"{folder / 'tokenizer.json'} cannot be read: {error}.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _tokens(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Ids with special tokens, cut to MAX_TOKENS; the closing token stays."""
    # Cut here and not by the tokenizer, whose settings are shared by all threads.
    found = [one.ids for one in tokenizer.encode_batch_fast(texts)]
    return [ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]] for ids in found]


def _prompts(folder: Path) -> dict[str, str]:
    path = folder / "config_sentence_transformers.json"
    prompts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["prompts"]
    return prompts


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
