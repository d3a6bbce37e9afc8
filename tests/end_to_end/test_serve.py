"""python -m service as a process: how it starts, how it ends, and what it says when it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from service.cli.serve import listen
from service.middleware import keys
from tests.conftest import ROOT
from tests.serving import get, wait_until

pytestmark = pytest.mark.slow


def command(tmp_path: Path, **settings: str) -> subprocess.Popen[str]:
    """The service over no index, with a model that is none: it starts, and says so."""
    (tmp_path / "no-model").mkdir(exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REPERE_")}
    set_ = {"REPERE_INDEX": str(tmp_path / "index"), "REPERE_MODEL": str(tmp_path / "no-model")} | settings
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "service"],
        cwd=ROOT,
        env=clean | set_,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
        return port


def answers(address: str) -> bool:
    try:
        return get(f"{address}/health", timeout=5).status_code == 503
    except httpx2.TransportError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_it_ends_quickly_and_quietly(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = command(tmp_path, REPERE_PORT=str(port))
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}"), seconds=60)
        process.send_signal(number)
        said, logged = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert said.splitlines() == [
        f"Repère serves {tmp_path / 'index'} at http://127.0.0.1:{port}"
        f" (the API is described at http://127.0.0.1:{port}/docs). Ask:",
        f"  curl 'http://127.0.0.1:{port}/search?q=formations+continues+en+oncologie&k=3'",
    ]
    assert "Traceback" not in logged and "Error" not in logged
    assert "it is not a sentence-transformers model" in logged


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"REPERE_PROT": "1"}, "REPERE_PROT is not a setting. Did you mean REPERE_PORT?"),
        (
            {"REPERE_PORT": "http"},
            "REPERE_PORT='http' cannot be used: Input should be a valid integer,"
            " unable to parse string as an integer.",
        ),
        (
            {"REPERE_HOST": "no.such.host.invalid"},
            "There is no address no.such.host.invalid to listen on. Set HOST to one of this machine.",
        ),
    ],
    ids=["unknown setting", "bad port", "unknown host"],
)
def test_a_setting_at_fault_ends_it_in_one_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    keys.create(tmp_path / "index" / "keys.json", "a", "read")
    said, logged = command(tmp_path, **settings).communicate(timeout=60)
    assert (said, logged) == ("", sentence + "\n")


def test_a_port_in_use_ends_it_in_one_sentence(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = str(listener.getsockname()[1])
        process = command(tmp_path, REPERE_PORT=port)
        said, logged = process.communicate(timeout=60)
    assert (process.returncode, said) == (2, "")
    assert logged == f"Another program listens at http://127.0.0.1:{port}. Stop it, or set PORT to another.\n"
