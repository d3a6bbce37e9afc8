"""Title and author in the properties of a PDF or office file, believed where the text bears them out."""

from __future__ import annotations

import re

from indexer.readers.metadata.authors import author_names
from indexer.readers.text.gathering import one_line
from indexer.records import Metadata

OPENING = 4000
"""Characters at the start of a text among which its title and its author's name may stand."""


def trusted_properties(title: str | None, author: str | None, text: str) -> Metadata:
    """Return what can be believed of the title and author that a file's properties declare.

    Programs and templates fill in titles ("Microsoft Word - lettre.doc") and the account of whoever used the
    computer. A title counts where the text opens with it; the name of an author where it has two capitalised
    words or more, as people and institutions have, or stands in the opening. Dates there are those of the
    file, not of the text, and never count.
    """
    opening = text[:OPENING]
    declared = one_line(title or "")
    is_title = " " in declared and letters(declared) and letters(declared) in letters(opening)
    names = map(one_line, re.split(r"[;\n]", author or ""))
    return Metadata(
        title=declared if is_title else "",
        authors=author_names(name for name in names if _is_full(name) or _stands_in(name, opening)),
    )


def letters(text: str) -> str:
    """Return the letters and digits of a text without case, to compare titles by."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _is_full(name: str) -> bool:
    words = name.split()
    return sum(word[0].isupper() for word in words) >= 2 and not any(char.isdigit() for char in name)


def _stands_in(name: str, text: str) -> bool:
    return bool(name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
