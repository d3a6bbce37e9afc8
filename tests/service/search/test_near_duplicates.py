"""Twins and versions in answers: what stands in several documents is one hit that names the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.store import store
from indexer.store.columns import MOST_TWINS
from indexer.store.open_index import open_index
from models.load import ModelChoice
from service.app import build_app
from service.search import searcher as search_core
from service.search.answers import RankedPassage
from service.search.index_watcher import IndexWatcher
from service.search.searcher import Searcher
from tests.conftest import client_of, wait_until_ready
from tests.standin import StandInEncoder

RELEASE = (
    "Le centre d’oncologie de Rabat ouvre une formation continue pour 40 infirmiers de la région. "
    "Les séances ont lieu chaque mardi depuis le 12 mars 2021, à l’hôpital régional, où un simulateur "
    "a été installé avec l’aide de la faculté de médecine. Chaque participant reçoit un certificat après "
    "soixante heures de cours et trois stages, ce qui lui permet d’accompagner les patients à domicile. "
    "Le directeur du centre espère que d’autres villes suivront et que les familles, qui parcourent "
    "aujourd’hui de longues distances, seront bientôt soignées plus près de chez elles."
)
SITES = {
    "agence.txt": ("Agence nationale", "Dépêches Monde Sport"),
    "journal.md": ("Le journal de Rabat", "Accueil Politique Culture"),
    "ministère.txt": ("Ministère de la santé", "Plan du site Contact"),
    "revue.txt": ("Revue des infirmiers", "Numéros Abonnement"),
    "ville.txt": ("Ville de Rabat", "Démarches Agenda"),
}
"""The title and the menu under which each site gives the release."""
QUESTION = "formation continue en oncologie pour les infirmiers"


def page(title: str, menu: str, text: str = RELEASE) -> str:
    return f"{title}\n\n{menu}\n\n{text}\n"


@pytest.fixture
def corpus(corpus: Path) -> Path:
    """The release on five sites, one of them with a changed word, beside three other articles."""
    for name, (title, menu) in SITES.items():
        (corpus / name).write_text(page(title, menu), encoding="utf-8")
    changed = page(*SITES["ville.txt"], RELEASE.replace("espère", "souhaite"))
    (corpus / "ville.txt").write_text(changed, encoding="utf-8")
    return corpus


@pytest.fixture
def searcher(index: Path, encoder: StandInEncoder) -> Searcher:
    return Searcher(encoder, open_index(index, encoder.fingerprint))


def places(hit: RankedPassage) -> list[str]:
    return [twin.document.source for twin in hit.twins]


def of_release(hits: Sequence[RankedPassage]) -> list[RankedPassage]:
    return [hit for hit in hits if hit.entry.document.source in SITES]


def test_a_release_on_five_sites_is_one_hit_that_is_also_in_four(searcher: Searcher) -> None:
    found = searcher.search(QUESTION, 100, per_source=100).hits
    (hit,) = of_release(found)
    assert sorted([hit.entry.document.source, *places(hit)]) == sorted(SITES)
    assert [twin.row for twin in hit.twins] == sorted(twin.row for twin in hit.twins)
    assert hit.versions == ()
    assert len(found) == searcher.index.manifest.passages - 4


def test_the_best_of_the_twins_is_the_hit(searcher: Searcher) -> None:
    for name, (title, _) in SITES.items():
        (hit,) = of_release(searcher.search(f"{title} : {QUESTION}", 100, per_source=100).hits)
        assert hit.entry.document.source == name


@pytest.mark.parametrize("by_document", [False, True])
def test_as_many_hits_come_as_are_asked_for(searcher: Searcher, by_document: bool) -> None:
    found = searcher.search(QUESTION, 4, per_source=1, by_document=by_document).hits
    assert len(found) == len({each.entry.document.source for each in found}) == 4


def test_similar_passages_are_folded_too(searcher: Searcher) -> None:
    whole = searcher.index.manifest.passages
    for row in range(whole):
        entry = searcher.index.catalogue.passages([row])[0]
        found = searcher.similar(row, 100, per_source=100)
        (hit,) = of_release(found)
        if entry.document.source in SITES:
            assert found[0] == hit and len(found) == whole - 4
            assert sorted([entry.document.source, hit.entry.document.source, *places(hit)]) == sorted(SITES)
        else:
            assert len(places(hit)) == 4 and len(found) == whole - 5


NOTICES = {year: RELEASE.replace("2021", str(year)) for year in range(2014, 2020)}


@pytest.fixture
def yearly(corpus: Path, tmp_path: Path, stand_in: StandInEncoder) -> Searcher:
    """The release of every year, that of 2016 on a second site, beside the release of 2021 on five."""
    for year, text in NOTICES.items():
        (corpus / f"avis-{year}.txt").write_text(page(f"Avis {year}", "Accueil", text), encoding="utf-8")
    (corpus / "miroir.txt").write_text(page("Le miroir", "Accueil", NOTICES[2016]), encoding="utf-8")
    builder.build(corpus, tmp_path / "yearly", ModelChoice())
    return Searcher(stand_in, open_index(tmp_path / "yearly", stand_in.fingerprint))


@pytest.mark.parametrize("by_document", [False, True])
@pytest.mark.parametrize(
    ("question", "first"),
    [
        (f"{QUESTION} 2014", {"avis-2014.txt"}),
        (f"{QUESTION} 2016", {"avis-2016.txt", "miroir.txt"}),
        (f"{QUESTION} 12/03/2019", {"avis-2019.txt"}),
        (f"{QUESTION} depuis le 12 mars 2017", {"avis-2017.txt"}),
        (f"{QUESTION} 2021", set(SITES)),
        (f"Avis 2014 : {QUESTION} 2018", {"avis-2014.txt", "avis-2018.txt"}),
    ],
)
def test_notices_of_several_years_are_one_hit_and_the_year_asked_for_is_it(
    yearly: Searcher, question: str, first: set[str], by_document: bool
) -> None:
    hits = yearly.search(question, 100, per_source=100, by_document=by_document).hits
    everywhere = {*SITES, *(f"avis-{year}.txt" for year in NOTICES), "miroir.txt"}
    (hit,) = [hit for hit in hits if hit.entry.document.source in everywhere]
    assert hit.entry.document.source in first
    named = [*places(hit), *(version.document.source for version in hit.versions)]
    assert sorted([hit.entry.document.source, *named]) == sorted(everywhere)
    figures = RELEASE.partition("mars ")[2][:4]
    assert all((figures in twin.passage.text) == (figures in hit.entry.passage.text) for twin in hit.twins)
    assert all("Les séances ont lieu" in version.passage.text for version in hit.versions)


def test_similar_passages_name_their_versions(yearly: Searcher) -> None:
    for entry in yearly.index.catalogue.passages(range(yearly.index.manifest.passages)):
        hits = yearly.similar(entry.row, 100, per_source=100)
        assert all(entry.row not in {other.row for other in (*hit.twins, *hit.versions)} for hit in hits)
        assert len([hit for hit in hits if "séances ont lieu chaque mardi" in hit.entry.passage.text]) == 1


@pytest.fixture
def crowded(corpus: Path, tmp_path: Path, stand_in: StandInEncoder) -> Searcher:
    """The release on 64 sites more, twice in each, and each with a notice of its own words."""
    for number, letters in enumerate(product("abcdefgh", "aeiouyàé")):
        notice = f"Le guichet {''.join(letters)} reçoit le public. " * 12
        text = f"# Site\n\n## Une\n\n{RELEASE}\n\n## Rappel\n\n{RELEASE}\n\n## Avis\n\n{notice}\n"
        (corpus / f"site{number:02}.md").write_text(text, encoding="utf-8")
    builder.build(corpus, tmp_path / "crowded", ModelChoice())
    return Searcher(stand_in, open_index(tmp_path / "crowded", stand_in.fingerprint))


def release_in(searcher: Searcher) -> RankedPassage:
    """The hit with the release."""
    found = searcher.search(QUESTION, 10, per_source=3).hits
    (hit,) = [each for each in found if RELEASE[:60] in each.entry.passage.text]
    return hit


def test_at_most_so_many_places_are_named_each_document_once(crowded: Searcher) -> None:
    found = release_in(crowded)
    named = places(found)
    assert len(named) == len(set(named)) == MOST_TWINS
    assert found.entry.document.source not in named


def test_hits_come_though_twins_are_all_that_is_near(
    crowded: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_core, "CANDIDATES", 10)
    assert len(crowded.search(QUESTION, 12, per_source=3).hits) == 12
    assert len(crowded.similar(release_in(crowded).entry.row, 12, per_source=3)) == 12
    monkeypatch.setattr(store, "WIDEST", 1)
    assert len(crowded.search(QUESTION, 12, per_source=3).hits) < 12


def test_over_http_each_other_place_is_named_once(
    corpus: Path, tmp_path: Path, stand_in: StandInEncoder
) -> None:
    copied = corpus / "santé" / "copie.txt"
    copied.write_bytes((corpus / "agence.txt").read_bytes())
    builder.build(corpus, tmp_path / "index", ModelChoice())
    live = IndexWatcher(tmp_path / "index", lambda: stand_in)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        hits = client.get("/search", params={"q": QUESTION, "k": 20}).json()["hits"]
    (hit,) = [each for each in hits if each["source"] in SITES]
    everywhere = [hit["source"], *(each["source"] for each in hit["also_in"])]
    # That a file of the same bytes is a place of its document is said where the corpus is read.
    assert sorted(each for each in everywhere if each != "santé/copie.txt") == sorted(SITES)
    titles = {each["source"]: each["title"] for each in hit["also_in"]}
    assert all(titles[name] == SITES[name][0] for name in titles if name in SITES)
    assert hit["passage_id"] not in {each["passage_id"] for each in hit["also_in"]}
