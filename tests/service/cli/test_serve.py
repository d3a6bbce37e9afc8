"""Where the service can listen, and what `run` does before it serves."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from indexer.store import generation as store
from service.cli.main import command_tree
from service.cli.serve import address, index_and_serve, listen
from service.settings_sources import SettingsError


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


def test_localhost_that_is_another_machine_is_refused() -> None:
    elsewhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", 80))]
    with pytest.raises(SettingsError, match=r"^localhost is 198\.51\.100\.7 here"):
        listen("localhost", 80, resolve=lambda *_, **__: elsewhere)


@pytest.mark.usefixtures("stand_in", "bare_folder")
def test_run_indexes_what_it_then_serves(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "repere.toml"
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    config.write_text(f'index = "{tmp_path / "i"}"\nport = {port}\n')
    options = command_tree().parse_args(["run", str(corpus), "--exclude", "*.md", "--config", str(config)])
    started: list[tuple[str, list[str]]] = []
    index_and_serve(options, lambda program, arguments: started.append((program, arguments)))
    assert "2 documents of 2 files" in capsys.readouterr().out
    assert store.read_pointer(tmp_path / "i").current == "g000001"
    service = [sys.executable, "-m", "service", f"--config={config}"]
    assert started == [(sys.executable, service)]


@pytest.mark.usefixtures("bare_folder")
@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--prot=1"], "--prot is not a setting. Did you mean --port?"),
        (["--keys=none.json"], "keys is none.json, and there is no such file."),
    ],
)
def test_what_keeps_the_service_from_starting_is_found_before_the_build(
    corpus: Path, flags: list[str], sentence: str
) -> None:
    options = command_tree().parse_args(["run", str(corpus), *flags])
    with pytest.raises(SettingsError) as refused:
        index_and_serve(options, lambda *_: pytest.fail("it would serve"))
    assert str(refused.value).startswith(sentence)
    assert not Path("index").exists()


@pytest.mark.usefixtures("bare_folder")
def test_a_port_in_use_is_found_before_the_build(corpus: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        options = command_tree().parse_args(["run", str(corpus), f"--port={listener.getsockname()[1]}"])
        with pytest.raises(SettingsError, match=r"^Another program listens at "):
            index_and_serve(options, lambda *_: pytest.fail("it would serve"))
    assert not Path("index").exists()


def test_run_builds_one_index_and_is_told_so_before_it_builds(
    bare_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPERE_INDEX", "a=x,b=y")
    options = command_tree().parse_args(["run", "corpus", "--port", "1"])
    with pytest.raises(SettingsError, match=r"^run builds one index, and index is a=x,b=y\. "):
        index_and_serve(options, lambda *_: pytest.fail("it was served"))
    assert not list(bare_folder.iterdir())
