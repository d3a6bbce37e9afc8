"""Pages of PDF files: on which one each character stands, and what is printed as their numbers."""

import pytest

from indexer.passages.chunking import ChunkSettings, chunk
from indexer.readers.pdf import read_pdf
from indexer.records import Document, Metadata
from tests.indexer.pdfs import At, pdf

FIRST = ["Le programme de formation conti-", "nue a été suivi à Rabat. Il réu-"]
SECOND = ["nit chaque année tous les agents.", "Les pharmaciens viendront aussi."]
LONG = ["Une ligne bien remplie de texte."] * 8


def test_a_block_knows_the_page_of_each_character() -> None:
    (block,) = read_pdf(pdf([At(50, 90, FIRST)], [At(50, 750, SECOND)])).blocks
    text = block.content.text
    assert text == (
        "Le programme de formation continue a été suivi à Rabat. Il réunit chaque année tous les agents. "
        "Les pharmaciens viendront aussi."
    )
    pages = {word: block.page_at(text.index(word)) for word in ("Le", "Il réunit", "chaque", "Les pharm")}
    assert pages == {"Le": 1, "Il réunit": 1, "chaque": 2, "Les pharm": 2}


def test_a_list_item_knows_its_pages() -> None:
    item = (
        [At(50, 750, LONG), At(60, 90, "• Un point qui est assez long et")],
        [At(72, 750, "bien plus que ça.")],
    )
    block = read_pdf(pdf(*item)).blocks[-1]
    assert [
        (block.page_at(block.content.text.index(word) + block.content.start)) for word in ("Un", "bien")
    ] == [1, 2]


def test_sentences_have_their_own_page_and_passages_their_first_and_last() -> None:
    found = read_pdf(pdf([At(50, 90, FIRST)], [At(50, 750, SECOND)]))
    document = Document("a.pdf", "pdf", Metadata("Titre"), found.text, found.blocks, "", 0)
    (passage,) = chunk(document, lambda texts: [len(text.split()) for text in texts], ChunkSettings())
    assert [sentence.page for sentence in passage.sentences] == [1, 1, 2]
    assert (passage.page, passage.last_page) == (1, 2)
    assert passage.page_at(passage.sentences[2].start + 3) == 2


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("", ()),
        ("/PageLabels<</Nums[0<</S/D>>]>>", ()),
        ("/PageLabels<</Nums[0<</S/r>>2<</S/D>>]>>", ("i", "ii", "1")),
        ("/PageLabels<</Nums[0<</S/D/P(A-)/St 7>>]>>", ("A-7", "A-8", "A-9")),
        ("/PageLabels<</Nums[2<</P(Annexe)>>]>>", ("1", "2", "Annexe")),
    ],
)
def test_printed_numbers_of_pages(labels: str, expected: tuple[str, ...]) -> None:
    data = pdf(*[[At(50, 700, LONG)]] * 3).replace(b"/Type/Catalog", b"/Type/Catalog" + labels.encode())
    assert read_pdf(data).page_labels == expected
