"""The settings of a build, each with its default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.passages import near_duplicates
from indexer.passages.chunking import ChunkSettings, CountTokens, chunk
from indexer.passages.embedding_texts import PassageTexts, embedded_texts
from indexer.passages.near_duplicates import Signatures
from indexer.records import CorpusFile, Document, Passage
from indexer.store.cells import CellSettings
from models import VERSION, calibration


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How many texts and passages an embedder gathers, and how far documents are read ahead of it."""

    texts: int = 1024
    """Texts gathered before they are sorted by length: enough to find many that are alike."""
    passages: int = 8192
    """Passages gathered at most, new or carried over."""
    characters: int = 48_000
    """Characters given to the encoder at a time: some 12 000 tokens."""
    slices: range = range(128, 320)
    """Texts given to the encoder at a time at most: more as more are known, for a killed build loses them."""
    windows: int = 8
    """Gatherings of texts that may wait for their vectors while documents are read on; 0: reading waits."""
    read_ahead: int = 2 * 2**20
    """Bytes of files that are read ahead, one file at least."""


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How a corpus is read, cut, embedded and stored."""

    chunks: ChunkSettings = field(default_factory=ChunkSettings)
    cells: CellSettings = field(default_factory=CellSettings)
    batches: BatchSettings = BatchSettings()
    version: str = VERSION
    """Version of Repère that the manifest names; a generation of another version is not built upon."""
    load: Callable[[CorpusFile], Loaded] = loading.load
    """Returns the documents of a file whose format is safe to read in this process."""
    digest: Callable[[CorpusFile], str] = loading.digest
    """Returns the digest of a file's bytes and its sidecar's."""
    chunk: Callable[[Document, CountTokens, ChunkSettings], list[Passage]] = chunk
    """Cuts a document into passages."""
    texts: Callable[[Document, Sequence[Passage], int], list[PassageTexts]] = embedded_texts
    """Returns what is embedded of the passages of a document by a model that reads so many tokens."""
    signatures: Callable[[Iterable[str]], Signatures] = near_duplicates.signatures
    """Returns the near-duplicate signatures of the texts of passages."""
    find_calibration: Callable[[str], dict[str, float] | None] = calibration.find
    """Returns the relevance coefficients of the model of a fingerprint, if there are any."""


DEFAULT = BuildSettings()
