"""The server ends in order, or at once before it has taken a connection."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from service import server
from service.app import build_app
from service.search.index_watcher import IndexWatcher
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
