"""Range requests (RFC 9110, section 14): which bytes of a file a request asks for."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):
    """Raised when a file holds none of the bytes that are asked for."""


def asked(header: str | None, size: int) -> range | None:
    """Return the bytes of a file of `size` bytes that a Range header asks for; None: all.

    Several ranges at once, other units and what is malformed are answered with all, as the standard allows.
    Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        if not int(last) or not size:
            raise Unsatisfiable
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return range(int(first), min(size, int(last) + 1 if last else size))
