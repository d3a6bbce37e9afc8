"""What the documents that matter for a question are like: in which languages, of which years, where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from indexer.store.catalogue import DocumentEntry
from indexer.store.filters import Filters
from indexer.store.passage_table import language_of
from service.search.searcher import Rows, Searcher

Counts = list[tuple[str, int]]
"""(value, how many documents have it)."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Documents that hold a passage that matters, by what they are; most first, years in order.

    Each but the number of documents is counted under every filter except its own.
    """

    documents: int
    languages: Counts
    """Of passages that matter: a document may count for several."""
    years: Counts
    formats: Counts
    folders: Counts
    """Of every path of a document; "" stands for the corpus itself."""


def count(searcher: Searcher, question: str, filters: Filters) -> Facets:
    """What matters for the question under these filters, by one more search for each kind of filter."""
    kinds = (
        filters,
        replace(filters, languages=()),
        replace(filters, first=None, last=None),
        replace(filters, formats=()),
        replace(filters, source=None),
    )
    several = list(dict.fromkeys(kinds))
    found = dict(zip(several, searcher.mattering(searcher.read(question), several), strict=True))
    every, languages, years, formats, folders = (found[each] for each in kinds)
    return Facets(
        documents=len(_documents(searcher, every)),
        languages=_most_first(_languages(searcher, languages)),
        years=sorted(Counter(_of_documents(searcher, years, _years)).items()),
        formats=_most_first(_of_documents(searcher, formats, lambda entry: [entry.format])),
        folders=_most_first(_of_documents(searcher, folders, _folders)),
    )


def _of_documents(
    searcher: Searcher, rows: Rows, values: Callable[[DocumentEntry], Iterable[str]]
) -> Iterator[str]:
    """Of each document that holds one of these passages, its values."""
    for entry in searcher.index.catalogue.documents(_documents(searcher, rows).tolist()):
        yield from values(entry)


def _documents(searcher: Searcher, rows: Rows) -> Rows:
    """Numbers of the documents that hold these passages, each once."""
    return np.unique(searcher.index.passage_table.documents[rows])


def _languages(searcher: Searcher, rows: Rows) -> Iterator[str]:
    """Of each document, each language that it has one of these passages in."""
    table = searcher.index.passage_table
    pairs = np.stack([table.documents[rows], table.languages[rows]])
    for code in np.unique(pairs, axis=1)[1].tolist():
        if language := language_of(code):
            yield language


def _years(entry: DocumentEntry) -> Iterator[str]:
    if entry.date is not None:
        yield entry.date.iso[:4]


def _folders(entry: DocumentEntry) -> set[str]:
    return {source.rpartition("/")[0] for source in (entry.source, *entry.copies)}


def _most_first(values: Iterable[str]) -> Counts:
    return sorted(Counter(values).items(), key=lambda each: (-each[1], each[0]))
