"""The catalogue: documents, passages, everything shown of them, and the corpus's vocabulary, in SQLite."""

from __future__ import annotations

import fnmatch
import json
import re
import sqlite3
import struct
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from string import ascii_lowercase
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, get_args

from indexer.passages.acronyms import Acronym, mine
from indexer.passages.analysis import fold, spellings
from indexer.passages.phrases import phrase_words
from indexer.passages.sounds import sound
from indexer.records import Described, Document, Metadata, Passage, PassageKind, Sentence
from indexer.store import metadata_columns
from indexer.store.filters import Filters

SCHEMA = """
CREATE TABLE files (
    source TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,             -- size and times when it was looked at
    digest TEXT NOT NULL,            -- of its bytes and its sidecar's
    first INTEGER,                   -- the first of its documents, or of those it is a copy of
    documents INTEGER NOT NULL       -- how many it holds; they follow one another
) STRICT, WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,         -- folded: what titles are sorted by
    date TEXT,
    language TEXT,
    details TEXT NOT NULL,           -- JSON: the rest of its metadata
    size INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    ocr_pages TEXT NOT NULL,         -- JSON: the pages that were read by OCR
    page_labels TEXT NOT NULL,       -- JSON: what is printed as their numbers, where that is not their place
    passages INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE authors (
    document INTEGER NOT NULL REFERENCES documents (id),
    name TEXT NOT NULL               -- in the order it is spoken
) STRICT;
CREATE TABLE tags (
    document INTEGER NOT NULL REFERENCES documents (id),
    key TEXT NOT NULL                -- folded
) STRICT;
CREATE TABLE sources (
    source TEXT PRIMARY KEY,         -- every path a document stands under, its own and those of its copies
    document INTEGER NOT NULL REFERENCES documents (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,          -- row of its vector
    passage_id TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES documents (id),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    section TEXT NOT NULL,           -- JSON list
    page INTEGER,
    last_page INTEGER,
    language TEXT,
    text TEXT NOT NULL,
    sentences BLOB NOT NULL,         -- per sentence: clean start, clean end, source start, source end, page
    kind TEXT NOT NULL
) STRICT;
CREATE TABLE vocabulary (
    word TEXT PRIMARY KEY,           -- folded
    passages INTEGER NOT NULL,       -- how many hold it
    spelling TEXT NOT NULL,          -- as most of them write it
    sound TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE acronyms (
    short TEXT NOT NULL,
    long TEXT NOT NULL,
    count INTEGER NOT NULL           -- how often the corpus says that they mean the same
) STRICT;
"""
# Created last: sorting all rows once is faster than keeping every insertion in order.
INDEXES = """
CREATE UNIQUE INDEX passages_by_id ON passages (passage_id);
CREATE INDEX passages_of_document ON passages (document);
CREATE INDEX sources_of_document ON sources (document);
CREATE INDEX authors_by_name ON authors (name, document);
CREATE INDEX tags_by_key ON tags (key, document);
CREATE INDEX documents_by_date ON documents (date, format);
CREATE INDEX vocabulary_by_sound ON vocabulary (sound);
CREATE INDEX vocabulary_by_ends ON vocabulary (substr(word, 1, 1) || substr(word, -4), passages);
"""
LONGEST_VALUE = 2**28
"""Bytes of the longest value that is read; a file of the corpus has an eighth of that."""
INTEGRITY_SECONDS = 600.0
"""Seconds that checking all of a catalogue may take."""
LONG_WORD = 8
"""Letters from which on a word may hold two slips; a shorter one holds one."""
_SPAN = struct.Struct("<5I")
"""A sentence; its page is 0 where its format has none."""
SortKey = Literal["source", "title", "date", "size", "passages", "format"]
"""Keys that documents can be sorted by."""
_SORT_COLUMNS: dict[SortKey, str] = {key: key for key in get_args(SortKey)} | {"title": "title_key"}


@dataclass(frozen=True, slots=True)
class DocumentEntry(Described):
    """A document as the catalogue lists it."""

    source: str
    format: str
    metadata: Metadata
    size: int
    """Bytes."""
    content_hash: str
    """sha256 of the file's bytes, hexadecimal."""
    passages: int
    """Number of passages."""
    copies: tuple[str, ...]
    """Sources of the other files that hold the same bytes."""
    ocr_pages: tuple[int, ...] = ()
    """Pages whose text was read by OCR."""
    page_labels: tuple[str, ...] = ()
    """What is printed as the number of each page; none where that is its place from 1."""

    def page_label(self, page: int | None) -> str | None:
        """Return what is printed as the number of a page; None where that is its place, or no page."""
        return self.page_labels[page - 1] if page and page <= len(self.page_labels) else None


@dataclass(frozen=True, slots=True)
class PassageEntry:
    """A passage as the catalogue stores it, with its document."""

    row: int
    passage_id: str
    passage: Passage
    document: DocumentEntry


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of the corpus as a build read it, whether it holds documents or not."""

    source: str
    stamp: str
    """Size and times of the file and its sidecar (see CorpusFile.stamp)."""
    digest: str
    """Digest of the bytes of the file and its sidecar."""
    documents: range
    """Numbers of the documents that the file holds, or holds copies of."""


class VocabularyWord(NamedTuple):
    """A word of the corpus."""

    word: str
    """Folded."""
    passages: int
    """Number of passages that hold it."""
    spelling: str
    """The word as most of these passages write it."""


class CatalogueWriter:
    """Writes a new catalogue; documents and passages are numbered 0, 1, 2 … as they are added."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        # Nothing reads the file before the generation is sealed and synced, so a journal would guard nothing.
        self._connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + SCHEMA)
        self._documents = 0
        self._passages = 0
        self._vocabulary: Counter[str] = Counter()
        self._spellings: Counter[tuple[str, str]] = Counter()

    def add_file(self, file: FileRecord) -> None:
        """Add a file of the corpus."""
        first = file.documents.start if file.documents else None
        self._connection.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
            (file.source, file.stamp, file.digest, first, len(file.documents)),
        )

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Add a document with all its passages."""
        title, date, language, details = metadata_columns.stored(document.metadata)
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._documents,
                document.source,
                document.format,
                title,
                fold(title),
                date,
                language,
                details,
                document.size,
                document.content_hash,
                json.dumps(document.ocr_pages),
                json.dumps(document.page_labels, ensure_ascii=False),
                len(passages),
                document.text,
            ),
        )
        self._connection.executemany(
            "INSERT INTO authors VALUES (?, ?)",
            ((self._documents, name.spoken) for name in document.metadata.authors),
        )
        self._connection.executemany(
            "INSERT INTO tags VALUES (?, ?)",
            ((self._documents, key) for key in dict.fromkeys(map(fold, document.metadata.tags))),
        )
        self._connection.executemany(
            "INSERT INTO sources VALUES (?, ?)",
            ((source, self._documents) for source in (document.source, *document.copies)),
        )
        names = passage_ids(document.source, passages)
        self._connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    self._passages + place,
                    name,
                    self._documents,
                    passage.start,
                    passage.end,
                    json.dumps(passage.section, ensure_ascii=False),
                    passage.page,
                    passage.last_page,
                    passage.language,
                    passage.text,
                    _pack(passage),
                    passage.kind,
                )
                for place, (name, passage) in enumerate(zip(names, passages, strict=True))
            ),
        )
        for passage in passages:
            spelt = set(spellings(passage.text))
            self._vocabulary.update({word for word, _ in spelt})
            self._spellings.update(spelt)
        self._documents += 1
        self._passages += len(passages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        """Commit unless an error was raised, and close."""
        try:
            if kind is None:
                self._write_words()
                for statement in INDEXES.split(";"):
                    self._connection.execute(statement)
                self._connection.execute("COMMIT")
        finally:
            self._connection.close()

    def _write_words(self) -> None:
        # Of spellings as frequent as each other the last in the order of their letters: without capitals.
        most = sorted(self._spellings, key=lambda spelt: (self._spellings[spelt], spelt[1]))
        spelling = dict(most)
        self._connection.executemany(
            "INSERT INTO vocabulary VALUES (?, ?, ?, ?)",
            ((word, count, spelling[word], sound(word)) for word, count in sorted(self._vocabulary.items())),
        )
        explaining = self._connection.execute("SELECT text FROM passages WHERE instr(text, '(') ORDER BY id")
        self._connection.executemany(
            "INSERT INTO acronyms VALUES (?, ?, ?)",
            (
                (acronym.short, acronym.long, acronym.count)
                for acronym in mine(text for (text,) in explaining)
            ),
        )


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads a sealed catalogue, whoever made it.

    Nothing that the file itself defines may call a function that does more than compute.
    """
    # immutable: SQLite makes no lock file and never looks for changes, as a sealed generation has none.
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.executescript(
        "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON;"
    )
    return connection


class Catalogue:
    """Reads a sealed catalogue; safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def passages(self, rows: Sequence[int]) -> list[PassageEntry]:
        """Return the passages of these rows, in the same order. Raises KeyError for an unknown row."""
        records = self._connection.execute(
            f"""{_PASSAGES} WHERE p.id IN (SELECT value FROM json_each(?))""",
            (_json(rows),),
        )
        entries = {entry.row: entry for entry in map(_passage_entry, records)}
        return [entries[int(row)] for row in rows]

    def documents(self, numbers: Sequence[int] | None = None) -> list[DocumentEntry]:
        """Return the documents of these numbers, in the same order; None: every document, by source.

        Raises KeyError for a number that does not exist.
        """
        if numbers is None:
            numbers = self.ordered("source")
        records = self._connection.execute(
            f"SELECT d.id, {_DOCUMENT} FROM documents d WHERE d.id IN (SELECT value FROM json_each(?))",
            (_json(numbers),),
        )
        entries = {number: _document_entry(row) for number, *row in records}
        return [entries[int(number)] for number in numbers]

    def matching(self, filters: Filters) -> list[int]:
        """Return the numbers of the documents that meet the conditions on documents.

        A document dated to the month or the year meets a date condition when one of its days does.
        """
        records = self._connection.execute(
            """SELECT id, title_key FROM documents
            WHERE (:formats IS NULL OR format IN (SELECT value FROM json_each(:formats)))
            AND (:first IS NULL OR date || substr('0000-12-31', length(date) + 1) >= :first)
            AND (:last IS NULL OR date || substr('0000-01-01', length(date) + 1) <= :last)
            AND (NOT :undated OR date IS NULL)
            AND (:source IS NULL OR +id IN (SELECT document FROM sources WHERE source GLOB :source))
            AND (:paths IS NULL OR +id IN (SELECT value FROM json_each(:paths)))
            AND (:authors IS NULL OR +id IN (SELECT value FROM json_each(:authors)))
            AND (:tag IS NULL OR +id IN (SELECT document FROM tags WHERE key = :tag))""",
            {
                "formats": json.dumps(filters.formats) if filters.formats else None,
                "first": filters.first,
                "last": filters.last,
                "undated": filters.undated,
                "source": filters.source,
                "paths": _json(self._standing_under(filters.paths)) if filters.paths else None,
                "authors": _json(self._written_by(filters.authors)) if filters.authors else None,
                "tag": fold(filters.tag) if filters.tag is not None else None,
            },
        )
        return [number for number, title in records if _holds_words(title, filters.titles)]

    def _standing_under(self, paths: Sequence[str]) -> set[int]:
        """Return the numbers of the documents of which a path holds, or is, each of the texts."""
        patterns = [fold(path if "*" in path or "?" in path else f"*{path}*") for path in paths]
        fits = [re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match for pattern in patterns]
        records = self._connection.execute("SELECT source, document FROM sources")
        sources = [(fold(source), number) for source, number in records]
        standing = [{number for source, number in sources if fit(source)} for fit in fits]
        return set.intersection(*standing)

    def _written_by(self, authors: Sequence[str]) -> set[int]:
        """Return the numbers of the documents that have an author with the words of each of the texts."""
        names = [name for (name,) in self._connection.execute("SELECT DISTINCT name FROM authors")]
        holding = [[name for name in names if _holds_words(name, [author])] for author in authors]
        query = "SELECT document FROM authors WHERE name IN (SELECT value FROM json_each(?))"
        documents = [self._connection.execute(query, (json.dumps(held),)) for held in holding]
        return set.intersection(*({number for (number,) in each} for each in documents))

    def texts(self, rows: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
        """Yield (row, [its text, its document's title, its headings …]) of passages, in no order."""
        records = self._connection.execute(
            """SELECT p.id, p.text, d.title, p.section FROM passages p JOIN documents d ON d.id = p.document
            WHERE p.id IN (SELECT value FROM json_each(?))""",
            (_json(rows),),
        )
        for row, text, title, section in records:
            yield row, [text, title, *json.loads(section)]

    def ordered(
        self, by: SortKey, *, descending: bool = False, among: Sequence[int] | None = None
    ) -> list[int]:
        """Return the numbers of documents in order; equal keys go by source, and missing dates come last.

        `among` holds the numbers of the documents to sort; None: all documents.
        """
        direction = "DESC" if descending else "ASC"
        key = _SORT_COLUMNS[by]
        records = self._connection.execute(
            f"""SELECT id FROM documents WHERE ?1 IS NULL OR id IN (SELECT value FROM json_each(?1))
            ORDER BY {key} IS NULL, {key} {direction}, source""",
            (None if among is None else _json(among),),
        )
        return [number for (number,) in records]

    def count_passages(self, among: Sequence[int] | None = None) -> int:
        """Return the number of passages of the documents of these numbers; None: of all documents."""
        records = self._connection.execute(
            """SELECT total(passages) FROM documents
            WHERE ?1 IS NULL OR id IN (SELECT value FROM json_each(?1))""",
            (None if among is None else _json(among),),
        )
        return int(records.fetchone()[0])

    def titles(self, count: int) -> list[str]:
        """Return the titles of at most `count` documents, evenly spread over all."""
        documents = self._connection.execute("SELECT count(*) FROM documents").fetchone()[0]
        chosen = sorted({place * documents // count for place in range(count)}) if documents else []
        records = self._connection.execute(
            "SELECT title FROM documents WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(chosen),),
        )
        return [title for (title,) in records]

    def document(self, source: str) -> tuple[DocumentEntry, str, list[PassageEntry]] | None:
        """Return a document, its source text and its passages in order; None when there is no such source.

        The source of a copy leads to the document that it is a copy of.
        """
        return self._document("(SELECT document FROM sources WHERE source = ?)", source)

    def entry(self, source: str) -> DocumentEntry | None:
        """Return a document without its text and passages; None when there is no such source."""
        row = self._connection.execute(
            f"""SELECT {_DOCUMENT} FROM documents d
            WHERE d.id = (SELECT document FROM sources WHERE source = ?)""",
            (source,),
        ).fetchone()
        return None if row is None else _document_entry(row)

    def number_of(self, source: str) -> int | None:
        """Return the number of a document, or of the one it is a copy of; None for no such source."""
        row = self._connection.execute("SELECT document FROM sources WHERE source = ?", (source,)).fetchone()
        return None if row is None else int(row[0])

    def file(self, source: str) -> FileRecord | None:
        """Return what the build knew of a file; None when it read none of that source."""
        row = self._connection.execute(f"{_FILES} WHERE source = ?", (source,)).fetchone()
        return None if row is None else _file_record(*row)

    def files(self) -> dict[str, FileRecord]:
        """Return every file that the build read, by source."""
        return {row[0]: _file_record(*row) for row in self._connection.execute(_FILES)}

    def stored_document(self, number: int) -> tuple[Document, list[Passage], int]:
        """Return (document, its passages, the row of the first) as they were added, but without blocks."""
        stored = self._document("?", number)
        assert stored is not None
        entry, text, passages = stored
        document = Document(
            *(entry.source, entry.format, entry.metadata, text),
            blocks=(),
            content_hash=entry.content_hash,
            size=entry.size,
            copies=entry.copies,
            ocr_pages=entry.ocr_pages,
            page_labels=entry.page_labels,
        )
        return document, [entry.passage for entry in passages], passages[0].row if passages else 0

    def _document(
        self, number: str, parameter: str | int
    ) -> tuple[DocumentEntry, str, list[PassageEntry]] | None:
        """Return what `document` does; `number` is the SQL expression of the document's number."""
        row = self._connection.execute(
            f"SELECT {_DOCUMENT}, d.text, d.id FROM documents d WHERE d.id = {number}", (parameter,)
        ).fetchone()
        if row is None:
            return None
        passages = self._connection.execute(f"{_PASSAGES} WHERE p.document = ? ORDER BY p.id", (row[-1],))
        return _document_entry(row[:-2]), row[-2], list(map(_passage_entry, passages))

    def row_of(self, passage_id: str) -> int | None:
        """Return the row of a passage; None when there is no such passage."""
        record = self._connection.execute(
            "SELECT id FROM passages WHERE passage_id = ?", (passage_id,)
        ).fetchone()
        return None if record is None else int(record[0])

    def acronyms(self) -> list[Acronym]:
        """Return the acronyms that the corpus explains, with their long forms, the most frequent first."""
        return [Acronym(*row) for row in self._connection.execute("SELECT short, long, count FROM acronyms")]

    def neighbours(self, word: str) -> list[VocabularyWord]:
        """Return words of the vocabulary that a folded word of at least four letters may be a slip for.

        They sound alike or are one letter away; for a word of LONG_WORD letters or more also those that are
        at most two letters longer or shorter and share its first half, up to five letters, or its first and
        last four letters.
        """
        long = len(word) >= LONG_WORD
        prefix = word[: min(5, len(word) // 2)] if long or not word.isascii() else ""
        records = self._connection.execute(
            """SELECT word, passages, spelling FROM vocabulary WHERE sound = :sound
            UNION SELECT word, passages, spelling FROM vocabulary
            WHERE word IN (SELECT value FROM json_each(:slips))
            UNION SELECT word, passages, spelling FROM vocabulary
            WHERE word >= :prefix AND word < :beyond AND length(word) BETWEEN :shortest AND :longest
            UNION SELECT word, passages, spelling FROM vocabulary
            WHERE substr(word, 1, 1) || substr(word, -4) = :ends
            AND length(word) BETWEEN :shortest AND :longest""",
            {
                "sound": sound(word),
                "slips": json.dumps(list(_slips(word, 1 if long else len(word) + 1))),
                "prefix": prefix,
                "beyond": prefix and prefix[:-1] + chr(ord(prefix[-1]) + 1),
                "ends": word[0] + word[-4:] if long else "",
                "shortest": len(word) - 2,
                "longest": len(word) + 2,
            },
        )
        return [VocabularyWord(*record) for record in records]

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with the file and with the references between its tables.

        Raises sqlite3.OperationalError when that takes more than INTEGRITY_SECONDS.
        """
        deadline = time.monotonic() + INTEGRITY_SECONDS
        self._connection.set_progress_handler(lambda: time.monotonic() > deadline, 1_000_000)
        checked = self._connection.execute("PRAGMA integrity_check")
        dangling = self._connection.execute("PRAGMA foreign_key_check")
        return [problem for (problem,) in checked if problem != "ok"] + [
            f"a row of {one} names a row of {other} that is not there" for one, _, other, _ in dangling
        ]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


_DOCUMENT = f"""d.source, d.format, {", ".join(f"d.{column}" for column in metadata_columns.COLUMNS)},
    d.size, d.content_hash, d.ocr_pages, d.page_labels, d.passages,
    (SELECT json_group_array(s.source) FROM sources s WHERE s.document = d.id AND s.source <> d.source)"""
_PASSAGES = f"""SELECT p.id, p.passage_id, p.start, p."end", p.section, p.page, p.last_page, p.language,
    p.text, p.sentences, p.kind, {_DOCUMENT} FROM passages p JOIN documents d ON d.id = p.document"""


_FILES = "SELECT source, stamp, digest, first, documents FROM files"


def _file_record(source: str, stamp: str, digest: str, first: int | None, count: int) -> FileRecord:
    return FileRecord(source, stamp, digest, range(first or 0, (first or 0) + count))


def _slips(word: str, places: int) -> Iterator[str]:
    """Yield what one slip makes of a word: two letters swapped anywhere, or a letter dropped, replaced or
    added at one of its first places."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(places):
        before, after = word[:at], word[at:]
        yield before + after[1:]
        for letter in ascii_lowercase:
            yield before + letter + after
            yield before + letter + after[1:]


def passage_ids(source: str, passages: Sequence[Passage]) -> list[str]:
    """Return an id for each passage of a document, which stays as long as its source and its text do.

    The same text twice in one document gets two ids, by their order.
    """
    repeats: Counter[str] = Counter()
    ids = []
    for passage in passages:
        key = f"{source}\0{passage.text}\0{repeats[passage.text]}".encode()
        ids.append(blake2b(key, digest_size=10).hexdigest())
        repeats[passage.text] += 1
    return ids


def _pack(passage: Passage) -> bytes:
    """Return each sentence's span in the passage's clean text and in the source, and its page."""
    packed, at = bytearray(), 0
    for sentence in passage.sentences:
        at = passage.text.index(sentence.text, at)
        packed += _SPAN.pack(at, at + len(sentence.text), sentence.start, sentence.end, sentence.page or 0)
        at += len(sentence.text)
    return bytes(packed)


def _unpack(text: str, packed: bytes) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(text[clean_start:clean_end], start, end, page or None)
        for clean_start, clean_end, start, end, page in _SPAN.iter_unpack(packed)
    )


def _holds_words(text: str, wanted: Iterable[str]) -> bool:
    """Return whether a text holds the folded words of each of the wanted texts, in any order."""
    return all(set(phrase_words(each)) <= set(phrase_words(text)) for each in wanted)


def _json(numbers: Iterable[int]) -> str:
    """Return numbers as one parameter of a statement."""
    return json.dumps([int(number) for number in numbers])


def _document_entry(row: Sequence[Any]) -> DocumentEntry:
    source, reader, *metadata, size, content_hash, ocr_pages, page_labels, passages, copies = row
    copies = tuple(sorted(json.loads(copies)))
    restored = metadata_columns.restored(metadata)
    pages = (tuple(json.loads(each)) for each in (ocr_pages, page_labels))
    return DocumentEntry(source, reader, restored, size, content_hash, passages, copies, *pages)


def _passage_entry(row: Sequence[Any]) -> PassageEntry:
    number, name, start, end, section, page, last_page, language, text, packed, kind, *document = row
    sentences = _unpack(text, packed)
    passage = Passage(
        text, start, end, tuple(json.loads(section)), page, language, sentences, PassageKind(kind), last_page
    )
    return PassageEntry(number, name, passage, _document_entry(document))
