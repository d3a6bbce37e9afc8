"""Identifiers of works as they are written → the identifier alone, by scheme: DOI, ISBN, PMID, HAL …"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from indexer.metadata import IDENTIFIERS

DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`]+")
HAL = re.compile(
    r"\b((?:hal|tel|halshs|inserm|dumas|cel|inria|pasteur|ineris|medihal|sic|edutice|in2p3|cea|anses)-\d{8})(?:v\d+)?\b"
)
ARXIV = re.compile(r"\b(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\b")
PMCID = re.compile(r"\b(?:PMC)?(\d{3,9})\b", re.IGNORECASE)
PMID = re.compile(r"(?<![\w.])(\d{1,8})(?![\w.])")
ISSN = re.compile(r"(?<!\d)(\d{4})-?(\d{3}[\dX])(?!\d)", re.IGNORECASE)
ISBN = re.compile(r"(?<![\d-])(?:97[89][- ]?)?\d(?:[- ]?\d){8}[- ]?[\dX](?![\d-])", re.IGNORECASE)


def identifier(scheme: str, text: str) -> str | None:
    """Return the first identifier of a scheme in a text, without prefix, address and version, or None.

    Raises KeyError where the scheme is none of IDENTIFIERS.
    """
    return _FINDERS[scheme](unquote(text) if "%" in text else text)


def identifiers(given: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return the first valid identifier of each scheme, in a fixed order; other schemes are left out."""
    found: dict[str, str] = {}
    for scheme, text in given:
        value = identifier(scheme, text) if text and scheme in _FINDERS and scheme not in found else None
        if value:
            found[scheme] = value
    return {scheme: found[scheme] for scheme in IDENTIFIERS if scheme in found}


def _doi(text: str) -> str | None:
    match = DOI.search(text)
    if not match:
        return None
    doi = match.group().rstrip(".,;:'\"!?")
    while doi.endswith((")", "]")) and doi.count("(") + doi.count("[") < doi.count(")") + doi.count("]"):
        doi = doi[:-1].rstrip(".,;")
    return doi.lower()  # DOIs are the same in any case (ISO 26324)


def _isbn(text: str) -> str | None:
    """Return the first ISBN whose check digit is right, as 13 or 10 characters without hyphens."""
    numbers = (re.sub(r"[- ]", "", match.group()).upper() for match in ISBN.finditer(text))
    return next(filter(_is_isbn, numbers), None)


def _is_isbn(number: str) -> bool:
    """Return whether the check digit is right (ISO 2108: weights 10…1 modulo 11, or 1 and 3 modulo 10)."""
    digits = [10 if digit == "X" else int(digit) for digit in number]
    if len(digits) == 13:
        return 10 not in digits and sum(digits[::2] + [3 * digit for digit in digits[1::2]]) % 10 == 0
    weighted = sum(digit * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True))
    return 10 not in digits[:-1] and weighted % 11 == 0


def _issn(text: str) -> str | None:
    match = ISSN.search(text)
    return f"{match[1]}-{match[2].upper()}" if match else None


def _pmcid(text: str) -> str | None:
    match = PMCID.search(text)
    return f"PMC{match[1]}" if match else None


def _first(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    def find(text: str) -> str | None:
        match = pattern.search(text)
        return match[1] if match else None

    return find


_FINDERS: dict[str, Callable[[str], str | None]] = {
    "doi": _doi,
    "isbn": _isbn,
    "issn": _issn,
    "pmid": _first(PMID),
    "pmcid": _pmcid,
    "hal": _first(HAL),
    "arxiv": _first(ARXIV),
}
