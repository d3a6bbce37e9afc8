"""Corpora of all kinds of documents, and filters, for the tests of what filters let through."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from random import Random

from indexer.passages.analysis import fold
from indexer.passages.phrases import phrase_words
from indexer.records import Document, Name, PartialDate
from indexer.store.catalogue import PassageEntry
from indexer.store.filters import Filters
from service.api.schemas import FIRST_DAY, LAST_DAY, padded
from tests.indexer.documents import document

TEXTS = {
    "fr": "Le centre de santé ouvre une formation des infirmiers dans la région, chaque mardi matin.",
    "en": "The hospital bought surgical robots, and the surgeons train on a simulator before they operate.",
    "ar": "يفتح المركز الصحي دورة تكوينية جديدة للممرضين في المنطقة كل صباح من أيام الأسبوع.",
}
FORMATS = ["text", "markdown", "html", "pdf"]
FOLDERS = ["", "santé/", "santé/été/", "a/", "a/b/", "[x]/", "50%/", "a_b/"]
DATES = [None, "2018", "2019", "2019-02", "2019-10", "2019-10-18", "2020-01-01", "2020-12-31", "2021"]
AUTHORS = [
    Name("Dupont", "Jean"),
    Name("Dupont", "Jean Marie"),
    Name("d’Été", "Zoé"),
    Name(literal="CHU de Fès"),
]
TAGS = ["Santé", "école", "C++", "santé publique"]
PATTERNS = ["*", "a/*", "santé/*", "santé/*/*", "*é*", "?/*", "*1*", "*.txt", "zz*", "/*", "a_b/*", "50%/*"]
ASKED_DATES = ["2018", "2019", "2019-02", "2019-10", "2019-10-17", "2019-10-18", "2020-01-01", "2021-06"]


def corpus(seed: int, count: int = 14) -> list[Document]:
    """Documents of one to five passages, in languages, formats, folders and of days of all kinds."""
    dice = Random(seed)
    return [_document(number, dice) for number in range(count)]


def _document(number: int, dice: Random) -> Document:
    parts = [text for part in range(dice.randint(1, 5)) for text in (f"## Partie {part}", _prose(dice))]
    made = document(*parts, title=f"Titre {number}", source=f"{dice.choice(FOLDERS)}{number:03}.txt")
    day = dice.choice(DATES)
    own = Random(number)
    authors = tuple(own.sample(AUTHORS, own.choice([0, 1, 1, 2])))
    tags = tuple(own.sample(TAGS, own.choice([0, 1, 2])))
    copies = [f"{folder}copie {number}" for folder in dice.sample(FOLDERS, dice.choice([0, 0, 1, 2]))]
    return replace(
        made,
        metadata=replace(
            made.metadata, date=PartialDate(day) if day else None, authors=authors, tags=tags, language="fr"
        ),
        format=dice.choice(FORMATS),
        content_hash=f"{number:064x}",
        copies=tuple(copies),
    )


def _prose(dice: Random) -> str:
    """Sentences of one language between coined words, without which passages would be near-duplicates."""
    text = TEXTS[dice.choice(list(TEXTS))]
    return (
        " ".join(f"{text} {_coined(dice)} {_coined(dice)}." for _ in range(8)) + f" Mot{dice.randrange(30)}."
    )


def _coined(dice: Random) -> str:
    return "".join(dice.choice("bdfklmnprtvz") + dice.choice("aeiou") for _ in range(3)).capitalize()


def filters(dice: Random) -> Filters:
    """One filter, or several together."""
    first, last = sorted([dice.choice(ASKED_DATES), dice.choice(ASKED_DATES)])
    chosen = Filters(
        source=dice.choice(PATTERNS),
        languages=tuple(sorted(dice.sample(["ar", "de", "en", "fr"], dice.randint(1, 2)))),
        formats=tuple(sorted(dice.sample([*FORMATS, "odt"], dice.randint(1, 2)))),
        first=padded(first, FIRST_DAY),
        last=padded(last, LAST_DAY),
        authors=(dice.choice(["jean dupont", "ETE", "fes chu", "nul"]),),
        tag=dice.choice(["sante", "ÉCOLE", "c++", "nul"]),
        undated=True,
    )
    names = ["source", "languages", "formats", "first", "last", "authors", "tag", "undated"]
    left_out = dice.sample(names, dice.randint(5, 8))
    return replace(chosen, **{name: getattr(Filters(), name) for name in left_out})


def lets_through(asked: Filters, entry: PassageEntry) -> bool:
    """Whether a passage meets filters whose pattern holds no bracket, by plain comparison."""
    found = entry.document
    sources = [found.source, *found.copies]
    if asked.source is not None and not any(fnmatchcase(source, asked.source) for source in sources):
        return False
    if asked.languages and entry.passage.language not in asked.languages:
        return False
    if asked.formats and found.format not in asked.formats:
        return False
    names = [set(phrase_words(name.spoken)) for name in found.metadata.authors]
    if not all(any(set(phrase_words(author)) <= name for name in names) for author in asked.authors):
        return False
    if asked.tag is not None and fold(asked.tag) not in map(fold, found.metadata.tags):
        return False
    if asked.undated and found.date is not None:
        return False
    if asked.first or asked.last:
        if found.date is None:
            return False
        earliest, latest = padded(found.date.iso, FIRST_DAY), padded(found.date.iso, LAST_DAY)
        return latest >= (asked.first or "0") and earliest <= (asked.last or "9")
    return True
