"""The audit log: every action is noted before and after, whatever comes of it, and no secret with it."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer.__main__ import main
from indexer.errors import StoreError
from indexer.upkeep import audit

ME = pwd.getpwuid(os.geteuid()).pw_name


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / audit.FILE).read_text(encoding="utf-8").splitlines()]


def told(folder: Path) -> list[tuple[str, str]]:
    return [(line["action"], line["outcome"]) for line in lines(folder)]


def test_an_action_is_noted_before_it_is_done_and_after(tmp_path: Path) -> None:
    with audit.noted(tmp_path, "restore", required=True, file="/b/é.tar", nothing=None) as outcome:
        assert told(tmp_path) == [("restore", "begun")]
        outcome["generation"] = "g000002"
    begun, done = lines(tmp_path)
    assert begun["id"] == done["id"] and "nothing" not in begun
    assert (done["outcome"], done["file"], done["generation"]) == ("done", "/b/é.tar", "g000002")
    assert (done["user"], done["host"], done["pid"]) == (ME, os.uname().nodename, os.getpid())
    age = datetime.now(UTC) - datetime.fromisoformat(done["time"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert stat.S_IMODE((tmp_path / audit.FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("written", "login"), [("0", pwd.getpwuid(0).pw_name), (str(2**32 - 1), None), ("", None), (None, None)]
)
def test_who_logged_in_is_told_beside_whose_rights_are_used(
    written: str | None, login: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "loginuid"
    if written is not None:
        source.write_text(written)
    monkeypatch.setattr(audit, "LOGIN", source)
    with audit.noted(tmp_path, "rollback", required=False):
        pass
    assert {line.get("login") for line in lines(tmp_path)} == {login}


def test_a_user_without_a_name_is_told_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with audit.noted(tmp_path, "rollback", required=False):
        pass
    assert lines(tmp_path)[0]["user"] == str(os.geteuid())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreError("There is no room."), "There is no room."),
        (ValueError("a secret that a library quotes"), "ValueError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_what_fails_is_noted_with_its_reason(error: BaseException, reason: str, tmp_path: Path) -> None:
    with pytest.raises(type(error)), audit.noted(tmp_path, "restore", required=True):
        raise error
    assert [line.get("reason") for line in lines(tmp_path)] == [None, reason]
    assert told(tmp_path)[-1] == ("restore", "failed")


def test_a_key_that_is_given_for_its_name_is_not_noted(tmp_path: Path) -> None:
    token = "repere_" + secrets.token_urlsafe(32)
    with pytest.raises(StoreError), audit.noted(tmp_path, "keys revoke", required=False, key=token):
        raise StoreError(f"There is no key {token}.")
    assert token[7:] not in (tmp_path / audit.FILE).read_text(encoding="utf-8")
    assert lines(tmp_path)[1]["reason"] == "There is no key repere_…."


def test_a_line_break_in_a_name_does_not_forge_a_line(tmp_path: Path) -> None:
    for name in 'a\n{"action": "forged"}', "a\u2028b", "a\udcffb", "a\0b":
        with audit.noted(tmp_path, "restore", required=True, file=name):
            pass
    raw = (tmp_path / audit.FILE).read_bytes()
    assert raw.count(b"\n") == 8 and all(
        json.loads(line)["action"] == "restore" for line in raw.split(b"\n")[:-1]
    )


def unwritable(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / audit.FILE
    if case == "a link":
        path.symlink_to(folder / "elsewhere")
    elif case == "a second name of another file":
        (folder / "elsewhere").write_text("")
        path.hardlink_to(folder / "elsewhere")
    elif case == "a pipe":
        os.mkfifo(path)
    elif case == "a folder":
        path.mkdir()
    else:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(audit, "append_whole", full)


UNWRITABLE = ("a link", "a second name of another file", "a pipe", "a folder", "a full disk")


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_lets_in_is_not_done_unnoted(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unwritable(case, tmp_path, monkeypatch)
    done = False
    with (
        pytest.raises(StoreError, match="Nothing was done: 'restore'"),
        audit.noted(tmp_path, "restore", required=True),
    ):
        done = True
    assert not done
    elsewhere = tmp_path / "elsewhere"
    assert not elsewhere.exists() or elsewhere.read_text() == ""


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_shuts_out_or_mends_is_done_and_said(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    unwritable(case, tmp_path, monkeypatch)
    done = False
    with audit.noted(tmp_path, "keys revoke", required=False):
        done = True
    assert done
    begun, ended = (record.getMessage() for record in caplog.records)
    assert "'keys revoke' is done without a note of it." in begun
    assert "That 'keys revoke' is done is not noted." in ended


def test_nothing_is_written_where_there_is_no_folder_yet(tmp_path: Path) -> None:
    folder = tmp_path / "i"
    with audit.noted(folder, "restore", required=True):
        assert not folder.exists()
        folder.mkdir()
    assert told(folder) == [("restore", "done")]


def test_many_at_once_leave_whole_lines(tmp_path: Path) -> None:
    def note(number: int) -> None:
        with audit.noted(tmp_path, "restore", required=True, file="x" * 5000 + str(number)):
            pass

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(note, range(50)))
    assert len(lines(tmp_path)) == 100
    assert len({line["id"] for line in lines(tmp_path)}) == 50


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_notes_first_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with audit.noted(tmp_path, "rollback", required=False):
        pass
    status = (tmp_path / audit.FILE).stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 12345, 0o600)


@pytest.mark.usefixtures("stand_in")
def test_the_commands_note_what_they_do(
    corpus: Path, index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, saved = ["--index", str(index)], tmp_path / "b.tar"
    assert main(["rollback", *where]) == 1  # there is no generation before
    assert main(["backup", str(saved), *where]) == 0
    assert main(["restore", str(saved), *where]) == 0
    assert main(["rollback", *where]) == 0
    main(["doctor", "--repair", *where])
    saved.write_bytes(b"none")
    assert main(["restore", str(saved), *where]) == 1
    assert told(index) == [
        ("rollback", "begun"),
        ("rollback", "failed"),
        ("restore", "begun"),
        ("restore", "done"),
        ("rollback", "begun"),
        ("rollback", "done"),
        ("repair", "begun"),
        ("repair", "done"),
        ("restore", "begun"),
        ("restore", "failed"),
    ]
    noted = lines(index)
    assert (noted[3]["file"], noted[3]["generation"]) == (str(saved), "g000002")
    assert noted[5]["generation"] == "g000001"
    assert noted[9]["reason"] in capsys.readouterr().err


@pytest.mark.usefixtures("stand_in")
def test_looking_is_not_noted(index: Path, tmp_path: Path) -> None:
    for command in (["status"], ["doctor"], ["backup", str(tmp_path / "b.tar")]):
        main([*command, "--index", str(index)])
    assert not (index / audit.FILE).exists()
    assert main(["rollback", "--index", str(tmp_path)]) == 1
    assert not (tmp_path / audit.FILE).exists()
