"""Signed manifests: with a key set, only what was made with it is opened, gone back to or restored."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.building import build as builder
from indexer.errors import IndexRefused, StoreError
from indexer.store import generation as store
from indexer.store import signing
from indexer.store.manifest import Layout, read_manifest, seal
from indexer.store.open_index import open_index
from indexer.upkeep.backup import backup, restore
from models.load import ModelChoice
from service import settings
from tests.standin import StandInEncoder

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def signed(corpus: Path, tmp_path: Path, stand_in: StandInEncoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index that was built with the key set, which it still is."""
    assert stand_in
    monkeypatch.setenv(signing.VARIABLE, KEY)
    builder.build(corpus, tmp_path / "signed", ModelChoice())
    return tmp_path / "signed"


def test_what_was_made_with_the_key_goes_there_and_back(
    signed: Path, tmp_path: Path, encoder: StandInEncoder
) -> None:
    open_index(signed, encoder.fingerprint).catalogue.close()
    backup(signed, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "elsewhere")
    open_index(tmp_path / "elsewhere", encoder.fingerprint).catalogue.close()


def test_without_the_key_it_is_taken_as_any_other(
    signed: Path, tmp_path: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(signing.VARIABLE)
    open_index(signed, encoder.fingerprint).catalogue.close()
    backup(signed, tmp_path / "b.tar")
    assert restore(tmp_path / "b.tar", tmp_path / "elsewhere").documents == 3


@pytest.mark.parametrize(("key", "reason"), [(KEY, "is not signed")])
def test_what_is_not_signed_is_refused(
    index: Path,
    tmp_path: Path,
    encoder: StandInEncoder,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    reason: str,
) -> None:
    backup(index, tmp_path / "b.tar")
    monkeypatch.setenv(signing.VARIABLE, key)
    with pytest.raises(IndexRefused, match=f"^Generation g000001 {reason}, and REPERE_SIGNING_KEY is set"):
        open_index(index, encoder.fingerprint)
    with pytest.raises(IndexRefused, match=f"^The backup {reason}"):
        restore(tmp_path / "b.tar", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_what_was_signed_with_another_key_is_refused(
    signed: Path, tmp_path: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(signed, tmp_path / "b.tar")
    monkeypatch.setenv(signing.VARIABLE, OTHER)
    with pytest.raises(IndexRefused, match="is signed with another key"):
        open_index(signed, encoder.fingerprint)
    with pytest.raises(IndexRefused, match="is signed with another key"):
        restore(tmp_path / "b.tar", tmp_path / "elsewhere")


def test_what_was_sealed_anew_without_the_key_is_refused(
    signed: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.generation_folder(signed, "g000001")
    manifest = read_manifest(folder)
    old = (folder / signing.FILE).read_bytes()
    for name in (Layout.MANIFEST, Layout.MANIFEST_SUM, signing.FILE):
        (folder / name).unlink()
    (folder / Layout.BACKGROUND).write_bytes(b"another")
    with monkeypatch.context() as forging:
        forging.delenv(signing.VARIABLE)
        seal(folder, manifest)
    (folder / signing.FILE).write_bytes(old)
    with pytest.raises(IndexRefused, match="or was changed since"):
        open_index(signed, encoder.fingerprint)


def test_a_short_key_is_no_key(index: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.VARIABLE, "secret")
    with pytest.raises(StoreError, match="has 6 characters, and 32 are needed"):
        open_index(index, encoder.fingerprint)


def test_the_service_leaves_the_key_to_the_store() -> None:
    assert KEY not in repr(settings.read({signing.VARIABLE: KEY}))
