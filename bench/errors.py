"""What keeps a measurement from being made."""

from __future__ import annotations

from models.errors import RepereError


class BenchError(RepereError):
    """Something that is measured did not run, or this machine cannot tell its figures."""
