"""TEI, the XML of HAL, OpenEdition and digital editions: the blocks and the metadata of a text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import declared_date
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.names import parse_name
from indexer.readers.scholarly.walk import Elements, local, plain, walk
from indexer.readers.text.gathering import RawBlock
from indexer.records import BlockKind, Metadata, Name, PartialDate

ELEMENTS = Elements(
    sections=frozenset("div div1 div2 div3 div4 div5 div6 figure".split()),
    headings=frozenset({"head"}),
    paragraphs=frozenset({"p", "ab", "quote", "l", "note", "figDesc", "formula", "epigraph", "sp", "byline"}),
    items=frozenset({"item"}),
    rows=frozenset({"row"}),
    cells=frozenset({"cell"}),
    code=frozenset({"eg", "code"}),
    skipped=frozenset(
        "listBibl biblFull teiHeader graphic fw pb lb-id figure-id del sic orig abbr-id".split()
    ),
    calls=frozenset({"ref"}),
    raised=frozenset(),
    lowered=frozenset(),
    breaks=frozenset({"lb"}),
)
XML = "{http://www.w3.org/XML/1998/namespace}lang"
IDS = {
    "doi": "doi",
    "halid": "hal",
    "issn": "issn",
    "eissn": "issn",
    "isbn": "isbn",
    "pubmed": "pmid",
    "pmid": "pmid",
    "pubmedcentral": "pmcid",
    "arxiv": "arxiv",
}
TYPES = {
    "art": "article-journal",
    "comm": "paper-conference",
    "poster": "paper-conference",
    "ouv": "book",
    "couv": "chapter",
    "these": "thesis",
    "hdr": "thesis",
    "mem": "thesis",
    "report": "report",
    "undefined": "article",
}
"""Type of work by HAL's kind of document."""
REFERENCES = frozenset({"bibliography", "bibliographie", "references", "bibl", "biblio"})


def tei_blocks(tei: Any, metadata: Metadata) -> Iterator[RawBlock]:
    """Yield the title, the text and its notes, but for references; of a record without text its abstract."""
    yield RawBlock(BlockKind.HEADING, metadata.title, 1)
    for element in list(tei.iter("{*}div", "{*}div1")):
        if (element.get("type") or "").lower() in REFERENCES:
            element.getparent().remove(element)
    parts = chain.from_iterable(tei.iterfind(f"{{*}}text/{{*}}{part}") for part in ("front", "body", "back"))
    blocks = [block for part in parts for block in walk(part, ELEMENTS, 1)]
    if not any(block.text.strip() for block in blocks) and metadata.abstract:
        blocks = [RawBlock(BlockKind.PARAGRAPH, part) for part in metadata.abstract.split("\n")]
    yield from blocks


def tei_metadata(tei: Any) -> Metadata:
    """Return what a text says of itself; of a record of HAL, what its full description says."""
    described = tei.find(".//{*}body//{*}biblFull")
    header = described if described is not None else tei.find("{*}teiHeader")
    if header is None:
        return Metadata(language=declared_language(tei.get(XML)))
    source = header.find(".//{*}sourceDesc//{*}biblStruct")
    monograph = source.find("{*}monogr") if source is not None else None
    return Metadata(
        title=_title(header),
        date=_date(header, monograph),
        authors=author_names(_authors(header)),
        language=_language(tei, header),
        type=_type(header, monograph),
        container=_text(monograph, "title"),
        publisher=_text(monograph, "imprint/{*}publisher")
        or _text(header, ".//{*}publicationStmt/{*}publisher"),
        volume=_scope(monograph, "volume", "vol"),
        issue=_scope(monograph, "issue"),
        pages=_scope(monograph, "page", "pp"),
        identifiers=identifiers(_identifiers(header)),
        url=_address(header),
        licence=_licence(header),
        tags=tuple(
            dict.fromkeys(
                tag for term in header.iterfind(".//{*}keywords//{*}term") if (tag := plain(term, ELEMENTS))
            )
        ),
        abstract=_abstract(header),
    )


def _title(header: Any) -> str:
    titles = [
        (each.get("type") or "main", plain(each, ELEMENTS))
        for each in chain(
            header.iterfind(".//{*}titleStmt/{*}title"), header.iterfind(".//{*}analytic/{*}title")
        )
    ]
    main = next((title for kind, title in titles if title and kind in ("main", "full", "a")), "")
    sub = next((title for kind, title in titles if kind == "sub" and title and title not in main), "")
    return f"{main} : {sub}" if main and sub else main


def _authors(header: Any) -> Iterator[Name | str]:
    """Yield the authors of the work, from the description of its source or else from the title statement."""
    found = list(header.iterfind(".//{*}analytic/{*}author"))
    found = (
        found
        or list(header.iterfind(".//{*}titleStmt/{*}author"))
        or list(header.iterfind(".//{*}monogr/{*}author"))
    )
    for author in found:
        person = author.find(".//{*}persName")
        family = _text(person, "surname")
        organisation = author.find("{*}orgName")
        if family:
            givens = (plain(each, ELEMENTS) for each in person.iterfind("{*}forename"))
            yield Name(family, " ".join(filter(None, givens)))
        elif organisation is not None and person is None:
            yield Name(literal=plain(organisation, ELEMENTS))
        else:
            yield parse_name(plain(person if person is not None else author, ELEMENTS))


def _date(header: Any, monograph: Any) -> PartialDate | None:
    """Return the date the work was published at, or else that of this file's publication."""
    imprint = monograph.iterfind("{*}imprint/{*}date") if monograph is not None else ()
    edition = header.iterfind(".//{*}editionStmt/{*}edition/{*}date")
    candidates = [
        *(each for each in imprint if each.get("type") in ("datePub", "dateEpub", "published", None)),
        *header.iterfind(".//{*}publicationStmt/{*}date"),
        *(each for each in edition if each.get("type") in ("whenProduced", "whenSubmitted")),
    ]
    dates = (
        declared_date(each.get("when") or each.get("from") or plain(each, ELEMENTS)) for each in candidates
    )
    return next(filter(None, dates), None)


def _language(tei: Any, header: Any) -> str | None:
    declared = header.find(".//{*}langUsage/{*}language")
    code = declared.get("ident") if declared is not None else None
    text = tei.find("{*}text")
    return declared_language(code or (text.get(XML) if text is not None else None) or tei.get(XML))


def _type(header: Any, monograph: Any) -> str | None:
    for code in header.iterfind(".//{*}textClass/{*}classCode"):
        if code.get("scheme") == "halTypology":
            return TYPES.get((code.get("n") or "").lower())
    is_journal = monograph is not None and monograph.find("{*}title[@level='j']") is not None
    return "article-journal" if is_journal else None


def _scope(monograph: Any, *units: str) -> str:
    if monograph is None:
        return ""
    for each in monograph.iterfind("{*}imprint/{*}biblScope"):
        if (each.get("unit") or each.get("type")) in units:
            first, last = each.get("from"), each.get("to")
            return plain(each, ELEMENTS) or (f"{first}-{last}" if first and last else first or "")
    return ""


def _identifiers(header: Any) -> Iterator[tuple[str, str]]:
    for each in header.iter("{*}idno"):
        if local(each.getparent()) not in ("author", "editor", "org", "affiliation", "person", "persName"):
            yield IDS.get((each.get("type") or "").lower().replace("-", ""), ""), plain(each, ELEMENTS)


def _address(header: Any) -> str:
    uris = (
        plain(each, ELEMENTS)
        for each in header.iter("{*}idno")
        if (each.get("type") or "").lower() in ("haluri", "uri", "url")
    )
    return next((uri for uri in uris if uri.startswith(("http://", "https://"))), "")


def _licence(header: Any) -> str:
    licence = header.find(".//{*}availability/{*}licence")
    return (licence.get("target") or plain(licence, ELEMENTS)[:200]) if licence is not None else ""


def _abstract(header: Any) -> str:
    abstract = header.find(".//{*}profileDesc/{*}abstract")
    if abstract is None:
        return ""
    parts = [plain(each, ELEMENTS) for each in abstract.iter("{*}p")] or [plain(abstract, ELEMENTS)]
    return "\n".join(filter(None, parts))


def _text(parent: Any, path: str) -> str:
    return (
        plain(parent.find(path if path.startswith(".") else f"{{*}}{path}"), ELEMENTS)
        if parent is not None
        else ""
    )
