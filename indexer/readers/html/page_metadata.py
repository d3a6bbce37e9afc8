"""The metadata a page declares: its title without the site's name, date of publication, author, language."""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from lxml.html import HtmlElement

from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import declared_date
from indexer.readers.metadata.file_properties import letters
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.names import parse_name
from indexer.readers.metadata.titles import LONGEST
from indexer.readers.text.gathering import one_line
from indexer.records import Block, BlockKind, Metadata, Name, PartialDate

DATE_NAMES = (
    "article:published_time og:article:published_time datepublished citation_publication_date "
    "citation_date dcterms.issued dc.date.issued dc.date dc.date.created dcterms.created dcterms.date "
    "sailthru.date parsely-pub-date pubdate publishdate publish_date date"
).split()
"""Names of <meta> elements with the date of publication, the surest first."""

AUTHOR_NAMES = (
    "citation_author author article:author dc.creator dc.creator.personalname dcterms.creator parsely-author"
).split()
"""Names of <meta> elements with the author, the surest first; "article:author" often holds a web address."""

WORKS = re.compile(r"(?:\w*Article|\w*Posting|Report|WebPage|Book|Chapter|Thesis|CreativeWork)")
"""JSON-LD types whose date and author are the page's."""

SITE_MARK = re.compile(r"\s+(?:\||·|•|»|::)\s+")
"""Separators that stand between a title and the site's name and nowhere else."""
ANY_MARK = re.compile(r"\s+(?:\||·|•|»|::|-|–|—)\s+|\s*:\s+")
"""Separators that may stand between a title and the site's name."""

Metas = defaultdict[str, list[str]]
"""Contents of <meta> elements by name in lower case, in the order of the page."""
Works = Sequence[dict[str, object]]
"""JSON-LD objects of the page that describe a text."""


def page_metadata(page: HtmlElement, blocks: Sequence[Block]) -> Metadata:
    """Return the metadata that a page declares, given the blocks of its main text."""
    metas = _metas(page)
    works = list(_works(page))
    return Metadata(
        _title(page, metas, blocks),
        _date(page, metas, works),
        _authors(metas, works),
        declared_language(page.get("lang") or page.get("xml:lang")),
    )


def _title(page: HtmlElement, metas: Metas, blocks: Sequence[Block]) -> str:
    """Return the declared title, or the only heading of level 1 where the declared title holds it."""
    title = _first(metas, "og:title") or _first(metas, "citation_title") or page.findtext(".//title") or ""
    declared = one_line(title)[:LONGEST].rstrip()
    headings = [
        one_line(block.content.text)
        for block in blocks
        if block.kind is BlockKind.HEADING and block.level == 1
    ]
    if len(headings) == 1 and (not declared or letters(headings[0]) in letters(declared)):
        return headings[0]
    return _without_site(declared, one_line(_first(metas, "og:site_name")))


def _date(page: HtmlElement, metas: Metas, works: Works) -> PartialDate | None:
    """Return the declared date of publication: of <meta> elements, of JSON-LD, or marked in the text."""
    declared = (_first(metas, name) for name in DATE_NAMES)
    values = (*declared, *(work.get("datePublished") for work in works), *_marked_dates(page))
    dates = (declared_date(value) for value in values if isinstance(value, str))
    return next(filter(None, dates), None)


def _authors(metas: Metas, works: Works) -> tuple[Name, ...]:
    """Return the people or institutions declared in <meta> elements or else in JSON-LD."""
    candidates: Iterator[Iterable[str | Name]] = chain(
        (map(parse_name, metas[name]) if name == "citation_author" else metas[name] for name in AUTHOR_NAMES),
        (_names(work.get("author")) for work in works),
    )
    return next(filter(None, map(author_names, candidates)), ())


def _names(author: object) -> Iterator[str]:
    """Yield the names in a JSON-LD author: one or several, each a text or an object with a name."""
    for each in author if isinstance(author, list) else [author]:
        name = each.get("name") if isinstance(each, dict) else each
        yield from (part for part in (name if isinstance(name, list) else [name]) if isinstance(part, str))


def _metas(page: HtmlElement) -> Metas:
    """Return the contents of the page's <meta> elements."""
    metas: Metas = defaultdict(list)
    for meta in page.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if meta.get("content"):
            metas[name.lower()].append(meta.get("content"))
    return metas


def _first(metas: Metas, name: str) -> str:
    """Return the content of the first <meta> element of a name, "" where there is none."""
    return next(iter(metas[name]), "")


def _marked_dates(page: HtmlElement) -> Iterator[str]:
    """Yield the dates of publication marked in the text."""
    for element in page.xpath("//*[@itemprop='datePublished'] | //time[@pubdate]"):
        yield element.get("datetime") or element.get("content") or "".join(element.itertext())


def _works(page: HtmlElement) -> Iterator[dict[str, object]]:
    """Yield the works that the page's JSON-LD describes, the outermost first."""
    for script in page.xpath("//script[@type='application/ld+json']"):
        try:
            waiting = deque([json.loads(script.text or "", strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting:
            thing = waiting.popleft()
            if isinstance(thing, list):
                waiting.extend(thing)
            elif isinstance(thing, dict):
                kinds = thing.get("@type")
                works = kinds if isinstance(kinds, list) else [kinds]
                if any(WORKS.fullmatch(str(kind)) for kind in works):
                    yield thing
                waiting.extend(value for value in thing.values() if isinstance(value, dict | list))


def _without_site(title: str, site: str) -> str:
    """Return a title without the name of its site at either end."""
    if site:
        for mark in ANY_MARK.finditer(title):
            before, after = title[: mark.start()], title[mark.end() :]
            if letters(after) == letters(site):
                return before
            if letters(before) == letters(site):
                return after
    first, *rest = SITE_MARK.split(title)
    return first if rest and " " in first else title
