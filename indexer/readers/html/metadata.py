"""What a page says of itself: its title without the site's name, its date of publication, its author."""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from lxml.html import HtmlElement

from indexer.readers.metadata.authors import named, turned
from indexer.readers.metadata.declared_dates import declared_date
from indexer.readers.metadata.titles import LONGEST
from indexer.readers.text.gathering import one_line
from indexer.records import Block, BlockKind, PartialDate

PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "citation_publication_date",
    "citation_date",
    "dcterms.issued",
    "dc.date.issued",
    "dc.date",
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "sailthru.date",
    "parsely-pub-date",
    "pubdate",
    "publishdate",
    "publish_date",
    "date",
)
"""Names under which a page declares its date of publication, the surest first."""

AUTHOR = (
    "citation_author",
    "author",
    "article:author",
    "dc.creator",
    "dc.creator.personalname",
    "dcterms.creator",
    "parsely-author",
)
"""The same for its author; what stands under "article:author" is often the address of a page."""

WORKS = re.compile(r"(?:\w*Article|\w*Posting|Report|WebPage|Book|Chapter|Thesis|CreativeWork)")
"""Kinds of things whose date and author in JSON-LD are the page's."""

SITE_MARK = re.compile(r"\s+(?:\||·|•|»|::)\s+")
"""What parts a title from its site's name and nothing else."""
ANY_MARK = re.compile(r"\s+(?:\||·|•|»|::|-|–|—)\s+|\s*:\s+")


def page_title(page: HtmlElement, blocks: Sequence[Block]) -> str | None:
    """The title a page declares; its only heading of level 1 where the declared one holds it."""
    metas = _metas(page)
    title = metas.get("og:title") or metas.get("citation_title") or page.findtext(".//title") or ""
    declared = one_line(title)[:LONGEST].rstrip()
    headings = [
        one_line(block.content.text)
        for block in blocks
        if block.kind is BlockKind.HEADING and block.level == 1
    ]
    if len(headings) == 1 and (not declared or _letters(headings[0]) in _letters(declared)):
        return headings[0]
    return _without_site(declared, one_line(metas.get("og:site_name", ""))) or None


def page_date(page: HtmlElement) -> PartialDate | None:
    """The day, month or year a page declares it was published; None when it declares none."""
    metas = _metas(page)
    declared = (metas.get(name) for name in PUBLISHED)
    for value in (*declared, *(work.get("datePublished") for work in _works(page)), *_marked(page)):
        found = declared_date(value) if isinstance(value, str) else None
        if found:
            return found
    return None


def page_author(page: HtmlElement) -> str | None:
    """The people or institutions a page declares it is by; None when it declares none."""
    said = _said(page)
    candidates: Iterator[Iterable[str]] = chain(
        (map(turned, said[name]) if name == "citation_author" else said[name] for name in AUTHOR),
        (_names(work.get("author")) for work in _works(page)),
    )
    return next(filter(None, map(named, candidates)), None)


def _names(author: object) -> Iterator[str]:
    """The names in what JSON-LD gives as author: one or several, each a text or a thing with a name."""
    for each in author if isinstance(author, list) else [author]:
        name = each.get("name") if isinstance(each, dict) else each
        yield from (part for part in (name if isinstance(name, list) else [name]) if isinstance(part, str))


def _metas(page: HtmlElement) -> dict[str, str]:
    """What the page's <meta> elements say, by name in lower case; the first of each name."""
    return {name: values[0] for name, values in _said(page).items()}


def _said(page: HtmlElement) -> defaultdict[str, list[str]]:
    """All that the page's <meta> elements say, by name in lower case."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for meta in page.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if meta.get("content"):
            said[name.lower()].append(meta.get("content"))
    return said


def _marked(page: HtmlElement) -> Iterator[str]:
    """Dates of publication marked in the text."""
    for element in page.xpath("//*[@itemprop='datePublished'] | //time[@pubdate]"):
        yield element.get("datetime") or element.get("content") or "".join(element.itertext())


def _works(page: HtmlElement) -> Iterator[dict[str, object]]:
    """The texts that the page's JSON-LD describes, the outermost first."""
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
    """A title without the name of its site, at either end."""
    if site:
        for mark in ANY_MARK.finditer(title):
            before, after = title[: mark.start()], title[mark.end() :]
            if _letters(after) == _letters(site):
                return before
            if _letters(before) == _letters(site):
                return after
    first, *rest = SITE_MARK.split(title)
    return first if rest and " " in first else title


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
