"""Optical character recognition: the picture of a page → its lines of text.

The process that reads files says once, by `set_up`, where the networks and the cache are; `read_lines` then
serves every reader. One page is read at a time: model_files (the networks), engine (the steps), detection
(where lines stand), recognition (what they say), cache (what was read before), layout (lines as words).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from indexer.readers.extraction import Unreadable
from indexer.readers.ocr import model_files
from indexer.readers.ocr.cache import OcrCache
from indexer.readers.ocr.engine import OcrEngine, PictureLine

__all__ = ["LONGEST_SIDE", "OcrUnavailable", "PictureLine", "read_lines", "set_up", "shut_down"]

LONGEST_SIDE = 3600
"""Pixels to which a picture is made smaller: an A4 page at 300 dots per inch has fewer."""
UNAVAILABLE = (
    "its pages are pictures, and what reads them (OCR) is not on this machine; build again where a package"
    " index can be reached"
)


class OcrUnavailable(Unreadable):
    """A page that is a picture cannot be read here and now; at the next build it may be."""


@dataclass(frozen=True, slots=True)
class _Ocr:
    engine: OcrEngine
    cache: OcrCache
    before_page: Callable[[], None]


_state: dict[str, _Ocr] = {}
"""What reads pictures in this process, under "ocr"; empty while nothing does."""


def set_up(networks: Path, cache: Path, before_page: Callable[[], None]) -> None:
    """Have pictures read in this process by the networks in a folder, and kept in another.

    `before_page` is called before each page that is looked at.
    """
    _state["ocr"] = _Ocr(OcrEngine(networks), OcrCache(cache, model_files.NAME), before_page)


def shut_down() -> None:
    """Have no pictures read in this process any more."""
    _state.clear()


def read_lines(picture: Image.Image) -> list[PictureLine]:
    """Return the lines of text of a picture, from top to bottom. Raises OcrUnavailable."""
    ocr = _state.get("ocr")
    if ocr is None:
        raise OcrUnavailable(UNAVAILABLE)
    ocr.before_page()
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BICUBIC)
    try:
        return ocr.cache.lines(picture, ocr.engine.read)
    except (ImportError, RuntimeError) as error:  # OpenVINO's own errors are RuntimeErrors
        said = " ".join(str(error).split())[:120]
        raise OcrUnavailable(
            f"its pages are pictures, and what reads them (OCR) fails here: {said}"
        ) from None
