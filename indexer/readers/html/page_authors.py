"""The authors of a page: who it declares, else who its text marks, else who publishes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from indexer.readers.html.json_ld import LinkedData
from indexer.readers.html.metas import Metas
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.file_properties import letters
from indexer.readers.metadata.names import parse_name
from indexer.records import Name

INVERTED = (
    "citation.author",
    "dc.creator",
    "dc.contributor.author",
    "dc.creator.personalname",
    "eprints.creators.name",
)
"""Names of <meta> elements that hold one author each, often as "Dupont, Jeanne"."""
SPOKEN = (
    "author article.author parsely.author sailthru.author dc.author og.author creator byl rnews.creator"
    " article.author.name twitter.creator.name vf.authors cxenseparse.author"
).split()
"""Names of <meta> elements that hold authors as they are spoken; "article:author" often holds an address."""
SITES = (
    "og.site.name application.name dc.publisher citation.publisher publisher article.publisher copyright"
).split()
"""Names of <meta> elements that hold the site or the publisher."""


def page_authors(metas: Metas, data: LinkedData, found: Iterable[Iterable[str | Name]]) -> tuple[Name, ...]:
    """Return the authors of a page, given those found in its text, the surest first.

    A publisher or site is often declared as the author as well: it is one only where nobody else stands.
    """
    publishers = _publishers(metas, data)
    declared = list(filter(None, map(author_names, _declared(metas, data))))
    others, marked = (
        [tuple(name for name in names if letters(name.spoken) not in publishers) for names in group]
        for group in (declared, map(author_names, found))
    )
    persons = (names for names in others if any(name.family for name in names))
    return next(filter(None, chain(persons, others, marked, declared)), ())


def _declared(metas: Metas, data: LinkedData) -> Iterator[Iterable[str | Name]]:
    """Yield the authors of each declaration, the surest first."""
    for name in INVERTED:
        yield map(parse_name, metas.all(name))
    for name in SPOKEN:
        yield metas.all(name)
    for work in data.works:
        yield data.names(work.get("author"))
    for work in data.works:
        yield data.names(work.get("creator"))


def _publishers(metas: Metas, data: LinkedData) -> frozenset[str]:
    """Return the letters of the names of a page's site and publishers."""
    linked = (data.names(work.get(key)) for work in data.works for key in ("publisher", "sourceOrganization"))
    names = chain(metas.each(SITES), *linked)
    return frozenset(letters(name) for name in names)
