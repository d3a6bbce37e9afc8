"""Whether a text file is in fact Markdown, judged by its marks."""

from __future__ import annotations

import re

SURE = re.compile(
    r"""
      \*\*(?=[^\s*])[^*\n]{1,300}(?<=\S)\*\*(?!\w)    # **bold**
    | \[[^\]\[\n]{1,300}\]\((?:https?://|mailto:|/|\#)[^)\s]*\)    # [text](address)
    | ^\#{2,6}[ ]\S    # ## heading
    | <su[bp]>[^<>\n]{1,40}</su[bp]>
    """,
    re.VERBOSE | re.MULTILINE,
)
"""Marks that plain text does not hold by chance."""

TITLE = re.compile(r"\s*# \S")
"""A level-1 heading counts only at the top: further on, "# " opens a comment or a number."""

LOOKED_AT = 100_000
"""Characters: a file shows its nature early."""


def is_markdown(text: str) -> bool:
    """Whether a text shows Markdown's marks."""
    return bool(TITLE.match(text) or SURE.search(text, 0, LOOKED_AT))
