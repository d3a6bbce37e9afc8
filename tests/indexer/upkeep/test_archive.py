"""An archive gives back what was put in, tar reads it, and whatever was tampered with is refused."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from indexer.errors import ArchiveRefused
from indexer.upkeep import archive
from indexer.upkeep.archive import HashingReader

FILES = {
    "manifest.json": b"{}",
    "inner/.lock": b"",
    "inner/b.idx": bytes(range(256)) * 9000,
    "c-1.npy": b"x" * 512,
}
NAMES = pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.size, header.linkname = kind, size, "elsewhere"
    return header


def write(path: Path, files: dict[str, bytes]) -> Path:
    with path.open("wb") as file, archive.writing(file, path.name, 0) as tar:
        for name, data in files.items():
            tar.addfile(entry(name, size=len(data)), io.BytesIO(data))
    return path


def read(path: Path) -> dict[str, bytes]:
    with archive.reading(path) as reader:
        return {each.name: reader.content(each).read() for each in reader.entries()}


def read_bytes(folder: Path, content: bytes) -> dict[str, bytes]:
    (folder / "a.tar").write_bytes(content)
    return read(folder / "a.tar")


def tar_of(header: tarfile.TarInfo, form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar of one entry of zeros, as tarfile writes it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        tar.addfile(header, io.BytesIO(bytes(header.size)))
    return file.getvalue()


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz"])
def test_what_is_put_in_comes_out(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, FILES)
    assert read(path) == FILES
    assert (path.stat().st_size < sum(map(len, FILES.values()))) == (name != "a.tar")
    listed = subprocess.run(["tar", "-tf", path], capture_output=True, text=True, check=True)
    assert (listed.stdout.split(), listed.stderr) == (list(FILES), "")


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    one, other = (write(tmp_path / name, FILES).read_bytes() for name in ("a.tar.gz", "b.tar.gz"))
    assert one == other


@NAMES
def test_files_can_be_listed_without_being_read(tmp_path: Path, name: str) -> None:
    with archive.reading(write(tmp_path / name, FILES)) as reader:
        sizes = {each.name: each.size for each in reader.entries()}
    assert sizes == {name: len(data) for name, data in FILES.items()}


@pytest.mark.parametrize(
    "name",
    ["../a", "/a", "a/../b", "a/b/c", "..", ".", "a/..", "a/", "é", "a b", "a\\b", "a\nb", "x" * 61, "C:a"],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    header = entry("placeholder")
    header.name = name
    with pytest.raises(ArchiveRefused, match=r"no name of an index's file|cannot be read|no plain file"):
        read_bytes(tmp_path, header.tobuf(tarfile.USTAR_FORMAT, "utf-8") + bytes(1024))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.CONTTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.AREGTYPE,
        b"Z",
    ],
)
@pytest.mark.parametrize("after", [{}, FILES], ids=["first", "later"])
def test_what_is_no_plain_file(tmp_path: Path, kind: bytes, after: dict[str, bytes]) -> None:
    before = write(tmp_path / "before.tar", after).read_bytes().rstrip(b"\0") if after else b""
    content = before + bytes(-len(before) % 512) + tar_of(entry("a", kind))
    with pytest.raises(ArchiveRefused, match="which is no plain file"):
        read_bytes(tmp_path, content)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("size", [None, 2**40], ids=["as written", "huge"])
def test_headers_that_stretch_others(tmp_path: Path, form: int, size: int | None) -> None:
    content = tar_of(entry("é" * 120), form)
    if size:  # a header that would have tarfile read a terabyte into memory
        kind = tarfile.GNUTYPE_LONGNAME if form == tarfile.GNU_FORMAT else tarfile.XHDTYPE
        content = entry("a", kind, size).tobuf(tarfile.GNU_FORMAT) + content
    with pytest.raises(ArchiveRefused, match="which is no plain file"):
        read_bytes(tmp_path, content)


@pytest.mark.parametrize("size", [-1, archive.LARGEST, 2**80])
def test_sizes_that_no_file_has(tmp_path: Path, size: int) -> None:
    with pytest.raises(ArchiveRefused, match="no name of an index's file"):
        read_bytes(tmp_path, entry("a", size=size).tobuf(tarfile.GNU_FORMAT) + bytes(2048))


def test_a_file_is_no_longer_than_its_header_says(tmp_path: Path) -> None:
    content = entry("a", size=600).tobuf(tarfile.GNU_FORMAT) + b"x" * 1024 + bytes(1024)
    assert read_bytes(tmp_path, content) == {"a": b"x" * 600}


@NAMES
@pytest.mark.parametrize("length", [0, 1, 100, 511, 600, 0.2, 0.5, 0.99])
def test_an_archive_cut_short(tmp_path: Path, name: str, length: float) -> None:
    path = write(tmp_path / name, FILES)
    content = path.read_bytes()
    path.write_bytes(content[: length if isinstance(length, int) else int(length * len(content))])
    with pytest.raises(ArchiveRefused, match=r"ends too soon|cannot be read|does not end as it should"):
        read(path)


def test_an_archive_cut_at_its_end_mark(tmp_path: Path) -> None:
    content = write(tmp_path / "a.tar", FILES).read_bytes()
    end = len(content.rstrip(b"\0"))  # the last file fills its last block
    for length in (end, end + 1, end + 512, end + 1023):
        with pytest.raises(ArchiveRefused, match=r"cannot be read|does not end as it should"):
            read_bytes(tmp_path, content[:length])
    assert read_bytes(tmp_path, content[: end + 1024]) == FILES


@pytest.mark.parametrize("cut", [1, 4, 8])
def test_a_gzip_without_its_checksum(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "a.tar.gz", FILES)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ArchiveRefused, match="cannot be read"):
        read(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" * 300, b"\x1f\x8b" + b"x" * 600, b"\xff" * 2000], ids=len
)
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ArchiveRefused):
        read_bytes(tmp_path, content)


def test_a_flipped_bit_of_a_header_is_refused(tmp_path: Path) -> None:
    content = write(tmp_path / "a.tar", FILES).read_bytes()
    for place in range(0, 512, 7):
        with pytest.raises(ArchiveRefused):
            read_bytes(tmp_path, content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])


@NAMES
@pytest.mark.parametrize("more", [b"x", bytes(20_000), bytes(600) + b"x"], ids=len)
def test_what_follows_the_end(tmp_path: Path, name: str, more: bytes) -> None:
    path = write(tmp_path / name, FILES)
    path.write_bytes(path.read_bytes() + (more if name == "a.tar" else gzip.compress(more)))
    with pytest.raises(ArchiveRefused, match="it does not end as it should"):
        read(path)


def test_hashing_reads_and_reports(tmp_path: Path) -> None:
    sizes: list[int] = []
    reader = HashingReader(io.BytesIO(b"abc"), sizes.append)
    assert (reader.read(2), reader.read(), sizes) == (b"ab", b"c", [2, 1])
    assert reader.hexdigest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
