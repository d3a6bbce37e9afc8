"""What a build finds before it begins: the corpus, the generation before, and what changed between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.building import changes
from indexer.building.changes import Changes
from indexer.building.previous_generation import Before
from indexer.corpus import walk
from indexer.corpus.walk import Corpus
from indexer.errors import CorpusError
from indexer.readers import READERS, RECORDS
from indexer.records import CorpusFile, Skipped


@dataclass(frozen=True, slots=True)
class Survey:
    """A corpus beside the generation that serves."""

    files: Sequence[CorpusFile]
    """To be read, by source."""
    skipped: Sequence[Skipped]
    """Left out for their name or status alone."""
    digests: Mapping[str, str]
    """source → digest of each file (see changes.digests)."""
    changes: Changes
    before: Before | None
    """What can be built upon; None where everything is read and embedded anew."""

    @property
    def unchanged(self) -> bool:
        """Whether the generation that serves is of this very corpus."""
        state = changes.state(self.digests, self.skipped)
        return self.before is not None and self.before.manifest.corpus_state == state


def scan(wanted: Corpus) -> tuple[list[CorpusFile], list[Skipped]]:
    """The files to be read and those left out, by source. CorpusError when there is nothing to read."""
    found = list(walk.walk(wanted))
    files = [each for each in found if isinstance(each, CorpusFile)]
    skipped = [each for each in found if isinstance(each, Skipped)]
    if not files:
        raise CorpusError(
            f"{wanted.name} holds no file that can be indexed ({len(skipped)} skipped)."
            f" Put files of these kinds there: {', '.join((*READERS, *RECORDS))},"
            " or name another folder with CORPUS=."
        )
    return files, skipped


def still_there(wanted: Corpus, files: Sequence[CorpusFile]) -> None:
    """Raises CorpusError where a folder is gone, or empty, that held some of files when a build began.

    A disk that was unmounted midway is no reason to forget the articles that stand on it.
    """
    for folder in wanted.folders:
        root = folder.resolve()
        if any(each.path.is_relative_to(root) for each in files) and not _holds_anything(root):
            raise CorpusError(
                f"{folder} disappeared while it was being indexed. What was indexed before still serves;"
                " bring the folder back and build again."
            )


def _holds_anything(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def survey(files: Sequence[CorpusFile], skipped: Sequence[Skipped], before: Before | None) -> Survey:
    """The files of a corpus beside what a generation knows of them. What has been touched is summed again."""
    known = before.files if before is not None else {}
    stamped = {source: (each.stamp, each.digest) for source, each in known.items()}
    digests = changes.digests(files, stamped)
    compared = changes.compare({source: each.digest for source, each in known.items()}, digests)
    return Survey(files, skipped, digests, compared, before)
