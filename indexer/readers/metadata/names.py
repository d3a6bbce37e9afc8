"""Names as people write them, in French and English: one name or a list of them → Name records."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.readers.metadata.dates import plain_letters
from indexer.readers.text.gathering import one_line
from indexer.records import Name

MOST_WORDS = 7
"""Words of a person's name; a longer text is a phrase."""

PARTICLES = frozenset(
    "de du des d da das di do dos del della der den van von vom zu zur ter ten le la les lo el al"
    " ben bin bint ibn abu abou ould ait aït san santa saint sainte st ste o mac mc".split()
)
"""Words, without case and apostrophe, that belong to the family name behind them."""

ORGANISATIONS = re.compile(
    r"""\b(?:
      ministere|ministry|secretariat|universit[ey]|universitaire|university|service|departe?ment
    | instituts?|institute|ecole|school|college|faculte|faculty|academie|academy|centres?|centers?
    | hopita(?:l|ux)|hospitals?|clinique|clinic|chu|chru|chum|aphp|ap-hp|inserm|cnrs|ined|insee|inrae?
    | anses|ansm|oms|who|unicef|unesco|ocde|oecd|onu|has|um6ss
    | association|societe|society|agence|agency|direction|comite|committee|conseil|council|commission|board
    | fondation|foundation|federation|syndicat|union|ordre|laboratoire|laboratory|lab
    | observatoire|office|bureau
    | organi[sz]ation|haute?\ autorite|autorite|authority|gouvernement|government|parlement|assemblee|senat
    | equipe|team|groupe?|unite|unit|pole|reseau|network|cellule|collecti[fv]e?|collaborat(?:ion|ors)
    | redact(?:ion|eurs)|editorial|editors|staff|presse?|editions?|journal|revue|magazine|news
    | banque|bank|mairie|ville|region|prefecture|caisse|mutuelle|entreprise|compagnie|company
    | sante|health|inc|ltd|llc|gmbh|s\.?a\.?r\.?l|programme?|projet|project|consortium|study|investigators
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words, without accents, that an organisation's name holds and a person's does not."""
ARTICLE = re.compile(r"(?:les?|la|the|une?|an?)\s|l['’]", re.IGNORECASE)
"""Opening of the name of an organisation or a journal."""

TITLE = re.compile(
    r"(?i:(?:dr|pr|prof|professeure?|docteure?|doctor|professor|mme|mmes|mlle|mr|mrs|ms|miss|monsieur|madame|sir)"
    r"(?:\.\s*|\s+))+(?=\S)|M\.\s+(?=[A-ZÀ-ÖØ-ÞŒ][\w'’-]+\s+\S)",
)
"""Courtesy before a name; "M." is one only before two words, for "M. de la Tour" may be Marie."""
DEGREE = re.compile(
    r"(?:m\.?d|ph\.?\s?d|d\.?phil|m\.?sc|b\.?sc|m\.?p\.?h|m\.?a|m\.?b\.?a|r\.?n|dr\.?p\.?h|pharm\.?d|d\.?d\.?s|ide|iade|ibode"
    r"|hdr|frcp|facp|esq|dir|dirs|eds?|éds?|coord|coords|trad|préf|orcid.*)\.?",
    re.IGNORECASE,
)
"""What may stand behind a name after a comma or in brackets and is no name."""
SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
ET_AL = re.compile(
    r"[\s,;]*(?:\b(?:et|and|&)\s+(?:al\b\.?|coll\b\.?|collaborat(?:eurs|rices)|others?|autres)|&\s*al\b\.?)\s*$",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"\s*\([^()]*\)|\s*\[[^\[\]]*\]|\s*<[^<>]*>")
MARKS = re.compile(r"(?<=[^\W\d_])[\d¹²³⁴-⁹]+(?:\s*,\s*[\d¹²³⁴-⁹]+)*(?!\w)|[*†‡§¶#]+(?=\s|,|;|$)")
"""Calls of notes behind a name: "Jean Dupont1,2*"."""
HARD_GAP = re.compile(r"\s*[;|•]\s*")
AND = re.compile(r"\s*,?\s+(?:et|and|und)\s+|\s*,?\s*&\s*")
INITIALS = re.compile(r"(?:[A-ZÀ-ÖØ-ÞŒ][a-z]?\.\s?-?\s?)+|[A-ZÀ-ÖØ-ÞŒ](?:-?[A-ZÀ-ÖØ-ÞŒ]){0,2}\.?")
"""One or several initials: "J.-P.", "J. P.", "JP", "A"."""
GIVEN_IN_BRACKETS = re.compile(rf"\s*\(({INITIALS.pattern})\)")
"""Initials as French bibliographies write them: "Dupont (J.)"."""
CAPITALS = re.compile(r"[A-ZÀ-ÖØ-ÞŒ][A-ZÀ-ÖØ-ÞŒ'’-]+")
ELIDED = re.compile(r"[a-zà-ÿ]{1,3}['’][A-ZÀ-ÖØ-ÞŒ]")
"""Opening of a name with an elided particle: "d'Ormesson"."""
WORD = re.compile(r"[^\W\d_][\w.'’-]*")


def parse_names(text: str) -> tuple[Name, ...]:
    """Return the names in a text that may hold several; what is no list of persons stays one literal name.

    Semicolons and | part names for sure. Commas and "et", "and", "&" do where persons stand on
    both sides; a comma may also stand between family and given name, or before an affiliation, which goes.
    """
    names: list[Name] = []
    for piece in HARD_GAP.split(text):
        clean = one_line(ET_AL.sub("", piece)).strip(" ,;")
        if clean:
            names += _several(clean)
    return tuple(dict.fromkeys(names))


def parse_name(text: str) -> Name:
    """Return one name, in any order: "Dupont, Jean", "DUPONT Jean", "Jean Dupont", "Dupont J"."""
    whole = one_line(text).strip(" ,;")
    clean = TITLE.sub("", one_line(_without_notes(whole)), count=1) or whole
    parts = [part.strip() for part in clean.split(",")]
    suffixes = [part for part in parts[1:] if SUFFIX.fullmatch(part)]
    parts = [
        part
        for at, part in enumerate(parts)
        if part and not (at and (DEGREE.fullmatch(part) or SUFFIX.fullmatch(part)))
    ]
    if len(parts) == 2 and not _is_organisation(clean):
        return Name(family=" ".join([parts[0], *suffixes]), given=parts[1])
    if len(parts) != 1:
        return Name(literal=clean)
    name = _in_order(parts[0])
    return Name(" ".join([name.family, *suffixes]), name.given) if name.family else name


def _several(text: str) -> list[Name]:
    """Return the names in a text without hard gaps."""
    pieces = [piece for piece in AND.split(text) if piece.strip(" ,")]
    if len(pieces) > 1:
        groups = [_listed(piece) for piece in pieces]
        if all(groups) and not (_is_organisation(pieces[0]) and not _is_organisation(pieces[-1])):
            return [name for group in groups for name in group or ()]
        return [Name(literal=text)]
    return _listed(text) or [parse_name(text) if "," not in text else Name(literal=text)]


def _listed(text: str) -> list[Name] | None:
    """Return the names in a text that only commas part; None where they are not names for sure."""
    parts = [part.strip() for part in _without_notes(text).split(",")]
    parts = [part for at, part in enumerate(parts) if part and not (at and DEGREE.fullmatch(part))]
    if any(SUFFIX.fullmatch(part) for part in parts[1:]):
        name = parse_name(text)
        return [name] if name.family else None
    if len(parts) == 1:
        name = parse_name(parts[0])
        return [name] if name.family or _is_organisation(parts[0]) else None
    if all(_is_acronym(part) for part in parts):
        return [Name(literal=part) for part in parts]
    if not parts or _is_organisation(parts[0]):
        return [Name(literal=text)] if parts else None
    if _are_inverted(parts):
        return [
            parse_name(f"{family}, {given}") for family, given in zip(parts[::2], parts[1::2], strict=True)
        ]
    persons = [parse_name(part) for part in parts if not _is_organisation(part)]
    known = [name for name in persons if name.family]
    return known if known and parse_name(parts[0]).family else None


def _are_inverted(parts: Sequence[str]) -> bool:
    """Return whether parts between commas are family and given names in turn."""
    if len(parts) % 2 or any(_is_organisation(part) for part in parts):
        return False
    families, givens = parts[::2], parts[1::2]
    if any(TITLE.match(family) for family in families) or any(given[0].islower() for given in givens):
        return False
    if all(INITIALS.fullmatch(given) for given in givens):
        return not any(_opens_with_initials(family) for family in families)
    if all(len(given.split()) == 1 or INITIALS.fullmatch(given) for given in givens):
        return all(
            len(family.split()) <= 3 and not _is_acronym(given)
            for family, given in zip(families, givens, strict=True)
        )
    # "Le Gall, Jean Pierre" begins with the family's particle; "Jean Dupont, Anne Martin" does not.
    return all(len(family.split()) == 1 or _is_particle(family.split()[0]) for family in families)


def _in_order(text: str) -> Name:
    """Return a name without commas."""
    words = text.split()
    if len(words) > 2 * MOST_WORDS:
        return Name(literal=text)
    behind = next((at for at in range(1, len(words)) if all(map(INITIALS.fullmatch, words[at:]))), 0)
    if behind and not INITIALS.fullmatch(words[0]) and not _is_phrase("", [*words[:behind], "A"]):
        return Name(" ".join(words[:behind]), " ".join(words[behind:]))  # Dupont J. P.
    if _is_phrase(text, words):
        return Name(literal=text)
    capitals = [bool(CAPITALS.fullmatch(word)) and not _is_initials(word, words) for word in words]
    if capitals[0] and not all(capitals) and not any(capitals[capitals.index(False) :]):
        first = capitals.index(False)  # DUPONT Jean
        if not _is_particle(words[first]):
            return Name(" ".join(words[:first]), " ".join(words[first:]))
    if not capitals[0] and capitals[-1] and False not in capitals[capitals.index(True) :]:
        first = capitals.index(True)  # Jean DUPONT MARTIN
    else:
        first = len(words) - 1
    while first > 1 and _is_particle(words[first - 1]):
        first -= 1
    return Name(" ".join(words[first:]), " ".join(words[:first]))


def _is_phrase(text: str, words: Sequence[str]) -> bool:
    """Return whether a text is no person's name of two words or more."""
    return (
        not 2 <= len(words) <= MOST_WORDS
        or _is_organisation(text)
        or bool(ARTICLE.match(text))
        or not all(WORD.fullmatch(word) for word in words)
        or any(word[0].islower() and not (_is_particle(word) or ELIDED.match(word)) for word in words)
        or _is_particle(words[-1])
    )


def _is_initials(word: str, words: Sequence[str]) -> bool:
    """Return whether a word is initials, among words that are not all in capitals."""
    return bool(INITIALS.fullmatch(word)) and ("." in word or any(w.upper() != w for w in words))


def _is_particle(word: str) -> bool:
    return word.lower().rstrip("'’") in PARTICLES


def _is_organisation(text: str) -> bool:
    return bool(ORGANISATIONS.search(plain_letters(text)))


def _is_acronym(text: str) -> bool:
    return bool(re.fullmatch(r"[A-ZÀ-ÖØ-ÞŒ0-9&-]{4,}", text)) or (" " not in text and _is_organisation(text))


def _opens_with_initials(text: str) -> bool:
    return bool(INITIALS.fullmatch(text.split(maxsplit=1)[0]))


def _without_notes(text: str) -> str:
    return MARKS.sub("", BRACKETS.sub("", GIVEN_IN_BRACKETS.sub(r" \1", text))).strip(" ,")
