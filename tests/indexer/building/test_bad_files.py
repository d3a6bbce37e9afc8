"""One corpus with everything that can be wrong with a file: the rest is indexed, each reason is given."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from indexer.building import build as builder
from indexer.building.settings import BuildSettings
from indexer.corpus.loading import Loaded, load
from indexer.errors import CorpusError
from indexer.records import CorpusFile
from indexer.store.open_index import open_index
from models.load import ModelChoice
from tests.standin import StandInEncoder

NFD = unicodedata.normalize("NFD", "télé é.txt")
GOOD = {
    "windows-1252.txt": "Été à l'hôpital, « très » chaud.".encode("cp1252"),
    "utf-16.txt": "Un texte en seize bits.".encode("utf-16"),
    "bom.md": b"\xef\xbb\xbf# Marque\n\nUn texte avec marque.",
    "broken.txt": "Un texte assez long pour être lu, à un octet près. ".encode() * 10 + b"\xff fin.",
    NFD: "Un nom décomposé.".encode(),
    "مستشفى.txt": b"Un nom arabe.",
    "病院/他.md": b"# Un nom chinois",
    "a b'c\"d%20&.txt": b"Un nom plein de signes.",
    "🩺 santé 👩🏽‍⚕️.txt": b"Un nom en images.",
    "é" * 123 + ".txt": b"Un nom de 250 octets.",
    "\u202egnp.txt": "Un nom qui se lit à rebours.".encode(),
}
BAD = {
    "empty.txt": (b"", "empty"),
    "blank.txt": (b" \n\t\n ", "no text"),
    "binary.txt": (bytes(range(256)) * 8, "binary"),
    "photo.jpg": (b"\xff\xd8\xff\xe0", "it is damaged, or no"),
    "film.mp4": (b"\0\0\0\x18ftypmp42", ".mp4"),
    ".hidden.txt": ("Un fichier caché.".encode(), "hidden"),
    "unreadable.txt": (b"Nobody may read this.", "it cannot be opened: Permission denied"),
    "vanishing.txt": (b"Soon gone.", "vanished"),
}


@pytest.fixture
def troubled(tmp_path: Path) -> Path:
    """All the files above; links that loop, lead nowhere or out; a sparse file of 200 MB."""
    folder = tmp_path / "troubled"
    (folder / "病院").mkdir(parents=True)
    for name, content in [*GOOD.items(), *((name, content) for name, (content, _) in BAD.items())]:
        (folder / name).write_bytes(content)
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(200 * 2**20)
    (folder / "loop").symlink_to(folder)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "nowhere.txt").symlink_to(folder / "gone.txt")
    (tmp_path / "secret.txt").write_text("Un secret.", encoding="utf-8")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(folder / "pipe.txt")
    return folder


LINKS = {
    "huge.txt": "too large: 200.0 MB",
    "loop": "a link to a folder",
    "self.txt": "a link that leads nowhere",
    "nowhere.txt": "a link that leads nowhere",
    "out.txt": "a link that leads outside the corpus",
    "pipe.txt": "neither a file nor a folder",
}


def test_everything_else_is_indexed(
    troubled: Path, tmp_path: Path, stand_in: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def guarded(path: str | Path, *given: Any, **named: Any) -> int:
        if Path(path).name == "unreadable.txt":  # chmod would not stop root
            raise PermissionError(13, "Permission denied")
        return open_file(path, *given, **named)

    def late(file: CorpusFile) -> Loaded:
        if file.source == "vanishing.txt":
            file.path.unlink()
        return load(file)

    open_file = os.open
    monkeypatch.setattr(os, "open", guarded)
    report = builder.build(troubled, tmp_path / "index", ModelChoice(), settings=BuildSettings(load=late))
    given = {each["source"]: each["reason"] for each in report.manifest.skipped}
    expected = {name: reason for name, (_, reason) in BAD.items()} | LINKS
    assert sorted(given) == sorted(expected)
    for source, reason in expected.items():
        assert reason in given[source], (source, given[source])
        assert "\n" not in given[source]
    opened = open_index(tmp_path / "index", stand_in.fingerprint)
    documents = opened.catalogue.documents()
    assert [each.source for each in documents] == sorted(unicodedata.normalize("NFC", name) for name in GOOD)
    assert report.plan.files == len(GOOD) + len(expected)
    assert all(each.passages >= 1 for each in documents)
    found = opened.catalogue.document("windows-1252.txt")
    assert found is not None and "« très » chaud" in found[1]
    opened.catalogue.close()


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "empty",
            r"empty holds no file that can be indexed \(0 skipped\)\. Put files of these kinds there: \.txt",
        ),
        ("hidden", r"hidden holds no file that can be indexed \(1 skipped\)"),
        ("missing", "There is no folder .*missing"),
        ("file.txt", r"file\.txt is a file"),
    ],
)
def test_a_folder_that_cannot_be_indexed(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".a.txt").write_text("a", encoding="utf-8")
    (tmp_path / "file.txt").touch()
    with pytest.raises(CorpusError, match=said):
        builder.build(tmp_path / name, tmp_path / "index", ModelChoice())
    assert not (tmp_path / "index").exists()
