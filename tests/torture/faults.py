"""What faults do to an index: what is harmed, how it is looked at afterwards, and how that is counted.

kills.py and flips.py do one kind of harm a function, many times, to a small index of the
stand-in model, and count in a Record how often what was asked afterwards was answered right, how often it
was refused in words, and how often neither.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from indexer.store import generation as store
from indexer.store.open_index import open_index
from indexer.upkeep.backup import backup
from indexer.upkeep.restore import restore
from models.errors import RepereError
from service.search.searcher import Searcher
from tests.standin import StandInEncoder
from tests.torture.victim import Victim

OLD, NEW = "ancien", "nouveau"
TOPICS = ("oncologie", "pédiatrie", "cardiologie", "urologie", "neurologie", "radiologie", "gériatrie")
Outcome = Literal["right", "refused", "wrong"]


class WrongAnswer(Exception):
    """An index opens, and what it answers is not what it was made of."""


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of harm, done many times."""

    case: str
    tried: int
    struck: int
    """How often it met its victim at work: a process that had not ended, a file that holds bytes."""
    right: int
    """Afterwards the answer was right."""
    refused: int
    """Afterwards there was none, and the reason was told."""
    wrong: int
    """Anything else."""
    note: str = ""


def record(case: str, outcomes: Iterable[Outcome], struck: int | None = None, note: str = "") -> Record:
    """Outcomes, counted; all have struck unless told otherwise."""
    counts = Counter(outcomes)
    tried = sum(counts.values())
    hits = tried if struck is None else struck
    return Record(case, tried, hits, counts["right"], counts["refused"], counts["wrong"], note)


def show(records: Sequence[Record], console: Console) -> None:
    """Print them as a table, with their sum."""
    table = Table("harm", box=SIMPLE, pad_edge=False)
    for name in ("tried", "struck", "right", "refused", "wrong"):
        table.add_column(name, justify="right")
    table.add_column("")
    for each in records:
        table.add_row(
            *map(str, (each.case, each.tried, each.struck, each.right, each.refused, each.wrong)), each.note
        )
    sums = [
        sum(getattr(each, name) for each in records)
        for name in ("tried", "struck", "right", "refused", "wrong")
    ]
    table.add_section()
    table.add_row("all", *map(str, sums), "")
    console.print(table)


@dataclass(frozen=True, slots=True)
class Scene:
    """Two versions of a corpus and backups of both, to build and to restore by turns."""

    folder: Path
    files: int

    def corpus(self, version: str) -> Path:
        """Its folder."""
        return self.folder / version

    def saved(self, version: str) -> Path:
        """A backup of an index of it."""
        return self.folder / f"{version}.tar"

    @property
    def index(self) -> Path:
        """Of both versions, the new one serving; every function below makes one of its own."""
        return self.folder / "index"


def scene(folder: Path, files: int, victim: Victim) -> Scene:
    """Make one in an empty folder."""
    made = Scene(folder, files)
    for version in (OLD, NEW):
        write_corpus(made.corpus(version), version, files)
        victim.complete("build", made.index, made.corpus(version))
        backup(made.index, made.saved(version))
    return made


def write_corpus(folder: Path, version: str, files: int) -> Path:
    """Articles that name the version in their every sentence."""
    folder.mkdir()
    for number in range(files):
        topic = TOPICS[number % len(TOPICS)]
        lines = [f"Le {version} cours {number}x{line} de {topic} a lieu salle {line}." for line in range(8)]
        text = f"Cours {number} {version}\n\n" + "\n\n".join(lines)
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


def answering_version(index: Path, files: int) -> str:
    """The version that an index holds, after asking it and looking it all through.

    Raises WrongAnswer when something of it is not of that version, and whatever opening raises.
    """
    encoder = StandInEncoder()
    opened = open_index(index, encoder.fingerprint)
    with closing(opened.catalogue):
        return version_of(Searcher(encoder, opened), files)


def version_of(searcher: Searcher, files: int) -> str:
    """The same of an index that is open."""
    catalogue = searcher.index.catalogue
    sources = [entry.source for entry in catalogue.documents()]
    texts = [entry.passage.text for entry in catalogue.passages(range(len(searcher.index.vectors)))]
    versions = {word for text in texts for word in (OLD, NEW) if word in text}
    if sources != [f"{number:03}.txt" for number in range(files)] or len(versions) != 1:
        raise WrongAnswer(f"sources {sources}, versions {versions}")
    (version,) = versions
    asked = random.Random(len(texts)).randrange(files)
    question = f"Le {version} cours {asked}x3 de {TOPICS[asked % len(TOPICS)]} a lieu salle 3."
    best = searcher.search(question, 5, per_source=1).hits[0]
    if (best.entry.document.source, best.highlight.text) != (f"{asked:03}.txt", question):
        raise WrongAnswer(f"{question} found {best.entry.document.source}: {best.highlight.text}")
    return version


def outcome(look: Callable[[], str], *expected: str | None) -> Outcome:
    """What looking at an index comes to, when one of the expected versions should answer, or none (None)."""
    try:
        return "right" if look() in expected else "wrong"
    except RepereError:
        return "refused"
    except Exception:
        return "wrong"


def leftovers(index: Path) -> set[str]:
    """Generations that no pointer names."""
    return {path.name for path in store.leftovers(index, store.read_pointer(index))}


def other(version: str | None) -> str:
    """The version that comes next."""
    return NEW if version == OLD else OLD


def restored_version(saved: Path, into: Path, files: int) -> str:
    """The version that a backup holds, by an index that is made of it and removed."""
    try:
        restore(saved, into)
        return answering_version(into, files)
    finally:
        shutil.rmtree(into, ignore_errors=True)


def flip(path: Path, place: int, bits: int) -> None:
    """Flip bits of one byte, in place; done twice, it is undone."""
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ bits]))


def copy_of(place: Scene, name: str) -> Path:
    """The scene's index again, to be harmed."""
    made = place.folder / name
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(place.index, made)
    return made
