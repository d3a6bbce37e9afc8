"""Whether the files of one generation agree on every document, passage, sentence and unit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import progress
from indexer.passages.analysis import ANALYSES
from indexer.records import Passage, Sentence
from indexer.store.catalogue import Catalogue, DocumentEntry, PassageEntry, passage_ids
from indexer.store.cells import Cells
from indexer.store.filters import language_code
from indexer.store.lexical import Lexical
from indexer.store.manifest import Layout, Manifest
from indexer.store.near_duplicate_groups import MINIMA

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

OFF = 1e-3
"""How far from 1 the length of a passage's vector may be."""
OFF_IN_8_BITS = 0.03
"""The same of a sentence's, which is rounded."""
BLOCK = 1 << 15
"""Vectors looked at at a time."""
SMALL = 1 << 16
"""Bytes up to which a file is read rather than mapped; an empty array cannot be mapped."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue says of each passage, by its row."""

    documents: Array
    """[passages]: number of its document; -1 where no document has that row."""
    sentences: Array
    """[passages]: how many it has."""
    languages: Array
    """[passages]: see language_code."""


def disagreements(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What does not agree, one thing at a time; nothing for a generation that is sound.

    For files that are as their checksums say. What they hold may still be anything.
    """
    if manifest.generation != folder.name:
        yield f"its manifest is that of {manifest.generation}"
    with closing(Catalogue(folder / Layout.CATALOGUE)) as catalogue:
        known = Known(*(np.full(manifest.passages, start, dtype=np.int64) for start in (-1, 0, 0)))
        yield from _catalogue(catalogue, manifest, known)
    arrays = {path.name: _array(path) for path in sorted(folder.glob("*.npy"))}
    misshapen = list(_shapes(arrays, manifest))
    yield from misshapen
    if misshapen:
        return  # nothing else could be compared row by row
    yield from _rows(arrays, known)
    yield from _vectors(arrays)
    yield from _twins(arrays)
    yield from _terms(arrays)
    yield from _found_by_words(Lexical(folder), known, manifest)
    if manifest.nearest.cells:
        held = Cells(folder / Layout.CELLS, manifest.nearest).stored()
        yield from _numbered(held, manifest.passages, f"passages of {Layout.CELLS}")


def _catalogue(catalogue: Catalogue, manifest: Manifest, known: Known) -> Iterator[str]:
    """What the catalogue has against itself and its manifest; fills known."""
    numbers = catalogue.ordered("source")
    yield from _numbered(np.array(numbers, dtype=np.int64), manifest.documents, "documents of the catalogue")
    entries = catalogue.documents(numbers)
    for number, entry in progress.track(
        zip(numbers, entries, strict=True), len(numbers), "Looking into documents"
    ):
        found = catalogue.document(entry.source)
        if found is None or found[0] != entry:
            yield f"{entry.source} does not lead to its document"
            continue
        for problem in _document(*found):
            yield f"{entry.source}: {problem}"
        for passage in found[2]:
            if 0 <= passage.row < len(known.documents):
                known.documents[passage.row] = number
                known.sentences[passage.row] = len(passage.passage.sentences)
                known.languages[passage.row] = language_code(passage.passage.language)
    yield from _told(known.documents < 0, "passages are in no document of the catalogue")
    if (sentences := int(known.sentences.sum())) != manifest.sentences:
        yield f"the catalogue holds {sentences} sentences, its manifest says {manifest.sentences}"
    for source, file in catalogue.files().items():
        if not 0 <= file.documents.start <= file.documents.stop <= manifest.documents:
            yield f"{source} is said to hold documents {file.documents}, of {manifest.documents}"


def _document(entry: DocumentEntry, text: str, passages: list[PassageEntry]) -> Iterator[str]:
    if len(passages) != entry.passages:
        yield f"it has {len(passages)} passages, and {entry.passages} are counted"
    rows = [each.row for each in passages]
    if rows and rows != list(range(rows[0], rows[0] + len(rows))):
        yield "its passages do not follow one another"
    if [each.passage_id for each in passages] != passage_ids(
        entry.source, [each.passage for each in passages]
    ):
        yield "its passages have ids of other texts"
    for each in passages:
        spans: list[Passage | Sentence] = [each.passage, *each.passage.sentences]
        if not all(0 <= span.start <= span.end <= len(text) and span.text for span in spans):
            yield f"passage {each.row} or a sentence of it stands outside its text"


def _shapes(arrays: Arrays, manifest: Manifest) -> Iterator[str]:
    passages, dim = manifest.passages, manifest.model.dim
    units, terms = (len(arrays.get(name, ())) for name in (Layout.UNIT_SCALES, Layout.TERM_WEIGHTS))
    expected: dict[str, tuple[int | None, ...]] = {
        Layout.PASSAGES: (passages, dim),
        Layout.PASSAGE_KEYS: (passages,),
        Layout.PASSAGE_DOCUMENTS: (passages,),
        Layout.PASSAGE_LANGUAGES: (passages,),
        Layout.UNITS: (units, dim),
        Layout.UNIT_SCALES: (units,),
        Layout.UNIT_SENTENCES: (units,),
        Layout.UNIT_OFFSETS: (passages + 1,),
        Layout.BACKGROUND: (None, dim),
        Layout.TWIN_SIGNATURES: (passages, MINIMA + 1),
        Layout.TWINS: (2, None),
        Layout.TERM_KEYS: (terms,),
        Layout.TERM_WEIGHTS: (terms,),
        Layout.TERM_HELD: (2, None),
        Layout.TERM_OFFSETS: (passages + 1,),
        Layout.TERM_LENGTHS: (passages, len(ANALYSES)),
    }
    for name, shape in expected.items():
        found = arrays[name].shape if name in arrays else ()
        fits = len(found) == len(shape) and all(
            wanted in (None, held) for wanted, held in zip(shape, found, strict=True)
        )
        if not fits:
            wanted = " × ".join("any" if each is None else str(each) for each in shape)
            yield f"{name} holds {' × '.join(map(str, found)) or 'nothing'} where {wanted} are due"


def _rows(arrays: Arrays, known: Known) -> Iterator[str]:
    """Where what is stored of a passage is not what the catalogue says of it."""
    documents, languages = arrays[Layout.PASSAGE_DOCUMENTS], arrays[Layout.PASSAGE_LANGUAGES]
    yield from _told(documents != known.documents, "passages are of another document than in the catalogue")
    yield from _told(languages != known.languages, "passages are of another language than in the catalogue")
    offsets = arrays[Layout.UNIT_OFFSETS]
    if problem := _offsets(offsets, len(arrays[Layout.UNITS]), least=1):
        yield f"{Layout.UNIT_OFFSETS} {problem}"
        return
    allowed = np.repeat(known.sentences, np.diff(offsets))
    yield from _told(arrays[Layout.UNIT_SENTENCES] >= allowed, "units are of sentences that do not exist")


def _vectors(arrays: Arrays) -> Iterator[str]:
    passages, units, scales = (arrays[name] for name in (Layout.PASSAGES, Layout.UNITS, Layout.UNIT_SCALES))
    for start in range(0, len(passages), BLOCK):
        lengths = np.linalg.norm(passages[start : start + BLOCK], axis=1)
        yield from _told(~(np.abs(lengths - 1) < OFF), "passages have vectors not of unit length", start)
    for start in range(0, len(units), BLOCK):
        levels = units[start : start + BLOCK].astype(np.float32)
        lengths = np.linalg.norm(levels, axis=1) * scales[start : start + BLOCK]
        yield from _told(
            ~(np.abs(lengths - 1) < OFF_IN_8_BITS), "units have vectors not of unit length", start
        )
    if not np.isfinite(arrays[Layout.BACKGROUND]).all():
        yield f"{Layout.BACKGROUND} holds what is no number"


def _twins(arrays: Arrays) -> Iterator[str]:
    groups, rows = arrays[Layout.TWINS]
    documents = arrays[Layout.PASSAGE_DOCUMENTS]
    outside = len(rows) and not 0 <= rows.min() <= rows.max() < len(documents)
    if outside or len(np.unique(rows)) < len(rows) or (np.diff(groups) < 0).any():
        yield f"{Layout.TWINS} is not in order, or names passages twice or such as do not exist"
        return
    names, starts = np.unique(groups, return_index=True)
    ends = [*starts[1:], len(rows)]
    for name, start, end in zip(names, starts, ends[: len(names)], strict=True):
        members = rows[start:end]
        if members.min() != name or len(np.unique(documents[members])) < 2:
            yield f"{Layout.TWINS}: group {name} is not of several documents and named by its first passage"


def _terms(arrays: Arrays) -> Iterator[str]:
    if problem := _offsets(arrays[Layout.TERM_OFFSETS], len(arrays[Layout.TERM_KEYS]), least=0):
        yield f"{Layout.TERM_OFFSETS} {problem}"
    keys, held = arrays[Layout.TERM_HELD]
    if not (np.diff(keys.astype(np.int64)) > 0).all():
        yield f"{Layout.TERM_HELD} is not in order"
    yield from _told(
        (held < 1) | (held > len(arrays[Layout.PASSAGES])), "terms are held by none, or by more than all"
    )
    if not (arrays[Layout.TERM_LENGTHS] >= 0).all():
        yield f"{Layout.TERM_LENGTHS} holds what is no length"


def _found_by_words(lexical: Lexical, known: Known, manifest: Manifest) -> Iterator[str]:
    yield from _numbered(lexical.stored(), manifest.passages, f"passages of {Layout.LEXICAL}/")
    order = np.argsort(known.documents, kind="stable")
    ends = np.searchsorted(known.documents[order], np.arange(manifest.documents + 1))
    for number in progress.track(range(manifest.documents), manifest.documents, "Looking into words"):
        expected = order[ends[number] : ends[number + 1]]
        if not np.array_equal(np.sort(lexical.of_document(number, len(expected) + 1)), expected):
            yield f"{Layout.LEXICAL}/ gives document {number} other passages than the catalogue does"


def _numbered(found: Array, count: int, what: str) -> Iterator[str]:
    """Whether numbers are exactly 0 … count - 1."""
    if not np.array_equal(np.sort(found), np.arange(count)):
        yield f"the {len(found)} {what} are not numbered 0 to {count - 1}, each once"


def _offsets(offsets: Array, total: int, *, least: int) -> str:
    """Why offsets do not part `total` rows into runs of so many at least; empty when they do."""
    if offsets[0] != 0 or offsets[-1] != total:
        return f"goes from {offsets[0]} to {offsets[-1]}, and not from 0 to {total}"
    short = np.flatnonzero(np.diff(offsets) < least)
    return f"has a run of fewer than {least} at {short[0]}" if len(short) else ""


def _told(wrong: Array, what: str, start: int = 0) -> Iterator[str]:
    rows = np.flatnonzero(wrong)
    if len(rows):
        yield f"{len(rows)} {what}; the first is {start + rows[0]}"


def _array(path: Path) -> Array:
    found: Array = np.load(path, mmap_mode="r" if path.stat().st_size > SMALL else None)
    return found
