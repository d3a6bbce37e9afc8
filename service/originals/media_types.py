"""What a file is sent as: its media type by its suffix, and whether a browser may show it by itself."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

UNKNOWN = "application/octet-stream"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml."
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_OPEN = "application/vnd.oasis.opendocument."
MEDIA_TYPES = {
    **dict.fromkeys((".txt", ".text"), "text/plain"),
    **dict.fromkeys((".md", ".markdown"), "text/markdown"),
    **dict.fromkeys((".html", ".htm", ".shtml"), "text/html"),
    ".xhtml": "application/xhtml+xml",
    **dict.fromkeys((".mhtml", ".mht"), "multipart/related"),
    ".epub": "application/epub+zip",
    ".eml": "message/rfc822",
    ".msg": "application/vnd.ms-outlook",
    ".mbox": "application/mbox",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".tex": "application/x-tex",
    **dict.fromkeys((".xml", ".nxml"), "application/xml"),
    ".tei": "application/tei+xml",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": f"{_WORD}document",
    ".docm": "application/vnd.ms-word.document.macroEnabled.12",
    ".dotx": f"{_WORD}template",
    ".dotm": "application/vnd.ms-word.template.macroEnabled.12",
    ".rtf": "application/rtf",
    ".odt": f"{_OPEN}text",
    ".ott": f"{_OPEN}text-template",
    ".fodt": f"{_OPEN}text-flat-xml",
    ".pptx": f"{_SLIDES}presentation",
    ".pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    ".ppsx": f"{_SLIDES}slideshow",
    ".potx": f"{_SLIDES}template",
    ".odp": f"{_OPEN}presentation",
    ".otp": f"{_OPEN}presentation-template",
    ".fodp": f"{_OPEN}presentation-flat-xml",
    ".xlsx": f"{_SHEET}sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
    ".xltx": f"{_SHEET}template",
    ".xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    ".xls": "application/vnd.ms-excel",
    ".ods": f"{_OPEN}spreadsheet",
    ".ots": f"{_OPEN}spreadsheet-template",
    ".png": "image/png",
    **dict.fromkeys((".jpg", ".jpeg"), "image/jpeg"),
    **dict.fromkeys((".tif", ".tiff"), "image/tiff"),
    ".webp": "image/webp",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    **dict.fromkeys((".jsonl", ".ndjson"), "application/x-ndjson"),
    **dict.fromkeys((".bib", ".bibtex"), "application/x-bibtex"),
    ".ris": "application/x-research-info-systems",
    ".nbib": "application/nbib",
}
"""Suffix in lower case → media type, for every format that is read."""
SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg", "image/webp", "text/plain", "text/markdown"})
"""Types that a browser shows and never runs; it is to save any other, HTML and XML among them."""
_ATTRIBUTE = "!#$&+-.^_`|~"
"""Signs that RFC 5987 lets stand beside letters and digits."""


def media_type(source: str) -> str:
    """Return the media type of a source, by its suffix."""
    return MEDIA_TYPES.get(PurePosixPath(source).suffix.lower(), UNKNOWN)


def is_utf8(beginning: bytes) -> bool:
    """Return whether the beginning of a file is text in UTF-8; its last character may be cut."""
    try:
        beginning.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(beginning) - error.start < 4
    return True


def disposition(source: str) -> str:
    """Return the Content-Disposition of a source: shown or saved, and its name for both kinds of client.

    The name in plain ASCII is for those that do not read RFC 5987.
    """
    name = PurePosixPath(source).name
    kind = "inline" if media_type(source) in SHOWN else "attachment"
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(sign if sign.isalnum() or sign in "._- ()" else "_" for sign in folded)
    return f"{kind}; filename=\"{plain.strip() or 'original'}\"; filename*=UTF-8''{quote(name, _ATTRIBUTE)}"
