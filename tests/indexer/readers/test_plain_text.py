"""Plain text → blocks."""

import pytest

from indexer.readers.plain_text import read_plain
from indexer.records import BlockKind

H, P, LI = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM

LONG = "Une phrase assez longue pour dépasser toute largeur à laquelle un éditeur couperait ses lignes. " * 2
WRAPPED = """Le programme de formation continue réunit chaque année des médecins, des
pharmaciens et des infirmiers de toutes les régions, qui viennent y échan-
ger sur leurs pratiques et sur les moyens de les améliorer ensemble."""


def shape(source: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.content.text) for block in read_plain(source)]


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("", []),
        ("\r\n \t\r\n", []),
        ("un\r\n\r\ndeux", [(P, "un"), (P, "deux")]),
        ("-----\nun", [(P, "-----\nun")]),
        ("un\n\n* * *\n\ndeux", [(P, "un"), (P, "deux")]),
        (WRAPPED, [(P, WRAPPED.replace("\n", " "))]),
        (f"Titre court\n{WRAPPED}", [(P, "Titre court"), (P, WRAPPED.replace("\n", " "))]),
        (f"{LONG}\n{LONG}", [(P, LONG.strip()), (P, LONG.strip())]),
        (f"Un titre\n{LONG}", [(P, "Un titre"), (P, LONG.strip())]),
        ("12, rue du Port\nRabat\nMaroc", [(P, "12, rue du Port\nRabat\nMaroc")]),
        ("- un\n- deux\n• trois", [(LI, "un"), (LI, "deux"), (LI, "trois")]),
        ("1. un\n2) deux\na) trois\n– quatre", [(LI, "un"), (LI, "deux"), (LI, "trois"), (LI, "quatre")]),
        ("Il faut :\n- du pain\n- du vin", [(P, "Il faut :"), (LI, "du pain"), (LI, "du vin")]),
        ("MÉTHODES ET DONNÉES\n\nsuite", [(H, "MÉTHODES ET DONNÉES"), (P, "suite")]),
        ("2.1 Méthodes\n\nsuite", [(H, "2.1 Méthodes"), (P, "suite")]),
        ("Résultats\n=========\n\nsuite", [(H, "Résultats"), (P, "suite")]),
        ("suite\n\nMÉTHODES ET DONNÉES", [(P, "suite"), (P, "MÉTHODES ET DONNÉES")]),
        ("UM6SS\n\nsuite", [(P, "UM6SS"), (P, "suite")]),
        ("-5 degrés\n\nsuite", [(P, "-5 degrés"), (P, "suite")]),
    ],
)
def test_blocks(source: str, blocks: list[tuple[BlockKind, str]]) -> None:
    assert shape(source) == blocks


def test_spans_cite_the_source_without_its_marks() -> None:
    source = "Liste\r\n\r\n  1.  e\u0301te\u0301\r\n"
    item = read_plain(source)[1]
    assert (item.content.text, source[item.content.start : item.content.end]) == ("été", "e\u0301te\u0301")
    assert (item.level, read_plain("AB CD EF\n\nx")[0].level) == (1, 2)
