"""The conductor of a build: what has to be built, from what, and that it is published whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from indexer import progress
from indexer.building import changes
from indexer.building.arrivals import Arrivals
from indexer.building.changes import Changes
from indexer.building.generation_builder import Making
from indexer.building.previous_generation import Before, open_before
from indexer.building.sandbox import Reading
from indexer.building.survey import Survey, scan, still_there, survey
from indexer.corpus.walk import Corpus
from indexer.errors import CorpusError
from indexer.passages.chunking import ChunkSettings
from indexer.records import Document
from indexer.store import generation as store
from indexer.store.manifest import Manifest
from models import encoder as models
from models.encoder import Encoder, ModelChoice

NO_ROOM = "Make room or give another folder with INDEX=; what was indexed before still serves."
"""What to do when a generation cannot be written."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    manifest: Manifest
    """Of the generation that serves now."""
    plan: Plan

    @property
    def up_to_date(self) -> bool:
        """Nothing had changed, so nothing was built."""
        return not self.plan.needed


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build has to do."""

    files: int
    """Files found, those skipped included."""
    changes: Changes
    """Since the generation before."""
    anew: bool
    """There is no generation to build upon: everything is read and embedded."""
    needed: bool
    """Whether there is anything to do."""


def build(
    corpus: Corpus | Path,
    index: Path,
    choice: ModelChoice,
    *,
    force: bool = False,
    load: Callable[[ModelChoice], Encoder] | None = None,
) -> Report:
    """Index every readable file of the corpus and publish the result; a path stands for the one folder.

    When corpus, model, settings and version are those of the current generation, it is kept as it is,
    unless force. Raises CorpusError when the corpus cannot be indexed, BuildUnderWay, ModelError, or
    StoreError; whatever is raised, the old generation goes on serving. load stands in for models.load.
    """
    corpus, settings = _beside(index, corpus), ChunkSettings()
    files, skipped = scan(corpus)
    with store.build_lock(index), _before(index, choice, settings, force=force) as before:
        found = survey(files, skipped, before)
        planned = _plan(found)
        if before is not None and not planned.needed:
            return Report(before.manifest, planned)
        encoder = (load or models.load)(choice)
        with store.new_generation(index, NO_ROOM) as target, Reading() as reading:
            making = Making(target, encoder, settings, before)
            arrivals = Arrivals(found, making.stages, reading)
            if not making.write(arrivals, arrivals.seen()):
                first = arrivals.left_out[0]
                raise CorpusError(
                    f"None of the {len(arrivals.left_out)} files in {corpus.name} could be read:"
                    f" {first.source}: {first.reason}. Nothing was indexed."
                )
            still_there(corpus, files)
            told = [asdict(each) for each in sorted(arrivals.left_out, key=lambda each: each.source)]
            manifest = making.manifest(corpus.name, changes.state(arrivals.digests, skipped), told)
            return Report(store.publish(index, target, manifest), planned)


def plan(corpus: Corpus | Path, index: Path, choice: ModelChoice, *, force: bool = False) -> Plan:
    """What build would do, told without doing it: nothing is written. Raises CorpusError and ModelError."""
    files, skipped = scan(_beside(index, corpus))
    with _before(index, choice, ChunkSettings(), force=force) as before:
        return _plan(survey(files, skipped, before))


def build_documents(documents: Sequence[Document], name: str, index: Path, choice: ModelChoice) -> Manifest:
    """Index documents that no folder holds, under a name, and publish the result. Raises as build does."""
    return publish_documents(documents, name, index, models.load(choice))


def publish_documents(documents: Sequence[Document], name: str, index: Path, encoder: Encoder) -> Manifest:
    """The same with an encoder that is loaded already."""
    with store.build_lock(index), store.new_generation(index, NO_ROOM) as target:
        making = Making(target, encoder, ChunkSettings(), None)
        tracked = progress.track(documents, len(documents), "Indexing documents")
        making.write(((each, None) for each in tracked), [])
        return store.publish(index, target, making.manifest(name, "", []))


@contextmanager
def _before(
    index: Path, choice: ModelChoice, settings: ChunkSettings, *, force: bool
) -> Iterator[Before | None]:
    """The generation that serves, if it can be built upon; with force none."""
    fingerprint = models.fingerprint(models.model_folder(choice), choice)
    before = None if force else open_before(index, fingerprint, settings)
    try:
        yield before
    finally:
        if before is not None:
            before.close()


def _plan(found: Survey) -> Plan:
    count = len(found.files) + len(found.skipped)
    return Plan(count, found.changes, anew=found.before is None, needed=not found.unchanged)


def _beside(index: Path, corpus: Corpus | Path) -> Corpus:
    """The corpus without the index, should it stand within."""
    whole = Corpus((corpus,)) if isinstance(corpus, Path) else corpus
    return replace(whole, apart_from=index)
