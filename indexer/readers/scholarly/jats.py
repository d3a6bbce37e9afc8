"""JATS, the XML of journals and PubMed Central: the blocks and the metadata of an article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import iso_date
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.names import parse_name
from indexer.readers.scholarly.walk import Elements, local, plain, walk
from indexer.readers.text.gathering import RawBlock
from indexer.records import BlockKind, Metadata, Name, PartialDate

ELEMENTS = Elements(
    sections=frozenset({"sec", "app", "boxed-text", "ack", "glossary", "notes", "fn-group"}),
    headings=frozenset({"title"}),
    paragraphs=frozenset({"p", "disp-quote", "verse-line", "attrib", "def-item", "disp-formula", "speech"}),
    items=frozenset({"list-item"}),
    rows=frozenset({"tr"}),
    cells=frozenset({"td", "th"}),
    code=frozenset({"code", "preformat"}),
    skipped=frozenset(
        "ref-list object-id tex-math alternatives-id inline-supplementary-material permissions label"
        " sub-article response front-stub floats-wrap related-article related-object history bio".split()
    ),
    calls=frozenset({"xref"}),
    raised=frozenset({"sup"}),
    lowered=frozenset({"sub"}),
    breaks=frozenset({"break"}),
)
XLINK, XML = "{http://www.w3.org/1999/xlink}href", "{http://www.w3.org/XML/1998/namespace}lang"
DATES = ("epub", "pub", "epub-ppub", "ppub", "epreprint", "collection", "")
"""Kinds of dates of publication, that of the text's first public form first."""
IDS = {"pmc": "pmcid", "pmcid": "pmcid", "doi": "doi", "pmid": "pmid", "arxiv": "arxiv", "hal": "hal"}
TYPES = {
    "book-review": "review-book",
    "dissertation": "thesis",
    "news": "article-newspaper",
    "abstract": "paper-conference",
}
"""Type of work by JATS's article-type; every other one is an article of a journal."""
NO_ABSTRACT = frozenset({"graphical", "toc", "teaser", "key-points", "precis", "video"})


def article_blocks(article: Any, title: str) -> Iterator[RawBlock]:
    """Yield title, abstracts, body and what stands behind it, but for references and letters of reviewers."""
    yield RawBlock(BlockKind.HEADING, title, 1)
    for abstract in _abstracts(article):
        yield RawBlock(BlockKind.HEADING, plain(abstract.find("{*}title"), ELEMENTS) or _heading(abstract), 2)
        yield from (
            block
            for block in walk(abstract, ELEMENTS, 2)
            if block.level != 2 or block.kind is not BlockKind.HEADING
        )
    for part in ("body", "floats-group", "back"):
        for element in article.iterfind(f"{{*}}{part}"):
            yield from walk(element, ELEMENTS, 1)


def article_metadata(article: Any) -> Metadata:
    """Return what an article says of itself."""
    meta = article.find(".//{*}article-meta")
    journal = article.find(".//{*}journal-meta")
    if meta is None:
        return Metadata(language=declared_language(article.get(XML)))
    return Metadata(
        title=_title(meta),
        date=_date(meta),
        authors=author_names(_authors(meta)),
        language=declared_language(article.get(XML)),
        type=TYPES.get(article.get("article-type", ""), "article-journal"),
        container=_first(journal, "journal-title"),
        publisher=_first(journal, "publisher-name"),
        volume=_first(meta, "volume", direct=True),
        issue=_first(meta, "issue", direct=True),
        pages=_pages(meta),
        identifiers=identifiers(_identifiers(meta, journal)),
        url=_link(meta.find("{*}self-uri")),
        licence=_licence(meta),
        tags=tuple(dict.fromkeys(tag for kwd in meta.iterfind(".//{*}kwd") if (tag := plain(kwd, ELEMENTS)))),
        abstract=_abstract(article),
    )


def _title(meta: Any) -> str:
    title = plain(meta.find(".//{*}title-group/{*}article-title"), ELEMENTS)
    subtitle = plain(meta.find(".//{*}title-group/{*}subtitle"), ELEMENTS)
    return f"{title.rstrip(' :')} : {subtitle}" if title and subtitle else title or subtitle


def _authors(meta: Any) -> Iterator[Name | str]:
    """Yield the authors; editors and reviewers stand in the same groups under another type."""
    for contrib in meta.iterfind("{*}contrib-group/{*}contrib"):
        if contrib.get("contrib-type", "author") != "author":
            continue
        name = contrib.find(".//{*}name")
        family = plain(name.find("{*}surname"), ELEMENTS) if name is not None else ""
        collab = contrib.find(".//{*}collab")
        if family:
            yield Name(family, plain(name.find("{*}given-names"), ELEMENTS))
        elif collab is not None:
            text = "".join(piece for piece in (collab.text, *(each.tail for each in collab)) if piece)
            yield Name(literal=" ".join(text.split()) or plain(collab.find(".//{*}institution"), ELEMENTS))
        elif string := plain(contrib.find(".//{*}string-name"), ELEMENTS):
            yield parse_name(string)


def _date(meta: Any) -> PartialDate | None:
    dates = {
        kind: date
        for each in meta.iterfind("{*}pub-date")
        if (date := _partial(each))
        for kind in [each.get("pub-type") or each.get("date-type") or ""]
    }
    return next((dates[kind] for kind in DATES if kind in dates), next(iter(dates.values()), None))


def _partial(date: Any) -> PartialDate | None:
    year, month, day = (_first(date, part, direct=True) for part in ("year", "month", "day"))
    parts = [year.strip()] + [part.zfill(2) for part in (month, day) if part.isdigit()]
    if not month.isdigit():
        parts = parts[:1]
    return iso_date("-".join(parts))


def _pages(meta: Any) -> str:
    first, last = _first(meta, "fpage", direct=True), _first(meta, "lpage", direct=True)
    return (
        f"{first}-{last}"
        if first and last and first != last
        else first or _first(meta, "elocation-id", direct=True)
    )


def _identifiers(meta: Any, journal: Any) -> Iterator[tuple[str, str]]:
    for each in meta.iterfind("{*}article-id"):
        yield IDS.get(each.get("pub-id-type", ""), ""), plain(each, ELEMENTS)
    for name in ("issn", "isbn"):
        for each in [
            *(journal.iterfind(f"{{*}}{name}") if journal is not None else ()),
            *meta.iterfind(f"{{*}}{name}"),
        ]:
            yield name, plain(each, ELEMENTS)


def _licence(meta: Any) -> str:
    """Return the address of the licence, or else its sentence."""
    licence = meta.find(".//{*}license")
    if licence is None:
        return ""
    reference = licence.find(".//{*}license_ref")
    address = _link(licence) or (plain(reference, ELEMENTS) if reference is not None else "")
    return address or plain(licence, ELEMENTS)[:200]


def _link(element: Any) -> str:
    return (element.get(XLINK) or "").strip() if element is not None else ""


def _abstracts(article: Any) -> Iterator[Any]:
    for each in article.iterfind(".//{*}article-meta/*"):
        if local(each) in ("abstract", "trans-abstract") and each.get("abstract-type") not in NO_ABSTRACT:
            yield each


def _abstract(article: Any) -> str:
    """Return the first abstract in the article's language, without its own title."""
    first = next((each for each in _abstracts(article) if local(each) == "abstract"), None)
    if first is None:
        return ""
    blocks = (block for block in walk(first, ELEMENTS, 2) if block.level != 2)
    return "\n".join(line for block in blocks if (line := " ".join(block.text.split())))


def _heading(abstract: Any) -> str:
    language = declared_language(abstract.get(XML) or abstract.getroottree().getroot().get(XML))
    return "Résumé" if language == "fr" else "Abstract"


def _first(parent: Any, name: str, *, direct: bool = False) -> str:
    if parent is None:
        return ""
    return plain(parent.find(f"{{*}}{name}" if direct else f".//{{*}}{name}"), ELEMENTS)
