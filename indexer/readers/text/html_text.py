"""Strip the tags of HTML that stands inside Markdown or a table cell, without interpreting them."""

from __future__ import annotations

import html
import re

from indexer.readers.text.cleaning import Rewrite
from indexer.readers.text.scripts import CONTEXT, superscript
from indexer.records import CleanText

MARKUP = re.compile(r"<!--(?:.*?-->|.*)|</?([a-zA-Z][\w-]*)[^<>]*>|<[!?][^<>]*>|&#?\w{1,32};", re.DOTALL)
"""Every branch stops at the next bracket or takes the rest of the text, so that matching stays linear."""

WITHIN_A_LINE = re.compile(
    "a|abbr|b|bdi|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|u|var"
)
"""Names of elements whose tags do not end a line, as a regular expression."""

RAISED = re.compile(r"<sup\b[^<>]*>([^<>\n]{1,40})</sup\s*>", re.IGNORECASE)


def strip_tags(raw: CleanText) -> CleanText:
    """Return raw text without tags and comments, entities decoded; a tag that ends a line leaves "\\n"."""
    raw = with_raised_text(raw)
    rewrite = Rewrite(raw)
    for match in MARKUP.finditer(raw.text):
        rewrite.replace(match.start(), match.end(), _replacement(match))
    return rewrite.done()


def with_raised_text(raw: CleanText) -> CleanText:
    """Return raw text with its <sup> elements as they read on a line: "10⁹", "1er", no call of a note."""
    rewrite = Rewrite(raw)
    for match in RAISED.finditer(raw.text):
        before = MARKUP.sub("", raw.text[max(0, match.start() - CONTEXT) : match.start()])
        rewrite.replace(match.start(), match.end(), superscript(html.unescape(match.group(1)), before))
    return rewrite.done()


def _replacement(match: re.Match[str]) -> str:
    if match.group().startswith("&"):
        return html.unescape(match.group())
    tag = match.group(1)
    return "" if tag is None or WITHIN_A_LINE.fullmatch(tag.lower()) else "\n"
