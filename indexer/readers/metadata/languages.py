"""Language declarations of files (tags, three-letter codes, names) → ISO 639-1 codes."""

from __future__ import annotations

import re

from indexer.readers.metadata.dates import plain_letters

CODES = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv"
    " dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie"
    " ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv"
    " mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm"
    " rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts"
    " tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
"""All codes of ISO 639-1."""

NAMES = {
    "ar": "ara arabic arabe",
    "da": "dan danish danois",
    "de": "deu ger german allemand deutsch",
    "el": "ell gre greek grec",
    "en": "eng english anglais",
    "es": "spa spanish espagnol espanol castellano",
    "fi": "fin finnish finnois",
    "fr": "fra fre french francais francaise",
    "hu": "hun hungarian hongrois",
    "it": "ita italian italien italiano",
    "nb": "nob",
    "nl": "nld dut dutch neerlandais nederlands",
    "no": "nor norwegian norvegien",
    "pt": "por portuguese portugais portugues",
    "ro": "ron rum romanian roumain",
    "ru": "rus russian russe",
    "sv": "swe swedish suedois",
    "ta": "tam tamil tamoul",
    "tr": "tur turkish turc",
}
"""Three-letter codes and names, without accents, of the languages that can be detected, by their code."""
CODE_OF = {name: code for code, names in NAMES.items() for name in names.split()}


def declared_language(text: str | None) -> str | None:
    """Return the code of "fr", "fr-FR", "fr_MA.UTF-8", "fre" or "Français"; None for any other text."""
    first = re.match(r"\s*([^\W\d_]+)(?=[-_.\s,;]|\Z)", plain_letters(text or "").lower())
    if not first:
        return None
    name = first.group(1)
    return name if name in CODES else CODE_OF.get(name)
