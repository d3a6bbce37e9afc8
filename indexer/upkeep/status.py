"""Report what an index holds: its generation, and its documents by format, language and year."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from indexer import reports
from indexer.errors import IndexMissing
from indexer.store import generation as store
from indexer.store import headers, home, journal
from indexer.store.catalogue import Catalogue
from indexer.store.manifest import Layout, Manifest, verify
from models.engine_choice import EngineChoice

PLAIN: Any = {"markup": False, "highlight": False, "soft_wrap": True}
"""How a line is printed that is no table: as it stands, however long."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of documents and passages of one kind."""

    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Status:
    """The generation that serves, whose files are whole."""

    manifest: Manifest
    previous: str | None
    """The generation before it."""
    formats: dict[str, Tally]
    languages: dict[str, Tally]
    """By ISO 639-1 code; "unknown" where it could not be told."""
    years: dict[str, Tally]
    """By year; "undated" where there is no date."""
    reasons: dict[str, int]
    """Why files were left out → how many."""
    ocr_documents: int
    """Documents that hold pages read by OCR."""
    ocr_pages: int
    interrupted: int | None = None
    """Texts that an interrupted build has embedded, from which the next goes on; None where there is none."""
    engines: EngineChoice | None = None
    """What the model's engines were chosen from on this machine; None where none was chosen yet."""
    store: str | None = None
    """What serves in Qdrant and how it lies there, or why that is not known; None where no Qdrant is set."""


def status(index: Path, engines: EngineChoice | None = None) -> Status:
    """Return what the index holds after checking every file.

    Raises IndexRefused, and IndexMissing, which tells what there is without a folder: the texts of an
    interrupted build, and what a Qdrant holds.
    """
    interrupted = journal.texts_in(index / journal.FILE)
    try:
        pointer = store.read_pointer(index)
    except IndexMissing as error:
        beside = [_can_go_on(interrupted)] if interrupted is not None else []
        if (held := home.layout(index)) is not None:
            beside.append(f"Qdrant: {held.removesuffix('.')}.")
        raise IndexMissing(" ".join([str(error), *beside])) from error
    folder = store.generation_folder(index, pointer.current)
    manifest = verify(folder)
    headers.check(folder, manifest)
    catalogue = Catalogue(folder / Layout.CATALOGUE)
    try:
        documents = catalogue.documents()
    finally:
        catalogue.close()
    kinds: dict[str, dict[str, Tally]] = {"format": {}, "language": {}, "year": {}}
    for document in documents:
        year = document.date.iso[:4] if document.date else "undated"
        said = {"format": document.format, "language": document.language or "unknown", "year": year}
        for kind, value in said.items():
            before = kinds[kind].get(value, Tally(0, 0))
            kinds[kind][value] = Tally(before.documents + 1, before.passages + document.passages)
    return Status(
        manifest,
        pointer.previous,
        _most_first(kinds["format"]),
        _most_first(kinds["language"]),
        dict(sorted(kinds["year"].items())),
        dict(Counter(each["reason"] for each in manifest.skipped).most_common()),
        sum(bool(document.ocr_pages) for document in documents),
        sum(len(document.ocr_pages) for document in documents),
        interrupted,
        engines,
        home.layout(index),
    )


def as_json(found: Status) -> dict[str, Any]:
    """Return a status as JSON text, without the checksums of the files."""
    said = asdict(found)
    del said["manifest"]["files"]
    return said


def show(found: Status, console: Console) -> None:
    """Print a status: facts, then a table for each kind, then what was left out."""
    manifest = found.manifest
    facts = {
        "generation": f"{manifest.generation}, built {manifest.created} by version {manifest.version}",
        "before it": found.previous or "none",
        "corpus": manifest.corpus,
        "model": f"{manifest.model.name} ({manifest.model.fingerprint}, {manifest.model.dim} dimensions)",
        "engine": manifest.engine,
        "here": found.engines.describe() if found.engines else "no engine is chosen yet",
        "search": reports.nearest(manifest),
        "documents": str(manifest.documents),
        "passages": str(manifest.passages),
        "sentences": str(manifest.sentences),
        "checksums": f"all {len(manifest.files)} files whole",
    }
    if found.store is not None:
        facts["Qdrant"] = found.store
    if manifest.calibration is None:
        facts["relevance"] = "not calibrated for this model, so answers tell none: 'make calibrate' fits it"
    if found.ocr_pages:
        facts["read by OCR"] = f"{found.ocr_pages} pages of {found.ocr_documents} documents"
    for name, value in facts.items():
        console.print(f"{name:<12}{value}", **PLAIN)
    if found.interrupted is not None:
        console.print(_can_go_on(found.interrupted), **PLAIN)
    for kind, tallies in {
        "format": found.formats,
        "language": found.languages,
        "year": found.years,
    }.items():
        console.print(_table(kind, tallies))
    for line in reports.skipped(manifest):
        console.print(line, **PLAIN)
    if len(manifest.skipped) > reports.SHOWN:
        for reason, count in found.reasons.items():
            console.print(f"  {count} × {reason}", **PLAIN)


def _can_go_on(texts: int) -> str:
    return f"An interrupted build can go on: {texts} texts embedded."


def _table(kind: str, tallies: dict[str, Tally]) -> Table:
    table = Table(kind, box=SIMPLE, pad_edge=False)
    table.add_column("documents", justify="right")
    table.add_column("passages", justify="right")
    for value, tally in tallies.items():
        table.add_row(escape(value), str(tally.documents), str(tally.passages))
    return table


def _most_first(tallies: dict[str, Tally]) -> dict[str, Tally]:
    return dict(sorted(tallies.items(), key=lambda item: (-item[1].documents, item[0])))
