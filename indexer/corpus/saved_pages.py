"""Folders that browsers save beside a page: "page_files" holds pictures, scripts and frames, no text."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

SUFFIXES = tuple(
    "_files .files _file _fichiers -Dateien _archivos -filer _arquivos _bestanden _pliki".split()
)
"""What browsers in several languages put behind the name of a page to name its folder."""
PAGES = (".html", ".htm", ".xhtml", ".mht", ".mhtml")


def page_of(source: str, sources: Collection[str]) -> str | None:
    """Return the saved page, one of the sources, that a file is a part of; None for a document of its own."""
    for folder in PurePosixPath(source).parents:
        for suffix in SUFFIXES:
            if folder.name.endswith(suffix) and folder.name != suffix:
                stem = str(folder.with_name(folder.name.removesuffix(suffix)))
                page = next((stem + ending for ending in PAGES if stem + ending in sources), None)
                if page:
                    return page
    return None
