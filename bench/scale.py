"""make scale: how long a search takes without the encoding, over many passages made from a few real ones.

Texts are sentences of a dataset shuffled, vectors are drawn around real ones, so that the clock and not
the encoder is measured; every file of the index is written and opened as by a real build.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import datasets
from bench.datasets import Dataset, document
from indexer import progress, sentences
from indexer.documents import Passage, Sentence
from indexer.store import generation as store
from indexer.store import vectors
from indexer.store.catalogue import CatalogueWriter
from indexer.store.generation import Layout, Manifest, ModelRecord
from indexer.store.index import open_index
from indexer.store.lexical import LexicalWriter
from models import VERSION
from models import encoder as models
from models.encoder import ModelChoice, Vectors
from models.errors import RepereError
from service.search import Searcher

REAL = 256
"""Real texts that are encoded; all vectors are drawn around theirs."""
SENTENCES = 5
"""Sentences, and so units, of a passage."""
PER_DOCUMENT = 10
NOISE = 0.02
"""Standard deviation added to each component before a vector is brought back to unit length."""
FINGERPRINT = "0" * 16


class Fixed:
    """An encoder that takes no time: each question has been encoded beforehand."""

    fingerprint = FINGERPRINT

    def __init__(self, known: dict[str, npt.NDArray[np.float32]]) -> None:
        self._known = known
        self._any = next(iter(known.values()))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The remembered vectors; a variant of a question counts as some other question."""
        return np.stack([self._known.get(text, self._any) for text in texts])


def main(arguments: list[str] | None = None) -> int:
    """Build, open, ask, print; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("dataset", type=Path, help="a folder in BEIR's layout")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=500)
    options = parser.parse_args(arguments)
    try:
        data = datasets.load(options.dataset)
        encoder = models.load(ModelChoice())
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    asked = [ask.text for ask in data.asks[: options.questions]]
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch)
        begun = time.perf_counter()
        write(index, data, encoder.passages(_texts(data)[:REAL]), options.passages)
        built = time.perf_counter()
        opened = open_index(index, FINGERPRINT)
        searcher = Searcher(Fixed(dict(zip(asked, encoder.queries(asked), strict=True))), opened)
        print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
        print(
            f"{options.passages} passages: written in {built - begun:.0f} s,"
            f" opened in {time.perf_counter() - built:.2f} s"
        )
        searcher.search(asked[0], 10, per_source=3)
        took = []
        for text in asked:
            start = time.perf_counter()
            searcher.search(text, 10, per_source=3)
            took.append((time.perf_counter() - start) * 1000)
        print(
            "search without encoding, ms: "
            + ", ".join(f"p{p} {np.percentile(took, p):.2f}" for p in (50, 95, 99))
        )
    return 0


def _texts(data: Dataset) -> list[str]:
    return [each.text for each in data.documents or []]


def write(index: Path, data: Dataset, real: Vectors, count: int) -> None:
    """A published index of `count` passages."""
    dice, generator = random.Random(0), np.random.default_rng(0)
    texts = [text[a:b] for text in _texts(data) for a, b in sentences.split(text)]
    folder = store.start(index)
    with CatalogueWriter(folder / Layout.CATALOGUE) as catalogue, LexicalWriter(folder) as lexical:
        starts = range(0, count, PER_DOCUMENT)
        for start in progress.track(starts, len(starts), "Writing documents"):
            passages = [
                _passage(dice.sample(texts, SENTENCES)) for _ in range(min(PER_DOCUMENT, count - start))
            ]
            whole = "\n".join(passage.text for passage in passages)
            catalogue.add(document(f"{start:09d}.txt", f"Document {start}", whole), passages)
            for passage in passages:
                lexical.add(passage.text, f"Document {start}")
    around = generator.integers(len(real), size=count)
    embedded = vectors.Embedded(
        passages=_near(real[around], generator),
        documents=(np.arange(count) // PER_DOCUMENT).astype(np.int32),
        units=_near(np.repeat(real[around], SENTENCES, axis=0), generator),
        counts=[SENTENCES] * count,
        sentences=np.tile(np.arange(SENTENCES, dtype=np.uint16), count),
        background=real[:65],
    )
    vectors.write(folder, embedded)
    store.publish(index, folder, _manifest(folder.name, count, real.shape[1]))


def _passage(parts: Sequence[str]) -> Passage:
    ends = list(itertools.accumulate(len(part) + 1 for part in parts))
    cut = tuple(Sentence(part, end - len(part) - 1, end - 1) for part, end in zip(parts, ends, strict=True))
    return Passage(" ".join(parts), 0, ends[-1] - 1, (), None, "fr", cut)


def _near(centres: Vectors, generator: np.random.Generator) -> Vectors:
    noisy = centres + generator.normal(0, NOISE, centres.shape).astype(np.float32)
    near: Vectors = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    return near


def _manifest(name: str, count: int, dim: int) -> Manifest:
    return Manifest(
        generation=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=VERSION,
        model=ModelRecord("made up", FINGERPRINT, dim),
        settings={},
        corpus="made up",
        corpus_state="",
        documents=-(-count // PER_DOCUMENT),
        passages=count,
        sentences=count * SENTENCES,
        calibration=None,
        seconds=0.0,
        skipped=[],
    )


if __name__ == "__main__":
    sys.exit(main())
