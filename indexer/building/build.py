"""Build an index: decide what has changed, build one generation, and publish it completely or not at all.

build → incremental (what changed; the documents) → generation_builder → embedder → store/writer

Files are read and texts are embedded by workers, threads of this process or a cluster, beside the thread that
does all else. What is embedded is kept in a journal beside the index (store/journal), from which the next
build goes on should this one be killed; workers may keep it in a cache as well (build_cache), from which it
goes on should the journal be lost, too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from indexer.building import build_cache, incremental
from indexer.building.build_cache import BuildCache
from indexer.building.build_progress import BuildProgress
from indexer.building.generation_builder import EmbeddingCounts, GenerationBuilder
from indexer.building.incremental import CorpusChanges, CorpusComparison, DocumentStream
from indexer.building.local_workers import LocalWorkers
from indexer.building.previous_generation import PreviousGeneration, open_previous
from indexer.building.sandbox import OcrFolders, ReaderSandbox
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.building.workers import Cluster, Workers
from indexer.corpus.walk import Corpus
from indexer.errors import CorpusError
from indexer.readers import MAY_NEED_OCR
from indexer.readers.ocr import cache as ocr_cache
from indexer.readers.ocr import model_files
from indexer.records import OCR_FOLDER, CorpusFile, Document
from indexer.store import generation as store
from indexer.store import journal
from indexer.store.journal import Journal
from indexer.store.manifest import Manifest
from models.encoder import Encoder
from models.errors import ModelError
from models.load import ModelChoice

LOG = logging.getLogger(__name__)

NO_ROOM = "Make room or give another folder with INDEX=; what was indexed before still serves."
"""Next step when a generation cannot be written."""


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a build has to do."""

    files: int
    """Number of files in the corpus, skipped ones included."""
    changes: CorpusChanges
    """Changes since the previous generation."""
    anew: bool
    """Whether everything is read and embedded, for there is no generation to build upon."""
    needed: bool
    """Whether there is anything to do."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    manifest: Manifest
    """Manifest of the generation that serves now."""
    plan: BuildPlan

    embedding: EmbeddingCounts

    @property
    def up_to_date(self) -> bool:
        """Whether nothing had changed, so that nothing was built."""
        return not self.plan.needed


def build(
    corpus: Corpus | Path,
    index: Path,
    choice: ModelChoice,
    *,
    force: bool = False,
    load: Callable[[], Encoder] | None = None,
    settings: BuildSettings = DEFAULT,
    cluster: Cluster | None = None,
    cache: str | None = None,
) -> BuildReport:
    """Index every readable file of the corpus and publish the result; a path stands for one folder.

    When corpus, model, settings and version are those of the current generation, it stays as it is, unless
    `force` is set. `load` is used instead of choice.load. A cluster reads, cuts and embeds instead of this
    process; the result is the same. `cache` is a folder or the address of a storage in which whoever computes
    something keeps it until it is published. Raises CorpusError when the corpus cannot be indexed,
    BuildUnderWay, ModelError, CacheError, ClusterError, or StoreError; after any error the old generation
    goes on serving.
    """
    corpus = _without_index(corpus, index)
    if cache is not None:
        build_cache.refuse_within(cache, corpus.folders, index)
    files, skipped = incremental.list_files(corpus)
    with store.build_lock(index), _previous(index, choice, settings, force=force) as previous:
        comparison = incremental.compare(files, skipped, previous, settings.digest)
        plan = _plan(comparison)
        if previous is not None and not plan.needed:
            (index / journal.FILE).unlink(missing_ok=True)  # of a build killed as it had published
            with BuildProgress() as progress, _cache(cache, index, progress) as kept:
                _sweep(kept)
            return BuildReport(previous.manifest, plan, EmbeddingCounts())
        ocr = _ocr_folders(files, index, choice)
        with (
            BuildProgress() as progress,
            _cache(cache, index, progress) as kept,
            _workers(cluster, choice, settings, ocr, kept, progress) as workers,
            DocumentStream(comparison, workers, progress, settings.batches.read_ahead) as documents,
            closing(workers),
        ):
            encoder = (load or choice.load)()
            workers.use(encoder)
            with _generation(index, encoder, settings, previous, progress, workers) as builder:
                if not builder.write(documents, documents.file_records()):
                    first = documents.skipped[0]
                    raise CorpusError(
                        f"None of the {len(documents.skipped)} files in {corpus.name} could be read:"
                        f" {first.source}: {first.reason}. Nothing was indexed."
                    )
                incremental.require_folders(corpus, files)
                state = incremental.corpus_state(documents.digests, skipped)
                manifest = builder.publish(index, corpus.name, state, documents.skipped)
                _sweep(kept)
                return BuildReport(manifest, plan, builder.embedding)


def _cache(
    address: str | None, index: Path, progress: BuildProgress
) -> AbstractContextManager[BuildCache | None]:
    return nullcontext() if address is None else build_cache.opened(address, index, progress.tell)


def _sweep(cache: BuildCache | None) -> None:
    if cache is not None:
        cache.sweep()


@contextmanager
def _workers(
    cluster: Cluster | None,
    choice: ModelChoice,
    settings: BuildSettings,
    ocr: OcrFolders | None,
    cache: BuildCache | None,
    progress: BuildProgress,
) -> Iterator[Workers]:
    """Yield who does the work of a build: the workers of a cluster, or this process."""
    if cluster is None:
        yield LocalWorkers(ReaderSandbox(settings.load, ocr), settings, cache, ocr=ocr is not None)
        return
    from indexer.building import ray_workers  # Ray is installed by those who have a cluster

    tell = progress.tell
    with ray_workers.connected(cluster, choice, settings, cache, ocr=ocr is not None, tell=tell) as workers:
        yield workers


def _ocr_folders(files: Sequence[CorpusFile], index: Path, choice: ModelChoice) -> OcrFolders | None:
    """Return what OCR needs; its networks are fetched where the corpus holds files that may be pictures.

    None where they are not on this machine: then scanned documents are skipped, with this reason.
    """
    pages = index / OCR_FOLDER
    ocr_cache.sweep(pages)
    if not any(PurePosixPath(file.source).suffix.lower() in MAY_NEED_OCR for file in files):
        networks = choice.cache / model_files.NAME
        return OcrFolders(networks, pages) if networks.is_dir() else None
    try:
        return OcrFolders(model_files.fetch(choice.cache, choice.wheels), pages)
    except ModelError as error:
        LOG.warning("%s Scanned pages are left out until then.", error)
        return None


def plan(
    corpus: Corpus | Path,
    index: Path,
    choice: ModelChoice,
    *,
    force: bool = False,
    settings: BuildSettings = DEFAULT,
) -> BuildPlan:
    """Return what build would do, and write nothing. Raises CorpusError and ModelError."""
    files, skipped = incremental.list_files(_without_index(corpus, index))
    with _previous(index, choice, settings, force=force) as previous:
        return _plan(incremental.compare(files, skipped, previous, settings.digest))


def publish_documents(
    documents: Sequence[Document],
    name: str,
    index: Path,
    encoder: Encoder,
    settings: BuildSettings = DEFAULT,
) -> Manifest:
    """Index documents that stand in no folder, under a name, and publish the result. Raises as build does."""
    with store.build_lock(index), BuildProgress() as progress:
        progress.expect(len(documents), sum(len(document.text) for document in documents))
        workers = LocalWorkers(ReaderSandbox())
        workers.use(encoder)
        with _generation(index, encoder, settings, None, progress, workers) as builder:
            builder.write(_counted(documents, progress), [])
            return builder.publish(index, name, "", [])


def _counted(documents: Iterable[Document], progress: BuildProgress) -> Iterator[tuple[Document, None]]:
    for document in documents:
        yield document, None
        progress.file_read(len(document.text))


@contextmanager
def _generation(
    index: Path,
    encoder: Encoder,
    settings: BuildSettings,
    previous: PreviousGeneration | None,
    progress: BuildProgress,
    workers: Workers,
) -> Iterator[GenerationBuilder]:
    """Yield the builder of a new generation, which goes on from the journal of an interrupted build.

    The journal goes once the generation has been published, and stays for the next build otherwise.
    """
    with (
        store.new_generation(index, NO_ROOM) as folder,
        Journal(index / journal.FILE, encoder.fingerprint, encoder.dim) as held,
    ):
        if held.recovered:
            progress.tell(f"Going on where a build was interrupted: {held.recovered} texts are embedded.")
        yield GenerationBuilder(folder, encoder, settings, previous, held, progress, workers)
        held.discard()


@contextmanager
def _previous(
    index: Path, choice: ModelChoice, settings: BuildSettings, *, force: bool
) -> Iterator[PreviousGeneration | None]:
    """Yield the generation that serves, if it can be built upon; None with force."""
    fingerprint = choice.fingerprint()
    previous = None if force else open_previous(index, fingerprint, settings)
    try:
        yield previous
    finally:
        if previous is not None:
            previous.close()


def _plan(comparison: CorpusComparison) -> BuildPlan:
    count = len(comparison.files) + len(comparison.skipped)
    anew = comparison.previous is None
    return BuildPlan(count, comparison.changes, anew, needed=not comparison.up_to_date)


def _without_index(corpus: Corpus | Path, index: Path) -> Corpus:
    """Return the corpus without the index, should that stand inside it."""
    corpus = Corpus((corpus,)) if isinstance(corpus, Path) else corpus
    return replace(corpus, apart_from=index)
