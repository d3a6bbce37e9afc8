"""The default model on OpenVINO: the engine that is fastest here, checked at each load."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from models import engine_choice, memory, openvino_files
from models.encoder import Vectors
from models.engine_choice import LEAST_COSINE, EngineChoice, Processor, Sample, Use
from models.errors import ModelUnavailable
from models.openvino_files import CHECKED, CHECKED_QUESTIONS, MAX_TOKENS, look_up
from models.openvino_import import core, ov
from models.word_pieces import WordPieces

BATCH_TOKENS, BATCH_ROWS = 512, 8
"""Most tokens, padding included, and most texts of a batch: larger batches take as long a token."""
STEP = 4
"""Batches are padded to a multiple of so many tokens, and hold 1, 2, 4 or 8 texts.

OpenVINO takes 10 ms and more to prepare for each new number of tokens; padding to few numbers costs less.
"""
WARM = {1: range(STEP, 48 + 1, STEP), **dict.fromkeys((2, 4, 8), range(20, 32 + 1, STEP))}
"""Number of queries → their lengths in tokens that OpenVINO prepares for at load, so that no user waits."""
MANY = 3_000
"""Tokens of a call from which each core encodes a batch of its own, instead of all cores one batch.

That is faster by a tenth and more, and takes half a second to prepare, once. No query is as long.
"""
PRODUCT = "FullyConnected"
"""OpenVINO's name for a linear map in the graph it has compiled."""

Ids = npt.NDArray[np.int32]
Timer = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run the model."""

    graph: str
    precision: str
    """Of what is not multiplied in int8: "f32" or "bf16"."""
    group: int = 0
    """Neighbouring activations that share a scale where they are quantised as they come; 0: they are not."""


GROUP = 128
"""Neighbouring activations that share a scale, of 384 or 1 536.

By 32, as OpenVINO would, vectors are a little nearer to those of fp32 (least cosine 0.9998, not 0.9994), a
question takes a tenth longer and passages a fifth; nDCG@10 is the same within 0.001 on four sets.
"""
CANDIDATES = {
    "int8 weights": Candidate(openvino_files.INT8_WEIGHTS, "f32", GROUP),
    "int8 weights in fp32": Candidate(openvino_files.INT8_WEIGHTS, "f32"),
    "bf16": Candidate(openvino_files.FLOAT, "bf16"),
    "int8": Candidate(openvino_files.INT8, "f32"),
    "fp32": Candidate(openvino_files.FLOAT, "f32"),
}
"""The engines that are tried, by name, those that take the least memory first.

With AVX2 alone, int8 weights in fp32 are as fast as fp32 and take 150 MB less. Measured too, and no gain on
these: int8, and int8 weights, with bf16 for the rest.
"""


class OpenVinoEncoder:
    """Encodes with OpenVINO, as the Encoder protocol describes."""

    def __init__(
        self,
        folder: Path,
        name: str,
        fingerprint: str,
        prompts: Mapping[str, str],
        use: Use = "passages",
        *,
        least_cosine: float = LEAST_COSINE,
        many: int = MANY,
        clock: Timer = time.perf_counter,
    ) -> None:
        """Raises ModelError when the engine can neither be found nor made, or computes wrong vectors here."""
        self.name = name
        self.fingerprint = fingerprint
        self.max_tokens = MAX_TOKENS
        self._prompts = {**_prompts(folder), **prompts}
        files = openvino_files.ensure(folder)
        self._tokenizer = WordPieces(files)
        self.choice: EngineChoice | None = chosen(folder, files, self._tokenizer, least_cosine, clock)
        self._name = self.choice.questions if use == "questions" else self.choice.passages
        self._engine = Engine(files, CANDIDATES[self._name], self._tokenizer, many)
        self.dim = self._engine.dim
        self._check(files, least_cosine)

    @property
    def engine(self) -> str:
        return f"OpenVINO {self._name} ({self._engine.products})"

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._engine.encode([self._prompts["query"] + text for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._engine.encode([self._prompts["document"] + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self._tokenizer.ids(text)) for text in texts]

    def _check(self, files: Path, least_cosine: float) -> None:
        some = [0, 1, CHECKED_QUESTIONS]
        expected = np.load(files / openvino_files.CHECK)[some]
        cosine = float((self._engine.encode([CHECKED[each] for each in some]) * expected).sum(axis=1).min())
        if not cosine >= least_cosine:
            raise ModelUnavailable(
                f"The engine {self._name} computes other vectors here than the model does:"
                f" cosine {cosine:.4f}, expected {least_cosine} or more."
            )
        self._engine.warm()


class Engine:
    """One candidate, compiled."""

    def __init__(self, files: Path, candidate: Candidate, tokenizer: WordPieces, many: int = MANY) -> None:
        self._graph, self._settings = str(files / candidate.graph), _settings(candidate)
        self._tokenizer = tokenizer
        self._words = np.load(files / openvino_files.WORDS, mmap_mode="r")
        self._many = many
        self._lock, self._queue_lock = threading.Lock(), threading.Lock()
        self._model = core().compile_model(self._graph, "CPU", self._settings)
        self._request = self._model.create_infer_request()
        self.dim = int(self._model.output(0).partial_shape[1].get_length())

    @cached_property
    def products(self) -> str:
        """The kernels that multiply, by OpenVINO's names for them."""
        nodes = [node.get_rt_info() for node in self._model.get_runtime_model().get_ops()]
        found = {str(node["primitiveType"].value) for node in nodes if node["layerType"].value == PRODUCT}
        return ", ".join(sorted(name.lower() for name in found))

    def encode(self, texts: Sequence[str]) -> Vectors:
        tokens = [self._tokenizer.framed(text, MAX_TOKENS) for text in texts]
        vectors = np.empty((len(texts), self.dim), np.float32)
        if sum(map(len, tokens)) >= self._many:
            self._encode_many(tokens, vectors)
            return vectors
        for rows, ids, mask in batches(tokens):
            words = look_up(self._words, ids)
            with self._lock:  # a request holds one batch, and two batches at once are no faster
                vectors[rows] = self._infer(words, mask)
        return vectors

    def warm(self) -> None:
        """Have OpenVINO prepare for the lengths of common questions."""
        shapes = {rows * length: (rows, length) for rows, lengths in WARM.items() for length in lengths}
        for shape in shapes.values():
            self._infer(look_up(self._words, np.ones(shape, np.int32)), np.ones(shape, np.float32))

    def _infer(self, words: Vectors, mask: Vectors) -> Vectors:
        vectors: Vectors = self._request.infer([words, mask], share_inputs=True)[0]
        return vectors

    def _encode_many(self, tokens: list[list[int]], vectors: Vectors) -> None:
        def store(request: ov.InferRequest, rows: npt.NDArray[np.intp]) -> None:
            vectors[rows] = request.get_output_tensor().data

        with self._queue_lock:
            self._queue.set_callback(store)
            for rows, ids, mask in batches(tokens):
                self._queue.start_async([look_up(self._words, ids), mask], rows)
            self._queue.wait_all()

    @cached_property
    def _queue(self) -> ov.AsyncInferQueue:
        threads = self._model.get_property("INFERENCE_NUM_THREADS")
        settings = {**self._settings, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": threads}
        return ov.AsyncInferQueue(core().compile_model(self._graph, "CPU", settings))


def chosen(
    folder: Path, files: Path, tokenizer: WordPieces, least_cosine: float, clock: Timer
) -> EngineChoice:
    """Return the choice of engines for this processor: the recorded one, else a new one, which is recorded.

    Raises ModelUnavailable when no engine is sound.
    """
    processor = engine_choice.this_processor(os.environ)
    processor = Processor(processor.name, (*processor.features, f"OpenVINO {ov.get_version().split('-')[0]}"))
    if (known := _known(folder, processor)) is not None:
        return known
    with ExitStack() as held:
        with suppress(OSError, Timeout):  # a folder that only another user may write to: each process tries
            held.enter_context(FileLock(folder / openvino_files.LOCK))
        if (known := _known(folder, processor)) is not None:
            return known  # made by another process meanwhile
        print(
            "Choosing the fastest engine for this processor (once, some seconds)…",
            file=sys.stderr,
            flush=True,
        )
        made = engine_choice.choose(processor, _measure(files, tokenizer, clock), least_cosine)
        logging.getLogger(__name__).info("Engines for this processor: %s.", made.describe())
        with suppress(OSError):
            engine_choice.keep(made, folder)
    memory.release()  # of the engines that were not chosen
    return made


def _known(folder: Path, processor: Processor) -> EngineChoice | None:
    known = engine_choice.recorded(folder)
    if (
        known is None
        or known.processor != processor
        or not {known.questions, known.passages} <= set(CANDIDATES)
    ):
        return None
    return known


def _measure(files: Path, tokenizer: WordPieces, clock: Timer) -> tuple[engine_choice.Measured, ...]:
    engines = {}
    native_bf16 = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    for name, candidate in CANDIDATES.items():
        if candidate.precision == "bf16" and not native_bf16:
            continue  # where it is emulated, it takes twenty times as long
        with suppress(RuntimeError):  # this processor cannot run it
            engines[name] = Engine(files, candidate, tokenizer).encode
    questions, passages = CHECKED[:CHECKED_QUESTIONS], CHECKED[CHECKED_QUESTIONS:]
    tokens = sum(len(tokenizer.framed(text, MAX_TOKENS)) for text in passages)
    expected = np.load(files / openvino_files.CHECK)
    return engine_choice.measure(engines, Sample(questions, passages, tokens, expected), clock)


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


def _settings(candidate: Candidate) -> dict[str, str | int | bool]:
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": candidate.precision,
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": candidate.group,
        "ENABLE_CPU_PINNING": False,  # other processes share the machine
    }


def _prompts(folder: Path) -> dict[str, str]:
    path = folder / "config_sentence_transformers.json"
    prompts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["prompts"]
    return prompts
