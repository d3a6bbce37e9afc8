"""Characters of symbol fonts → Unicode: "m" in the font Symbol is "µ", and "à" in Wingdings is an arrow.

Such fonts put signs where other fonts have letters. Files hold either the letter's code or the same code in
the private area from U+F000 on.
"""

from __future__ import annotations

import re

PRIVATE = 0xF000
"""Where the codes of symbol fonts stand in Unicode's private area."""
NO_SYMBOLS = re.compile(r"[^\uf020-\uf0ff]*")

_LOW = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼"
_HIGH = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
SYMBOL = dict(enumerate(_LOW, 0x20)) | dict(enumerate(_HIGH, 0xA0))
"""Code → character of the font Symbol, after Unicode's table VENDORS/ADOBE/symbol.txt."""

_WINGDINGS = (
    "J☺ K😐 L☹ l● m○ n■ o□ p□ q□ r□ u◆ v❖ w◆ x☒ ¡○ ¤◉ §▪ ¨□ «★ Ø➢ ß← à→ á↑ â↓ ã↖ ä↗ å↙ æ↘ ç← è➔ é↑ ê↓ "
    "ï⇦ ð⇨ ñ⇧ ò⇩ ó⇔ ø▫ û✗ ü✓ ý☒ þ☑"
)
_CIRCLED = dict(enumerate("⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿", 0x80))
DINGBATS = {
    "wingdings": {ord(pair[0]): pair[1:] for pair in _WINGDINGS.split()} | _CIRCLED,
    "wingdings2": {ord(pair[0]): pair[1:] for pair in "O✗ P✓ R☑ S☒ T☒ £☐ ¢■".split()},
    "wingdings3": {},
    "webdings": {ord(pair[0]): pair[1:] for pair in "a✓ c☐ g■ r✗".split()},
    "zapfdingbats": {},
    "monotypesorts": {},
}
"""Code → character of each font of pictures, for those that mean something in a text; others are left out."""


def of_font(text: str, font: str | None) -> str:
    """Return text set in a font of this name, its signs as Unicode has them; None for an unknown font."""
    name = re.sub(r"[\W_]", "", font or "").casefold().removesuffix("regular")
    if name.startswith("symbol"):
        return "".join(_sign(SYMBOL, char, char) for char in text)
    if name in DINGBATS:
        return "".join(" " if char.isspace() else _sign(DINGBATS[name], char, "") for char in text)
    if NO_SYMBOLS.fullmatch(text):
        return text
    return "".join(_sign(SYMBOL, char, char) if ord(char) >= PRIVATE else char for char in text)


def _sign(table: dict[int, str], char: str, otherwise: str) -> str:
    code = ord(char)
    return table.get(code - PRIVATE if PRIVATE <= code <= PRIVATE + 0xFF else code, otherwise)
