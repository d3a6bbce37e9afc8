"""Count the documents that matter for a question by language, year, format, author, tag and folder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indexer.passages.analysis import fold
from indexer.passages.phrases import phrase_words
from indexer.store.catalogue import DocumentEntry
from indexer.store.filters import Filters
from indexer.store.passage_table import language_of
from service.search import query_syntax
from service.search.searcher import Pool, Searcher

MONTHS = 24
"""Months that are counted one by one at the most."""

Counts = list[tuple[str, int]]
"""(value, number of documents that have it)."""
Values = Callable[[int, DocumentEntry], Iterable[str]]
"""(Code of a passage's language, its document) → values that the passage counts for."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Documents that hold a passage that matters, by what they are; most first, years in order.

    A value's count is the number of documents that matter in a search under that value alone and under every
    filter of another kind: choosing the value opens as many.
    """

    documents: int
    """Number of documents that matter under all filters."""
    languages: Counts
    """A document counts for every language in which a passage of it matters."""
    years: Counts
    months: Counts
    """In order, where the filters span MONTHS at the most; else none. A year alone counts for its months."""
    undated: int
    """Number of documents without a date."""
    formats: Counts
    authors: Counts
    """A document counts for every name that its authors' names hold the words of, as the filter has it."""
    tags: Counts
    """Under the spelling that most documents use."""
    folders: Counts
    """A folder's documents are those in it and below, by any of their paths; "" is the whole corpus."""


def count(searcher: Searcher, question: str, filters: Filters) -> Facets:
    """Count what matters under these filters, with one more search for each kind of filter that is given.

    Query syntax in the question confines every count.
    """
    parsed = query_syntax.parse(question)
    filters = searcher.conditions(parsed, filters)
    if not parsed.text:
        return Facets(0, [], [], [], 0, [], [], [], [])
    wider = {
        "languages": replace(filters, languages=()),
        "years": replace(filters, first=None, last=None, undated=False),
        "formats": replace(filters, formats=()),
        "authors": replace(filters, authors=parsed.author),
        "tags": replace(filters, tag=None),
        "folders": replace(filters, source=None),
    }
    several = list(dict.fromkeys([filters, *wider.values()]))
    pool = searcher.pool(searcher.read(parsed.text), several, parsed.without)
    documents = pool.documents
    numbers, inverse = np.unique(documents, return_inverse=True)
    found = searcher.index.catalogue.documents(numbers.tolist())
    entries = [found[place] for place in inverse.tolist()]

    def counts(under: Filters, values: Values) -> dict[str, int]:
        """Return value → number of documents that matter under it and under these filters."""
        places = np.flatnonzero(searcher.index.meeting(under, pool.rows))
        having: dict[str, list[int]] = defaultdict(list)
        for place in places.tolist():
            for value in values(int(pool.languages[place]), entries[place]):
                having[value].append(place)
        return _mattering(pool, documents, having)

    authors, tags = _authors(found), _tags(found)
    months = months_between(filters.first, filters.last)
    dates = counts(wider["years"], lambda _, entry: [*_years(entry), *_months(entry, months)])
    return Facets(
        documents=counts(filters, lambda *_: [""]).get("", 0),
        languages=_most_first(counts(wider["languages"], lambda code, _: _language(code))),
        years=sorted((date, number) for date, number in dates.items() if len(date) == 4),
        months=sorted((date, number) for date, number in dates.items() if len(date) > 4),
        undated=dates.get("", 0),
        formats=_most_first(counts(wider["formats"], lambda _, entry: [entry.format])),
        authors=_most_first(counts(wider["authors"], lambda _, entry: authors(entry))),
        tags=_most_first(counts(wider["tags"], lambda _, entry: tags(entry))),
        folders=_most_first(counts(wider["folders"], lambda _, entry: _folders(entry))),
    )


def together(several: Sequence[Facets]) -> Facets:
    """Return the counts of several collections as one: each document counts in its own."""
    if len(several) == 1:
        return several[0]

    def summed(counts: Iterable[Counts]) -> dict[str, int]:
        total: Counter[str] = Counter()
        for each in counts:
            total.update(dict(each))
        return total

    return Facets(
        documents=sum(each.documents for each in several),
        languages=_most_first(summed(each.languages for each in several)),
        years=sorted(summed(each.years for each in several).items()),
        months=sorted(summed(each.months for each in several).items()),
        undated=sum(each.undated for each in several),
        formats=_most_first(summed(each.formats for each in several)),
        authors=_most_first(summed(each.authors for each in several)),
        tags=_most_first(summed(each.tags for each in several)),
        folders=_most_first(summed(each.folders for each in several)),
    )


def _mattering(
    pool: Pool, documents: npt.NDArray[np.int32], having: Mapping[str, list[int]]
) -> dict[str, int]:
    """Return value → number of documents that matter among the places of the pool that have the value."""
    sizes = [len(places) for places in having.values()]
    places = np.array([place for several in having.values() for place in several], dtype=np.int64)
    groups = np.repeat(np.arange(len(having)), sizes)
    matter = pool.mattering(places, groups)
    pairs = np.unique(np.stack([groups[matter], documents[places[matter]]]), axis=1)
    counted = np.bincount(pairs[0], minlength=len(having)).tolist()
    return {value: number for value, number in zip(having, counted, strict=True) if number}


def _language(code: int) -> list[str]:
    language = language_of(code)
    return [language] if language else []


def _years(entry: DocumentEntry) -> list[str]:
    """Return the year of a document, or "" where it has no date."""
    return [entry.date.iso[:4] if entry.date else ""]


def months_between(first: str | None, last: str | None) -> list[str]:
    """Return the months between two days, "2019-10" each; none where they are more than MONTHS."""
    if first is None or last is None or int(last[:4]) - int(first[:4]) > MONTHS // 12:
        return []
    years = range(int(first[:4]), int(last[:4]) + 1)
    within = [f"{year:04}-{month:02}" for year in years for month in range(1, 13)]
    within = [month for month in within if first[:7] <= month <= last[:7]]
    return within if len(within) <= MONTHS else []


def _months(entry: DocumentEntry, months: Sequence[str]) -> list[str]:
    """Return those of the months that a document may be of."""
    return [month for month in months if entry.date and month.startswith(entry.date.iso[:7])]


def _authors(entries: Sequence[DocumentEntry]) -> Callable[[DocumentEntry], set[str]]:
    """Return the function from a document to the names, of all authors, whose words an author of it holds."""
    words = {name: frozenset(phrase_words(name)) for entry in entries for name in _names(entry)}
    by_word: dict[str, set[str]] = defaultdict(set)
    for name, held in words.items():
        for word in held:
            by_word[word].add(name)
    held_in = {
        name: {other for word in held for other in by_word[word] if words[other] <= held}
        for name, held in words.items()
    }
    return lambda entry: {other for name in _names(entry) for other in held_in[name]}


def _names(entry: DocumentEntry) -> list[str]:
    return [name.spoken for name in entry.metadata.authors]


def _tags(entries: Sequence[DocumentEntry]) -> Callable[[DocumentEntry], set[str]]:
    """Return the function from a document to its tags, each in the spelling that most documents use."""
    spelt = Counter(tag for entry in entries for tag in entry.metadata.tags)
    shown = {fold(tag): tag for tag in sorted(spelt, key=lambda tag: (spelt[tag], tag))}
    return lambda entry: {shown[fold(tag)] for tag in entry.metadata.tags}


def _folders(entry: DocumentEntry) -> set[str]:
    """Return every folder that the document stands in or below."""
    parts = [source.split("/")[:-1] for source in (entry.source, *entry.copies)]
    return {"/".join(folders[:depth]) for folders in parts for depth in range(len(folders) + 1)}


def _most_first(counts: Mapping[str, int]) -> Counts:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
