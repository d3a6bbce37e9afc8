"""ZIP archives, read within bounds."""

import pytest

from indexer.readers.extraction import Unreadable
from indexer.readers.zip_archive import DIRECTORY_ENTRY, ZipArchive
from tests.indexer.archives import zipped


def test_members_are_read_by_name() -> None:
    made = ZipArchive(zipped({"a/b.txt": b"un", "c": b""}))
    assert (made.read("a/b.txt"), made.read("c"), "a/b.txt" in made, "d" in made) == (b"un", b"", True, False)


def test_a_bomb_is_refused_by_what_comes_out_of_it() -> None:
    made = ZipArchive(zipped({"a": bytes(900_000), "b": bytes(900_000)}), most_unpacked=2**20)
    assert len(made.read("a")) == 900_000
    with pytest.raises(Unreadable, match="it holds more than 1 MB once unpacked"):
        made.read("b")


def test_a_size_that_lies_is_found_out() -> None:
    data = zipped({"a": b"x" * 1000})
    lying = data.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != data
    with pytest.raises(Unreadable, match="a cannot be unpacked"):
        ZipArchive(lying).read("a")


def test_absurdly_many_members() -> None:
    with pytest.raises(Unreadable, match="more than 3 files"):
        ZipArchive(zipped({str(number): b"" for number in range(4)}), most_members=3)


def test_an_encrypted_member() -> None:
    data = bytearray(zipped({"a": b"un"}))
    data[6] |= 1
    data[data.index(DIRECTORY_ENTRY) + 8] |= 1
    with pytest.raises(Unreadable, match="encrypted: it opens only with a password"):
        ZipArchive(bytes(data)).read("a")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut", b"<html>"])
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(Unreadable, match="its ZIP archive cannot be opened"):
        ZipArchive(data)


def test_a_missing_member() -> None:
    with pytest.raises(Unreadable, match="b is missing"):
        ZipArchive(zipped({"a": b""})).read("b")
