"""Files that browsers save beside a page."""

from pathlib import Path

import pytest

from indexer.corpus.saved_pages import page_of
from indexer.corpus.walk import walk
from indexer.records import CorpusFile, Skipped

SOURCES = {"a/La page.html", "b.htm", "c.html"}


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("a/La page_files/cadre.html", "a/La page.html"),
        ("a/La page_fichiers/js/config.json", "a/La page.html"),
        ("b-Dateien/pub.htm", "b.htm"),
        ("c.files/x.txt", "c.html"),
        ("d_files/x.html", None),
        ("La page_files/x.html", None),
        ("_files/x.html", None),
        ("c/x.html", None),
        ("c.html", None),
    ],
)
def test_page_of(source: str, page: str | None) -> None:
    assert page_of(source, SOURCES) == page


def test_parts_of_a_saved_page_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "page_files").mkdir()
    for name in ("page.html", "page_files/cadre.html"):
        (tmp_path / name).write_text("<p>Texte")
    found = list(walk(tmp_path))
    assert [type(item) for item in found] == [CorpusFile, Skipped]
    assert found[1] == Skipped("page_files/cadre.html", "a part of the saved page page.html")
