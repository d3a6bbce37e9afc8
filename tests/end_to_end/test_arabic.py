"""Arabic passages among French ones are kept, embedded and found, asked in Arabic, French or English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from models.encoder import Encoder
from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import SEEDS, client_of, wait_until_ready

pytestmark = pytest.mark.slow

ARABIC = """الكشف المبكر عن سرطان الثدي في المراكز الصحية

تنظم وزارة الصحة حملة وطنية للكشف المبكر عن سرطان الثدي لفائدة النساء بين الأربعين والسبعين سنة.
يتم الفحص مجاناً في المراكز الصحية، وتوجه الحالات المشتبه فيها إلى المستشفى الجهوي.

تكوين الممرضين

يستفيد الممرضون من تكوين مستمر في قراءة الصور الشعاعية مدته ثلاثة أيام.
"""
MIXED = """Note de service

Le laboratoire ferme au public le vendredi après-midi, et les prélèvements reprennent le lundi matin.

يغلق المختبر أبوابه يوم الجمعة بعد الزوال ويستأنف أخذ العينات صباح يوم الاثنين.
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, model: Encoder) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("arabic")
    corpus = folder / "corpus"
    corpus.mkdir()
    for path in Path(SEEDS).iterdir():
        (corpus / path.name).write_bytes(path.read_bytes())
    (corpus / "كشف.txt").write_text(ARABIC, encoding="utf-8")
    (corpus / "note.txt").write_text(MIXED, encoding="utf-8")
    builder.build(corpus, folder / "index", ModelChoice(), load=lambda: model)
    live = IndexWatcher(folder / "index", lambda: model)
    with client_of(build_app(live)) as each:
        wait_until_ready(live, seconds=60)
        yield each


@pytest.mark.parametrize("question", ["الكشف عن سرطان الثدي", "متى يتم فحص سرطان الثدي وأين؟"])
def test_an_arabic_question_finds_its_sentence_first(client: TestClient, question: str) -> None:
    first = client.get("/search", params={"q": question, "k": 1}).json()["hits"][0]
    assert (first["source"], first["language"]) == ("كشف.txt", "ar")
    assert "سرطان الثدي" in first["highlight"]["text"]


@pytest.mark.parametrize(
    "question", ["dépistage précoce du cancer du sein", "early detection of breast cancer"]
)
def test_other_languages_find_it_among_the_first(client: TestClient, question: str) -> None:
    found = client.get("/search", params={"q": question, "k": 3, "per_source": 1}).json()["hits"]
    assert "كشف.txt" in [each["source"] for each in found]


def test_a_document_in_arabic_is_told_as_such(client: TestClient) -> None:
    found = client.get("/documents/كشف.txt").json()
    assert (found["language"], found["title"]) == ("ar", "الكشف المبكر عن سرطان الثدي في المراكز الصحية")
    assert {each["language"] for each in found["content"]} == {"ar"}


def test_a_note_in_two_languages_is_found_by_either(client: TestClient) -> None:
    for question in ("fermeture du laboratoire le vendredi", "متى يغلق المختبر أبوابه؟"):
        assert client.get("/search", params={"q": question}).json()["hits"][0]["source"] == "note.txt"
