"""Backup and restore: one file holds a generation, and nothing that is not whole is ever published."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from indexer.__main__ import main
from indexer.building import build as builder
from indexer.errors import ArchiveRefused, BuildUnderWay, IndexMissing, IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store.generation import Pointer
from indexer.store.manifest import Layout, read_manifest, verify
from indexer.upkeep import archive
from indexer.upkeep.backup import CONTENTS, backup, publish_restored, restore
from models.load import ModelChoice
from tests.indexer.building.test_build import ALL, sources
from tests.limits import files_up_to
from tests.standin import StandInEncoder

Capture = pytest.CaptureFixture[str]
Files = dict[str, bytes]


@pytest.fixture
def saved(index: Path, tmp_path: Path) -> Path:
    """A backup of the index."""
    backup(index, tmp_path / "saved.tar")
    return tmp_path / "saved.tar"


@pytest.fixture
def other(corpus: Path, index: Path, saved: Path) -> Path:
    """The index after another build."""
    (corpus / "robots.txt").unlink()
    builder.build(corpus, index, ModelChoice())
    return index


def unpacked(path: Path) -> Files:
    with tarfile.open(path) as tar:
        return {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar}


def header(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


def packed(path: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    with path.open("wb") as file, archive.writing(file, path.name, 0) as tar:
        for name, data in files:
            tar.addfile(header(name, len(data)), io.BytesIO(data))
    return path


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_there_and_back(index: Path, tmp_path: Path, encoder: StandInEncoder, name: str) -> None:
    found = backup(index, tmp_path / name)
    assert (found.manifest.generation, found.files) == ("g000001", len(found.manifest.files) + 2)
    assert next(iter(unpacked(tmp_path / name))) == CONTENTS
    manifest = restore(tmp_path / name, tmp_path / "elsewhere")
    assert store.read_pointer(tmp_path / "elsewhere") == Pointer("g000001", None)
    assert manifest == verify(store.generation_folder(tmp_path / "elsewhere", "g000001")) == found.manifest
    assert sources(tmp_path / "elsewhere", encoder) == ALL


def test_it_becomes_the_next_generation(other: Path, saved: Path, encoder: StandInEncoder) -> None:
    assert sources(other, encoder) != ALL
    manifest = restore(saved, other)
    assert manifest.generation == "g000003"
    assert store.read_pointer(other) == Pointer("g000003", "g000002")
    assert sources(other, encoder) == ALL
    assert read_manifest(store.generation_folder(other, "g000003")) == manifest
    assert store.rollback(other).current == "g000002"
    assert sources(other, encoder) != ALL


def test_a_build_goes_on_from_a_restored_generation(
    corpus: Path, index: Path, saved: Path, tmp_path: Path
) -> None:
    restore(saved, tmp_path / "elsewhere")
    assert builder.build(corpus, tmp_path / "elsewhere", ModelChoice()).up_to_date


def test_a_backup_never_takes_the_place_of_a_file(
    index: Path, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()
    with pytest.raises(StoreError, match=r"saved\.tar exists already, and is left as it is"):
        backup(index, saved)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # as if it had come meanwhile
    with pytest.raises(StoreError, match=r"saved\.tar exists already, and is left as it is"):
        backup(index, saved)
    assert saved.read_bytes() == before
    assert not list(tmp_path.glob(".saved*"))


def test_a_backup_is_for_its_owner_alone(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", [Layout.PASSAGES, Layout.CATALOGUE, "lexical/meta.json", Layout.MANIFEST])
def test_a_damaged_generation_is_not_backed_up(index: Path, tmp_path: Path, name: str) -> None:
    path = store.generation_folder(index, "g000001") / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(IndexRefused, match=r"Generation g000001 is damaged: "):
        backup(index, tmp_path / "b.tar")
    assert not list(tmp_path.glob("*b.tar*"))


def test_a_generation_of_which_a_file_is_gone(index: Path, tmp_path: Path) -> None:
    (store.generation_folder(index, "g000001") / Layout.NEAR_DUPLICATES).unlink()
    with pytest.raises(IndexRefused, match=r"g000001 cannot be backed up: .*twins\.npy: No such file"):
        backup(index, tmp_path / "b.tar")


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        backup(tmp_path / "missing", tmp_path / "b.tar")


@pytest.mark.parametrize("limit", [1, 2000, 20_000])
def test_a_full_disk_leaves_nothing(
    other: Path, saved: Path, tmp_path: Path, encoder: StandInEncoder, limit: int
) -> None:
    with (
        files_up_to(limit),
        pytest.raises(StoreError, match=r"The backup could not be written to .*File too"),
    ):
        backup(other, tmp_path / "b.tar")
    assert not list(tmp_path.glob("*b.tar*"))
    before = sources(other, encoder)
    with files_up_to(limit), pytest.raises(StoreError, match=r"The index could not be written to .*File too"):
        restore(saved, other)
    assert (sources(other, encoder), store.generations(other)) == (before, ["g000002", "g000001"])


def test_too_little_room_is_told_beforehand(other: Path, saved: Path) -> None:
    with pytest.raises(StoreError, match=r"The backup holds 0 MB, and .* has 0 MB free\. Make room"):
        restore(saved, other, free=lambda _: 5)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(index: Path, saved: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="could not be written to"):
        backup(index, locked / "b.tar")
    with pytest.raises(StoreError, match="cannot hold an index"):
        restore(saved, locked / "index")


def test_a_folder_that_is_not_there(index: Path, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"could not be written to .*No such file or directory"):
        backup(index, tmp_path / "missing" / "b.tar")
    with pytest.raises(StoreError, match=r"missing\.tar cannot be read: No such file or directory\. Nothing"):
        restore(tmp_path / "missing.tar", index)
    with pytest.raises(StoreError, match="cannot hold an index"):
        restore(saved, saved / "index")


def test_not_beside_a_build(other: Path, saved: Path) -> None:
    with store.build_lock(other), pytest.raises(BuildUnderWay):
        restore(saved, other)


def with_contents(change: Callable[[dict[str, object]], object]) -> Callable[[Files], object]:
    """Say something else in the file that comes first."""

    def changed(files: Files) -> None:
        said = json.loads(files[CONTENTS])
        change(said)
        files[CONTENTS] = json.dumps(said).encode()

    return changed


def without(name: str) -> Callable[[Files], object]:
    def changed(files: Files) -> None:
        del files[name]

    return changed


def put(name: str, data: bytes) -> Callable[[Files], object]:
    def changed(files: Files) -> None:
        files[name] = data

    return changed


def flipped(name: str) -> Callable[[Files], object]:
    def changed(files: Files) -> None:
        raw = bytearray(files[name])
        raw[len(raw) // 2] ^= 1
        files[name] = bytes(raw)

    return changed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dict.clear, "it ends too soon|is not where it belongs"),
        (without(CONTENTS), r"backup\.json is not where it belongs"),
        (without(Layout.MANIFEST), r"manifest\.json is not where it belongs"),
        (without(Layout.MANIFEST_SUM), r"manifest\.sha256 is not where it belongs"),
        (without(Layout.NEAR_DUPLICATES), r"twins\.npy is missing"),
        (put("more.npy", b"x"), r"it holds 'more\.npy' twice, or of another length, or not to be expected"),
        (put(Layout.NEAR_DUPLICATES, b"x"), r"it holds 'twins\.npy' twice, or of another length"),
        (flipped(Layout.NEAR_DUPLICATES), r"twins\.npy has another checksum than its manifest says"),
        (flipped(Layout.CATALOGUE), r"catalogue\.sqlite has another checksum"),
        (flipped("lexical/meta.json"), "has another checksum"),
        (flipped(Layout.MANIFEST), "its manifest cannot be understood: its checksum does not match"),
        (flipped(Layout.MANIFEST_SUM), "its manifest cannot be understood: its checksum does not match"),
        (put(CONTENTS, b"[]"), r"its backup\.json cannot be understood"),
        (put(CONTENTS, b"\xff"), r"its backup\.json cannot be understood"),
        (put(CONTENTS, b"[" * 200_000), r"its backup\.json cannot be understood"),
        (put(CONTENTS, b" " * 2**21), r"backup\.json has 2097152 bytes, and 1048576 at the most"),
        (with_contents(lambda said: said.update(repere_backup=2)), "it has version 2, and 1 is what is read"),
        (with_contents(lambda said: said.update(files=[])), "cannot be understood"),
        (with_contents(lambda said: said.update(files={"manifest.json": -1})), "cannot be understood"),
        (with_contents(lambda said: said.update(files={"manifest.json": 1})), "1 at the most are due"),
        (
            with_contents(lambda said: said["files"].update({"x.npy": 1})),  # type: ignore[attr-defined]
            "its contents are not those that its manifest names",
        ),
    ],
)
@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_a_backup_that_is_not_whole_changes_nothing(
    other: Path,
    saved: Path,
    tmp_path: Path,
    encoder: StandInEncoder,
    change: Callable[[Files], object],
    said: str,
    name: str,
) -> None:
    files, before = unpacked(saved), sources(other, encoder)
    change(files)
    with pytest.raises(ArchiveRefused, match=rf"b\.tar(\.gz)? is no whole backup: .*({said})"):
        restore(packed(tmp_path / name, files.items()), other)
    assert (sources(other, encoder), store.generations(other)) == (before, ["g000002", "g000001"])
    assert store.read_pointer(other) == Pointer("g000002", "g000001")


def test_the_same_file_twice(other: Path, saved: Path, tmp_path: Path) -> None:
    files = unpacked(saved)
    entries = [*files.items(), (Layout.NEAR_DUPLICATES, files[Layout.NEAR_DUPLICATES])]
    with pytest.raises(ArchiveRefused, match=r"it holds 'twins\.npy' twice"):
        restore(packed(tmp_path / "b.tar", entries), other)


def test_a_bomb_is_not_unpacked(other: Path, saved: Path, tmp_path: Path) -> None:
    # A gigabyte in a few kilobytes, said to be the twins, which have a few bytes.
    files = unpacked(saved)
    del files[Layout.NEAR_DUPLICATES]
    whole = b"".join(
        header(name, len(data)).tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)
        for name, data in files.items()
    )
    with gzip.open(tmp_path / "b.tar.gz", "wb", compresslevel=1) as target:
        target.write(whole + header(Layout.NEAR_DUPLICATES, 2**30).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            target.write(bytes(2**20))
    with pytest.raises(ArchiveRefused, match=r"it holds 'twins\.npy' twice, or of another length"):
        restore(tmp_path / "b.tar.gz", other)


@pytest.mark.parametrize("name", ["../evil.npy", "/tmp/evil.npy", "lexical/../../evil.npy"])
def test_nothing_is_written_outside(other: Path, saved: Path, tmp_path: Path, name: str) -> None:
    before = sorted(path for path in tmp_path.rglob("*") if "evil" in path.name)
    files = [*unpacked(saved).items(), (name, b"x")]
    with pytest.raises(ArchiveRefused, match="which is no name of an index's file"):
        restore(packed(tmp_path / "b.tar", files), other)
    assert (sorted(path for path in tmp_path.rglob("*") if "evil" in path.name)) == before == []
    assert store.read_pointer(other) == Pointer("g000002", "g000001")


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_a_backup_of_an_earlier_version(
    saved: Path, tmp_path: Path, encoder: StandInEncoder, name: str
) -> None:
    # Versions before tarfile wrote backups ended them with two empty blocks and filled no record.
    whole = b"".join(
        header(name, len(data)).tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)
        for name, data in unpacked(saved).items()
    )
    old = whole + bytes(1024)
    (tmp_path / name).write_bytes(gzip.compress(old, 1) if name.endswith(".gz") else old)
    restore(tmp_path / name, tmp_path / "elsewhere")
    assert sources(tmp_path / "elsewhere", encoder) == ALL


def test_a_backup_of_another_format(other: Path, saved: Path, tmp_path: Path) -> None:
    files = unpacked(saved)
    raw = json.dumps({**json.loads(files[Layout.MANIFEST]), "format": 99}).encode()
    with_contents(lambda said: said["files"].update({Layout.MANIFEST: len(raw)}))(files)  # type: ignore[attr-defined]
    files[Layout.MANIFEST] = raw
    files[Layout.MANIFEST_SUM] = hashlib.sha256(raw).hexdigest().encode()
    with pytest.raises(
        IndexRefused,
        match=r"The backup has format 99, which a newer version of Repère wrote; .* reads format \d+",
    ):
        restore(packed(tmp_path / "b.tar", files.items()), other)
    assert store.generations(other) == ["g000002", "g000001"]


def test_a_disk_that_forgets_what_is_written(index: Path) -> None:
    before, manifest = store.read_pointer(index), verify(store.generation_folder(index, "g000001"))
    target = store.start(index)
    for name in manifest.files:
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(b"x")
    with pytest.raises(StoreError, match="does not give back what was written to it"):
        publish_restored(index, target, manifest)
    assert store.read_pointer(index) == before


def test_the_commands(index: Path, tmp_path: Path, capsys: Capture) -> None:
    saved, elsewhere = str(tmp_path / "b.tgz"), str(tmp_path / "elsewhere")
    assert main(["backup", saved, "--index", str(index)]) == 0
    count = len(read_manifest(store.generation_folder(index, "g000001")).files) + 2
    said = capsys.readouterr().out
    assert said.startswith(f"g000001 is in {saved}: {count} files of 0.")
    assert main(["restore", saved, "--index", elsewhere]) == 0
    said = capsys.readouterr().out
    assert said.startswith("g000001 serves: 3 documents, 3 passages, built 20")
    assert said.endswith(" by model stand-in (0123456789abcdef).\n")
    assert main(["backup", saved, "--index", str(index)]) == 1
    assert main(["restore", str(tmp_path / "none"), "--index", elsewhere]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2 and "Traceback" not in said
