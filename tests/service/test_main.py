"""What the commands do and say, what they refuse, and where the service can listen."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from service.__main__ import address, listen, main
from service.middleware import keys
from service.settings import Settings
from service.settings_sources import SettingsError, flag


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("localhost", 80, "http://localhost:80"),
        ("::1", 8000, "http://[::1]:8000"),
        ("::", 1, "http://[::]:1"),
    ],
)
def test_address(host: str, port: int, expected: str) -> None:
    assert address(host, port) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_listens(host: str) -> None:
    with listen(host, 0) as listener:
        place = listener.getsockname()
        assert place[0] == "127.0.0.1"
        socket.create_connection(place).close()


def test_an_answer_is_not_kept_back_until_its_first_half_is_acknowledged() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_listens_on_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


def test_a_port_in_use_is_refused_in_one_sentence() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError) as refused:
            listen("127.0.0.1", port)
    assert str(refused.value) == (
        f"Another program listens at http://127.0.0.1:{port}. Stop it, or set PORT to another."
    )


@pytest.mark.parametrize("host", ["no such host", "198.51.100.7", "x" * 300])
def test_an_address_of_no_machine_or_another_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match=r"Set HOST"):
        listen(host, 0)


def test_localhost_that_is_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(SettingsError, match=r"^localhost is 198\.51\.100\.7 here"):
        listen("localhost", 80)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with no settings around."""
    for name in os.environ:
        if name.startswith("REPERE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_tells_of_every_setting_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    told = capsys.readouterr().out
    assert all(flag(name) in told for name in Settings.model_fields)
    assert "Default: 8000." in told and "keys create|list|revoke" in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prot", "9000"], "--prot is not a setting. Did you mean --port?"),
        (["--prot=9000"], "--prot is not a setting. Did you mean --port?"),
        (["serve", "--hots", "a"], "--hots is not a setting. Did you mean --hosts?"),
        (["--por", "9000"], "--por is not a setting. Did you mean --port?"),
        (["--port", "http"], "--port='http' cannot be used: Input should be a valid integer"),
        (["key", "list"], "There is no command 'key'. Known are serve, keys"),
        (["--host", "0.0.0.0"], "host 0.0.0.0 is every address of this machine, and hosts is empty."),
    ],
)
def test_a_command_line_at_fault_is_told_in_a_sentence(
    alone: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_a_host_that_others_reach_is_not_served_without_a_key(
    alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--host", "0.0.0.0", "--hosts", "a.org"]) == 2
    assert capsys.readouterr().err == (
        "host 0.0.0.0 can be reached from other machines, and there is no key in index/keys.json. "
        "Create a key with 'python -m service keys create NAME --scope read --keys index/keys.json',"
        " or set host to 127.0.0.1.\n"
    )


def test_keys_are_made_listed_and_revoked(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = alone / "index" / "keys.json"
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


def test_keys_are_kept_where_the_settings_say(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "repere.toml").write_text('keys = "a.json"\n')
    monkeypatch.setenv("REPERE_CONFIG", "repere.toml")
    for given, file in ([], "a.json"), (["--keys", "b.json"], "b.json"):
        assert main(["keys", "create", "a", "--scope", "read", *given]) == 0
        assert keys.load(alone / file)


@pytest.mark.parametrize(
    "arguments", [["keys"], ["keys", "create", "a"], ["keys", "create", "a", "--scope", "root"]]
)
def test_a_command_that_is_not_whole_shows_how_it_is_used(
    alone: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: python -m service keys")
