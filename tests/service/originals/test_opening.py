"""A source leads to its file within the corpus, and to nothing else."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from service.originals.opening import CorpusUnreachable, open_source


def content(corpus: str, source: str) -> str:
    descriptor = open_source(corpus, source)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        return file.read()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c.txt").write_text("c")
    (folder / unicodedata.normalize("NFD", "été")).mkdir()
    (folder / unicodedata.normalize("NFD", "été/à lire.txt")).write_text("nfd")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "inside.txt").symlink_to("a/b/c.txt")
    (folder / "a" / "b" / "deep.txt").symlink_to("../../a/b/c.txt")
    (folder / "outside.txt").symlink_to("../secret.txt")
    (folder / "absolute.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "way").symlink_to("..")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "nowhere.txt").symlink_to("gone.txt")
    return folder


@pytest.mark.parametrize(
    ("source", "text"),
    [("a/b/c.txt", "c"), ("été/à lire.txt", "nfd"), ("inside.txt", "c"), ("a/b/deep.txt", "c")],
)
def test_a_source_leads_to_its_file(corpus: Path, source: str, text: str) -> None:
    assert content(str(corpus), source) == text


@pytest.mark.parametrize(
    "source",
    [
        *("../secret.txt", "a/../../secret.txt", "/etc/passwd", "a//b/c.txt", "./a/b/c.txt", "a/b/c.txt\0"),
        *(
            "outside.txt",
            "absolute.txt",
            "way/secret.txt",
            "loop.txt",
            "nowhere.txt",
            "",
            "gone.txt",
            "a/b/d",
        ),
        "a/b/c.txt/d",
    ],
)
def test_no_other_file_is_reached(corpus: Path, source: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        content(str(corpus), source)


def test_of_several_folders_the_first_part_of_a_source_names_one(tmp_path: Path) -> None:
    for name in ("fr", "en"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    corpus = os.pathsep.join(str(tmp_path / name) for name in ("fr", "en"))
    assert [content(corpus, f"{name}/a.txt") for name in ("fr", "en")] == ["fr", "en"]
    for source in ("a.txt", "de/a.txt", "fr"):
        with pytest.raises(OSError, match="no folder"):
            open_source(corpus, source)


def test_a_folder_named_twice_is_one(corpus: Path) -> None:
    assert content(f"{corpus}{os.pathsep}{corpus}/", "a/b/c.txt") == "c"


def test_a_corpus_that_is_not_there_is_told_from_a_file_that_is_not(tmp_path: Path) -> None:
    with pytest.raises(CorpusUnreachable):
        open_source(str(tmp_path / "elsewhere"), "a.txt")


def test_nothing_is_left_open(corpus: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for source in ("a/b/c.txt", "outside.txt", "inside.txt", "way/secret.txt", "gone/x"):
        try:
            os.close(open_source(str(corpus), source))
        except OSError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before
