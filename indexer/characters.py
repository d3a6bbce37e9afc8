"""Characters that show nothing, and a text without them."""

from __future__ import annotations

import re

INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff"
)
"""Control characters, soft hyphens, zero-width characters, marks of direction, variation selectors and
fillers, as the inside of a regex class: Unicode's Default_Ignorable_Code_Point and the controls."""

_RUN = re.compile(f"[{INVISIBLE}]+")
_CURSIVE = "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff"
_SHAPING = re.compile(rf"(?<=[{_CURSIVE}])[\u200c\u200d](?=[{_CURSIVE}])")


def visible(text: str) -> str:
    """Return a text without its invisible characters.

    A joiner between two letters of the Arabic or an Indic script stays, since it shapes them.
    """
    shaping = {match.start() for match in _SHAPING.finditer(text)}
    return _RUN.sub(lambda run: run[0] if run.start() in shaping else "", text)


def without_invisible(text: str) -> str:
    """Return a text without its invisible characters, joiners between cursive letters included."""
    return _RUN.sub("", text)
