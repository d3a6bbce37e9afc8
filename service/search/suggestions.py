"""Questions to begin with, made of the titles of the corpus at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST, LONGEST = 12, 90
"""Characters of a title that can stand as a question."""
_CUT = re.compile(r"\s*(?:…|\.\.\.)$")
_CLAUSE = re.compile(r"\s*(?:[:;–—|]|,(?=\s))\s*")


def questions(titles: Iterable[str], count: int) -> list[str]:
    """At most `count` questions out of titles, each once: those that ask go first, those cut short last."""
    made: dict[str, tuple[bool, bool]] = {}
    for title in titles:
        question = _shortened(title)
        if len(question) >= SHORTEST and any(char.isalpha() for char in question):
            made.setdefault(question, (not question.endswith(("?", "؟")), bool(_CUT.search(title))))
    return sorted(made, key=lambda question: made[question])[:count]


def _shortened(title: str) -> str:
    """The title's first clauses, as many as LONGEST has room for."""
    whole = _CUT.sub("", " ".join(title.split()))
    if len(whole) <= LONGEST:
        return whole
    ends = [match.start() for match in _CLAUSE.finditer(whole) if SHORTEST <= match.start() <= LONGEST]
    return (
        whole[: ends[-1]] if ends else whole[: whole.rfind(" ", 0, LONGEST)] if " " in whole[:LONGEST] else ""
    )
