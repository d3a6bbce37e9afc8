"""An archive gives back what was put in, tar reads it, and whatever was tampered with is refused."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from indexer.errors import ArchiveRefused
from indexer.upkeep import archive

FILES = {
    "manifest.json": b"{}",
    "inner/.lock": b"",
    "inner/b.idx": bytes(range(256)) * 9000,
    "c-1.npy": b"x" * 512,
}


def write(path: Path, files: dict[str, bytes]) -> Path:
    with path.open("wb") as file, archive.packing(file, path.name, 0) as packed:
        writer = archive.Writer(packed, 0)
        for name, data in files.items():
            writer.add_bytes(name, data)
        writer.end()
    return path


def read(path: Path) -> dict[str, bytes]:
    with archive.opened(path) as file:
        return {each.name: b"".join(each.chunks()) for each in archive.members(file)}


def made(*entries: tarfile.TarInfo, form: int = tarfile.GNU_FORMAT) -> bytes:
    """What tarfile itself makes of entries, each as long as it says."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    return file.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.size, found.linkname = kind, size, "elsewhere"
    return found


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz"])
def test_what_is_put_in_comes_out(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, FILES)
    assert read(path) == FILES
    assert (path.stat().st_size < sum(map(len, FILES.values()))) == (name != "a.tar")
    with tarfile.open(path) as tar:
        assert tar.getnames() == list(FILES)
    listed = subprocess.run(["tar", "-tf", path], capture_output=True, text=True, check=True)
    assert (listed.stdout.split(), listed.stderr) == (list(FILES), "")


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    one, other = (write(tmp_path / name, FILES).read_bytes() for name in ("a.tar.gz", "b.tar.gz"))
    assert one == other


def test_what_is_not_asked_for_is_passed_over(tmp_path: Path) -> None:
    with archive.opened(write(tmp_path / "a.tar.gz", FILES)) as file:
        assert [(each.name, each.size) for each in archive.members(file)] == [
            (name, len(data)) for name, data in FILES.items()
        ]


def test_a_source_that_ends_too_soon(tmp_path: Path) -> None:
    with (tmp_path / "a.tar").open("wb") as file, pytest.raises(OSError, match="has become shorter"):
        archive.Writer(file, 0).add("a", 3, io.BytesIO(b"xy"), lambda _: None)


@pytest.mark.parametrize(
    "name",
    ["../a", "/a", "a/../b", "a/b/c", "..", ".", "a/..", "a/", "é", "a b", "a\\b", "a\nb", "x" * 61, "C:a"],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    header = entry("placeholder")
    header.name = name
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.USTAR_FORMAT, "utf-8") + bytes(1024))
    with pytest.raises(ArchiveRefused, match=r"no name of an index's file|cannot be read|no plain file"):
        read(tmp_path / "a.tar")


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.AREGTYPE,
        b"Z",
    ],
)
def test_what_is_no_plain_file(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(made(entry("a", kind)))
    with pytest.raises(ArchiveRefused, match="which is no plain file"):
        read(tmp_path / "a.tar")


def test_headers_that_stretch_others(tmp_path: Path) -> None:
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        (tmp_path / "a.tar").write_bytes(made(entry("é" * 120), form=form))
        with pytest.raises(ArchiveRefused, match="which is no plain file"):
            read(tmp_path / "a.tar")


def test_a_file_is_no_longer_than_its_header_says(tmp_path: Path) -> None:
    read_so_far: list[int] = []

    class Endless(io.BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            assert count is not None and 0 <= count <= archive.CHUNK
            read_so_far.append(count)
            return bytes(count)

    first = entry("a", size=3 * archive.CHUNK).tobuf(tarfile.GNU_FORMAT)
    file: BinaryIO = Endless()
    member = archive.Member(file, "a", tarfile.TarInfo.frombuf(first, "ascii", "strict").size)
    assert sum(map(len, member.chunks())) == sum(read_so_far) == 3 * archive.CHUNK


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
@pytest.mark.parametrize("cut", [0, 1, 100, 511, 600, -1, -513, -1024])
def test_an_archive_cut_short(tmp_path: Path, name: str, cut: int) -> None:
    path = write(tmp_path / name, FILES)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ArchiveRefused, match=r"ends too soon|cannot be read|does not end as it should"):
        read(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" * 300, b"\x1f\x8b" + b"x" * 600, b"\xff" * 2000], ids=len
)
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(ArchiveRefused):
        read(tmp_path / "a.tar")


def refused(files: Sequence[Path]) -> int:
    count = 0
    for path in files:
        try:
            count += read(path) != FILES
        except ArchiveRefused:
            count += 1
    return count


def test_a_flipped_bit_of_a_header_is_told(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.tar", FILES).read_bytes()
    for place in range(0, 512, 7):
        (tmp_path / f"{place}.tar").write_bytes(
            whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]
        )
    assert refused([tmp_path / f"{place}.tar" for place in range(0, 512, 7)]) == len(range(0, 512, 7))


@pytest.mark.parametrize("more", [b"x", bytes(20_000), bytes(600) + b"x"], ids=len)
@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_what_follows_the_end(tmp_path: Path, name: str, more: bytes) -> None:
    path = write(tmp_path / name, FILES)
    path.write_bytes(path.read_bytes() + (more if name == "a.tar" else gzip.compress(more)))
    with pytest.raises(ArchiveRefused, match="it does not end as it should"):
        read(path)
