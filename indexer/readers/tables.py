"""CSV, TSV and JSONL: each row or line is a document, its columns its text and what it says of itself."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Literal

from indexer.readers.errors import Unreadable
from indexer.readers.extraction import Reading
from indexer.readers.markdown import read_markdown
from indexer.readers.metadata.authors import named
from indexer.readers.metadata.columns import by_field, field_of
from indexer.readers.metadata.declared_dates import declared_date
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.titles import LONGEST
from indexer.readers.plain_text import read_plain
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import Piece, gather, one_line
from indexer.readers.text.html_text import strip_tags
from indexer.readers.text.sniffing import is_markdown
from indexer.records import BlockKind, CleanText

MOST_ROWS = 100_000
DELIMITERS = ",;\t|"
SAMPLE = 200
"""Rows looked at for what parts their columns."""
MOST_ODD = 0.1
"""Share of rows with more columns than the first has, beyond which rows are not parted as they seem."""
DEEPEST = 5
"""Levels of a JSON value that are read."""

WORDS = re.compile(r"[^\W\d_]{2}")
LINK = re.compile(r"\S+://\S*|\S+@\S+")
SEP = re.compile(r"sep=([,;\t|])(?:\r\n|\n|\r)")
"""What Excel is told by a first line of its own."""
HTML = re.compile(r"</(?:a|b|div|em|h[1-6]|i|li|ol|p|span|strong|table|ul)>|<(?:br|p) ?/?>", re.IGNORECASE)

ONE_COLUMN = "\x1f"
"""Parts nothing: a sign that no text holds."""
SEVERAL = re.compile(r"\s*[;\n|]\s*")

APART = "its rows cannot be told apart"
Quoting = Literal[0, 3]
"""csv.QUOTE_MINIMAL, csv.QUOTE_NONE."""


def read_csv(data: bytes) -> Iterator[Reading]:
    """The rows below the first, which names the columns; those without words have no blocks.

    Raises Unreadable when rows or columns cannot be told apart, or there are too many rows.
    """
    text = decode(data)
    sep = SEP.match(text)
    names, rows = _table(text[sep.end() :] if sep else text, sep.group(1) if sep else DELIMITERS)
    _check(len(rows))
    for row in rows:
        yield _reading("csv", dict(zip(names, row, strict=False)))


def read_jsonl(data: bytes) -> Iterator[Reading]:
    """The JSON objects of a file, one a line; those without words have no blocks.

    Raises Unreadable when a line is none, or there are too many.
    """
    text = decode(data)
    _check(sum(1 for line in StringIO(text, newline=None) if line.strip()))
    for row in _objects(text):
        yield _reading("jsonl", row)


def _check(rows: int) -> None:
    """Before any is read, which takes half a millisecond each."""
    if rows > MOST_ROWS:
        raise Unreadable(f"too large: it has {rows} rows where {MOST_ROWS} are read at most")


def _table(text: str, delimiters: str) -> tuple[list[str], list[list[str]]]:
    """The names of the columns of a table, and its other rows."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    try:
        return _parted(text, delimiters, csv.QUOTE_MINIMAL)
    except Unreadable as error:
        try:  # some programs write quotation marks as they stand
            return _parted(text, delimiters, csv.QUOTE_NONE)
        except Unreadable:
            raise error from None


def _parted(text: str, delimiters: str, quoting: Quoting) -> tuple[list[str], list[list[str]]]:
    delimiter = _delimiter(text, delimiters, quoting)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    try:
        first, *rows = [row for row in reader if row] or [[]]
    except csv.Error:
        raise Unreadable(
            f"{APART}: a quotation mark is missing or stray near line {reader.line_num}"
        ) from None
    width = next((at for at in range(len(first), 0, -1) if first[at - 1].strip()), 0)
    if width == 1 and not field_of(first[0]):
        raise Unreadable(f"{APART}: no comma, semicolon, tab or | parts the columns of the first")
    fewest = width if quoting == csv.QUOTE_NONE else 1
    odd = [at for at, row in enumerate(rows, 1) if len(row) < fewest or any(row[width:])]
    if len(odd) > MOST_ODD * len(rows):
        found, at = len(rows[odd[0] - 1]), odd[0]
        raise Unreadable(f"{APART}: row {at} has {found} columns and the first line {width}, as do others")
    last = width - 1
    return _names(first[:width]), [
        [*row[:last], delimiter.join(row[last:]).rstrip(delimiter)] if any(row[width:]) else row
        for row in rows
    ]


def _delimiter(text: str, delimiters: str, quoting: Quoting) -> str:
    """What parts the columns: the sign by which most rows have as many columns as the first."""
    shares = {}
    for delimiter in delimiters:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
        try:
            widths = [len(row) for row in islice(reader, SAMPLE) if row]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            shares[delimiter] = (widths.count(widths[0]) / len(widths), widths[0])
    return max(shares, key=lambda delimiter: shares[delimiter], default=ONE_COLUMN)


def _names(first: Sequence[str]) -> list[str]:
    """The names of columns, each once, those without one by their place."""
    names: list[str] = []
    for at, cell in enumerate(map(one_line, first), 1):
        name = cell or f"column {at}"
        names.append(f"{name} ({at})" if name in names else name)
    return names


def _objects(text: str) -> Iterator[dict[str, str]]:
    for number, line in enumerate(StringIO(text, newline=None), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, strict=False)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise Unreadable(f"{APART}: line {number} is no JSON object")
        yield {key: _said(value, "\n\n" if _is_text(key) else "; ") for key, value in row.items()}


def _is_text(name: str) -> bool:
    field = field_of(name)
    return field is not None and field[0] == "text"


def _said(value: object, gap: str, depth: int = 0) -> str:
    """A JSON value as text; of a thing with a name, its name."""
    if isinstance(value, dict):
        value = [value["name"]] if value.get("name") else list(value.values())
    if isinstance(value, list) and depth < DEEPEST:
        return gap.join(filter(None, (_said(each, gap, depth + 1) for each in value)))
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _reading(format: str, row: Mapping[str, str]) -> Reading:
    fields, others = by_field(row)
    title = one_line(fields.get("title", [""])[0])[:LONGEST].rstrip()
    if "text" in fields:
        body = [piece for value in fields["text"] for piece in _pieces(value)]
    else:
        title, body = _lines(title, others)
    heading = Piece(BlockKind.HEADING if body else BlockKind.PARAGRAPH, title, 1 if body else 0)
    text, blocks = gather([heading, *body])
    dates = (declared_date(value.removesuffix(".0")) for value in fields.get("date", ()))
    return Reading(
        format,
        text,
        blocks if WORDS.search(text) else (),
        title if WORDS.search(title) else None,
        max(filter(None, dates), key=lambda date: len(date.iso), default=None),
        named(name for value in fields.get("author", ()) for name in SEVERAL.split(value)),
        declared_language(fields.get("language", [""])[0]),
    )


def _lines(title: str, others: Mapping[str, str]) -> tuple[str, list[Piece]]:
    """What a row without a text column says: its title, or else its first value, and its other values that
    hold words, each on a line behind its column's name.
    """
    said = {name: one_line(value) for name, value in others.items() if WORDS.search(LINK.sub("", value))}
    if not title and said:
        title = said.pop(next(iter(said)))
    lines = "\n".join(f"{name} : {value}" for name, value in said.items())
    return title, [Piece(BlockKind.PARAGRAPH, lines)] if lines else []


def _pieces(text: str) -> Iterable[Piece]:
    """The blocks of a text column, which holds plain text, Markdown or HTML."""
    if HTML.search(text):
        text = strip_tags(CleanText.verbatim(text, 0, len(text))).text
    blocks = read_markdown(text) if is_markdown(text) else read_plain(text)
    return (Piece(block.kind, block.content.text, block.level) for block in blocks)
