"""What several commands of the bench read from their command lines alike."""

from __future__ import annotations

import argparse
from collections.abc import Iterable


def some_of(parts: Iterable[str], text: str) -> list[str]:
    """The parts that a text names, parted by commas. Raises ArgumentTypeError for one that is not there."""
    known = list(parts)
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(known)}")
    return names
