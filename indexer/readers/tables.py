"""CSV, TSV and JSONL → one extraction a row: its columns hold the text and the metadata."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Literal

from indexer.metadata import IDENTIFIERS
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.markdown import is_markdown, read_markdown
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.columns import by_field, field_of, is_question, standard_names
from indexer.readers.metadata.dates import declared_date
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.titles import LONGEST
from indexer.readers.plain_text import read_plain
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, one_line
from indexer.readers.text.html_text import strip_tags
from indexer.records import BlockKind, CleanText, Metadata

MOST_ROWS = 100_000
"""Rows of one file."""
DELIMITERS = ",;\t|"
SAMPLE = 200
"""Rows from which the delimiter is recognised."""
MOST_CAPTIONS = 10
"""Lines above the row that names the columns."""
FEWEST_COLUMNS = 3
"""Columns from which a line with one value above a table is a caption without empty cells beside it."""
FEWEST_ROWS = 2
"""Rows from which all having a column more than the first means that a column is unnamed."""
MOST_ODD = 0.1
"""Share of rows with more columns than the first above which the delimiter or quoting is not as it seems."""
DEEPEST = 5
"""Levels of lists and objects of a JSON value that are read."""

WORDS = re.compile(r"[^\W\d_]{2}")
LINK = re.compile(r"(?<!\S)(?:\S+://\S*|\S+@\S+)")  # tried once a word, or a long one takes its square
SEP = re.compile(r"sep=([,;\t|])(?:\r\n|\n|\r)")
"""First line that tells Excel the delimiter."""
HTML = re.compile(r"</(?:a|b|div|em|h[1-6]|i|li|ol|p|span|strong|table|ul)>|<(?:br|p) ?/?>", re.IGNORECASE)

UNNAMED = re.compile(r"\(\d+\)")
"""Name of a column that has none."""
TAG_GAP = re.compile(r"[;|\n]")
REFERENCE = frozenset({"container", "doi", "isbn", "issn", "pmid"})
"""Fields that only descriptions of published works have."""
WORK_TYPES = {
    "journalarticle": "article-journal", "newspaperarticle": "article-newspaper",
    "magazinearticle": "article-magazine", "booksection": "chapter", "conferencepaper": "paper-conference",
    "blogpost": "post-weblog", "encyclopediaarticle": "entry-encyclopedia", "j": "article-journal",
    "article": "article-journal", "preprint": "article", "book chapter": "chapter",
    "conference paper": "paper-conference", "proceedings paper": "paper-conference", "b": "book",
    **{name: name for name in ("book", "thesis", "report", "webpage", "dataset", "review", "document")},
}  # fmt: skip
"""Kinds of works in Zotero, Web of Science and Scopus, in lower case → types of CSL."""

ONE_COLUMN = "\x1f"
"""Delimiter of a table with one column: a character that no text holds."""

NOT_A_TABLE = "its rows cannot be told apart"
Quoting = Literal[0, 3]
"""csv.QUOTE_MINIMAL or csv.QUOTE_NONE."""


def read_csv(data: bytes, most_rows: int = MOST_ROWS) -> Iterator[Extraction]:
    """Yield the rows below the first, which names the columns; rows without words have no blocks.

    Raises Unreadable when rows or columns cannot be told apart, or there are more than most_rows.
    """
    text = decode(data)
    sep = SEP.match(text)
    names, rows = _table(text[sep.end() :] if sep else text, sep.group(1) if sep else DELIMITERS)
    _check_rows(len(rows), most_rows)
    for row in rows:
        yield _extraction("csv", dict(zip(names, row, strict=False)))


def read_jsonl(data: bytes, most_rows: int = MOST_ROWS) -> Iterator[Extraction]:
    """Yield the JSON objects of a file, one a line; those without words have no blocks.

    Raises Unreadable when a line is no JSON object, or there are more than most_rows.
    """
    text = decode(data)
    _check_rows(sum(1 for line in StringIO(text, newline=None) if line.strip()), most_rows)
    for row in _objects(text):
        yield _extraction("jsonl", row)


def read_json(data: bytes, most_rows: int = MOST_ROWS) -> Iterator[Extraction]:
    """Yield the objects of a JSON file: those of its list, or of the longest list in its object, or this one.

    Those without words have no blocks. Raises Unreadable when there are none, or more than most_rows.
    """
    text = decode(data)
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise Unreadable("it is no valid JSON; a file of one object a line is named .jsonl") from None
    lists = value.values() if isinstance(value, dict) else [value]
    objects = max((_dicts(each) for each in lists), key=len, default=[])
    rows = objects or _dicts([value])
    if not rows:
        raise Unreadable(f"{NOT_A_TABLE}: it holds no list of JSON objects")
    _check_rows(len(rows), most_rows)
    for row in rows:
        yield _extraction("json", _texts(row))


def _dicts(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _check_rows(rows: int, most: int) -> None:
    """Raise Unreadable when there are too many rows, before any is read: each takes half a millisecond."""
    if rows > most:
        raise Unreadable(f"too large: it has {rows} rows where {most} are read at most")


def _table(text: str, delimiters: str) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns of a table, and its other rows."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    try:
        return _split(text, delimiters, csv.QUOTE_MINIMAL)
    except Unreadable as error:
        try:  # some programs write quotation marks as they stand
            return _split(text, delimiters, csv.QUOTE_NONE)
        except Unreadable:
            raise error from None


def _split(text: str, delimiters: str, quoting: Quoting) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the other rows, given what quotation marks mean.

    Raises Unreadable when rows or columns cannot be told apart so.
    """
    delimiter = _delimiter(text, delimiters, quoting)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    try:
        first, *rows = _below_caption([row for row in reader if row]) or [[]]
    except csv.Error:
        raise Unreadable(
            f"{NOT_A_TABLE}: a quotation mark is missing or stray near line {reader.line_num}"
        ) from None
    first = _with_unnamed(first, rows)
    width = _width(first, rows)
    if width == 1 and not field_of(first[0]):
        raise Unreadable(f"{NOT_A_TABLE}: no comma, semicolon, tab or | parts the columns of the first")
    fewest = width if quoting == csv.QUOTE_NONE else 1
    odd = [at for at, row in enumerate(rows, 1) if len(row) < fewest or any(row[width:])]
    if len(odd) > MOST_ODD * len(rows):
        at = odd[0]
        columns = len(rows[at - 1])
        raise Unreadable(
            f"{NOT_A_TABLE}: row {at} has {columns} columns and the first line {width}, as do others"
        )
    last = width - 1
    return _names(first[:width]), [
        [*row[:last], delimiter.join(row[last:]).rstrip(delimiter)] if any(row[width:]) else row
        for row in rows
    ]


def _delimiter(text: str, delimiters: str, quoting: Quoting) -> str:
    """Return the delimiter by which most rows have as many columns as the first."""
    shares = {}
    for delimiter in delimiters:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
        try:
            widths = [len(row) for row in _below_caption([row for row in islice(reader, SAMPLE) if row])]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            shares[delimiter] = (widths.count(widths[0]) / len(widths), widths[0])
    return max(shares, key=lambda delimiter: shares[delimiter], default=ONE_COLUMN)


def _below_caption(rows: Sequence[list[str]]) -> Sequence[list[str]]:
    """Return the rows from the one that names the columns on: above it may stand a caption.

    A caption is one or several lines with a single value each above rows with more: the line has empty cells
    beside it, or all the rows below have the same three columns or more.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[: MOST_CAPTIONS + 1]]
    head = next((at for at, count in enumerate(filled) if count > 1), 0)
    if not head or len(rows) < head + 2:
        return rows
    below = {len(row) for row in rows[head:]}
    is_padded = all(len(row) > 1 for row in rows[:head])
    return rows[head:] if is_padded or (len(below) == 1 and below.pop() >= FEWEST_COLUMNS) else rows


def _with_unnamed(first: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of columns, "" for one that the first row leaves out where all others have one more.

    That is the last column, or the first where it holds the rows' own numbers, as R writes them.
    """
    if len(rows) < FEWEST_ROWS or any(len(row) != len(first) + 1 or not row[-1].strip() for row in rows):
        return first
    numbered = all(row[0].strip() == str(number) for number, row in enumerate(rows, 1))
    return ["", *first] if numbered else [*first, ""]


def _width(first: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how many columns a table has: named ones, and unnamed ones behind them that hold a value."""
    named = next((at for at in range(len(first), 0, -1) if first[at - 1].strip()), 0)
    used = (
        at
        for at in range(len(first), named, -1)
        if any(len(row) >= at and row[at - 1].strip() for row in rows)
    )
    return next(used, named) if named else 0


def _names(first: Sequence[str]) -> list[str]:
    """Return names of columns that are unique; a column without a name is called by its place: "(3)"."""
    names: list[str] = []
    taken: set[str] = set()
    for at, cell in enumerate(standard_names([one_line(cell) for cell in first]), 1):
        names.append(f"{cell} ({at})".strip() if cell in taken or not cell else cell)
        taken.add(names[-1])
    return names


def _objects(text: str) -> Iterator[dict[str, str]]:
    """Yield each line's JSON object, its values as text. Raises Unreadable when a line is none."""
    for number, line in enumerate(StringIO(text, newline=None), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, strict=False)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise Unreadable(f"{NOT_A_TABLE}: line {number} is no JSON object")
        yield _texts(row)


def _texts(row: Mapping[str, object]) -> dict[str, str]:
    """Return a JSON object with its values as text."""
    return {key: _text_of(value, "\n\n" if _is_text(key) else "; ") for key, value in row.items()}


def _is_text(name: str) -> bool:
    field = field_of(name)
    return field is not None and field[0] == "text"


def _text_of(value: object, gap: str, depth: int = 0) -> str:
    """Return a JSON value as text, an object with a name as that name."""
    if isinstance(value, dict):
        value = [value["name"]] if value.get("name") else list(value.values())
    if isinstance(value, list) and depth < DEEPEST:
        return gap.join(filter(None, (_text_of(each, gap, depth + 1) for each in value)))
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _extraction(format: str, row: Mapping[str, str]) -> Extraction:
    """Return the extraction of a row, given its values by column name."""
    fields, others = by_field(row)
    title = one_line(fields.get("title", [""])[0])[:LONGEST].rstrip()
    if any(is_question(name) and WORDS.search(value) for name, value in others.items()):
        texts = {name: value for name, value in row.items() if (field_of(name) or ("",))[0] == "text"}
        body = _answers({name: row[name] for name in row if name in others or name in texts})
    elif "text" in fields:
        body = [raw for value in fields["text"] for raw in _raw_blocks(value)]
    elif _is_reference(fields):
        body = []
    else:
        title, body = _lines(title, others)
    heading = RawBlock(BlockKind.HEADING if body else BlockKind.PARAGRAPH, title, 1 if body else 0)
    text, blocks = gather([heading, *body])
    metadata = _metadata(fields, title if WORDS.search(title) else "")
    return Extraction(format, text, blocks if WORDS.search(text) else (), metadata)


def _is_reference(fields: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a row describes a published work: then its other columns are no text."""
    return "title" in fields and not REFERENCE.isdisjoint(fields)


def _metadata(fields: Mapping[str, Sequence[str]], title: str) -> Metadata:
    """Return the metadata of a row, given its values by field."""
    dates = (declared_date(value.removesuffix(".0")) for value in fields.get("date", ()))
    first = {field: one_line(values[0]) for field, values in fields.items()}
    pages = first.get("pages") or "-".join(
        filter(None, (first.get(field) for field in ("first page", "last page")))
    )
    is_reference = _is_reference(fields)
    return Metadata(
        title,
        max(filter(None, dates), key=lambda date: len(date.iso), default=None),
        author_names(fields.get("author", [""])[0].split("\n")),
        declared_language(first.get("language", "")),
        type=WORK_TYPES.get(first.get("type", "").lower()),
        container=first.get("container", ""),
        publisher=first.get("publisher", ""),
        volume=first.get("volume", ""),
        issue=first.get("issue", ""),
        pages=pages,
        identifiers=identifiers((scheme, first.get(scheme)) for scheme in IDENTIFIERS),
        url=first["url"] if LINK.fullmatch(first.get("url", "")) else "",
        licence=first.get("licence", ""),
        tags=tuple(dict.fromkeys(one_line(tag) for value in fields.get("tags", ()) for tag in _tags(value))),
        abstract=one_line(fields["text"][0]) if is_reference and "text" in fields else "",
    )


def _tags(value: str) -> Iterator[str]:
    return filter(str.strip, TAG_GAP.split(value))


def _answers(values: Mapping[str, str]) -> list[RawBlock]:
    """Return a line for each value with words of a survey's row, behind the question it answers."""
    return _named_lines({name: value for name, value in values.items() if WORDS.search(LINK.sub("", value))})


def _lines(title: str, others: Mapping[str, str]) -> tuple[str, list[RawBlock]]:
    """Return the title and body of a row without a text column.

    The title is that of the row, or else its first value with words. The body holds the other values with
    words, each on a line behind its column's name.
    """
    values = {name: value for name, value in others.items() if WORDS.search(LINK.sub("", value))}
    if not title and values:
        title = one_line(values.pop(next(iter(values))))
    return title, _named_lines(values)


def _named_lines(values: Mapping[str, str]) -> list[RawBlock]:
    """Return a paragraph of values, each on a line behind its column's name if it has one."""
    lines = (
        one_line(value) if UNNAMED.fullmatch(name) else f"{name} : {one_line(value)}"
        for name, value in values.items()
    )
    text = "\n".join(lines)
    return [RawBlock(BlockKind.PARAGRAPH, text)] if text else []


def _raw_blocks(text: str) -> Iterable[RawBlock]:
    """Return the blocks of a text column, which holds plain text, Markdown or HTML."""
    if HTML.search(text):
        text = strip_tags(CleanText.verbatim(text, 0, len(text))).text
    blocks = read_markdown(text) if is_markdown(text) else read_plain(text)
    return (RawBlock(block.kind, block.content.text, block.level) for block in blocks)
