"""The default model on OpenVINO: an int8 engine made once, beside the model, and checked at every start."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from models import encoder, openvino_graph, quantisation_texts
from models.encoder import ModelChoice, Vectors
from models.errors import ModelCorrupt, ModelUnavailable
from models.files import sha256, sync
from models.openvino_import import ov

FORMAT = 2
"""Of the engine's folder; another number has it made anew. Change it when ov_graph or ov_texts changes."""
FOLDER = "openvino"
"""Inside the model's folder; the model's fingerprint leaves it out."""
MANIFEST, CHECK = "engine.json", "check.npy"
WEIGHTS = "model.safetensors"

MAX_TOKENS = 512
BATCH_TOKENS, BATCH_ROWS = 512, 8
"""Tokens multiplied at a time, padding included, and texts: more are no faster a token."""
STEP = 4
"""Batches are as long as a multiple of this and hold 1, 2, 4 or 8 texts: a number of tokens met for the first
time costs OpenVINO ten milliseconds and more, so there should be few; padding costs less."""
WARM = {1: range(STEP, 48 + 1, STEP), **dict.fromkeys((2, 4, 8), range(20, 32 + 1, STEP))}
"""Lengths of the questions, alone and together, that are met at load, so that no user pays for them."""
MANY = 10_000
"""Tokens of a call from which a batch a core is encoded side by side, instead of one on all cores: faster by
a tenth and more, for half a second to prepare, once. No question is as long."""
PRODUCT = "FullyConnected"
"""What OpenVINO calls a linear map, once it has decided how to compute it."""
LEAST_COSINE = 0.997
"""To fp32, of a passage and two questions, at load. A sound engine reaches 0.999, with AVX2, AVX-512 and VNNI
alike; one whose int8 products overflow, or with any other fault, falls below."""

Ids = npt.NDArray[np.int32]


class OpenVinoEncoder:
    """An Encoder. A few texts are encoded one batch at a time, on all cores; many, a batch a core."""

    def __init__(self, folder: Path, choice: ModelChoice) -> None:
        """Raises ModelError when the engine can neither be found nor made, or computes wrong vectors here."""
        self._folder = folder
        self._choice = choice
        self._lock, self._queue_lock = threading.Lock(), threading.Lock()
        self._prompts = {**_prompts(folder), **choice.prompts}
        self._made = ensure(folder)
        xml, settings = str(self._made / "encoder.xml"), _settings()
        with ThreadPoolExecutor(1) as pool:
            # Side by side, half a second each: compiling lets Python go at once, the tokenizer holds it.
            compiling = pool.submit(ov.Core().compile_model, xml, "CPU", settings)
            self._tokenizer = _tokenizer(folder)
        self._model = compiling.result()
        self._request = self._model.create_infer_request()
        self._dim = int(self._model.output(0).partial_shape[1].get_length())
        self._check()

    @property
    def name(self) -> str:
        return self._choice.label

    @cached_property
    def fingerprint(self) -> str:
        return encoder.fingerprint(self._folder, self._choice)

    @cached_property
    def engine(self) -> str:
        nodes = [each.get_rt_info() for each in self._model.get_runtime_model().get_ops()]
        products = {str(each["primitiveType"].value) for each in nodes if each["layerType"].value == PRODUCT}
        return f"OpenVINO ({', '.join(sorted(name.lower() for name in products))})"

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
        if sum(map(len, tokens)) >= MANY:
            self._encode_many(tokens, vectors)
            return vectors
        for rows, ids, mask in batches(tokens):
            with self._lock:  # a request holds one batch; two cores gain nothing from two of them
                vectors[rows] = self._infer(ids, mask)
        return vectors

    def _infer(self, ids: Ids, mask: Vectors) -> Vectors:
        found: Vectors = self._request.infer([ids, mask], share_inputs=True)[0]
        return found

    def _encode_many(self, tokens: list[list[int]], vectors: Vectors) -> None:
        def keep(request: ov.InferRequest, rows: npt.NDArray[np.intp]) -> None:
            vectors[rows] = request.get_output_tensor().data

        with self._queue_lock:
            self._queue.set_callback(keep)
            for rows, ids, mask in batches(tokens):
                self._queue.start_async([ids, mask], rows)
            self._queue.wait_all()

    @cached_property
    def _queue(self) -> ov.AsyncInferQueue:
        threads = self._model.get_property("INFERENCE_NUM_THREADS")
        settings = {**_settings(), "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": threads}
        return ov.AsyncInferQueue(ov.Core().compile_model(str(self._made / "encoder.xml"), "CPU", settings))

    def _check(self) -> None:
        expected = np.load(self._made / CHECK)
        cosine = float((self._encode(_CHECKED) * expected).sum(axis=1).min())
        if not cosine >= LEAST_COSINE:
            raise ModelUnavailable(
                f"The int8 engine computes other vectors here than the model does: cosine {cosine:.4f},"
                f" expected {LEAST_COSINE} or more."
            )
        warm = {rows * length: (rows, length) for rows, lengths in WARM.items() for length in lengths}
        for shape in warm.values():
            self._infer(np.ones(shape, np.int32), np.ones(shape, np.float32))


_CHECKED = [
    "passage: " + quantisation_texts.PASSAGES[0],
    *("query: " + text for text in quantisation_texts.QUERIES[:2]),
]


def batches(tokens: Sequence[Sequence[int]]) -> Iterator[tuple[npt.NDArray[np.intp], Ids, Vectors]]:
    """Texts of like length together: their rows, ids and mask [texts, tokens], within the limits above.

    The same texts always make the same batches.
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
    """The engine's folder; the engine is made first when it is missing, damaged or of other weights.

    Raises ModelError.
    """
    engine = folder / FOLDER
    if not sound(engine, folder / WEIGHTS):
        with FileLock(folder / ".openvino.lock"):
            if not sound(engine, folder / WEIGHTS):  # otherwise another process made it meanwhile
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


def sound(engine: Path, weights: Path) -> bool:
    """Whether an engine's folder is whole, of this format and made of these weights."""
    try:
        manifest = json.loads((engine / MANIFEST).read_text(encoding="utf-8"))
        return (
            manifest["format"] == FORMAT
            and _seconds(manifest["weights"]) == _seconds(_stamp(weights))
            and all(sha256(engine / name) == digest for name, digest in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _stamp(weights: Path) -> list[int]:
    # Size and time, not a sum over 470 MB: that would cost every start more than all the rest of loading.
    # The folder's fingerprint sums the weights themselves.
    status = weights.stat()
    return [status.st_size, status.st_mtime_ns]


def _seconds(stamp: list[int]) -> tuple[int, int]:
    # An image of a container and an archive keep no more of a time than its seconds.
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

    def seen(ids: list[int]) -> openvino_graph.Ranges:
        request.infer([np.array([ids], np.int32), np.ones((1, len(ids)), np.float32)])
        bounds = [request.get_output_tensor(1 + i).data.reshape(-1).copy() for i in range(2 * len(sites))]
        return dict(zip(sites, zip(bounds[::2], bounds[1::2], strict=True), strict=True))

    return openvino_graph.merge(seen(ids) for ids in tokens)


def _reference(bert: openvino_graph.Bert, tokens: list[list[int]]) -> Vectors:
    request = _exact(openvino_graph.float_model(bert))
    rows = [
        request.infer([np.array([i], np.int32), np.ones((1, len(i)), np.float32)])[0][0].copy()
        for i in tokens
    ]
    return np.stack(rows)


def _exact(model: ov.Model) -> ov.InferRequest:
    return ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()


def _settings() -> dict[str, str | int | bool]:
    native_bf16 = "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if native_bf16 else "f32",
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
