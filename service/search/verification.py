"""Look for a quotation in an index: the passages that may hold it, and where it stands in their documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from rapidfuzz.distance import Indel

from indexer.passages.analysis import PREFIX
from indexer.passages.phrases import phrase_words
from indexer.records import Passage
from indexer.store.catalogue import PassageEntry
from indexer.store.lexical import term_key
from indexer.store.store import Store
from service.search import quotations
from service.search.quotations import Match, PlainText, Quotation
from service.search.reading import question_terms
from service.search.stages import give_up_if_abandoned

CANDIDATES = 100
"""Passages that may hold a quotation: so many by their words, and so many that hold them in a row."""
COMPARED = 20
"""Passages, the likeliest first, that are compared with a quotation which no document holds word for word."""
LEAST_COMPARED = 3
"""The same of a long quotation, with which more passages on either side are compared."""
MOST_TERMS = 64
"""Terms of a quotation that passages are looked for by: the rarest."""
PASSAGE_LENGTH = 500
"""Characters of a passage, or fewer: how many passages a quotation may run through."""
LONGEST_ALIGNED = 5000
"""Characters of a sentence's source within which a place is looked for; in a longer one it is the whole."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the corpus at which a quotation stands."""

    entry: PassageEntry
    """The passage in which it begins."""
    start: int
    """Offset of its first character in the document's source text."""
    end: int
    text: str
    """What stands there, without markup."""
    match: Match


@dataclass(frozen=True, slots=True)
class _Window:
    """Neighbouring passages of one document, as one text."""

    entries: Sequence[PassageEntry]
    text: PlainText


def places(index: Store, wanted: Quotation, most: int, source: str | None = None) -> list[Place]:
    """Return at most `most` places at which a quotation stands: word for word, else nearly, most alike first.

    Only in the document of a source, where one is given. Raises KeyError when there is no such document.
    """
    if source is None:
        rows = _candidates(index, wanted)
        stretches = list(_windows(index, rows, _reach(wanted)))
    else:
        document = index.catalogue.document(source)
        if document is None:
            raise KeyError(source)
        rows = _likeliest(document[2], wanted)
        stretches = [_window(document[2])] if document[2] else []
    exact = (
        (window, match)
        for window in stretches
        for match in islice(quotations.exact(wanted, window.text), most)
    )
    if found := list(islice(exact, most)):
        return _places(index, found)
    return _places(index, sorted(_near(index, rows, wanted), key=lambda pair: -pair[1].similarity))[:most]


def _near(index: Store, rows: Sequence[int], wanted: Quotation) -> Iterator[tuple[_Window, Match]]:
    """Yield where the likeliest passages, with those beside them, hold nearly the quotation."""
    reach = _reach(wanted)
    for row in rows[: max(LEAST_COMPARED, 2 * COMPARED // reach)][:COMPARED]:
        give_up_if_abandoned()
        for window in _windows(index, [row], reach):
            if match := quotations.near(wanted, window.text):
                yield window, match


def _reach(wanted: Quotation) -> int:
    """Return how many passages on either side of one a quotation may run through."""
    return 1 + len(wanted.whole.text) // PASSAGE_LENGTH


def _candidates(index: Store, wanted: Quotation) -> list[int]:
    """Return rows of passages that may hold a quotation, the likeliest first."""
    texts = [part.text for part in wanted.parts]
    terms = question_terms(" ".join(texts))[PREFIX.name]
    held = index.document_frequencies([term_key(PREFIX.name, term) for term in terms])
    rarest = [terms[at] for at in np.argsort(held, kind="stable").tolist()]
    longest = phrase_words(max(texts, key=len))
    return index.quoted(rarest[:MOST_TERMS], longest, CANDIDATES)


def _likeliest(entries: Sequence[PassageEntry], wanted: Quotation) -> list[int]:
    """Return the rows of the passages of one document, those first that share most words with a quotation."""
    words = set(phrase_words(wanted.whole.text))
    shared = {entry.row: len(words & set(phrase_words(entry.passage.text))) for entry in entries}
    return sorted(shared, key=lambda row: (-shared[row], row))


def _windows(index: Store, rows: Iterable[int], reach: int) -> Iterator[_Window]:
    """Yield the passages of rows with `reach` others on either side, those that touch as one text."""
    ranks: dict[int, int] = {}
    last = index.statistics.passages - 1
    near = {row: range(max(0, row - reach), min(last, row + reach) + 1) for row in rows}
    several = sorted({at for places in near.values() for at in places})
    documents = dict(zip(several, index.documents_of(several), strict=True))
    for rank, (row, places) in enumerate(near.items()):
        for at in places:
            if documents[at] == documents[row]:
                ranks.setdefault(at, rank)
    runs: list[list[int]] = []
    for at in sorted(ranks):
        if runs and runs[-1][-1] == at - 1 and documents[at] == documents[at - 1]:
            runs[-1].append(at)
        else:
            runs.append([at])
    for run in sorted(runs, key=lambda run: min(ranks[at] for at in run)):
        yield _window(index.catalogue.passages(run))


def _window(entries: Sequence[PassageEntry]) -> _Window:
    return _Window(entries, quotations.plain("\n".join(entry.passage.text for entry in entries)))


def _places(index: Store, found: Iterable[tuple[_Window, Match]]) -> list[Place]:
    """Return matches as places of their documents, each once."""
    each: dict[tuple[str, int], Place] = {}
    sources: dict[str, str] = {}
    for window, match in found:
        entry, at = _located(window, match.start)
        last, until = _located(window, match.end - 1)
        name = entry.document.source
        if name not in sources:
            document = index.catalogue.document(name)
            assert document is not None
            sources[name] = document[1]
        start = source_offset(entry.passage, at, sources[name])
        end = source_offset(last.passage, until, sources[name], after=True)
        shown = window.text.raw[match.start : match.end]
        each.setdefault((name, start), Place(entry, start, end, shown, match))
    return list(each.values())


def _located(window: _Window, offset: int) -> tuple[PassageEntry, int]:
    """Return the passage in which an offset of a window falls, and the offset in its text."""
    for entry in window.entries:
        if offset <= len(entry.passage.text):
            return entry, offset
        offset -= len(entry.passage.text) + 1
    raise IndexError(offset)


def source_offset(passage: Passage, at: int, source: str, *, after: bool = False) -> int:
    """Return where in the source the character at `at` of a passage's clean text stands, or, `after`, ends.

    Where markup stands within the sentence, the two are aligned; a sentence too long for that is taken whole.
    """
    clean = 0
    for sentence in passage.sentences:
        clean = passage.text.index(sentence.text, clean)
        end = clean + len(sentence.text)
        if at < clean:  # white space between sentences
            return sentence.start
        if at < end:
            piece = source[sentence.start : sentence.end]
            if piece == sentence.text:
                return sentence.start + at - clean + after
            if len(piece) > LONGEST_ALIGNED:
                return sentence.end if after else sentence.start
            return sentence.start + _aligned(sentence.text, piece, at - clean, after=after)
        clean = end
    return passage.end


def _aligned(clean: str, piece: str, at: int, *, after: bool) -> int:
    """Return the offset in a source of the character at `at` of its clean text, or one past it."""
    for step in Indel.opcodes(clean, piece):
        if step.tag == "equal" and step.src_start <= at < step.src_end:
            return int(step.dest_start) + at - int(step.src_start) + after
        if step.tag == "delete" and step.src_start <= at < step.src_end:
            return int(step.dest_start)
    return len(piece) if after else 0
