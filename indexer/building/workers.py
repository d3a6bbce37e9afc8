"""Who does the work of a build: reads and cuts blocks of files, and embeds slices of texts.

A build composes blocks and slices, and decides what becomes of them; `Workers` compute them. Here that is
this process; indexer/building/ray_workers gives them to a cluster. Both run the same functions over the same
blocks and slices, so that an index does not depend on who computed it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple, Protocol

from indexer.building.sandbox import ReaderSandbox
from indexer.building.settings import BuildSettings
from indexer.corpus.loading import Loaded
from indexer.passages.embedding_texts import PassageTexts
from indexer.passages.near_duplicates import Signatures
from indexer.progress import Stopwatch
from indexer.records import CorpusFile, Document, Passage
from indexer.store.arrays import Floats
from models.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray cluster that is to do the work of a build."""

    address: str
    """host:port, ray://host:port, "auto" for the one this machine is of, or "local" to start one here."""
    workers: int | None = None
    """Workers that are started there; None: one for each GPU, or else each CPU."""


@dataclass(frozen=True, slots=True)
class CutDocument:
    """What is stored and embedded of a document."""

    passages: Sequence[Passage]
    texts: Sequence[PassageTexts]
    """What is embedded of each passage."""
    signatures: Signatures
    """Near-duplicate signature of each passage."""


class ReadFile(NamedTuple):
    """A file that has been read."""

    loaded: Loaded
    cut: Sequence[CutDocument] | None = None
    """Each of its documents, which then come without blocks; None where they are still to be cut."""


class Workers(Protocol):
    """Does the work of a build. Its methods may be called from several threads."""

    @property
    def block_files(self) -> int:
        """Return how many files a block has at most."""

    @property
    def blocks(self) -> int:
        """Return how many blocks are to be begun ahead of the one that is waited for."""

    @property
    def slices(self) -> int:
        """Return how many slices are to be asked for at a time."""

    def read(self, files: Sequence[CorpusFile]) -> Callable[[], Sequence[ReadFile]]:
        """Begin to read a block of files, and return a function that waits for them, in their order."""

    def embed(self, texts: Sequence[str], encoder: Encoder) -> Floats:
        """Return the vectors of a slice of texts: [texts, dim]. `encoder` is the model in this process."""

    def close(self) -> None:
        """End the workers; whoever waits for one of them waits no longer."""


class LocalWorkers:
    """This process: files are read one by one as they are waited for, and one slice is computed at a time."""

    block_files = 1
    blocks = 0
    slices = 2
    """One is computed while the vectors of the one before are kept."""

    def __init__(self, sandbox: ReaderSandbox) -> None:
        self._sandbox = sandbox
        self._encoding = Lock()

    def read(self, files: Sequence[CorpusFile]) -> Callable[[], Sequence[ReadFile]]:
        return lambda: [ReadFile(self._sandbox.load(file)) for file in files]

    def embed(self, texts: Sequence[str], encoder: Encoder) -> Floats:
        with self._encoding:
            return encoder.passages(texts)

    def close(self) -> None:
        self._sandbox.close()


def cut(document: Document, encoder: Encoder, settings: BuildSettings, stopwatch: Stopwatch) -> CutDocument:
    """Cut a document into passages, and derive of each what is embedded of it and its signature."""
    with stopwatch.time("passages"):
        fitting = settings.chunks.within(encoder.max_tokens)
        passages = settings.chunk(document, encoder.count_tokens, fitting)
        texts = settings.texts(document, passages, encoder.max_tokens)
    with stopwatch.time("twins"):
        return CutDocument(passages, texts, settings.signatures(passage.text for passage in passages))
