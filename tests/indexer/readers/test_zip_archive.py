"""ZIP archives, read within bounds."""

import zipfile
from io import BytesIO

import pytest

from indexer.readers import zip_archive
from indexer.readers.errors import Unreadable
from indexer.readers.zip_archive import Packed


def archive(*members: tuple[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return file.getvalue()


def test_members_are_read_by_name() -> None:
    made = Packed(archive(("a/b.txt", b"un"), ("c", b"")))
    assert (made.read("a/b.txt"), made.read("c"), "a/b.txt" in made, "d" in made) == (b"un", b"", True, False)


def test_a_bomb_is_refused_by_what_comes_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "MOST_UNPACKED", 2**20)
    made = Packed(archive(("a", bytes(900_000)), ("b", bytes(900_000))))
    assert len(made.read("a")) == 900_000
    with pytest.raises(Unreadable, match="it holds more than 1 MB once unpacked"):
        made.read("b")


def test_a_size_that_lies_is_found_out() -> None:
    data = archive(("a", b"x" * 1000))
    lying = data.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != data
    with pytest.raises(Unreadable, match="a cannot be unpacked"):
        Packed(lying).read("a")


def test_absurdly_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "MOST_MEMBERS", 3)
    with pytest.raises(Unreadable, match="more than 3 files"):
        Packed(archive(*((str(number), b"") for number in range(4))))


def test_an_encrypted_member() -> None:
    data = bytearray(archive(("a", b"un")))
    data[6] |= 1
    data[data.index(zip_archive.ENTRY) + 8] |= 1
    with pytest.raises(Unreadable, match="encrypted: it opens only with a password"):
        Packed(bytes(data)).read("a")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut", b"<html>"])
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(Unreadable, match="its ZIP archive cannot be opened"):
        Packed(data)


def test_a_missing_member() -> None:
    with pytest.raises(Unreadable, match="b is missing"):
        Packed(archive(("a", b""))).read("b")
