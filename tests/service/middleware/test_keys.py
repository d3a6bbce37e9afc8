"""Keys: what their file holds and refuses, and that a running service never lets in whom it should not."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from service.middleware import keys
from service.middleware.keys import Keyring, KeysError
from tests.limits import files_up_to, no_descriptors

KEY = {"name": "a", "scope": "read", "sha256": "0" * 64, "created": "2026-01-01T00:00:00+00:00"}
DAMAGED: list[Any] = [
    {},
    None,
    [{}],
    [1],
    [KEY, KEY],
    [KEY, {**KEY, "name": "b"}],
    [KEY, {**KEY, "sha256": "1" * 64}],
    [{**KEY, "scope": "root"}],
    [{**KEY, "sha256": ""}],
    [{**KEY, "sha256": "0" * 63}],
    [{**KEY, "sha256": "Z" * 64}],
    [{**KEY, "name": "a b"}],
    [{**KEY, "name": 1}],
    [{name: value for name, value in KEY.items() if name != "created"}],
    [{**KEY, "extra": 1}],
    [{**KEY, "collections": []}],
    [{**KEY, "collections": "a"}],
    [{**KEY, "collections": ["a", "a"]}],
    [{**KEY, "collections": ["a b"]}],
    [{**KEY, "collections": [""]}],
    [{**KEY, "scope": "admin", "collections": ["a"]}],
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index" / "keys.json"


@pytest.fixture(autouse=True)
def _folder(path: Path) -> None:
    path.parent.mkdir()


def ring_of(path: Path, *, required: bool = False) -> Keyring:
    """A keyring that looks at its file every time it is asked."""
    return Keyring(path, required=required, poll_seconds=0)


def test_a_key_is_made_of_256_random_bits_and_found_again(path: Path) -> None:
    token, other = keys.create(path, "alice", "read"), keys.create(path, "bob", "admin")
    assert token != other and token.startswith("repere_") and len(token) == len("repere_") + 43
    stored = keys.load(path) or ()
    assert [(key.name, key.scope) for key in stored] == [("alice", "read"), ("bob", "admin")]
    assert all(key.created.endswith("+00:00") for key in stored)
    assert keys.find(stored, token) is stored[0] and keys.find(stored, other) is stored[1]


def test_the_file_holds_no_key_and_only_its_owner_can_read_it(path: Path) -> None:
    token = keys.create(path, "alice", "read")
    assert token.removeprefix("repere_") not in path.read_text()
    assert json.loads(path.read_text())[0]["sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in path.parent.iterdir()} <= {"keys.json", "keys.json.lock"}


@pytest.mark.parametrize("token", ["", "repere_", "alice", "0" * 64, "été", "\udcff", "x" * 100_000])
def test_what_is_no_key_is_not_found(path: Path, token: str) -> None:
    keys.create(path, "alice", "read")
    stored = keys.load(path) or ()
    assert keys.find(stored, token) is None
    assert keys.find(stored, stored[0].sha256) is None


def test_every_key_is_compared(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [keys.create(path, name, "read") for name in ("a", "b", "c")]
    stored = keys.load(path) or ()
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    for token in (tokens[0], tokens[2], "none"):
        compared.clear()
        keys.find(stored, token)
        assert compared == [key.sha256 for key in stored]


def test_no_file_is_not_the_same_as_no_key(path: Path) -> None:
    assert keys.load(path) is None
    with pytest.raises(KeysError, match=r"^There is no key a in .*\. There are: none\.$"):
        keys.revoke(path, "a")
    assert not path.exists()
    keys.create(path, "a", "read")
    assert keys.revoke(path, "a") == 0
    assert keys.load(path) == ()


def test_a_name_is_given_once(path: Path) -> None:
    keys.create(path, "été", "read")
    before = path.read_bytes()
    for spelling in ("NFC", "NFD"):
        with pytest.raises(KeysError, match=r"^There is a key été already\. "):
            keys.create(path, unicodedata.normalize(spelling, "été"), "admin")
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["bibliothèque", "مكتبة", "पुस्तकालय", "図書館-2", "٣", "a.b_c-d", "x" * 64])
def test_a_name_may_be_of_any_script_in_either_spelling(path: Path, name: str) -> None:
    keys.create(path, unicodedata.normalize("NFD", name), "read")
    assert [key.name for key in keys.load(path) or ()] == [unicodedata.normalize("NFC", name)]
    assert keys.revoke(path, unicodedata.normalize("NFD", name)) == 0


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", "-a", ".a", "_a", "a\nb", "a/b", "x" * 65, "\u0301a", "a\u202eb", "a\u200db", "€", "½"],
)
def test_a_name_that_cannot_stand_in_a_log_is_refused(path: Path, name: str) -> None:
    with pytest.raises(KeysError, match="cannot name a key"):
        keys.create(path, name, "read")
    assert not path.exists()


def test_a_name_in_another_spelling_than_it_is_written_in_is_damage(path: Path) -> None:
    path.write_text(json.dumps([{**KEY, "name": "e\u0301"}]))
    with pytest.raises(KeysError, match="is damaged"):
        keys.load(path)


@pytest.mark.parametrize("content", ["", json.dumps([KEY])[:-1], *map(json.dumps, DAMAGED)])
def test_a_damaged_file_is_refused_and_left_alone(path: Path, content: str) -> None:
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
            stored = keys.load(path) or ()
        except KeysError:
            continue
        # A name, a date, or a checksum that now fits nothing.
        assert all(key.scope == "read" for key in stored)
        assert keys.find(stored, "") is None and keys.find(stored, "none") is None
        known = keys.find(stored, token)
        assert known is None or known.sha256 == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_change_is_refused(path: Path, mode: int) -> None:
    keys.create(path, "a", "read")
    path.chmod(mode)
    with pytest.raises(KeysError, match=r"can be changed by other users\. Run: chmod 600 "):
        keys.load(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
def test_a_key_made_by_root_can_be_read_by_the_user_that_serves(path: Path) -> None:
    os.chown(path.parent, 12345, 12346)
    keys.create(path, "a", "read")
    keys.create(path, "b", "read")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 12346, 0o600)


def test_keys_made_at_once_are_all_stored(path: Path) -> None:
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


def test_keys_may_be_made_before_there_is_an_index(path: Path) -> None:
    path.parent.rmdir()
    keys.create(path, "a", "read")
    assert keys.load(path)


def test_a_place_that_cannot_be_is_told_in_a_sentence(path: Path) -> None:
    path.mkdir()
    with pytest.raises(KeysError, match=r"^The keys in .* cannot be read: "):
        keys.load(path)
    path.rmdir()
    path.write_text("")
    with pytest.raises(KeysError, match=r"^The keys in .* cannot be changed: "):
        keys.create(path / "keys.json", "a", "read")


def test_two_changes_wait_for_each_other(path: Path) -> None:
    with FileLock(f"{path}.lock"), pytest.raises(KeysError, match="Another command is changing"):
        keys.create(path, "a", "read", lock_seconds=0.05)


def test_without_a_file_no_key_is_needed_unless_required(path: Path) -> None:
    assert ring_of(path).off
    assert not ring_of(path, required=True).off
    assert ring_of(path, required=True).find("any") is None


def test_keys_made_and_revoked_while_it_runs_count_at_once(path: Path) -> None:
    ring = ring_of(path)
    assert ring.off
    token, other = keys.create(path, "a", "read"), keys.create(path, "b", "read")
    assert not ring.off
    key = ring.find(token)
    assert key and key.name == "a"
    keys.revoke(path, "a")
    assert ring.find(token) is None and ring.find(other)
    keys.revoke(path, "b")
    assert ring.find(other) is None
    assert not ring.off


def test_a_file_that_vanishes_lets_nobody_in(path: Path) -> None:
    token = keys.create(path, "a", "read")
    ring = ring_of(path)
    assert ring.find(token)
    path.unlink()
    assert not ring.off
    assert ring.find(token) is None


@pytest.mark.parametrize("content", ["", "[", "{}", "\0" * 300])
@pytest.mark.parametrize("read_before", [True, False])
def test_a_damaged_file_refuses_all_until_it_is_mended(
    path: Path, content: str, read_before: bool, caplog: pytest.LogCaptureFixture
) -> None:
    token = keys.create(path, "a", "read")
    right = path.read_text()
    ring = ring_of(path)
    if read_before:
        assert ring.find(token)
    path.write_text(content)
    for _ in range(3):
        assert not ring.off
        with pytest.raises(KeysError):
            ring.find(token)
    assert len([line for line in caplog.records if line.levelno == logging.ERROR]) == 1
    path.write_text(right)
    assert ring.find(token)


def test_a_file_whose_mode_lets_others_write_refuses_all_until_it_is_mended(path: Path) -> None:
    token = keys.create(path, "a", "read")
    ring = ring_of(path)
    assert ring.find(token)
    path.chmod(0o666)
    with pytest.raises(KeysError):
        ring.find(token)
    path.chmod(0o600)
    assert ring.find(token)


def test_a_lack_of_descriptors_keeps_the_last_good_keys(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    token = keys.create(path, "a", "read")
    ring = ring_of(path)
    assert ring.find(token) and ring.problem is None
    other = keys.create(path, "b", "read")
    with no_descriptors():
        for _ in range(3):
            assert ring.find(token) and not ring.off
            assert ring.find(other) is None
        assert ring.problem == "The keys cannot be read; the service's log says why."
    assert len([line for line in caplog.records if line.levelno == logging.ERROR]) == 1
    assert ring.find(other) and ring.problem is None


@pytest.mark.parametrize("known", [None, "[]", "{"])
def test_a_lack_of_descriptors_lets_nobody_in_where_no_good_keys_are_known(
    path: Path, known: str | None
) -> None:
    ring = ring_of(path)
    if known is not None:
        path.write_text(known)
        path.chmod(0o600)
        assert not ring.off
    token = keys.create(path.with_name("new"), "a", "read")
    path.with_name("new").replace(path)
    with no_descriptors():
        assert not ring.off
        with pytest.raises(KeysError):
            ring.find(token)
    assert ring.find(token)


def test_a_file_that_could_not_be_read_is_read_again_though_nothing_has_changed_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = keys.create(path, "a", "read")
    ring = ring_of(path)

    def fail(_: Path) -> None:
        raise KeysError("The keys cannot be read: Input/output error.") from OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(keys, "load", fail)
        with pytest.raises(KeysError):
            ring.find(token)
    assert ring.find(token)


def test_the_file_is_looked_at_once_in_a_poll(path: Path) -> None:
    token = keys.create(path, "a", "read")
    now = 0.0
    ring = Keyring(path, required=False, poll_seconds=0.5, clock=lambda: now)
    assert ring.find(token)
    path.write_text("[]")
    now = 0.4
    assert ring.find(token)
    now = 0.6
    assert ring.find(token) is None


def test_no_key_is_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = keys.create(path, "a", "read")
    ring = ring_of(path, required=True)
    ring.find(token)
    path.write_text(f'[{{"name": "{token}"}}]')
    with pytest.raises(KeysError):
        ring.find(token)
    assert caplog.text and token not in caplog.text


def test_a_key_keeps_the_collections_that_it_opens(path: Path) -> None:
    keys.create(path, "every", "read")
    keys.create(path, "some", "read", ["lois", "sante\u0301"])
    opened = [key.collections for key in keys.load(path) or ()]
    assert opened == [None, ("lois", "santé")]
    assert "collections" not in json.loads(path.read_text())[0]  # as before there were collections


@pytest.mark.parametrize(
    ("scope", "names", "sentence"),
    [
        ("admin", ["lois"], "A key of scope admin opens every collection. "),
        ("read", ["a b"], "'a b' cannot name a collection. "),
        ("read", ["lois", ""], "'' cannot name a collection. "),
        ("read", ["lois", "lois"], "The collection lois is named twice. "),
    ],
)
def test_collections_that_cannot_be_are_refused(
    path: Path, scope: keys.Scope, names: list[str], sentence: str
) -> None:
    with pytest.raises(KeysError, match=f"^{sentence}"):
        keys.create(path, "a", scope, names)
    assert keys.load(path) is None
