"""The keys of a running service: changes are seen, and whatever befalls the file opens nothing."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from service.middleware import keyring, keys
from service.middleware.keyring import Keyring
from service.middleware.keys import KeysError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture(autouse=True)
def looks_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "POLL", 0)


def test_without_a_file_no_key_is_needed_unless_said(path: Path) -> None:
    assert Keyring(path, needed=False).off
    assert not Keyring(path, needed=True).off
    assert Keyring(path, needed=True).find("any") is None


def test_a_key_made_while_it_runs_is_needed_and_accepted(path: Path) -> None:
    ring = Keyring(path, needed=False)
    assert ring.off
    token = keys.create(path, "a", "read")
    assert not ring.off
    found = ring.find(token)
    assert found and found.name == "a"


def test_a_key_revoked_while_it_runs_is_refused(path: Path) -> None:
    token, other = keys.create(path, "a", "read"), keys.create(path, "b", "read")
    ring = Keyring(path, needed=False)
    assert ring.find(token)
    keys.revoke(path, "a")
    assert ring.find(token) is None and ring.find(other)
    keys.revoke(path, "b")
    assert ring.find(other) is None
    assert not ring.off


def test_a_file_that_vanishes_opens_nothing(path: Path) -> None:
    token = keys.create(path, "a", "read")
    ring = Keyring(path, needed=False)
    assert ring.find(token)
    path.unlink()
    assert not ring.off
    assert ring.find(token) is None


@pytest.mark.parametrize("content", ["", "[", "{}", "\0" * 300])
def test_a_damaged_file_refuses_all_until_it_is_mended(
    path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = keys.create(path, "a", "read")
    right = path.read_text()
    ring = Keyring(path, needed=False)
    assert ring.find(token)
    path.write_text(content)
    for _ in range(3):
        assert not ring.off
        with pytest.raises(KeysError):
            ring.find(token)
    assert len([line for line in caplog.records if line.levelno == logging.ERROR]) == 1
    path.write_text(right)
    assert ring.find(token)


def test_a_file_damaged_before_the_first_look_refuses_all(path: Path) -> None:
    path.write_text("[")
    ring = Keyring(path, needed=False)
    assert not ring.off
    with pytest.raises(KeysError):
        ring.find("any")


def test_a_mode_that_is_mended_is_seen(path: Path) -> None:
    token = keys.create(path, "a", "read")
    path.chmod(0o666)
    ring = Keyring(path, needed=False)
    with pytest.raises(KeysError):
        ring.find(token)
    path.chmod(0o600)
    assert ring.find(token)


def test_the_file_is_looked_at_no_more_often_than_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = keys.create(path, "a", "read")
    now = [0.0]
    monkeypatch.setattr(keyring, "POLL", 0.5)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    ring = Keyring(path, needed=False)
    assert ring.find(token)
    path.write_text(json.dumps([]))
    now[0] = 0.4
    assert ring.find(token)
    now[0] = 0.6
    assert ring.find(token) is None


def test_no_key_is_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = keys.create(path, "a", "read")
    ring = Keyring(path, needed=True)
    ring.find(token)
    path.write_text(f'[{{"name": "{token}"}}]')
    with pytest.raises(KeysError):
        ring.find(token)
    assert caplog.text and token not in caplog.text
