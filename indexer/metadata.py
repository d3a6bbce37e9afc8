"""The bibliographic description of a document: Metadata, with the names and the date in it.

The fields are those of CSL-JSON (https://docs.citationstyles.org), which citation programs share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

MOST_SHOWN = 20
"""Names of authors that are joined to one text; some papers have thousands."""

IDENTIFIERS = ("doi", "isbn", "issn", "pmid", "pmcid", "hal", "arxiv")
"""Schemes of the identifiers of works."""

WORK_TYPES = frozenset(
    "article article-journal article-magazine article-newspaper bill book broadcast chapter classic"
    " collection dataset document entry entry-dictionary entry-encyclopedia event figure graphic hearing"
    " interview legal_case legislation manuscript map motion_picture musical_score pamphlet"
    " paper-conference patent performance periodical personal_communication post post-weblog regulation"
    " report review review-book software song speech standard thesis treaty webpage".split()
)
"""Every type of work of CSL 1.0.2."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date known to the day, the month or the year, in ISO 8601: "2019-10-18", "2019-10", "2019"."""

    iso: str

    @property
    def precision(self) -> str:
        """One of "day", "month" and "year"."""
        return {10: "day", 7: "month", 4: "year"}[len(self.iso)]


@dataclass(frozen=True, slots=True)
class Name:
    """The name of an author: a person's family and given names, or a text that is not taken apart."""

    family: str = ""
    """With its particles: "de la Tour"."""
    given: str = ""
    """Names or initials, as they are written."""
    literal: str = ""
    """The whole name, where it is an organisation's or its parts are not known; empty otherwise."""

    @property
    def spoken(self) -> str:
        """The name in the order it is spoken: "Marie de la Tour"."""
        return self.literal or f"{self.given} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class Metadata:
    """Bibliographic description of a document, as a file declares it or as the document ends up with."""

    title: str = ""
    """Clean text on one line; empty where none is known."""
    date: PartialDate | None = None
    """Date of publication."""
    authors: tuple[Name, ...] = ()
    """In their order on the work."""
    language: str | None = None
    """ISO 639-1 code."""
    type: str | None = None
    """Kind of work, one of WORK_TYPES."""
    container: str = ""
    """Journal, book or site in which the work appeared."""
    publisher: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    """Pages of the container, as they are written: "12-34"."""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Identifier by scheme, one of IDENTIFIERS; without prefix or address: {"doi": "10.1000/182"}."""
    url: str = ""
    """Address at which the work stands on the web; empty where none is declared."""
    licence: str = ""
    """Address or name of the licence."""
    tags: tuple[str, ...] = ()
    """Keywords, each once."""
    abstract: str = ""
    """Clean text."""

    @property
    def author(self) -> str | None:
        """Names of the authors, joined by ", "; None where none is known."""
        names = [name.spoken for name in self.authors[:MOST_SHOWN]]
        return ", ".join([*names, "…"] if len(self.authors) > MOST_SHOWN else names) or None

    @property
    def address(self) -> str | None:
        """Address of the work on the web: its own, or the link of its DOI; None where neither is known."""
        doi = self.identifiers.get("doi")
        return self.url or (f"https://doi.org/{doi}" if doi else None)

    def over(self, other: Metadata) -> Metadata:
        """Return this description, and what the other one says where this one says nothing."""
        values = {each.name: getattr(self, each.name) or getattr(other, each.name) for each in fields(self)}
        return Metadata(**values | {"identifiers": {**other.identifiers, **self.identifiers}})


class Described:
    """Gives the fields of a record's metadata that are asked for most as if they were its own."""

    __slots__ = ()
    metadata: Metadata

    @property
    def title(self) -> str:
        """Title of the document, on one line and never blank."""
        return self.metadata.title

    @property
    def date(self) -> PartialDate | None:
        """Date of publication; None where none is known."""
        return self.metadata.date

    @property
    def author(self) -> str | None:
        """Names of the authors, joined by ", "; None where none is known."""
        return self.metadata.author

    @property
    def language(self) -> str | None:
        """ISO 639-1 code of the document's language; None where none is known."""
        return self.metadata.language
