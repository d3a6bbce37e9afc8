"""Who does the work of a build: reads and cuts blocks of files, and embeds slices of texts.

A build composes blocks and slices, and decides what becomes of them; `Workers` compute them. Those of
local_workers are this process, those of ray_workers a cluster's. Both run the same functions (station) over
the same blocks and slices, so that an index does not depend on who computed it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

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


class ListedFile(NamedTuple):
    """A file as the build has found it."""

    file: CorpusFile
    digest: str
    """Digest of its bytes and its sidecar's; another text where it could not be read."""


class Workers(Protocol):
    """Does the work of a build. Its methods may be called from several threads."""

    found: int
    """Texts whose vectors a cache held."""

    @property
    def block_files(self) -> int:
        """Return how many files a block has at most."""

    @property
    def blocks(self) -> int:
        """Return how many blocks are to be begun ahead of the one that is waited for."""

    @property
    def slices(self) -> int:
        """Return how many slices are to be asked for at a time."""

    def use(self, encoder: Encoder) -> None:
        """Take the model as this process has loaded it; it is given once, before the first slice."""

    def read(self, files: Sequence[ListedFile]) -> Callable[[], Sequence[ReadFile]]:
        """Begin to read a block of files, and return a function that waits for them, in their order."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of a slice of texts: [texts, dim]."""

    def close(self) -> None:
        """End the workers; whoever waits for one of them waits no longer."""


def cut(document: Document, encoder: Encoder, settings: BuildSettings, stopwatch: Stopwatch) -> CutDocument:
    """Cut a document into passages, and derive of each what is embedded of it and its signature."""
    with stopwatch.time("passages"):
        fitting = settings.chunks.within(encoder.max_tokens)
        passages = settings.chunk(document, encoder.count_tokens, fitting)
        texts = settings.texts(document, passages, encoder.max_tokens)
    with stopwatch.time("twins"):
        return CutDocument(passages, texts, settings.signatures(passage.text for passage in passages))
