"""A title that a file's metadata declare: whether it is the document's."""

from __future__ import annotations

import re

from indexer.readers.text.gathering import one_line

OPENING = 4000
"""Characters of a text among which its title stands."""


def trusted(title: str | None, text: str) -> str | None:
    """The declared title on one line, where the text opens with it; None otherwise.

    What programs write there by themselves ("Microsoft Word - lettre.doc", a template's title) is in no text.
    """
    declared = one_line(title or "")
    letters = _letters(declared)
    return declared if " " in declared and letters and letters in _letters(text[:OPENING]) else None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
