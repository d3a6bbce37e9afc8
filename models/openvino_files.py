"""The files of the OpenVINO engines, made once beside the model: graphs, word embeddings, tokenizer."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from safetensors.numpy import load_file

from models import background_texts, openvino_graph, q4, quantisation_texts, word_pieces
from models.encoder import Vectors
from models.errors import ModelCorrupt
from models.files import sha256, sync
from models.openvino_import import core, ov
from models.word_pieces import WordPieces

FORMAT = 3
"""Version of the engine's files; those of another version are made anew.

Increase it whenever openvino_graph or word_pieces changes.
"""
FOLDER = "openvino"
"""The engines' folder inside the model's folder; the model's fingerprint leaves it out."""
LOCK = ".openvino.lock"
"""File of the model's folder that is locked while engines are made, or chosen."""
MANIFEST, CHECK, WORDS = "engine.json", "check.npy", "words.npy"
"""Files of the engines' folder: format and checksums, vectors of fp32 of CHECKED, word embeddings.

The embeddings are uint8 [vocabulary, bytes], blocks as q4.unpack_q4 reads them.
"""
FLOAT, INT8_WEIGHTS, INT8 = "float.xml", "int8-weights.xml", "int8.xml"
"""Files of the engines' folder: the graphs, each with a .bin beside it."""
WEIGHTS = "model.safetensors"
"""File of the model's folder that the engines are made from."""
TABLE = "embeddings.word_embeddings.weight"
"""Name of the word embeddings among the weights."""
MAX_TOKENS = 512
"""Tokens of a text, special tokens included, that the model can read."""

CHECKED = [
    *("query: " + text for text in background_texts.QUESTIONS[:10]),
    *("passage: " + text for text in background_texts.TEXTS[:6]),
    *("passage: " + " ".join(quantisation_texts.PASSAGES[i : i + 3]) for i in range(0, 15, 3)),
]
"""Texts, with prompts, whose vectors are compared with those of fp32: questions, sentences, passages."""
CHECKED_QUESTIONS = 10
"""How many of CHECKED, the first, are questions."""


def ensure(folder: Path) -> Path:
    """Return the engines' folder; engines that are not sound are made first. Raises ModelError, OSError."""
    engines = folder / FOLDER
    if not is_sound(folder):
        with FileLock(folder / LOCK):
            if not is_sound(folder):  # otherwise another process has made them meanwhile
                _make(folder, engines)
    return engines


def is_sound(folder: Path) -> bool:
    """Return whether a model has undamaged engines of this format, made from the model's weights."""
    engines = folder / FOLDER
    try:
        manifest = json.loads((engines / MANIFEST).read_text(encoding="utf-8"))
        return (
            manifest["format"] == FORMAT
            and manifest["texts"] == _texts_digest()
            and _seconds(manifest["weights"]) == _seconds(_stamp(folder / WEIGHTS))
            and all(sha256(engines / name) == digest for name, digest in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def look_up(words: npt.NDArray[np.uint8], ids: npt.NDArray[np.int32]) -> Vectors:
    """Return the word embeddings of ids [n, tokens]: float32 [n, tokens, hidden]."""
    return q4.unpack_q4(words[ids.reshape(-1)]).reshape(*ids.shape, -1)


def _make(folder: Path, engines: Path) -> None:
    print("Making the model's fast engine (once, half a minute at the most)…", file=sys.stderr, flush=True)
    for stale in folder.glob(".openvino-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".openvino-", dir=folder, ignore_cleanup_errors=True) as scratch:
        work = Path(scratch) / FOLDER
        work.mkdir()
        _write(folder, work)
        files = {path.name: sha256(path) for path in sorted(work.iterdir())}
        manifest = {
            "format": FORMAT,
            "texts": _texts_digest(),
            "weights": _stamp(folder / WEIGHTS),
            "files": files,
        }
        (work / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for path in [*work.iterdir(), work]:
            sync(path)
        shutil.rmtree(engines, ignore_errors=True)
        work.rename(engines)


def _write(folder: Path, work: Path) -> None:
    word_pieces.write(folder / "tokenizer.json", work)
    bert, tokenizer = _bert(folder), WordPieces(work)
    table = bert.tensors[TABLE]
    try:
        words = q4.pack_q4(table).reshape(len(table), -1)
    except ValueError as error:
        raise ModelCorrupt(f"{folder / WEIGHTS} is not the default model's: {error}.") from error
    np.save(work / WORDS, words)
    exact = _Exact(openvino_graph.float_model(bert), words, tokenizer)
    np.save(work / CHECK, np.stack([exact.outputs(text)[0][0] for text in CHECKED]))
    observed = _Exact(openvino_graph.float_model(bert, observe=True), words, tokenizer)
    ranges = openvino_graph.merge(_ranges(observed, bert, text) for text in _calibration_texts())
    for name, graph in {
        FLOAT: openvino_graph.float_model(bert),
        INT8_WEIGHTS: openvino_graph.int8_weights_model(bert),
        INT8: openvino_graph.int8_model(bert, ranges),
    }.items():
        ov.save_model(graph, work / name, compress_to_fp16=False)


class _Exact:
    """A graph that is computed in fp32, one text at a time."""

    def __init__(self, model: ov.Model, words: npt.NDArray[np.uint8], tokenizer: WordPieces) -> None:
        compiled = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self._request, self._outputs = compiled.create_infer_request(), len(compiled.outputs)
        self._words, self._tokenizer = words, tokenizer

    def outputs(self, text: str) -> list[npt.NDArray[np.float32]]:
        ids = np.array([self._tokenizer.framed(text, MAX_TOKENS)], np.int32)
        self._request.infer([look_up(self._words, ids), np.ones(ids.shape, np.float32)])
        return [self._request.get_output_tensor(number).data.copy() for number in range(self._outputs)]


def _ranges(observed: _Exact, bert: openvino_graph.Bert, text: str) -> openvino_graph.Ranges:
    bounds = [each.reshape(-1) for each in observed.outputs(text)[1:]]
    return dict(zip(openvino_graph.sites(bert), zip(bounds[::2], bounds[1::2], strict=True), strict=True))


def _calibration_texts() -> list[str]:
    last_sentences = [text.split(". ")[-1] for text in quantisation_texts.PASSAGES]
    passages = [*quantisation_texts.PASSAGES, *last_sentences]
    return [
        *("query: " + text for text in quantisation_texts.QUERIES),
        *("passage: " + text for text in passages),
    ]


def _texts_digest() -> str:
    """Return a checksum of the texts that the engines are made with and compared by."""
    return hashlib.sha256(json.dumps([CHECKED, _calibration_texts()]).encode()).hexdigest()[:16]


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


def _stamp(weights: Path) -> list[int]:
    # Size and time, not a checksum of 470 MB, which would take longer than all the rest of loading. The
    # fingerprint of the model's folder has that checksum.
    status = weights.stat()
    return [status.st_size, status.st_mtime_ns]


def _seconds(stamp: list[int]) -> tuple[int, int]:
    # Container images and archives keep a time in whole seconds only.
    size, time = stamp
    return size, time // 10**9
