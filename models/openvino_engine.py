"""The default model on OpenVINO: an int8 engine, made once beside the model and checked at each load."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from models import openvino_graph, quantisation_texts
from models.encoder import Vectors
from models.errors import ModelCorrupt, ModelUnavailable
from models.files import sha256, sync
from models.openvino_import import ov

FORMAT = 2
"""Version of the engine's files; an engine of another version is made anew.

Increase it whenever openvino_graph or quantisation_texts changes.
"""
FOLDER = "openvino"
"""The engine's folder inside the model's folder; the model's fingerprint leaves it out."""
MANIFEST, CHECK = "engine.json", "check.npy"
"""Files of the engine's folder: its format and checksums, and vectors of fp32 to compare with."""
WEIGHTS = "model.safetensors"
"""File of the model's folder that the engine is made from."""

MAX_TOKENS = 512
"""Tokens of a text, special tokens included, that the model can read."""
BATCH_TOKENS, BATCH_ROWS = 512, 8
"""Most tokens, padding included, and most texts of a batch: larger batches take as long a token."""
STEP = 4
"""Batches are padded to a multiple of so many tokens, and hold 1, 2, 4 or 8 texts.

OpenVINO takes 10 ms and more to prepare for each new number of tokens; padding to few numbers costs less.
"""
WARM = {1: range(STEP, 48 + 1, STEP), **dict.fromkeys((2, 4, 8), range(20, 32 + 1, STEP))}
"""Number of queries → their lengths in tokens that OpenVINO prepares for at load, so that no user waits."""
MANY = 10_000
"""Tokens of a call from which each core encodes a batch of its own, instead of all cores one batch.

That is faster by a tenth and more, and takes half a second to prepare, once. No query is as long.
"""
PRODUCT = "FullyConnected"
"""OpenVINO's name for a linear map in the graph it has compiled."""
LEAST_COSINE = 0.997
"""Least cosine, at load, between an engine's vectors of a passage and two queries and those of fp32.

A sound engine reaches 0.999, with AVX2, AVX-512 and VNNI alike; one whose int8 products overflow, or with any
other fault, falls below.
"""

Ids = npt.NDArray[np.int32]


class OpenVinoEncoder:
    """Encodes with OpenVINO, as the Encoder protocol describes."""

    def __init__(
        self,
        folder: Path,
        name: str,
        fingerprint: str,
        prompts: Mapping[str, str],
        *,
        least_cosine: float = LEAST_COSINE,
        many: int = MANY,
    ) -> None:
        """Raises ModelError when the engine can neither be found nor made, or computes wrong vectors here."""
        self.name = name
        self.fingerprint = fingerprint
        self.max_tokens = MAX_TOKENS
        self._many = many
        self._lock, self._queue_lock = threading.Lock(), threading.Lock()
        self._prompts = {**_prompts(folder), **prompts}
        self._folder = ensure(folder)
        xml, settings = str(self._folder / "encoder.xml"), _settings()
        with ThreadPoolExecutor(1) as pool:
            # Side by side, half a second each: compiling releases the interpreter, the tokenizer holds it.
            compiling = pool.submit(ov.Core().compile_model, xml, "CPU", settings)
            self._tokenizer = _tokenizer(folder)
        self._model = compiling.result()
        self._request = self._model.create_infer_request()
        self.dim = int(self._model.output(0).partial_shape[1].get_length())
        self._check(least_cosine)

    @cached_property
    def engine(self) -> str:
        nodes = [node.get_rt_info() for node in self._model.get_runtime_model().get_ops()]
        products = {str(node["primitiveType"].value) for node in nodes if node["layerType"].value == PRODUCT}
        return f"OpenVINO ({', '.join(sorted(name.lower() for name in products))})"

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._prompts["query"] + text for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._prompts["document"] + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(text.ids) for text in encoded]

    def _encode(self, texts: list[str]) -> Vectors:
        tokens = _tokens(self._tokenizer, texts)
        vectors = np.empty((len(texts), self.dim), np.float32)
        if sum(map(len, tokens)) >= self._many:
            self._encode_many(tokens, vectors)
            return vectors
        for rows, ids, mask in batches(tokens):
            with self._lock:  # a request holds one batch, and two batches at once are no faster
                vectors[rows] = self._infer(ids, mask)
        return vectors

    def _infer(self, ids: Ids, mask: Vectors) -> Vectors:
        vectors: Vectors = self._request.infer([ids, mask], share_inputs=True)[0]
        return vectors

    def _encode_many(self, tokens: list[list[int]], vectors: Vectors) -> None:
        def store(request: ov.InferRequest, rows: npt.NDArray[np.intp]) -> None:
            vectors[rows] = request.get_output_tensor().data

        with self._queue_lock:
            self._queue.set_callback(store)
            for rows, ids, mask in batches(tokens):
                self._queue.start_async([ids, mask], rows)
            self._queue.wait_all()

    @cached_property
    def _queue(self) -> ov.AsyncInferQueue:
        threads = self._model.get_property("INFERENCE_NUM_THREADS")
        settings = {**_settings(), "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": threads}
        return ov.AsyncInferQueue(ov.Core().compile_model(str(self._folder / "encoder.xml"), "CPU", settings))

    def _check(self, least_cosine: float) -> None:
        expected = np.load(self._folder / CHECK)
        cosine = float((self._encode(_CHECKED) * expected).sum(axis=1).min())
        if not cosine >= least_cosine:
            raise ModelUnavailable(
                f"The int8 engine computes other vectors here than the model does: cosine {cosine:.4f},"
                f" expected {least_cosine} or more."
            )
        warm = {rows * length: (rows, length) for rows, lengths in WARM.items() for length in lengths}
        for shape in warm.values():
            self._infer(np.ones(shape, np.int32), np.ones(shape, np.float32))


_CHECKED = [
    "passage: " + quantisation_texts.PASSAGES[0],
    *("query: " + text for text in quantisation_texts.QUERIES[:2]),
]
"""Texts, with their prompts, whose vectors are compared with those of fp32 at load."""


def batches(tokens: Sequence[Sequence[int]]) -> Iterator[tuple[npt.NDArray[np.intp], Ids, Vectors]]:
    """Yield batches of texts of similar length: their rows in tokens, and ids and mask, both [texts, length].

    A batch keeps within BATCH_TOKENS and BATCH_ROWS; equal input gives equal batches.
    """
    lengths = np.array([len(ids) for ids in tokens], np.intp)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = -(-int(lengths[order[start]]) // STEP) * STEP
        most = min(BATCH_ROWS, BATCH_TOKENS // longest, len(order) - start)
        rows = order[start : start + (1 << most.bit_length() - 1)]
        ids = np.zeros((len(rows), longest), np.int32)
        mask = np.zeros((len(rows), longest), np.float32)
        for line, row in enumerate(rows):
            ids[line, : lengths[row]] = tokens[row]
            mask[line, : lengths[row]] = 1
        yield rows, ids, mask
        start += len(rows)


def ensure(folder: Path) -> Path:
    """Return the engine's folder; an engine that is not sound is made first. Raises ModelError."""
    engine = folder / FOLDER
    if not is_sound(folder):
        with FileLock(folder / ".openvino.lock"):
            if not is_sound(folder):  # otherwise another process has made it meanwhile
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
        ov.save_model(openvino_graph.int8_model(bert, ranges), work / "encoder.xml", compress_to_fp16=False)
        files = {path.name: sha256(path) for path in sorted(work.iterdir())}
        manifest = {"format": FORMAT, "weights": _stamp(folder / WEIGHTS), "files": files}
        (work / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for path in [*work.iterdir(), work]:
            sync(path)
        shutil.rmtree(engine, ignore_errors=True)
        work.rename(engine)


def is_sound(folder: Path) -> bool:
    """Return whether a model has an undamaged engine of this format, made from the model's weights."""
    engine = folder / FOLDER
    try:
        manifest = json.loads((engine / MANIFEST).read_text(encoding="utf-8"))
        return (
            manifest["format"] == FORMAT
            and _seconds(manifest["weights"]) == _seconds(_stamp(folder / WEIGHTS))
            and all(sha256(engine / name) == digest for name, digest in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _stamp(weights: Path) -> list[int]:
    # Size and time, not a checksum of 470 MB, which would take longer than all the rest of loading. The
    # fingerprint of the model's folder has that checksum.
    status = weights.stat()
    return [status.st_size, status.st_mtime_ns]


def _seconds(stamp: list[int]) -> tuple[int, int]:
    # Container images and archives keep a time in whole seconds only.
    size, time = stamp
    return size, time // 10**9


def _bert(folder: Path) -> openvino_graph.Bert:
    try:
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return openvino_graph.Bert(
            layers=shape["num_hidden_layers"],
            heads=shape["num_attention_heads"],
            hidden=shape["hidden_size"],
            eps=shape["layer_norm_eps"],
            tensors=load_file(folder / WEIGHTS),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelCorrupt(f"{folder} holds no BERT that an engine can be made of: {error}.") from error


def _calibration_texts() -> list[str]:
    last_sentences = [text.split(". ")[-1] for text in quantisation_texts.PASSAGES]
    passages = [*quantisation_texts.PASSAGES, *last_sentences]
    return [
        *("query: " + text for text in quantisation_texts.QUERIES),
        *("passage: " + text for text in passages),
    ]


def _calibrate(bert: openvino_graph.Bert, tokens: list[list[int]]) -> openvino_graph.Ranges:
    sites = openvino_graph.sites(bert)
    request = _exact(openvino_graph.float_model(bert, observe=True))

    def ranges(ids: list[int]) -> openvino_graph.Ranges:
        request.infer(_alone(ids))
        bounds = [request.get_output_tensor(1 + i).data.reshape(-1).copy() for i in range(2 * len(sites))]
        return dict(zip(sites, zip(bounds[::2], bounds[1::2], strict=True), strict=True))

    return openvino_graph.merge(ranges(ids) for ids in tokens)


def _reference(bert: openvino_graph.Bert, tokens: list[list[int]]) -> Vectors:
    request = _exact(openvino_graph.float_model(bert))
    return np.stack([request.infer(_alone(ids))[0][0].copy() for ids in tokens])


def _alone(ids: list[int]) -> list[npt.NDArray[np.generic]]:
    """Return the graph's inputs, ids and mask, for one text without padding."""
    return [np.array([ids], np.int32), np.ones((1, len(ids)), np.float32)]


def _exact(model: ov.Model) -> ov.InferRequest:
    return ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()


def _settings() -> dict[str, str | int | bool]:
    native_bf16 = "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if native_bf16 else "f32",
        "ENABLE_CPU_PINNING": False,  # other processes share the machine
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
    """Return the ids of each text with special tokens, cut to MAX_TOKENS; the closing token stays."""
    # Cut here and not by the tokenizer, whose settings are shared by all threads.
    all_ids = [text.ids for text in tokenizer.encode_batch_fast(texts)]
    return [ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]] for ids in all_ids]


def _prompts(folder: Path) -> dict[str, str]:
    path = folder / "config_sentence_transformers.json"
    prompts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["prompts"]
    return prompts
