"""The <meta> elements of a page: their contents by name, however vocabularies spell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from lxml.html import HtmlElement

MOST_METAS = 2000
"""Elements that are read; papers with thousands of authors have one for each."""


class Metas:
    """Contents of a page's <meta> elements by name, in the order of the page."""

    def __init__(self, page: HtmlElement) -> None:
        self._contents: defaultdict[str, list[str]] = defaultdict(list)
        for meta, _ in zip(page.iter("meta"), range(MOST_METAS), strict=False):
            content = (meta.get("content") or "").strip()
            names = (meta.get("property"), meta.get("name"), meta.get("itemprop"))
            for name in {plain_name(name) for name in names if name and content}:
                self._contents[name].append(content)

    def all(self, name: str) -> list[str]:
        """Return the contents under a name, which is written as plain_name() does."""
        return self._contents.get(name, [])

    def first(self, names: Iterable[str]) -> str:
        """Return the first content under the first name that has one, "" where none has."""
        return next(self.each(names), "")

    def each(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the contents under each name in turn."""
        return (content for name in names for content in self.all(name))


def plain_name(name: str) -> str:
    """Return a name in one spelling for all: "DC.Date", "dc:date" and "DCTERMS.date" are "dc.date"."""
    plain = name.strip().lower().replace(":", ".").replace("_", ".").replace("-", ".")
    for prefix in ("dcterms.", "dct.", "dc.terms."):
        if plain.startswith(prefix):
            plain = "dc." + plain.removeprefix(prefix)
    return plain.removeprefix("bepress.")
