"""Raised text of a page: exponents, endings of ordinals, and calls of notes, which are no text."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from indexer.readers.text.scripts import superscript

MARK = re.compile(
    r"[\s\[(]*(?:(?:note|n\.?|nb|fn)\s?)?(?:\d{1,3}|[*†‡§¶]{1,3}|[a-z]|[ivxl]{1,6})[\s\])]*", re.IGNORECASE
)
"""Text of the call of a note: "1", "[12]", "(*)", "note 3"."""
NOTE_WORDS = re.compile(
    r"(?:\w*[-_])?(?:foot|end|side)?-?notes?(?:[-_]?(?:calls?|refs?|links?|markers?|anchors?|number))?|fn|ftn|nbp|noteref"
    r"|doc-noteref|appel(?:-?(?:de-?)?note)?|appelnote|renvoi|reference|cite_note|sdfootnoteanc|sdendnoteanc",
    re.IGNORECASE,
)
"""Names that pages give to calls of notes, in their class, role, rel or epub:type."""
NOTE_TARGET = re.compile(
    r"(?P<sure>_?(?:body)?(?:ftn|edn|fn|(?:foot|end|cite|sdfoot|sdend)_?notes?|nbp)|notes?|nb|foot|ref|n)"
    r"[-_:.]?[\w.:-]*\d\w*",
    re.IGNORECASE,
)
"""Fragments of addresses that lead to a note, surely or where the link is glued to a word."""
REMARK = re.compile(r"\s*\[[^\[\]]{1,40}\]\s*")
"""Raised remark of an editor, as in an encyclopedia: "[réf. nécessaire]"."""
STARS = re.compile(r"\s*[*†‡§¶]{1,3}\s*")
DEGREE = re.compile(r"\d\s?\Z|\b[nN]\Z")
"""End of a text behind which a raised "o" is the sign of degrees or of a number."""
LONGEST = 40
"""Characters of raised text; more is a sentence that a page's author raised for its looks."""
MAY_CALL = frozenset({"a", "sup", "span", "small"})
"""Elements that may be the call of a note."""
UNIT = re.compile(r"(?<![^\W\d_])(?:[kcdmµn]?m|ft|in)\Z")
"""End of a text in a unit of length: its square is typed "m2" where it cannot be raised, and asked for so."""


def is_note_call(element: HtmlElement, before: str) -> bool:
    """Return whether an element, one of MAY_CALL, is the call of a note that stands behind some text.

    That is a link within a page (saved pages have whole addresses) with a number or a star for its text,
    raised, glued to a word, named as such, or leading to what is named as a note; or what holds such a link
    and nothing else. Links with numbers to tables, sections and pages are text.
    """
    text = _short_text(element)
    link = element if element.tag == "a" else next(element.iter("a"), None)
    if link is None or text is None or not before.strip():
        return False
    if element.tag in ("span", "small") and not _is_named(element):
        return False
    target = link.get("href", "").rpartition("#")[2] if "#" in link.get("href", "") else ""
    if element.tag == "sup" and target:
        return True
    if not MARK.fullmatch(text) or not target:
        return False
    raised = next(element.iter("sup"), None) is not None
    glued = not before[-1:].isspace() and not before.endswith(("(", "[", "-", "–", "/"))
    note = NOTE_TARGET.fullmatch(target)
    return raised or _is_named(element) or bool(note and (glued or note["sure"]))


def raised_text(sup: HtmlElement, before: str) -> str | None:
    """Return the text of a <sup> as it can stand in a line behind the text before it; None for a long one."""
    text = _short_text(sup)
    if text is None:
        return None
    if REMARK.fullmatch(text) and before.strip():
        return ""
    if STARS.fullmatch(text) and before[-1:].isalpha():
        return ""
    if text == "o" and DEGREE.search(before):
        return "°"
    if text.strip() in ("2", "3") and UNIT.search(before):
        return text
    return superscript(text, before)


def _short_text(element: HtmlElement) -> str | None:
    """Return the text of an element, None where it is long."""
    parts: list[str] = []
    length = 0
    for part in element.itertext():
        parts.append(part)
        length += len(part)
        if length > LONGEST:
            return None
    return "".join(parts)


def _is_named(element: HtmlElement) -> bool:
    """Return whether the names of an element, or of a link in it, say that it calls a note."""
    names = " ".join(element.get(key, "") for key in ("class", "role", "rel", "epub:type", "id"))
    return any(NOTE_WORDS.fullmatch(name) for name in names.split())
