"""The index that is harmed, how it is checked afterwards, and how the outcomes are counted.

A function of kills.py or flips.py does one kind of harm many times to a small index of the stand-in model. It
counts in a Record how often the index answered right afterwards, how often it refused in words, and how often
it did neither.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.store import generation as store
from indexer.store.open_index import open_index
from indexer.upkeep.backup import backup, restore
from models.errors import RepereError
from service.search.searcher import Searcher
from tests.indexer.consistency import disagreements
from tests.standin import StandInEncoder
from tests.torture.victim import Victim

OLD, NEW = "ancien", "nouveau"
TOPICS = ("oncologie", "pédiatrie", "cardiologie", "urologie", "neurologie", "radiologie", "gériatrie")
Outcome = Literal["right", "refused", "wrong"]


class WrongAnswer(Exception):
    """An index opens and holds or answers something else than it was built from."""


@dataclass(frozen=True, slots=True)
class Record:
    """The outcomes of one kind of harm, done many times."""

    case: str
    tried: int
    struck: int
    """How often the harm met a process that had not ended, or a file that holds bytes."""
    right: int
    """How often the answer was right afterwards."""
    refused: int
    """How often there was no answer but a reason in words."""
    wrong: int
    """How often anything else came of it."""
    note: str = ""


def record(case: str, outcomes: Iterable[Outcome], struck: int | None = None, note: str = "") -> Record:
    """Count outcomes; every harm has struck unless `struck` says how many have."""
    counts = Counter(outcomes)
    tried = sum(counts.values())
    hits = tried if struck is None else struck
    return Record(case, tried, hits, counts["right"], counts["refused"], counts["wrong"], note)


@dataclass(frozen=True, slots=True)
class Scene:
    """Two versions of a corpus, an index of both, and backups of both."""

    folder: Path
    files: int

    def corpus(self, version: str) -> Path:
        """Return the folder of one version of the corpus."""
        return self.folder / version

    def saved(self, version: str) -> Path:
        """Return the backup of an index of one version."""
        return self.folder / f"{version}.tar"

    @property
    def index(self) -> Path:
        """Return the index of both versions, of which the new one serves; harm is done to copies of it."""
        return self.folder / "index"


def scene(folder: Path, files: int, victim: Victim) -> Scene:
    """Make a scene in an empty folder."""
    made = Scene(folder, files)
    for version in (OLD, NEW):
        write_corpus(made.corpus(version), version, files)
        victim.complete("build", made.index, made.corpus(version))
        backup(made.index, made.saved(version))
    return made


def write_corpus(folder: Path, version: str, files: int) -> Path:
    """Write articles that name the version in their every sentence."""
    folder.mkdir()
    for number in range(files):
        topic = TOPICS[number % len(TOPICS)]
        lines = [f"Le {version} cours {number}x{line} de {topic} a lieu salle {line}." for line in range(8)]
        text = f"Cours {number} {version}\n\n" + "\n\n".join(lines)
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


def answering_version(index: Path, files: int) -> str:
    """Return the version that an index holds, after searching it and comparing all its files.

    Raises WrongAnswer when something in it is not of that version or its files disagree, and whatever opening
    it raises.
    """
    encoder = StandInEncoder()
    opened = open_index(index, encoder.fingerprint)
    with closing(opened.catalogue):
        folder = store.generation_folder(index, opened.manifest.generation)
        if problems := list(disagreements(folder, opened.manifest)):
            raise WrongAnswer("; ".join(problems))
        return version_of(Searcher(encoder, opened), files)


def version_of(searcher: Searcher, files: int) -> str:
    """Return the version that an open index holds. Raises WrongAnswer."""
    catalogue = searcher.index.catalogue
    sources = [entry.source for entry in catalogue.documents()]
    texts = [entry.passage.text for entry in catalogue.passages(range(searcher.index.statistics.passages))]
    versions = {word for text in texts for word in (OLD, NEW) if word in text}
    if sources != [f"{number:03}.txt" for number in range(files)] or len(versions) != 1:
        raise WrongAnswer(f"sources {sources}, versions {versions}")
    (version,) = versions
    asked = random.Random(len(texts)).randrange(files)
    question = f"Le {version} cours {asked}x3 de {TOPICS[asked % len(TOPICS)]} a lieu salle 3."
    best = searcher.search(question, 5, per_source=1).hits[0]
    if (best.entry.document.source, best.highlights[0].text) != (f"{asked:03}.txt", question):
        raise WrongAnswer(f"{question} found {best.entry.document.source}: {best.highlights[0].text}")
    return version


def outcome(look: Callable[[], str], *expected: str | None) -> Outcome:
    """Return the outcome of a look at an index that one of the expected versions should answer from."""
    try:
        return "right" if look() in expected else "wrong"
    except RepereError:
        return "refused"
    except Exception:
        return "wrong"


def leftovers(index: Path) -> set[str]:
    """Return the generations that CURRENT does not name."""
    return {path.name for path in store.leftovers(index, store.read_pointer(index))}


def other(version: str | None) -> str:
    """Return the version that comes next."""
    return NEW if version == OLD else OLD


def restored_version(saved: Path, into: Path, files: int) -> str:
    """Return the version that a backup holds, by restoring it into an index that is then removed."""
    try:
        restore(saved, into)
        return answering_version(into, files)
    finally:
        shutil.rmtree(into, ignore_errors=True)


def flip(path: Path, place: int, bits: int) -> None:
    """Flip bits of one byte in place; done twice, it is undone."""
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ bits]))


def copy_of(place: Scene, name: str) -> Path:
    """Copy the scene's index, to be harmed."""
    made = place.folder / name
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(place.index, made)
    return made
