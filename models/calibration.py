"""Coefficients of relevance for each model: shipped for the default one, fitted by `make calibrate`."""

from __future__ import annotations

import json
from pathlib import Path

from models.files import cache_folder, write_atomically

SHIPPED = Path(__file__).parent / "calibrations.json"
"""Coefficients that come with Repère, by the model's fingerprint."""
FITTED = cache_folder() / SHIPPED.name
"""Coefficients that `make calibrate` writes; they take precedence over those shipped."""


def find(fingerprint: str) -> dict[str, float] | None:
    """Return the coefficients fitted for the model of this fingerprint; None when there are none."""
    return {**_read(SHIPPED), **_read(FITTED)}.get(fingerprint)


def keep(fingerprint: str, coefficients: dict[str, float], path: Path = FITTED) -> None:
    """Store a model's coefficients in a file, beside those of other models. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({**_read(path), fingerprint: coefficients}, indent=1) + "\n")


def _read(path: Path) -> dict[str, dict[str, float]]:
    if not path.is_file():
        return {}
    known: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    return known
