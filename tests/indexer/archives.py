"""Writes small DOCX and ODT files for the tests, from the XML of their bodies."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

WORD = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELATIONS = '<Relationships><Relationship Type="http://x/officeDocument" Target="{name}"/></Relationships>'
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "style", "meta")
)
ODF += ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
ODF += ' xmlns:xlink="http://www.w3.org/1999/xlink"'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return an archive of these parts."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def docx(
    body: str,
    styles: str = "",
    notes: str = "",
    title: str = "",
    name: str = "word/document.xml",
    author: str = "",
    extra: dict[str, str | bytes] | None = None,
) -> bytes:
    """Return a DOCX file with this body; styles and notes are the elements of those parts.

    Extra parts may be referred to by their names as identifiers.
    """
    related = "".join(f'<Relationship Id="{part}" Target="/{part}"/>' for part in extra or {})
    return zipped(
        {
            "_rels/.rels": RELATIONS.format(name=name),
            name: f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {WORD}>{styles}</w:styles>",
            "word/footnotes.xml": f"<w:footnotes {WORD}>{notes}</w:footnotes>",
            "docProps/core.xml": '<core xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator></core>",
            f"word/_rels/{name.rpartition('/')[2]}.rels": f"<Relationships>{related}</Relationships>",
            **(extra or {}),
        }
    )


def odt(
    body: str,
    styles: str = "",
    title: str = "",
    author: str = "",
    extra: dict[str, str | bytes] | None = None,
) -> bytes:
    """Return an ODT file with this body and these automatic styles; extra parts may replace others."""
    meta = f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{title}</dc:title>'
    meta += f"<meta:initial-creator>{author}</meta:initial-creator>" if author else ""
    return zipped(
        {
            "content.xml": f"<office:document-content {ODF}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
            "meta.xml": f"<office:document {ODF}><office:meta>{meta}</office:meta></office:document>",
            **(extra or {}),
        }
    )
