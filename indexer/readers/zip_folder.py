"""ZIP → the documents in an archive, each read as a file of its own that names the archive."""

from __future__ import annotations

from pathlib import PurePosixPath

from indexer.readers.extraction import Attachment, Extraction, Unreadable
from indexer.readers.zip_archive import ZipArchive

MOST_FILES = 2000
OF_SYSTEMS = frozenset({"__MACOSX", ".git", ".svn"})
"""Folders that programs add by themselves."""


def read_zip(data: bytes) -> Extraction:
    """Return the files of an archive as attachments, and no text; hidden files are left out.

    Raises Unreadable when it is damaged, encrypted or unpacks to too much, or holds more than MOST_FILES.
    """
    archive = ZipArchive(data)
    names = [name for name in archive.names() if not _is_hidden(name)]
    if len(names) > MOST_FILES:
        raise Unreadable(f"too large: it holds {len(names)} files; unpacked, they can be read")
    return Extraction(
        "zip", "", (), attachments=tuple(Attachment(name, archive.read(name)) for name in names)
    )


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "~$")) or part in OF_SYSTEMS for part in parts)
