"""The server ends in order, or at once before it has taken a connection."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from indexer.index_folders import IndexFolders
from service import server
from service.app import build_app
from service.cli.serve import listen
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.settings_sources import SettingsError
from service.telemetry import metrics
from tests.deploy.fleet import free_ports
from tests.standin import StandInEncoder


class Left(BaseException):
    """Raised in place of the process's end."""


@pytest.mark.parametrize("started", [True, False])
def test_a_signal_ends_what_has_not_begun_at_once(
    started: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(code: int) -> None:
        assert code == 0
        raise Left

    monkeypatch.setattr(server, "leave", leave)
    running = server.Server(build_app(IndexWatcher(tmp_path, StandInEncoder)), one_of_several=True)
    running.started = started
    if started:
        running.handle_exit(signal.SIGTERM, None)
        assert running.should_exit
    else:
        with pytest.raises(Left):
            running.handle_exit(signal.SIGTERM, None)


def test_clients_are_refused_until_one_of_several_workers_can_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def supervise(count: int, _: object, listener: socket.socket, *__: object) -> None:
        address = listener.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
        with pytest.raises(SettingsError, match="Another program listens"):
            listen(*address)  # another service on the port that this one is about to serve
        listener.listen(1)  # as a worker does
        with socket.create_connection(address, timeout=5):
            listener.accept()[0].close()
        seen.append(count)

    monkeypatch.setattr(server, "supervise", supervise)
    monkeypatch.setenv(metrics.SHARED_FOLDER, "")
    with listen("127.0.0.1", free_ports(1)[0]) as listener:
        server.serve(Settings(index=IndexFolders.one(tmp_path), workers=3), listener)
    assert seen == [3]
