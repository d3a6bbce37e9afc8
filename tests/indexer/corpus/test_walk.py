"""Walking a corpus folder and loading what stands in it."""

import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.corpus.walk import Corpus, walk
from indexer.errors import CorpusError
from indexer.records import CorpusFile, Skipped


def reasons(folder: Path, **limits: int) -> dict[str, str | None]:
    """Reason for each source, None where it is a file to read."""
    items = walk(folder, **limits)
    return {item.source: item.reason if isinstance(item, Skipped) else None for item in items}


def only(folder: Path) -> CorpusFile:
    (item,) = walk(folder)
    assert isinstance(item, CorpusFile)
    return item


def test_files_are_sorted_by_source(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a.txt", "a/b/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("texte")
    assert list(reasons(tmp_path)) == ["a.txt", "a/b/c.txt", "a/z.md", "b.txt"]
    assert set(reasons(tmp_path).values()) == {None}


def test_a_file_is_described(tmp_path: Path) -> None:
    path = tmp_path / "e\u0301te\u0301.txt"
    path.write_text("texte")
    assert only(tmp_path) == CorpusFile("été.txt", path, 5, path.stat().st_mtime_ns, path.stat().st_ctime_ns)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert reasons(tmp_path) == {}


def test_what_is_passed_over_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.txt").write_text("x")
    (tmp_path / "vide.txt").write_text("")
    (tmp_path / "a.xyz").write_text("x")
    (tmp_path / "~$pport.docx").write_bytes(b"\x04Jean" + b" " * 157)
    (tmp_path / "~$vide.docx").write_bytes(b"")
    (tmp_path / "~rapport.md").write_text("x")
    (tmp_path / "gros.txt").write_bytes(b"x" * (2**20 + 2**19))
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "été.txt").write_text("un")
    (tmp_path / "e\u0301te\u0301.txt").write_text("deux")
    assert reasons(tmp_path, most_bytes=2**20) == {
        ".cache": "hidden file",
        ".git": "hidden folder",
        "a.xyz": ".xyz files are not read; saved as PDF, DOCX, ODT, HTML or plain text they can be",
        "gros.txt": "too large: 1.5 MB where 1 MB are read at most",
        "pipe.txt": "neither a file nor a folder (a pipe, a socket or a device)",
        "vide.txt": "empty file",
        "~$pport.docx": "a lock file of an open Word document",
        "~$vide.docx": "a lock file of an open Word document",
        "~rapport.md": None,
        "été.txt": "its name is that of another file, spelt with other Unicode characters",
    }
    first, second = (item for item in walk(tmp_path) if item.source == "été.txt")
    assert (type(first), type(second)) == (CorpusFile, Skipped)


def test_a_socket_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.txt")
        assert reasons(tmp_path) == {"s.txt": "neither a file nor a folder (a pipe, a socket or a device)"}


def test_links(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("dehors")
    inside = tmp_path / "corpus"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "a.txt").write_text("texte")
    (inside / "good.txt").symlink_to("sub/a.txt")
    (inside / "bad.txt").symlink_to("../outside.txt")
    (inside / "dead.txt").symlink_to("nowhere.txt")
    (inside / "loop.txt").symlink_to("loop.txt")
    (inside / "sub" / "up").symlink_to("..")
    (inside / "out").symlink_to(tmp_path)
    assert reasons(inside) == {
        "bad.txt": "a link that leads outside the corpus",
        "dead.txt": "a link that leads nowhere",
        "good.txt": None,
        "loop.txt": "a link that leads nowhere",
        "out": "a link that leads outside the corpus",
        "sub/a.txt": None,
        "sub/up": "a link to a folder of the corpus",
    }


def test_the_corpus_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("texte")
    (tmp_path / "link").symlink_to("real")
    assert reasons(tmp_path / "link") == {"a.txt": None}


def test_a_name_that_is_not_utf8_is_printable(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.txt", "w") as file:
        file.write("texte")
    assert reasons(tmp_path) == {"caf\\xe9.txt": "its name is not valid UTF-8: rename it"}


def test_a_folder_that_cannot_be_listed_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert reasons(tmp_path) == {"sub": "a folder that cannot be listed"}


@pytest.mark.parametrize(("name", "says"), [("absent", "There is no folder"), ("file", "is a file")])
def test_a_corpus_must_be_a_folder(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match=says):
        list(walk(tmp_path / name))


def test_sources_of_several_folders_begin_with_their_names(tmp_path: Path) -> None:
    for name in ("b/a.txt", "a/x/é.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("texte", encoding="utf-8")
    corpus = Corpus((tmp_path / "b", tmp_path / "a", tmp_path / "b" / ".." / "b"))
    found = list(walk(corpus))
    assert [each.source for each in found] == ["a/x/é.md", "b/a.txt"]
    assert [each.path for each in found if isinstance(each, CorpusFile)] == [
        tmp_path / "a/x/é.md",
        tmp_path / "b/a.txt",
    ]


def test_one_folder_named_twice_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("texte")
    assert [each.source for each in walk(Corpus((tmp_path, tmp_path / ".")))] == ["a.txt"]


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        (("a", "b/a"), "have the same name"),
        (("a", "a/in"), "stands within"),
        (("a/in", "a"), "stands within"),
        (("a", "absent"), "There is no folder"),
    ],
)
def test_folders_that_do_not_go_together(tmp_path: Path, folders: tuple[str, ...], says: str) -> None:
    for name in ("a/in", "b/a"):
        (tmp_path / name).mkdir(parents=True)
    with pytest.raises(CorpusError, match=says):
        list(walk(Corpus(tuple(tmp_path / name for name in folders))))


FILES = ("a.txt", "b.md", "notes/a.txt", "notes/b.md", "notes/vieux/a.txt", "été.txt")


@pytest.mark.parametrize(
    ("include", "exclude", "left"),
    [
        ((), ("*.md",), ("a.txt", "notes/a.txt", "notes/vieux/a.txt", "été.txt")),
        ((), ("/a.txt",), FILES[1:]),
        ((), ("notes/",), ("a.txt", "b.md", "été.txt")),
        ((), ("vieux",), ("a.txt", "b.md", "notes/a.txt", "notes/b.md", "été.txt")),
        ((), ("*.txt", "!a.txt"), FILES[:5]),
        ((), ("notes/", "!notes/a.txt"), ("a.txt", "b.md", "été.txt")),
        (("*.md",), (), ("b.md", "notes/b.md")),
        (("notes/**",), ("*.md",), ("notes/a.txt", "notes/vieux/a.txt")),
        ((), ("e\u0301te\u0301.txt",), FILES[:5]),
        (("# a comment", "*.md"), (), ("b.md", "notes/b.md")),
    ],
)
def test_patterns_choose_files_as_git_does(
    tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...], left: tuple[str, ...]
) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("texte")
    assert [each.source for each in walk(Corpus((tmp_path,), include, exclude))] == list(left)


def test_a_pattern_without_meaning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="A pattern cannot be used"):
        list(walk(Corpus((tmp_path,), exclude=("!",))))


def test_the_index_is_no_part_of_the_corpus(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("texte")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "b.txt").write_text("texte")
    assert [each.source for each in walk(Corpus((tmp_path,), apart_from=tmp_path / "index"))] == ["a.txt"]


def test_a_sidecar_goes_with_its_file(tmp_path: Path) -> None:
    for name in ("a.txt", "a.txt.meta.toml", "a.meta.toml", "b.md", "b.meta.toml", "c.meta.toml"):
        (tmp_path / name).write_text("texte")
    found = list(walk(Corpus((tmp_path,), include=("*.txt", "*.md"))))
    assert [each.source for each in found] == ["a.meta.toml", "a.txt", "b.md", "c.meta.toml"]
    unused, a, b, _ = found
    assert isinstance(unused, Skipped) and unused.reason == "a sidecar of no file that is indexed"
    assert isinstance(a, CorpusFile) and a.sidecar is not None and a.sidecar.source == "a.txt.meta.toml"
    assert isinstance(b, CorpusFile) and b.sidecar is not None and b.sidecar.source == "b.meta.toml"
    assert b.stamp != replace(b, sidecar=None).stamp


@pytest.mark.parametrize(
    "pattern", ["*a" * 149, "x/*a*b*c*d/*.txt", "**/" * 60 + "x", "a*?*?*?*", "****" * 3]
)
def test_a_pattern_that_some_names_would_take_years_is_refused(tmp_path: Path, pattern: str) -> None:
    (tmp_path / ("a" * 250 + ".txt")).write_text("texte")
    with pytest.raises(CorpusError, match=r"has more than 3 \*"):
        list(walk(Corpus((tmp_path,), include=(pattern,))))


@pytest.mark.parametrize("pattern", ["**/*a*b*.txt", "*.txt", "a/**/b/**/*.md", "!*a*a*a"])
def test_a_pattern_of_few_stars_takes_no_time(tmp_path: Path, pattern: str) -> None:
    (tmp_path / ("a" * 250 + ".txt")).write_text("texte")
    begun = time.process_time()
    list(walk(Corpus((tmp_path,), exclude=(pattern,))))
    assert time.process_time() - begun < 2
