"""A test oracle: whether the files of one generation agree on every document, passage, sentence and unit.

Checksums show that a generation's files are as they were written. This shows that what was written was right,
so only an error in the indexer itself can make it report anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import tantivy

from indexer.passages.analysis import ANALYSES
from indexer.passages.near_duplicates import MINIMA
from indexer.records import Passage, Sentence
from indexer.store import generation as store
from indexer.store.catalogue import Catalogue, DocumentEntry, PassageEntry, passage_ids
from indexer.store.manifest import Layout, Manifest, read_manifest
from indexer.store.passage_table import language_code

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

TOLERANCE = 1e-3
"""Largest difference from 1 of the length of a passage's vector."""
TOLERANCE_8_BIT = 0.03
"""Largest difference from 1 of the length of a unit's vector, which is rounded to 8 bits."""


@dataclass(frozen=True, slots=True)
class PassageRows:
    """What the catalogue says of each passage, by its row."""

    documents: Array
    """[passages]: number of its document; -1 where no document has that row."""
    sentences: Array
    """[passages]: number of its sentences."""
    languages: Array
    """[passages]: see language_code."""


def assert_consistent(index: Path) -> None:
    """Assert that the generation that serves agrees with itself."""
    folder = store.generation_folder(index, store.read_pointer(index).current)
    assert list(disagreements(folder, read_manifest(folder))) == []


def disagreements(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield a sentence for each disagreement between the files of a generation."""
    if manifest.generation != folder.name:
        yield f"its manifest is that of {manifest.generation}"
    with closing(Catalogue(folder / Layout.CATALOGUE)) as catalogue:
        rows = PassageRows(*(np.full(manifest.passages, start, dtype=np.int64) for start in (-1, 0, 0)))
        yield from _catalogue(catalogue, manifest, rows)
    arrays = {path.name: np.load(path) for path in sorted(folder.glob("*.npy"))}
    misshapen = list(_shapes(arrays, manifest))
    yield from misshapen
    if misshapen:
        return  # nothing else could be compared row by row
    yield from _rows(arrays, rows)
    yield from _vectors(arrays)
    yield from _near_duplicates(arrays)
    yield from _terms(arrays)
    yield from _lexical(folder / Layout.LEXICAL, rows)
    if manifest.nearest.cells:
        yield from _numbered(_in_cells(folder), manifest.passages, f"passages of {Layout.CELLS}")


def _catalogue(catalogue: Catalogue, manifest: Manifest, rows: PassageRows) -> Iterator[str]:
    """Compare the catalogue with itself and its manifest; fill rows."""
    numbers = catalogue.ordered("source")
    yield from _numbered(np.array(numbers, dtype=np.int64), manifest.documents, "documents of the catalogue")
    for number, entry in zip(numbers, catalogue.documents(numbers), strict=True):
        stored = catalogue.document(entry.source)
        if stored is None or stored[0] != entry:
            yield f"{entry.source} does not lead to its document"
            continue
        for problem in _document(*stored):
            yield f"{entry.source}: {problem}"
        for passage in stored[2]:
            if 0 <= passage.row < len(rows.documents):
                rows.documents[passage.row] = number
                rows.sentences[passage.row] = len(passage.passage.sentences)
                rows.languages[passage.row] = language_code(passage.passage.language)
    yield from _counted(rows.documents < 0, "passages are in no document of the catalogue")
    if (sentences := int(rows.sentences.sum())) != manifest.sentences:
        yield f"the catalogue holds {sentences} sentences, its manifest says {manifest.sentences}"
    for source, file in catalogue.files().items():
        if not 0 <= file.documents.start <= file.documents.stop <= manifest.documents:
            yield f"{source} is said to hold documents {file.documents}, of {manifest.documents}"


def _document(entry: DocumentEntry, text: str, passages: list[PassageEntry]) -> Iterator[str]:
    if len(passages) != entry.passages:
        yield f"it has {len(passages)} passages, and {entry.passages} are counted"
    rows = [passage.row for passage in passages]
    if rows and rows != list(range(rows[0], rows[0] + len(rows))):
        yield "its passages do not follow one another"
    expected = passage_ids(entry.source, [passage.passage for passage in passages])
    if [passage.passage_id for passage in passages] != expected:
        yield "its passages have ids of other texts"
    for passage in passages:
        spans: list[Passage | Sentence] = [passage.passage, *passage.passage.sentences]
        if not all(0 <= span.start <= span.end <= len(text) and span.text for span in spans):
            yield f"passage {passage.row} or a sentence of it stands outside its text"


def _shapes(arrays: Arrays, manifest: Manifest) -> Iterator[str]:
    passages, dim = manifest.passages, manifest.model.dim
    units, terms = (len(arrays.get(name, ())) for name in (Layout.UNIT_SCALES, Layout.TERM_WEIGHTS))
    expected: dict[str, tuple[int | None, ...]] = {
        Layout.PASSAGES: (passages, dim),
        Layout.PASSAGE_KEYS: (passages,),
        Layout.PASSAGE_DOCUMENTS: (passages,),
        Layout.PASSAGE_LANGUAGES: (passages,),
        Layout.PASSAGE_KINDS: (passages,),
        Layout.UNITS: (units, dim),
        Layout.UNIT_SCALES: (units,),
        Layout.UNIT_SENTENCES: (units,),
        Layout.UNIT_OFFSETS: (passages + 1,),
        Layout.BACKGROUND: (None, dim),
        Layout.SIGNATURES: (passages, MINIMA + 1),
        Layout.NEAR_DUPLICATES: (2, None),
        Layout.VERSIONS: (2, None),
        Layout.TERM_KEYS: (terms,),
        Layout.TERM_WEIGHTS: (terms,),
        Layout.TERM_HELD: (2, None),
        Layout.TERM_OFFSETS: (passages + 1,),
        Layout.TERM_LENGTHS: (passages, len(ANALYSES)),
    }
    for name, shape in expected.items():
        actual = arrays[name].shape if name in arrays else ()
        if len(actual) != len(shape) or any(
            wanted not in (None, size) for wanted, size in zip(shape, actual, strict=True)
        ):
            yield f"{name} has shape {actual}, not {shape}"


def _rows(arrays: Arrays, rows: PassageRows) -> Iterator[str]:
    """Compare what is stored of each passage with what the catalogue says of it."""
    documents, languages = arrays[Layout.PASSAGE_DOCUMENTS], arrays[Layout.PASSAGE_LANGUAGES]
    yield from _counted(documents != rows.documents, "passages are of another document than in the catalogue")
    yield from _counted(languages != rows.languages, "passages are of another language than in the catalogue")
    offsets = arrays[Layout.UNIT_OFFSETS]
    if problem := _offsets(offsets, len(arrays[Layout.UNITS]), least=1):
        yield f"{Layout.UNIT_OFFSETS} {problem}"
        return
    sentences = np.repeat(rows.sentences, np.diff(offsets))
    yield from _counted(
        arrays[Layout.UNIT_SENTENCES] >= sentences, "units are of sentences that do not exist"
    )


def _vectors(arrays: Arrays) -> Iterator[str]:
    lengths = np.linalg.norm(arrays[Layout.PASSAGES], axis=1)
    yield from _counted(~(np.abs(lengths - 1) < TOLERANCE), "passages have vectors not of unit length")
    lengths = np.linalg.norm(arrays[Layout.UNITS].astype(np.float32), axis=1) * arrays[Layout.UNIT_SCALES]
    yield from _counted(~(np.abs(lengths - 1) < TOLERANCE_8_BIT), "units have vectors not of unit length")
    if not np.isfinite(arrays[Layout.BACKGROUND]).all():
        yield f"{Layout.BACKGROUND} holds what is no number"


def _near_duplicates(arrays: Arrays) -> Iterator[str]:
    documents = arrays[Layout.PASSAGE_DOCUMENTS]
    misplaced = [
        problem
        for name in (Layout.NEAR_DUPLICATES, Layout.VERSIONS)
        for problem in _groups(name, arrays[name], documents)
    ]
    yield from misplaced
    if not misplaced:
        alone = ~np.isin(arrays[Layout.NEAR_DUPLICATES][1], arrays[Layout.VERSIONS][1])
        yield from _counted(alone, f"passages of {Layout.NEAR_DUPLICATES} are not in {Layout.VERSIONS}")


def _groups(name: str, held: Array, documents: Array) -> Iterator[str]:
    groups, rows = held
    outside = len(rows) and not 0 <= rows.min() <= rows.max() < len(documents)
    if outside or len(np.unique(rows)) < len(rows) or (np.diff(groups) < 0).any():
        yield f"{name} is not in order, or names passages twice or such as do not exist"
        return
    for group in np.unique(groups):
        members = rows[groups == group]
        if members.min() != group or len(np.unique(documents[members])) < 2:
            yield f"{name}: group {group} is of one document or not named by its first row"


def _terms(arrays: Arrays) -> Iterator[str]:
    if problem := _offsets(arrays[Layout.TERM_OFFSETS], len(arrays[Layout.TERM_KEYS]), least=0):
        yield f"{Layout.TERM_OFFSETS} {problem}"
    keys, frequencies = arrays[Layout.TERM_HELD]
    if not (np.diff(keys.astype(np.int64)) > 0).all():
        yield f"{Layout.TERM_HELD} is not in order"
    outside = (frequencies < 1) | (frequencies > len(arrays[Layout.PASSAGES]))
    yield from _counted(outside, "terms are in no passage, or in more than all")
    if not (arrays[Layout.TERM_LENGTHS] >= 0).all():
        yield f"{Layout.TERM_LENGTHS} holds what is no length"


def _lexical(folder: Path, rows: PassageRows) -> Iterator[str]:
    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()

    def find(query: tantivy.Query) -> Array:
        hits = searcher.search(query, max(searcher.num_docs, 1), count=False).hits
        return np.sort(searcher.fast_field_values("row", [address for _, address in hits]))

    yield from _numbered(find(tantivy.Query.all_query()), len(rows.documents), f"passages of {folder.name}/")
    for number in np.unique(rows.documents[rows.documents >= 0]).tolist():
        found = find(tantivy.Query.term_query(index.schema, "document", number))
        if not np.array_equal(found, np.flatnonzero(rows.documents == number)):
            yield f"{folder.name}/ gives document {number} other passages than the catalogue does"


def _in_cells(folder: Path) -> Array:
    """Return the rows of all passages in the cells, cell by cell."""
    index: Any = faiss.read_index(str(folder / Layout.CELLS))
    lists = index.invlists
    sizes = {cell: lists.list_size(cell) for cell in range(lists.nlist)}
    rows = [faiss.rev_swig_ptr(lists.get_ids(cell), size).copy() for cell, size in sizes.items() if size]
    return np.concatenate(rows)


def _numbered(numbers: Array, count: int, what: str) -> Iterator[str]:
    """Check that numbers are exactly 0 … count - 1, in any order."""
    if not np.array_equal(np.sort(numbers), np.arange(count)):
        yield f"the {len(numbers)} {what} are not numbered 0 to {count - 1}, each once"


def _offsets(offsets: Array, total: int, *, least: int) -> str:
    """Return why offsets do not part `total` rows into runs of at least `least`; empty when they do."""
    if offsets[0] != 0 or offsets[-1] != total:
        return f"goes from {offsets[0]} to {offsets[-1]}, and not from 0 to {total}"
    short = np.flatnonzero(np.diff(offsets) < least)
    return f"has a run of fewer than {least} at {short[0]}" if len(short) else ""


def _counted(wrong: Array, what: str) -> Iterator[str]:
    rows = np.flatnonzero(wrong)
    if len(rows):
        yield f"{len(rows)} {what}; the first is {rows[0]}"
