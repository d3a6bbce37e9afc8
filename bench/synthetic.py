"""An index of as many passages as wanted, made up of a few real ones.

Texts are sentences of a dataset shuffled, vectors are drawn around real ones, so that it takes no encoding;
every file of the index is written as by a real build. What is drawn is the same every time, so that the
baseline can hold the same.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np

from bench import material
from bench.datasets import Dataset
from indexer import progress
from indexer.building.embedder import as_asked
from indexer.passages import near_duplicates
from indexer.records import Document, Metadata, PartialDate, Passage, Sentence
from indexer.store import generation as store
from indexer.store.manifest import Manifest, ModelRecord, NearestRecord
from indexer.store.vectors import VectorRows, quantise
from indexer.store.writer import GenerationWriter
from models import VERSION, background_texts
from models.encoder import Vectors
from models.load import ModelChoice

SENTENCES = 5
"""Sentences, and so units, of a passage."""
PER_DOCUMENT = 10
"""Passages of a document."""
NOISE = 0.02
"""Standard deviation added to each component before a vector is brought back to unit length: two drawn
around one real vector are at a cosine of about 0.87, as two passages of one article may be."""
PROBED = 256
"""Sentences that the recall of cells is measured with."""
SHARES = (0.001, 0.05, 0.5)
"""Shares of documents, or passages, of the first, the second and the third kind in each of KINDS."""
KINDS = {
    "folder": ("presse", "notes", "archives", "divers"),
    "format": ("epub", "html", "pdf", "text"),
    "year": ("2018", "2019", "2020", "2021"),
    "language": ("de", "ar", "fr", "en"),
}
"""Values of documents, and of passages for the language; the last of each is the rest."""
BLOCK = 10_000
"""Passages whose vectors are drawn at a time."""


@dataclass(frozen=True, slots=True)
class Real:
    """Real texts and vectors, which a synthetic index is made up of."""

    vectors: Vectors
    """[n, dim]: vectors of passages and of sentences and headings."""
    background: Vectors
    """[1 + texts, dim]: background vectors as in an index."""
    questions: Vectors
    """[PROBED, dim]: parts of sentences encoded as questions, which a real build measures recall with."""
    sentences: list[str]
    model: ModelRecord


def real(data: Dataset, most: int) -> Real:
    """Encode at most `most` texts of the dataset, half of them passages where there are as many."""
    encoder = ModelChoice().load()
    sentences = material.split(data.documents or [])
    held = material.embedded(data.documents or [], encoder)
    passages = material.spread(held.passages, most // 2)
    chosen = passages + material.spread(held.units, most - len(passages))
    blocks = [chosen[start : start + 256] for start in range(0, len(chosen), 256)]
    encoded = [encoder.passages(each) for each in progress.track(blocks, len(blocks), "Encoding real texts")]
    mean_question = encoder.queries(background_texts.QUESTIONS).mean(axis=0, keepdims=True)
    return Real(
        np.concatenate(encoded),
        np.concatenate([mean_question, encoder.passages(background_texts.TEXTS)]),
        encoder.queries([as_asked(sentence) for sentence in material.spread(sentences, PROBED)]),
        sentences,
        ModelRecord(encoder.name, encoder.fingerprint, encoder.dim),
    )


def passage_vectors(held: Real, count: int, block: int = BLOCK) -> Iterator[Vectors]:
    """Yield the vectors of `count` passages, a block at a time."""
    for number, centres in enumerate(_centres(held, count, block)):
        yield _near(centres, np.random.default_rng([1, number]))


def unit_vectors(held: Real, count: int, block: int = BLOCK) -> Iterator[Vectors]:
    """Yield the vectors of their units, SENTENCES per passage, drawn around the passage's real vector."""
    for number, centres in enumerate(_centres(held, count, block)):
        yield _near(np.repeat(centres, SENTENCES, axis=0), np.random.default_rng([2, number]))


def passage_texts(held: Real, count: int) -> Iterator[list[str]]:
    """Yield the sentences of each of `count` passages."""
    dice = random.Random(0)
    for _ in range(count):
        yield dice.sample(held.sentences, SENTENCES)


def write(index: Path, held: Real, count: int) -> None:
    """Publish an index of `count` passages."""
    folder = store.start(index)
    drawn = passage_texts(held, count)
    with GenerationWriter(folder, held.model.dim) as writer:
        starts = range(0, count, PER_DOCUMENT)
        for start in progress.track(starts, len(starts), "Writing documents"):
            several = itertools.islice(drawn, PER_DOCUMENT)
            passages = [_passage(start + place, parts) for place, parts in enumerate(several)]
            texts = [passage.text for passage in passages]
            writer.add(_document(start, "\n".join(texts)), passages, near_duplicates.signatures(texts))
        for rows in _vector_rows(held, count):
            writer.vectors.add(rows)
        writer.vectors.add_background(held.background)
    nearest = writer.complete(lambda: held.questions)
    store.publish(index, folder, _manifest(folder.name, held.model, writer, nearest))


def _vector_rows(held: Real, count: int) -> Iterator[VectorRows]:
    """Vectors of `count` passages and of their units as an index stores them, a block at a time."""
    at = 0
    for passages, units in zip(passage_vectors(held, count), unit_vectors(held, count), strict=True):
        levels, scales = quantise(units)
        yield VectorRows(
            keys=np.arange(at, at + len(passages), dtype=np.uint64),
            passages=passages,
            counts=np.full(len(passages), SENTENCES),
            levels=levels,
            scales=scales,
            sentences=np.tile(np.arange(SENTENCES, dtype=np.uint16), len(passages)),
        )
        at += len(passages)


def title(row: int) -> str:
    """Return the title of the document that the passage at row stands in."""
    return f"Document {row // PER_DOCUMENT}"


def _centres(held: Real, count: int, block: int) -> Iterator[Vectors]:
    generator = np.random.default_rng(0)
    for start in range(0, count, block):
        yield held.vectors[generator.integers(len(held.vectors), size=min(block, count - start))]


def _near(centres: Vectors, generator: np.random.Generator) -> Vectors:
    noisy = centres + np.float32(NOISE) * generator.standard_normal(centres.shape, dtype=np.float32)
    near: Vectors = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    return near


def kind(of: str, number: int) -> str:
    """Draw one of KINDS[of] for a document or a passage, by its share and whatever it is otherwise."""
    at = int.from_bytes(blake2b(f"{of} {number}".encode(), digest_size=4).digest()) / 2**32
    return KINDS[of][sum(at >= end for end in itertools.accumulate(SHARES))]


def _document(row: int, text: str) -> Document:
    folder, reader, year = (kind(of, row) for of in ("folder", "format", "year"))
    source = f"{folder}/{row:09d}.txt"
    day = PartialDate(f"{year}-{1 + row % 12:02d}")
    return Document(
        source, reader, Metadata(title(row), day, language="fr"), text, (), source, len(text.encode())
    )


def _passage(row: int, parts: Sequence[str]) -> Passage:
    ends = list(itertools.accumulate(len(part) + 1 for part in parts))
    cut = tuple(Sentence(part, end - len(part) - 1, end - 1) for part, end in zip(parts, ends, strict=True))
    return Passage(" ".join(parts), 0, ends[-1] - 1, (), None, kind("language", row), cut)


def _manifest(name: str, model: ModelRecord, writer: GenerationWriter, nearest: NearestRecord) -> Manifest:
    return Manifest(
        generation=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=VERSION,
        model=model,
        settings={},
        corpus="made up",
        corpus_state="",
        documents=writer.documents,
        passages=writer.passages,
        sentences=writer.sentences,
        calibration=None,
        seconds=0.0,
        skipped=[],
        nearest=nearest,
    )
