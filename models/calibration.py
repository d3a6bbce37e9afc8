"""Which calibration belongs to a model: shipped for the default, fitted by `make calibrate` for others."""

from __future__ import annotations

import json
from pathlib import Path

SHIPPED = Path(__file__).parent / "calibrations.json"
FITTED = Path(__file__).parent / "cache" / "calibrations.json"
"""What `make calibrate` writes; it goes before what is shipped."""


def find(fingerprint: str) -> dict[str, float] | None:
    """The coefficients fitted for the model of this fingerprint; None when there are none."""
    for path in (FITTED, SHIPPED):
        if path.is_file():
            known: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
            if fingerprint in known:
                return known[fingerprint]
    return None


def keep(fingerprint: str, coefficients: dict[str, float], path: Path = FITTED) -> None:
    """Remember coefficients for a model, beside those of others."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps({**known, fingerprint: coefficients}, indent=1) + "\n", encoding="utf-8")
    scratch.replace(path)
