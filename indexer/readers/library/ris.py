"""RIS and NBIB (PubMed) → entries: lines of a tag and a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import rispy

from indexer.readers.extraction import Unreadable
from indexer.readers.library.entry import Entry, date_of, file_path, plain_text
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.names import parse_name
from indexer.readers.text.gathering import one_line
from indexer.records import Metadata

TYPES = {
    "JOUR": "article-journal",
    "EJOUR": "article-journal",
    "MGZN": "article-magazine",
    "NEWS": "article-newspaper",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "CONF": "paper-conference",
    "CPAPER": "paper-conference",
    "THES": "thesis",
    "RPRT": "report",
    "GOVDOC": "report",
    "ELEC": "webpage",
    "BLOG": "post-weblog",
    "DATA": "dataset",
    "COMP": "software",
    "PAT": "patent",
    "UNPB": "manuscript",
    "MANSCPT": "manuscript",
    "MAP": "map",
    "VIDEO": "motion_picture",
    "SOUND": "song",
    "STAND": "standard",
    "LEGAL": "legislation",
    "STAT": "legislation",
    "CASE": "legal_case",
    "ENCYC": "entry-encyclopedia",
    "DICT": "entry-dictionary",
}
NBIB_LINE = re.compile(r"^([A-Z]{2,4}) {0,2}- ?(.*)$|^ {6}(.*)$", re.MULTILINE)
WEB_LINK = re.compile(r"https?://", re.IGNORECASE)


def ris_entries(text: str) -> list[Entry]:
    """Return the entries of a RIS file. Raises Unreadable when it is none."""
    try:
        records = rispy.loads(text, skip_unknown_tags=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OSError) as error:
        raise Unreadable(
            f"it is damaged: its RIS cannot be read ({str(error)[:60]}); export it again"
        ) from None
    if not records:
        raise Unreadable("it holds no entry of RIS (TY … ER)")
    return [entry for entry in map(_ris_entry, records) if entry.metadata.title]


def _ris_entry(record: Mapping[str, Any]) -> Entry:
    def first(*names: str) -> str:
        return next((one_line(str(record[name])) for name in names if record.get(name)), "")

    start, end = first("start_page"), first("end_page")
    links = [str(link) for link in record.get("urls", ())]
    names = record.get("authors") or record.get("first_authors") or record.get("secondary_authors") or ()
    metadata = Metadata(
        title=plain_text(first("title", "primary_title", "translated_title")).replace("\n", " "),
        date=date_of(first("date")) or date_of(first("year", "publication_year")),
        authors=author_names(parse_name(str(name)) for name in names),
        language=declared_language(first("language")),
        type=TYPES.get(first("type_of_reference"), "document"),
        container=first("journal_name", "secondary_title", "alternate_title3", "alternate_title1"),
        publisher=first("publisher"),
        volume=first("volume"),
        issue=first("number"),
        pages=f"{start}-{end}" if start and end and start != end else start,
        identifiers=identifiers(
            [
                ("doi", first("doi")),
                ("issn", first("issn")),
                ("isbn", first("issn")),
                ("pmid", first("accession_number") if not first("doi") else None),
                *(("doi", link) for link in links),
            ]
        ),
        url=next((link for link in links if WEB_LINK.match(link)), ""),
        tags=tuple(dict.fromkeys(map(one_line, map(str, record.get("keywords", ()))))),
        abstract=plain_text(str(record.get("abstract") or record.get("notes_abstract") or "")),
    )
    attached = [first(name) for name in ("file_attachments1", "file_attachments2", "figure", "full_text")]
    files = (part for each in attached for part in each.split(";") if part and not WEB_LINK.match(part))
    return Entry(metadata, tuple(map(file_path, files)))


def nbib_entries(text: str) -> list[Entry]:
    """Return the entries of a file that PubMed exports. Raises Unreadable when there is none."""
    found = [_nbib_entry(record) for record in _nbib_records(text)]
    if not any(entry.metadata.title for entry in found):
        raise Unreadable("it holds no entry of PubMed (PMID-, TI  -)")
    return [entry for entry in found if entry.metadata.title]


def _nbib_records(text: str) -> Iterator[dict[str, list[str]]]:
    record: dict[str, list[str]] = {}
    last: list[str] = []
    for tag, value, more in NBIB_LINE.findall(text.replace("\r", "")):
        if tag == "PMID" and record:
            yield record
            record = {}
        if tag:
            last = record.setdefault(tag, [])
            last.append(value.strip())
        elif last:
            last[-1] += f" {more.strip()}"
    if record:
        yield record


def _nbib_entry(record: Mapping[str, list[str]]) -> Entry:
    def first(*tags: str) -> str:
        return next((record[tag][0] for tag in tags if record.get(tag)), "")

    located = [*record.get("LID", ()), *record.get("AID", ())]
    identified = [(name, value) for value in located for name in ("doi",) if f"[{name}]" in value]
    metadata = Metadata(
        title=first("TI", "BTI").rstrip("."),
        date=date_of(*(first("DP").split() or [""])[:3]),
        authors=author_names(
            [
                *map(parse_name, record.get("FAU") or record.get("AU") or []),
                *map(parse_name, record.get("CN") or []),
            ]
        ),
        language=declared_language(first("LA")),
        type="book" if record.get("BTI") else "article-journal",
        container=first("JT", "TA"),
        publisher=first("PB"),
        volume=first("VI"),
        issue=first("IP"),
        pages=first("PG"),
        identifiers=identifiers(
            [*identified, ("pmid", first("PMID")), ("pmcid", first("PMC")), ("issn", first("IS"))]
        ),
        tags=tuple(
            dict.fromkeys(
                tag.strip("* ")
                for tag in [
                    *record.get("OT", ()),
                    *(heading.split("/")[0] for heading in record.get("MH", ())),
                ]
            )
        ),
        abstract=first("AB"),
    )
    return Entry(metadata)
