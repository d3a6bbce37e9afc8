"""`keys create`, `keys list` and `keys revoke`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from indexer.upkeep import audit
from service.cli.main import main
from service.middleware import keys


def test_keys_are_made_listed_and_revoked(bare_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bare_folder / "index" / "keys.json"
    assert main(["keys", "create", "alice", "--scope", "read"]) == 0
    shown = capsys.readouterr()
    token = shown.out.strip()
    assert token not in shown.err and "is not shown again" in shown.err
    assert keys.find(keys.load(path) or (), token)
    assert main(["keys", "create", "bob", "--scope", "admin"]) == 0
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[:2] for line in listed.splitlines()] == [["alice", "read"], ["bob", "admin"]]
    assert not any(key.sha256 in listed for key in keys.load(path) or ())
    assert main(["keys", "revoke", "alice"]) == 0
    assert capsys.readouterr().out == "Revoked. Keys left: 1.\n"
    assert main(["keys", "revoke", "bob"]) == 0
    assert "Nobody is let in. Delete index/keys.json" in capsys.readouterr().out
    assert main(["keys", "revoke", "bob"]) == 1
    assert capsys.readouterr().err == "There is no key bob in index/keys.json. There are: none.\n"


def test_keys_are_kept_where_the_settings_say(bare_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare_folder / "repere.toml").write_text('keys = "a.json"\n')
    monkeypatch.setenv("REPERE_CONFIG", "repere.toml")
    for given, file in ([], "a.json"), (["--keys", "b.json"], "b.json"):
        assert main(["keys", "create", "a", "--scope", "read", *given]) == 0
        assert keys.load(bare_folder / file)


def test_a_key_opens_the_collections_that_it_is_made_for(
    bare_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPERE_INDEX", "lois=x,santé=y")
    assert main(["keys", "create", "a", "--scope", "read", "--collections", "santé"]) == 0
    assert main(["keys", "create", "b", "--scope", "read"]) == 0
    (first, second) = keys.load(bare_folder / "x" / "keys.json") or ()
    assert (first.collections, second.collections) == (("santé",), None)
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    assert [line.split()[3:] for line in capsys.readouterr().out.splitlines()] == [["santé"], []]


@pytest.mark.parametrize(
    ("index", "names", "sentence"),
    [
        ("lois=x,santé=y", "lois,nope", "There is no collection nope: there are lois, santé. "),
        ("x", "lois", "There is no collection lois: there is one index without a name. "),
        ("lois=x,santé=y", "", "'' cannot name a collection. "),
    ],
)
def test_a_collection_that_is_not_served_is_refused(
    bare_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    index: str,
    names: str,
    sentence: str,
) -> None:
    monkeypatch.setenv("REPERE_INDEX", index)
    assert main(["keys", "create", "a", "--scope", "read", "--collections", names]) != 0
    assert capsys.readouterr().err.startswith(sentence)
    assert not list(bare_folder.iterdir())


def test_what_is_done_to_keys_is_noted_beside_them_without_the_keys(
    bare_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bare_folder / "index").mkdir()
    assert main(["keys", "create", "alice", "--scope", "read"]) == 0
    token = capsys.readouterr().out.strip()
    assert main(["keys", "create", "alice", "--scope", "admin"]) == 1
    assert main(["keys", "revoke", token]) == 1  # the key itself in place of its name
    assert main(["keys", "revoke", "alice"]) == 0
    text = (bare_folder / "index" / audit.FILE).read_text(encoding="utf-8")
    ended = [json.loads(line) for line in text.splitlines()][1::2]
    assert [(line["action"], line["key"], line["outcome"]) for line in ended] == [
        ("keys create", "alice", "done"),
        ("keys create", "alice", "failed"),
        ("keys revoke", "repere_…", "failed"),
        ("keys revoke", "alice", "done"),
    ]
    assert (ended[0]["scope"], ended[1]["scope"]) == ("read", "admin")
    secret = token.removeprefix(keys.PREFIX)
    assert secret not in text and hashlib.sha256(token.encode()).hexdigest() not in text


def test_no_key_is_made_unnoted_and_any_can_be_revoked(
    bare_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "create", "a", "--scope", "read"]) == 0
    log = bare_folder / "index" / audit.FILE
    log.unlink(missing_ok=True)
    log.mkdir()
    capsys.readouterr()
    assert main(["keys", "create", "b", "--scope", "read"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and "Nothing was done: 'keys create'" in shown.err
    assert main(["keys", "revoke", "a"]) == 0
    assert keys.load(bare_folder / "index" / "keys.json") == ()
