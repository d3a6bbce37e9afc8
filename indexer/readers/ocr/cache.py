"""The lines of pages that were read, kept in one file a picture, so that no picture is read twice.

ocr/3f/3f9a….json     named by the digest of the picture's pixels and of what read it
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from indexer.readers.ocr.engine import PictureLine
from models.files import write_atomically

KEPT_DAYS = 90
"""Days after which a page that no build has asked for is forgotten: its document may have been removed."""


class OcrCache:
    """Keeps the lines of pictures in a folder."""

    def __init__(self, folder: Path, reader: str) -> None:
        """`reader` names what reads the pictures."""
        self._folder = folder
        self._reader = reader

    def lines(
        self, picture: Image.Image, read: Callable[[Image.Image], list[PictureLine]]
    ) -> list[PictureLine]:
        """Return the lines of a picture, which `read` finds where they are not kept yet."""
        path = self._path(picture)
        with suppress(OSError, ValueError, TypeError, KeyError):
            lines = [
                PictureLine(**{**line, "edges": tuple(line["edges"])})
                for line in json.loads(path.read_text(encoding="utf-8"))
            ]
            with suppress(OSError):  # whoever may only read it has the lines none the less
                os.utime(path)
            return lines
        lines = read(picture)
        with suppress(OSError):  # a full disk costs time at the next build, and nothing else
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps([asdict(line) for line in lines], ensure_ascii=False)
            write_atomically(path, text, mode=0o600)
        return lines

    def _path(self, picture: Image.Image) -> Path:
        digest = hashlib.sha256(f"{self._reader} {picture.mode} {picture.size} ".encode())
        digest.update(picture.tobytes())
        name = digest.hexdigest()
        return self._folder / name[:2] / f"{name}.json"


def sweep(folder: Path, now: float | None = None) -> None:
    """Remove the pages that no build has asked for in KEPT_DAYS before now, a time since the epoch."""
    oldest = (time.time() if now is None else now) - KEPT_DAYS * 86_400
    with suppress(OSError):
        for path in folder.glob("*/*.json"):
            if path.stat().st_mtime < oldest:
                path.unlink()
