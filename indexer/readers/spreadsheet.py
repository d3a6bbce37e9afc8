"""XLSX, XLSB, XLS and ODS → the sheets of a workbook, each a section and a page, its rows as table rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.metadata.file_properties import trusted_properties
from indexer.readers.office import ENCRYPTED, OLD_OFFICE, child, content
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather, table_row
from indexer.readers.zip_archive import ZipArchive
from indexer.records import BlockKind, Metadata

MOST_ROWS = 100_000
"""Rows of one workbook, as of a CSV file."""
MOST_CELLS = 20_000_000
"""Cells of one sheet, empty ones between others included: each takes memory and time."""
PARTS = (".xml", ".rels", ".bin")
"""Ends of the names of a workbook's members that hold cells, rather than pictures."""
CORE, META = "docProps/core.xml", "meta.xml"
PASSWORDS = ("password", "encrypt")
"""Words in a message of calamine that tell an encrypted workbook."""

FAILURES = (CalamineError, OSError, ValueError)
PANIC = "PanicException"
"""Name of what calamine raises on damage that it does not expect: a BaseException of no public module."""

Cell = int | float | str | bool | time | date | datetime | timedelta


def read_workbook(data: bytes, most_rows: int = MOST_ROWS) -> Extraction:
    """Read a workbook; a block's page is its sheet, hidden ones counted but left out.

    Raises Unreadable when it is none, damaged, encrypted or too large.
    """
    archive = _checked(data)
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        text, blocks = gather(_sheets(workbook, most_rows))
    except BaseException as error:
        if not isinstance(error, FAILURES) and type(error).__name__ != PANIC:
            raise
        if any(word in str(error).lower() for word in PASSWORDS):
            raise Unreadable("encrypted: it opens only with a password") from None
        raise Unreadable(
            "it is damaged: its sheets cannot be read; saved again as XLSX they may be"
        ) from None
    return Extraction("spreadsheet", text, blocks, _metadata(archive, text))


def _checked(data: bytes) -> ZipArchive | None:
    """Return a workbook's archive, None for an XLS, once all that it unpacks to is within bounds."""
    if data.startswith(OLD_OFFICE):
        if ENCRYPTED in data:
            raise Unreadable("encrypted: it opens only with a password")
        return None
    if not data.startswith(b"PK"):
        decode(data)  # raises with what it is where that can be told
        raise Unreadable("it is text under the name of a workbook; rename it .csv or .html by what it holds")
    unpacked = ZipArchive(data)
    for name in unpacked.names():
        if name.endswith(PARTS):
            unpacked.read(name)  # raises when they unpack to too much: calamine sets no bound
    return ZipArchive(data)


def _sheets(workbook: CalamineWorkbook, most_rows: int) -> Iterator[RawBlock]:
    """Yield the name of each sheet as a heading, then its rows."""
    rows = 0
    for number, described in enumerate(workbook.sheets_metadata, 1):
        if described.visible != SheetVisibleEnum.Visible:
            continue
        sheet = workbook.get_sheet_by_index(number - 1)
        yield RawBlock(BlockKind.HEADING, described.name, 2, number)
        for row in _rows(sheet):
            rows += 1
            if rows > most_rows:
                raise Unreadable(f"too large: it has more than {most_rows} rows; split it in several files")
            yield table_row(row, number)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Yield the rows of a sheet that are not empty, their cells as text."""
    if sheet.height * sheet.width > MOST_CELLS:
        raise Unreadable(
            f"too large: its sheet {sheet.name} has {sheet.height} rows of {sheet.width} columns;"
            " remove the columns that hold no text"
        )
    for row in sheet.iter_rows():
        cells = [written for written in map(_written, row) if written]
        if cells:
            yield cells


def _written(cell: Cell) -> str:
    """Return a cell's value as text: dates in ISO 8601, whole numbers without a decimal point."""
    match cell:
        case str():
            return cell
        case bool():
            return ""
        case datetime():
            return str(cell.date() if cell.time() == time() else cell)
        case float():
            return f"{cell:.10g}"
    return str(cell)


def _metadata(archive: ZipArchive | None, text: str) -> Metadata:
    if archive is not None and CORE in archive:
        core = archive.xml(CORE)
        return trusted_properties(content(core, "title"), content(core, "creator"), text)
    if archive is not None and META in archive:
        meta = child(archive.xml(META), "meta")
        return trusted_properties(content(meta, "title"), content(meta, "initial-creator"), text)
    return Metadata()
