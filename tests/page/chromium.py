"""Where the browser is."""

from __future__ import annotations

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "There is no chromium on PATH: the tests of the page in a browser DID NOT RUN (apt install chromium)."
)


def chromium() -> str | None:
    """Path of the browser; None when there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)
