"""Pages that hits, quotations and documents name: those of the sentence shown, as they are printed."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.indexer.pdfs import At, pdf

FIRST = [
    "Le programme de formation continue a été suivi à Rabat",
    "par tous les agents de la région. Les infirmiers y ont",
]
SECOND = [
    "appris à soigner les plaies des enfants diabétiques. La",
    "télémédecine sauve les malades des montagnes isolées.",
]
LABELS = b"/PageLabels<</Nums[0<</S/r/St 4>>]>>"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    data = pdf([At(50, 90, FIRST)], [At(50, 750, SECOND)])
    (folder / "rapport.pdf").write_bytes(data.replace(b"/Type/Catalog", b"/Type/Catalog" + LABELS))
    return folder


@pytest.mark.parametrize(
    ("question", "page", "label"),
    [
        ("programme de formation continue suivi à Rabat", 1, "iv"),
        ("télémédecine sauve les malades des montagnes isolées", 2, "v"),
    ],
)
def test_a_hit_names_the_page_of_its_sentence(
    client: TestClient, question: str, page: int, label: str
) -> None:
    (hit,) = client.get("/search", params={"q": question}).json()["hits"]
    assert (hit["page"], hit["page_label"]) == (page, label)
    assert (hit["first_page"], hit["last_page"]) == (1, 2)
    pages = {each["text"].split()[0]: (each["page"], each["page_label"]) for each in hit["highlights"]}
    assert pages.items() <= {"Le": (1, "iv"), "Les": (1, "iv"), "La": (2, "v")}.items()


def test_a_quotation_names_the_page_it_begins_on(client: TestClient) -> None:
    quotation = "La télémédecine sauve les malades des montagnes"
    (place,) = client.post("/verify", json={"quotation": quotation}).json()["places"]
    assert (place["page"], place["page_label"]) == (2, "v")


def test_a_document_names_the_pages_of_its_passages(client: TestClient) -> None:
    (passage,) = client.get("/documents/rapport.pdf").json()["content"]
    assert (passage["page"], passage["page_label"], passage["last_page"]) == (1, "iv", 2)
