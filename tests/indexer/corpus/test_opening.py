"""Between the walk and the reading, no step to a file can be led outside the corpus."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.building.sandbox import ReaderSandbox
from indexer.corpus import library, loading
from indexer.corpus.walk import walk
from indexer.records import CorpusFile

SECRET = "Le mot pamplemousse, que personne ne doit lire."


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the corpus, with files of the same names."""
    folder = tmp_path / "outside"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.txt", "inner/a.txt", "a.html", "inner/b.txt"):
        (folder / name).write_text(f"<p>{SECRET}</p>" if name.endswith("html") else SECRET, encoding="utf-8")
    (folder / "a.meta.toml").write_text(f'title = "{SECRET}"', encoding="utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.txt", "inner/a.txt", "a.html", "inner/b.txt"):
        (folder / name).write_text(f"<p>Un article, {name}.</p>", encoding="utf-8")
    (folder / "a.meta.toml").write_text('title = "Un titre"', encoding="utf-8")
    (folder / "linked.txt").symlink_to("inner/b.txt")
    return folder


def files(folder: Path) -> dict[str, CorpusFile]:
    return {item.source: item for item in walk(folder) if isinstance(item, CorpusFile)}


def replaced(path: Path, target: Path) -> None:
    """Put a link in the place of a file or a folder, as somebody does who may write to the corpus."""
    path.rename(path.with_name(f"{path.name}.old"))
    path.symlink_to(target)


STEPS: dict[str, tuple[str, Callable[[Path, Path], None]]] = {
    "the file": ("a.txt", lambda c, o: replaced(c / "a.txt", o / "a.txt")),
    "its folder": ("inner/a.txt", lambda c, o: replaced(c / "inner", o / "inner")),
    "the corpus": ("a.txt", replaced),
    "what a link leads to": (
        "linked.txt",
        lambda c, o: replaced(c / "inner" / "b.txt", o / "inner" / "b.txt"),
    ),
    "the folder of what a link leads to": ("linked.txt", lambda c, o: replaced(c / "inner", o / "inner")),
    "a file that is read in the sandbox": ("a.html", lambda c, o: replaced(c / "a.html", o / "a.html")),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_link_that_comes_after_the_walk_leads_nowhere(corpus: Path, outside: Path, step: str) -> None:
    source, replace = STEPS[step]
    file = files(corpus)[source]
    replace(corpus, outside)
    assert SECRET in file.path.read_text(encoding="utf-8")  # which is what reading by the path would give
    with ReaderSandbox() as sandbox:
        for load in (loading.load, sandbox.load):
            loaded = load(file)
            assert [each.reason for each in loaded.skipped] == [
                "it has become a link while the corpus was being read"
            ]
            assert (loaded.documents, loaded.digest) == ((), "")
    with pytest.raises(OSError, match="has become a link"):
        loading.digest(file)


def test_a_link_that_comes_back_as_another_is_never_followed(corpus: Path, outside: Path) -> None:
    """The link itself may change: what it led to when the walk saw it is what is read."""
    file = files(corpus)["linked.txt"]
    (corpus / "linked.txt").unlink()
    (corpus / "linked.txt").symlink_to(outside / "a.txt")
    (document,) = loading.load(file).documents
    assert "inner/b.txt" in document.text


@pytest.mark.parametrize("source", ["a.txt", "a.html"])
def test_a_sidecar_that_becomes_a_link_is_not_read(corpus: Path, outside: Path, source: str) -> None:
    file = files(corpus)[source]
    assert file.sidecar is not None
    replaced(corpus / "a.meta.toml", outside / "a.meta.toml")
    with ReaderSandbox() as sandbox:
        loaded = sandbox.load(file)
    assert [(each.source, "a link" in each.reason) for each in loaded.skipped] == [("a.meta.toml", True)]
    assert all(SECRET not in document.title for document in loaded.documents)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_any_more_is_not_waited_for(corpus: Path, make: Callable[[Path], None]) -> None:
    file = files(corpus)["a.txt"]
    (corpus / "a.txt").unlink()
    make(corpus / "a.txt")
    (skipped,) = loading.load(file).skipped
    assert skipped.reason == "it is no longer a file"


def test_a_file_that_has_become_endless_is_not_read_to_its_end(corpus: Path) -> None:
    """A sparse file of a terabyte takes no room, and hours to read."""
    file = files(corpus)["a.txt"]
    os.truncate(corpus / "a.txt", 1 << 40)
    with pytest.raises(OSError, match="File too large"):
        loading.digest(file)
    (skipped,) = loading.load(file).skipped
    assert skipped.reason.startswith("too large: ")


def test_a_library_that_has_become_endless_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.bib").write_text("@book{a, title={Un titre}}", encoding="utf-8")
    items = list(walk(tmp_path))
    os.truncate(tmp_path / "a.bib", 1 << 40)
    assert library.described(items) == items


def test_a_folder_that_may_be_entered_but_not_listed_is_no_hindrance(corpus: Path) -> None:
    file = files(corpus)["inner/a.txt"]
    (corpus / "inner").chmod(0o311)
    try:
        assert loading.load(file).documents
    finally:
        (corpus / "inner").chmod(0o755)
