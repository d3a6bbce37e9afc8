"""Words parted at the ends of lines."""

import pytest

from indexer.readers.pdf.hyphens import join, vocabulary


@pytest.mark.parametrize(
    ("lines", "elsewhere", "text"),
    [
        (["la forma-", "tion."], "", "la formation."),
        (["Casablanca-", "Settat"], "", "Casablanca-Settat"),
        (["le covid-", "19"], "", "le covid-19"),
        (["au-", "delà"], "", "au-delà"),
        (["explique-t-", "on"], "", "explique-t-on"),
        (["ajoute-", "t-on"], "", "ajoute-t-on"),
        (["une plate-", "forme"], "", "une plateforme"),
        (["une plate-", "forme"], "cette plate-forme a", "une plate-forme"),
        (["le co-", "développe-", "ment"], "", "le co-développement"),
        (["le co-", "développement"], "du co-développement et", "le co-développement"),
        (["un xylo-", "zzz"], "", "un xylozzz"),
        (["un xylo-", "zzz"], "du xylo au zzz et", "un xylo-zzz"),
        (["un xylo-", "zzz"], "du xylo au zzz, le xylozzz et", "un xylozzz"),
        (["de 10-", "12 lignes"], "", "de 10-12 lignes"),
        (["Recherche -", "Qualité"], "", "Recherche - Qualité"),
        (["un", "deux"], "", "un deux"),
        ([], "", ""),
    ],
)
def test_join(lines: list[str], elsewhere: str, text: str) -> None:
    assert join(lines, vocabulary([*lines, elsewhere])) == text


def test_parts_of_words_are_no_words() -> None:
    assert vocabulary(["le mot entre-", "deux mots-clés ici"]) == frozenset(
        {"mot", "mots-clés", "mots", "clés", "ici"}
    )
