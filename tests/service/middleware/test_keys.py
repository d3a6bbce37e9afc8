"""The file of keys: what is kept, what is refused, what is never kept."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from service.middleware import keys
from service.middleware.keys import KeysError
from tests.limits import files_up_to

KEY = {"name": "a", "scope": "read", "sha256": "0" * 64, "created": "2026-01-01T00:00:00+00:00"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_key_is_made_of_256_random_bits_and_found_again(path: Path) -> None:
    token = keys.create(path, "alice", "read")
    other = keys.create(path, "bob", "admin")
    assert token != other and token.startswith("repere_") and len(token) == len("repere_") + 43
    found = keys.load(path)
    assert found is not None
    assert [(key.name, key.scope) for key in found] == [("alice", "read"), ("bob", "admin")]
    assert keys.find(found, token) is found[0] and keys.find(found, other) is found[1]


def test_the_file_holds_no_key_and_only_its_owner_can_read_it(path: Path) -> None:
    token = keys.create(path, "alice", "read")
    assert token.removeprefix("repere_") not in path.read_text()
    assert json.loads(path.read_text())[0]["sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in path.parent.iterdir()} <= {"keys.json", "keys.json.lock"}


@pytest.mark.parametrize("token", ["", "repere_", "alice", "0" * 64, "été", "\udcff", "x" * 100_000])
def test_what_is_no_key_is_not_found(path: Path, token: str) -> None:
    keys.create(path, "alice", "read")
    assert keys.find(keys.load(path) or (), token) is None


def test_a_checksum_is_no_key(path: Path) -> None:
    keys.create(path, "alice", "read")
    found = keys.load(path)
    assert found and keys.find(found, found[0].sha256) is None


def test_every_key_is_compared(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [keys.create(path, name, "read") for name in ("a", "b", "c")]
    found = keys.load(path) or ()
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    for token in (tokens[0], tokens[2], "none"):
        compared.clear()
        keys.find(found, token)
        assert compared == [key.sha256 for key in found]


def test_a_revoked_key_is_gone_and_the_others_stay(path: Path) -> None:
    first, second = keys.create(path, "a", "read"), keys.create(path, "b", "admin")
    assert keys.revoke(path, "a") == 1
    found = keys.load(path) or ()
    assert keys.find(found, first) is None and keys.find(found, second) is not None
    assert keys.revoke(path, "b") == 0
    assert keys.load(path) == ()


def test_no_file_is_not_the_same_as_no_key(path: Path) -> None:
    assert keys.load(path) is None
    with pytest.raises(KeysError, match=r"^There is no key a in .*\. There are: none\.$"):
        keys.revoke(path, "a")
    assert not path.exists()


def test_a_name_is_given_once(path: Path) -> None:
    keys.create(path, "a", "read")
    before = path.read_bytes()
    with pytest.raises(KeysError, match=r"^There is a key a already\. "):
        keys.create(path, "a", "admin")
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "été", "a\nb", "a/b", "x" * 65])
def test_a_name_that_cannot_stand_in_a_log_is_refused(path: Path, name: str) -> None:
    with pytest.raises(KeysError, match="cannot name a key"):
        keys.create(path, name, "read")
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "null",
        "[{}]",
        "[1]",
        json.dumps([KEY])[:-1],
        json.dumps([KEY, KEY]),
        json.dumps([KEY, {**KEY, "name": "b"}]),
        json.dumps([KEY, {**KEY, "sha256": "1" * 64}]),
        json.dumps([{**KEY, "scope": "root"}]),
        json.dumps([{**KEY, "sha256": ""}]),
        json.dumps([{**KEY, "sha256": "0" * 63}]),
        json.dumps([{**KEY, "sha256": "Z" * 64}]),
        json.dumps([{**KEY, "name": "a b"}]),
        json.dumps([{**KEY, "name": 1}]),
        json.dumps([{name: value for name, value in KEY.items() if name != "created"}]),
        json.dumps([{**KEY, "extra": 1}]),
    ],
)
def test_a_damaged_file_is_refused_whole_and_left_alone(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o600)
    for change in (keys.load, lambda p: keys.create(p, "b", "read"), lambda p: keys.revoke(p, "a")):
        with pytest.raises(KeysError, match="is damaged"):
            change(path)
    assert path.read_text() == content


def test_any_flipped_bit_is_refused_or_harmless(path: Path) -> None:
    token = keys.create(path, "a", "read")
    content = path.read_bytes()
    for at in range(len(content)):
        flipped = bytearray(content)
        flipped[at] ^= 1
        path.write_bytes(bytes(flipped))
        try:
            found = keys.load(path) or ()
        except KeysError:
            continue
        # A name, a date, or a checksum that now fits nothing.
        assert all(key.scope == "read" for key in found)
        assert keys.find(found, "") is None and keys.find(found, "none") is None
        assert (
            keys.find(found, token) is None or found[0].sha256 == hashlib.sha256(token.encode()).hexdigest()
        )


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_change_is_refused(path: Path, mode: int) -> None:
    keys.create(path, "a", "read")
    path.chmod(mode)
    with pytest.raises(KeysError, match=r"can be changed by other users\. Run: chmod 600 "):
        keys.load(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
def test_a_key_made_by_root_can_be_read_by_the_user_that_serves(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    os.chown(folder, 12345, 12346)
    keys.create(folder / "keys.json", "a", "read")
    keys.create(folder / "keys.json", "b", "read")
    status = (folder / "keys.json").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 12346, 0o600)


def test_keys_made_at_once_are_all_kept(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: keys.create(path, f"k{name}", "read"), range(16)))
    assert {key.name for key in keys.load(path) or ()} == {f"k{name}" for name in range(16)}


def test_a_full_disk_leaves_the_keys_as_they_were(path: Path) -> None:
    keys.create(path, "a", "read")
    before = path.read_bytes()
    with files_up_to(10), pytest.raises(KeysError, match="cannot be changed: "):
        keys.create(path, "b", "read")
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} <= {"keys.json", "keys.json.lock"}


def test_keys_may_be_made_before_there_is_an_index(tmp_path: Path) -> None:
    path = tmp_path / "index" / "keys.json"
    keys.create(path, "a", "read")
    assert keys.load(path)


def test_a_folder_that_cannot_be_is_told_in_a_sentence(path: Path) -> None:
    path.write_text("")
    with pytest.raises(KeysError, match=r"^The keys in .* cannot be changed: "):
        keys.create(path / "keys.json", "a", "read")


def test_a_folder_in_its_place_is_told_in_a_sentence(path: Path) -> None:
    path.mkdir()
    with pytest.raises(KeysError, match=r"^The keys in .* cannot be read: "):
        keys.load(path)


def test_two_changes_wait_for_each_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(keys, "_PATIENCE", 0.05)
    with FileLock(f"{path}.lock"), pytest.raises(KeysError, match="Another command is changing"):
        keys.create(path, "a", "read")


def entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found


def test_when_it_was_made_is_kept_in_utc(path: Path) -> None:
    keys.create(path, "a", "read")
    assert entries(path)[0]["created"].endswith("+00:00")
