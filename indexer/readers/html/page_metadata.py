"""The bibliographic description that a page gives of itself: <meta> elements, JSON-LD, links and text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy

from lxml.html import HtmlElement, tostring

from indexer.readers.html.json_ld import linked_data
from indexer.readers.html.metas import Metas
from indexer.readers.html.page_authors import page_authors
from indexer.readers.html.page_dates import evidenced, is_published, page_date
from indexer.readers.metadata.authors import byline
from indexer.readers.metadata.file_properties import letters
from indexer.readers.metadata.header import finer_date, header_date
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.metadata.titles import LONGEST
from indexer.readers.text.gathering import one_line
from indexer.records import Block, BlockKind, Metadata, PartialDate

SITE_MARK = re.compile(r"\s+(?:\||·|•|»|::)\s+")
"""Separators that stand between a title and the site's name and nowhere else."""
ANY_MARK = re.compile(r"\s+(?:\||·|•|»|::|-|–|—)\s+|\s*:\s+")
"""Separators that may stand between a title and the site's name."""
TAG_GAP = re.compile(r"\s*[,;]\s*")
MOST_TAGS = 50
"""Keywords that are kept."""
MOST_ELEMENTS = 30_000
"""Elements of the largest page that is searched for what it does not declare."""


def page_metadata(page: HtmlElement, blocks: Sequence[Block], top: Sequence[Block]) -> Metadata:
    """Return the description that a page gives of itself, given the blocks of its main text.

    Its top is the first blocks from its title on, with the lines that name its date and its author.
    """
    metas = Metas(page)
    data = linked_data(page)
    address = _address(page, metas)
    found_date, found_authors = _found(page, is_published(page, metas, data, address))
    first = metas.first
    doi = [
        ("doi", value)
        for value in metas.each(("citation.doi", "prism.doi", "dc.identifier", "dc.identifier.doi"))
    ]
    other = [
        (scheme, value) for scheme in ("pmid", "isbn", "issn") for value in metas.all(f"citation.{scheme}")
    ]
    pages = [first((name,)) for name in ("citation.firstpage", "citation.lastpage")]
    return Metadata(
        _title(page, metas, blocks),
        page_date(page, metas, data, address, finer_date(header_date(top), found_date)),
        page_authors(metas, data, [byline(top), found_authors]),
        declared_language(page.get("lang") or page.get("xml:lang")),
        container=one_line(
            first(("citation.journal.title", "prism.publicationname", "dc.ispartof", "og.site.name"))
        ),
        publisher=one_line(first(("citation.publisher", "dc.publisher"))),
        volume=first(("citation.volume", "prism.volume")),
        issue=first(("citation.issue", "prism.number")),
        pages="-".join(filter(None, dict.fromkeys(pages))),
        identifiers=identifiers([*doi, *other, ("issn", first(("prism.issn",)))]),
        url=address,
        licence=_licence(page, metas),
        tags=_tags(metas),
        abstract=one_line(
            first(("citation.abstract", "dc.description.abstract", "dc.abstract", "dc.description"))
        ),
    )


def _found(page: HtmlElement, published: bool) -> tuple[PartialDate | None, Sequence[str]]:
    """Return the date and the authors that trafilatura, with htmldate, finds in a page.

    Only a page that shows signs of publication is searched for dates in its text; a manual holds some, too.
    """
    if sum(1 for _ in page.iter()) > MOST_ELEMENTS:
        return None, []
    from trafilatura.metadata import extract_metadata

    try:
        found = extract_metadata(deepcopy(page), extensive=published)
    except Exception:  # a page that its rules stumble over is judged by ours alone
        return None, []
    date = evidenced(found.date, tostring(page, encoding="unicode")) if found.date else None
    return date, (found.author or "").split("; ")


def _title(page: HtmlElement, metas: Metas, blocks: Sequence[Block]) -> str:
    """Return the declared title, or the only heading of level 1 where the declared title holds it."""
    title = metas.first(("og.title", "citation.title", "dc.title")) or page.findtext(".//title") or ""
    declared = one_line(title)[:LONGEST].rstrip()
    headings = [
        one_line(block.content.text)
        for block in blocks
        if block.kind is BlockKind.HEADING and block.level == 1
    ]
    if len(headings) == 1 and (not declared or letters(headings[0]) in letters(declared)):
        return headings[0]
    return _without_site(declared, one_line(metas.first(("og.site.name",))))


def _address(page: HtmlElement, metas: Metas) -> str:
    """Return the whole address that a page gives as its own, "" where it gives none."""
    links = (link.get("href") or "" for link in _links(page, "canonical"))
    addresses = (
        *links,
        metas.first(("og.url",)),
        metas.first(("citation.abstract.html.url", "citation.public.url")),
    )
    return next((text.strip() for text in addresses if re.match(r"\s*https?://[^\s/]+\S*\s*\Z", text)), "")


def _licence(page: HtmlElement, metas: Metas) -> str:
    links = (link.get("href") or "" for link in _links(page, "license"))
    return next(filter(None, links), "") or one_line(
        metas.first(("dc.rights", "dc.license", "dc.rights.license"))
    )


def _links(page: HtmlElement, relation: str) -> Iterator[HtmlElement]:
    return (link for link in page.iter("link", "a") if relation in (link.get("rel") or "").lower().split())


def _tags(metas: Metas) -> tuple[str, ...]:
    """Return the keywords of a page, each once."""
    lists = metas.each(
        ("citation.keywords", "citation.keyword", "dc.subject", "article.tag", "keywords", "news.keywords")
    )
    tags = (one_line(tag) for text in lists for tag in TAG_GAP.split(text))
    return tuple(dict.fromkeys(filter(None, tags)))[:MOST_TAGS]


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
