"""Writes small PDF files for the tests: text in Courier, whose characters are all 0.6 sizes wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEADING = 1.2
"""Distance between lines, in multiples of the font size."""


@dataclass(frozen=True, slots=True)
class At:
    """Lines of text one under another, from a place on a page of 600 by 800 points; y grows upwards."""

    x: float
    y: float
    lines: str | Sequence[str]
    size: float = 10
    bold: bool = False
    italic: bool = False
    turned: bool = False
    """Whether the text is turned by a quarter counter-clockwise."""

    def content(self) -> str:
        """Return the operators that draw the lines. A \\x01 is drawn as the ligature fi."""
        lines = [self.lines] if isinstance(self.lines, str) else self.lines
        matrix = "0 1 -1 0" if self.turned else "1 0 0 1"
        shown = "".join(f"<{line.encode('cp1252').hex()}> Tj T*\n" for line in lines)
        font = "/Heavy" if self.bold else "/Slanted" if self.italic else "/Light"
        return f"BT {font} {self.size} Tf {self.size * LEADING} TL {matrix} {self.x} {self.y} Tm\n{shown}ET\n"


def pdf(
    *pages: Sequence[At],
    title: str | None = None,
    author: str = "",
    content: str | None = None,
    trailer: str = "",
    page: str = "",
) -> bytes:
    """Return a PDF file with these pages.

    Content replaces what is drawn on each; trailer and page add entries to those dictionaries.
    """
    encoding = "<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[1/fi]>>"
    drawn = [content or "".join(item.content() for item in items) for items in pages]
    first = 7
    kids = " ".join(f"{first + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]/MediaBox[0 0 600 800]"
        "/Resources<</Font<</Light 3 0 R/Heavy 4 0 R/Slanted 5 0 R>>/XObject<</Image 6 0 R>>>>>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding{encoding}>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/Courier-Bold/Encoding{encoding}>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/Courier-Oblique/Encoding{encoding}>>",
        "<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>"
        "stream\nx\nendstream",
    ]
    for at, stream in enumerate(drawn):
        objects.append(f"<</Type/Page/Parent 2 0 R/Contents {first + 2 * at + 1} 0 R{page}>>")
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    given = {"Title": title or "", "Author": author}
    objects.append(
        "<<" + "".join(f"/{key}<{value.encode('utf-16').hex()}>" for key, value in given.items()) + ">>"
    )
    data, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"trailer<</Size {len(objects) + 1}/Root 1 0 R/Info {len(objects)} 0 R{trailer}>>\n"
    xref = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}startxref\n{len(data)}\n%%EOF"
    return data + xref.encode("latin-1")
