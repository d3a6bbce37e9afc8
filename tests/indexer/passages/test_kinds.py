"""Which blocks are references, a glossary or a table of contents."""

import pytest

from indexer.passages.chunking import ChunkSettings, chunk
from indexer.passages.kinds import block_kinds, is_cited_work
from indexer.records import PassageKind
from tests.indexer.documents import document

WORKS = (
    "- Dupont J, Martin A. La formation des infirmiers. Rev Sante Publique. 2019;31(2):45-52.",
    "- Le Gall, J.-P. (2018). Apprendre à soigner. Paris : Presses de l’école.",
    "- [3] Roe, J. and Doe, K., Nurse training, J. Nurs. 12(3), 2017, pp. 41-48.",
    "- Haute Autorité de santé. Guide du parcours [Internet]. 2020. Disponible sur : https://example.org/a",
    "- Martin A, et al. Un essai randomisé. doi: 10.1000/182; 2021.",
)
BODY = (
    "Cette étude porte sur 120 infirmiers formés en 2019 dans deux hôpitaux de la région, suivis un an."
    " Les résultats montrent que la formation améliore le soin."
)
LETTERS = {
    PassageKind.REFERENCES: "r",
    PassageKind.GLOSSARY: "g",
    PassageKind.CONTENTS: "c",
    PassageKind.BODY: "b",
}


def kinds(*pieces: str) -> str:
    """Return one letter a block: b(ody), r(eferences), g(lossary) or c(ontents)."""
    return "".join(LETTERS[kind] for kind in block_kinds(document(*pieces).blocks))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("# Titre", BODY, "## Références", *WORKS), "bb" + "r" * 6),
        (
            ("# Titre", BODY, "## 7. Références bibliographiques", *WORKS, "## Annexe", BODY),
            "bb" + "r" * 6 + "bb",
        ),
        (("# Titre", BODY, "References", *(work[2:] for work in WORKS)), "bb" + "r" * 6),
        (
            ("# Titre", "## Bibliographie", "### Livres", *WORKS[:2], "### Articles", *WORKS[2:], BODY),
            "b" + "r" * 8 + "b",
        ),
        (("# Titre", BODY, *WORKS), "bb" + "r" * 5),
        (("# Titre", BODY, *WORKS[:3], BODY), "bb" + "bbb" + "b"),
        (("# Titre", "## Références", BODY, BODY, BODY), "bbbbb"),
        (("# Titre", "## Références", BODY, *WORKS), "b" + "r" * 7),
        (
            (
                "# Guide",
                "## Glossaire",
                "- HAS : Haute Autorité de santé",
                "- IDE : infirmier diplômé d’État",
                "## Suite",
                BODY,
            ),
            "bgggbb",
        ),
        (
            (
                "# Guide",
                "## Liste des sigles et abréviations",
                "ARS – agence régionale",
                "CHU = centre hospitalier",
            ),
            "bggg",
        ),
        (("# Guide", "## Glossaire", BODY, BODY), "bbbb"),
        (
            (
                "# Guide",
                "## Sommaire",
                "Introduction",
                "Méthode",
                "## Introduction",
                BODY,
                "## Méthode",
                BODY,
            ),
            "bccc" + "bbbb",
        ),
        (
            (
                "# Guide",
                "Table des matières",
                "1. Introduction ........ 3",
                "2. Méthode ........ 12",
                "## Introduction",
                BODY,
            ),
            "bcccbb",
        ),
        (
            ("# Guide", "## Liste des tableaux", "Tableau 1. Effectifs 12", "Tableau 2. Notes 15", BODY),
            "bcccb",
        ),
        (("# Guide", "## Sommaire", BODY, BODY), "bbbb"),
        (("# Guide", "## Contents", "We were content with what we found."), "bbb"),
        ((), ""),
    ],
)
def test_block_kinds(pieces: tuple[str, ...], expected: str) -> None:
    assert kinds(*pieces) == expected


@pytest.mark.parametrize("work", WORKS)
def test_cited_works(work: str) -> None:
    assert is_cited_work(work[2:])


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "En 2019, le CHU de Lille a ouvert un centre ; en 2020, J. Dupont en a pris la tête.",
        "Selon Dupont et al. (2019), la formation améliore le soin, ce que Martin (2020) a confirmé sur un"
        " autre groupe de patients suivis pendant plus de deux ans dans les hôpitaux du nord, sans que la"
        " durée du séjour ait changé de façon sensible, ni le nombre de visites à domicile. Les auteurs en"
        " concluent que d’autres essais restent nécessaires avant de généraliser la méthode.",
        "Le prix est de 12 euros.",
    ],
)
def test_text_is_no_cited_work(text: str) -> None:
    assert not is_cited_work(text)


def test_no_passage_holds_text_of_several_kinds() -> None:
    settings = ChunkSettings(target=60, least=20, most=90)
    made = document("# Titre", BODY, "## Références", *WORKS, "## Annexe", "Fin.")
    passages = chunk(made, lambda texts: [len(text.split()) for text in texts], settings)
    by_kind = {kind: [passage.text for passage in passages if passage.kind is kind] for kind in PassageKind}
    assert "Dupont J" not in "".join(by_kind[PassageKind.BODY])
    assert by_kind[PassageKind.REFERENCES][0].startswith("Références\nDupont J, Martin A.")
    assert "Fin." in by_kind[PassageKind.BODY][-1]
