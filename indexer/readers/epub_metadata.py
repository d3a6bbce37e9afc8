"""The package file of an EPUB → the bibliographic description of the book."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from indexer.metadata import Metadata, Name, PartialDate
from indexer.readers.metadata.authors import author_names
from indexer.readers.metadata.dates import declared_date
from indexer.readers.metadata.identifiers import identifiers
from indexer.readers.metadata.languages import declared_language
from indexer.readers.text.gathering import one_line
from indexer.readers.text.html_text import strip_tags
from indexer.records import CleanText

OPF = "{http://www.idpf.org/2007/opf}"
AUTHOR_ROLES = frozenset({"aut", "cre", ""})
"""Roles of authors among MARC's (https://id.loc.gov/vocabulary/relators), and of creators without one."""
EDITOR_ROLES = frozenset({"edt", "com", "edc", "pbd"})
"""Roles of those who stand in for authors where a book names none: editors and compilers."""


def package_metadata(package: Any) -> Metadata:
    """Return the description of a book, given the root element of its package file."""
    languages = (declared_language(element.text) for element in _elements(package, "language"))
    return Metadata(
        _title(package),
        _date(package),
        _authors(package),
        next(filter(None, languages), None),
        publisher=next(_texts(package, "publisher"), ""),
        identifiers=identifiers(
            (scheme, text) for text in _texts(package, "identifier") for scheme in ("doi", "isbn")
        ),
        licence=next(_texts(package, "rights"), ""),
        tags=tuple(dict.fromkeys(_texts(package, "subject"))),
        abstract=next(map(_without_tags, _texts(package, "description")), ""),
    )


def _title(package: Any) -> str:
    """Return the main title, or else the first one."""
    elements = [element for element in _elements(package, "title") if one_line(element.text or "")]
    main = (element for element in elements if _refinement(package, element, "title-type") == "main")
    title = next(main, next(iter(elements), None))
    return one_line(title.text) if title is not None else ""


def _authors(package: Any) -> tuple[Name, ...]:
    """Return the authors, or else the editors; translators, illustrators and others are neither."""
    people = [(element, _role(package, element)) for element in _elements(package, "creator")]
    people += [
        (element, role)
        for element in _elements(package, "contributor")
        if (role := _role(package, element)) == "aut"
    ]
    for roles in (AUTHOR_ROLES, EDITOR_ROLES):
        names = author_names(_name(package, element) for element, role in people if role in roles)
        if names:
            return names
    return ()


def _role(package: Any, element: Any) -> str:
    """Return the MARC code of a person's role, "" where none is told."""
    role = element.get(f"{OPF}role") or element.get("role") or _refinement(package, element, "role")
    return (role or "").strip().lower().rpartition("/")[2]


def _name(package: Any, element: Any) -> str:
    """Return a person's name, in the form that tells family from given names where that is the same name."""
    name = one_line(element.text or "")
    filed = element.get(f"{OPF}file-as") or element.get("file-as") or _refinement(package, element, "file-as")
    same = filed is not None and "," in filed and _letters(filed) == _letters(name)
    return one_line(filed) if same and filed else name


def _letters(name: str) -> list[str]:
    return sorted(char for char in name.casefold() if char.isalnum())


def _refinement(package: Any, element: Any, name: str) -> str | None:
    """Return what EPUB 3 says of an element in a <meta> of its own, None where it says nothing."""
    identifier = element.get("id")
    metas = package.iterfind(".//{*}metadata/{*}meta") if identifier else ()
    for meta in metas:
        if meta.get("refines") == f"#{identifier}" and meta.get("property") == name:
            return (meta.text or "").strip()
    return None


def _date(package: Any) -> PartialDate | None:
    """Return the date of publication, or else a date without an event, or None."""
    dates = list(_elements(package, "date"))
    for event in ("publication", "original-publication", None):
        for date in dates:
            published = declared_date(date.text) if date.get(f"{OPF}event") == event else None
            if published:
                return published
    return None


def _texts(package: Any, name: str) -> Iterator[str]:
    """Yield what a metadata element holds wherever it stands, on one line each and without empty ones."""
    return filter(None, (one_line(element.text or "") for element in _elements(package, name)))


def _elements(package: Any, name: str) -> Iterator[Any]:
    elements: Iterator[Any] = package.iterfind(f".//{{*}}metadata//{{*}}{name}")
    return elements


def _without_tags(text: str) -> str:
    """Return a description without the HTML that programs write into it."""
    return one_line(strip_tags(CleanText.verbatim(text, 0, len(text))).text)
