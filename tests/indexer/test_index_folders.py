"""The folders of indexes as settings write them: what is read from a text or a table, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indexer import index_folders
from indexer.index_folders import IndexFolders


@pytest.mark.parametrize("text", ["index", "/data/a=b,c", "./a=b", "../a=b", "a,b", "/data/été", "a b"])
def test_a_plain_folder_is_one_without_a_name(text: str) -> None:
    folders = index_folders.read(text)
    assert folders == IndexFolders.one(Path(text))
    assert (folders.names, folders.first, str(folders)) == ((), Path(text), str(Path(text)))


def test_a_folder_that_is_there_is_one_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert index_folders.read("a=b").names == ("a",)
    (tmp_path / "a=b").mkdir()
    assert index_folders.read("a=b") == IndexFolders.one(Path("a=b"))


@pytest.mark.parametrize(
    ("written", "names", "folders"),
    [
        ("a=x", ["a"], ["x"]),
        ("a=x,b=/y/z", ["a", "b"], ["x", "/y/z"]),
        (" a = x , b = y ", ["a", "b"], ["x", "y"]),
        ("sante\u0301=x,قانون=y,2019-v1.0_b=z", ["santé", "قانون", "2019-v1.0_b"], ["x", "y", "z"]),
        ("a=x=1,b=y", ["a", "b"], ["x=1", "y"]),
        ({"a": "x,1", "b": "y"}, ["a", "b"], ["x,1", "y"]),
    ],
)
def test_several_have_names_in_their_order(
    written: str | dict[str, str], names: list[str], folders: list[str]
) -> None:
    found = index_folders.read(written)
    assert list(found.names) == names
    assert [str(each.folder) for each in found.entries] == folders


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("a=x,b", "'b' is no name=folder; "),
        ("a=x,", "'' is no name=folder; "),
        ("=x", "'x' has an empty name; write name=folder"),
        ("a=x,=y", "'y' has an empty name; write name=folder"),
        ({"": "y"}, "'y' has an empty name; write name=folder"),
        ("a=x,a=y", "the name a is given twice; "),
        ("sant\u00e9=x,sante\u0301=y", "the name santé is given twice; "),
        ("a=x,b=x", "x is the folder of a and of b; "),
        ("a=x,b=./x/", "x is the folder of a and of b; "),
        ("a=x,b=y/../x", "y/../x is the folder of a and of b; "),
        ("a=,b=y", "a has no folder; write a=folder"),
        ("all=x", "no collection can be called all, "),
        ("a b=x", "'a b' cannot name a collection; "),
        ("b/a=x", "'b/a' cannot name a collection; "),
        ("-a=x", "'-a' cannot name a collection; "),
        ("a\u202e=x", "'a\\u202e' cannot name a collection; "),
        (f"{'a' * 65}=x", f"'{'a' * 65}' cannot name a collection; "),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(written: str | dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}.*$"):
        index_folders.read(written)


def test_a_folder_under_a_link_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "x")
    with pytest.raises(ValueError, match="is the folder of a and of b"):
        index_folders.read(f"a={tmp_path / 'x'},b={tmp_path / 'link'}")
