"""The files of figures that workers share: room is claimed, and a full disk costs figures, not a worker."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.telemetry.shared_files import RESERVED, ReservedFile


def test_room_is_claimed_as_the_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "counter_1.db"
    held = ReservedFile(str(path))
    held.write_value("a", 1.0, 0.0)  # type: ignore[no-untyped-call]
    assert path.stat().st_blocks * 512 >= RESERVED
    assert held.read_value("a")[0] == 1.0  # type: ignore[no-untyped-call]
    held.close()  # type: ignore[no-untyped-call]
    again = ReservedFile(str(path), read_mode=True)
    assert [value for _, value, *_ in again.read_all_values()] == [1.0]  # type: ignore[no-untyped-call]
    again.close()  # type: ignore[no-untyped-call]


def test_without_room_figures_are_lost_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    held = ReservedFile(str(tmp_path / "counter_1.db"))
    held.write_value("a", 2.0, 0.0)  # type: ignore[no-untyped-call]
    assert held.read_value("a")[0] == 2.0  # type: ignore[no-untyped-call]
    held.close()  # type: ignore[no-untyped-call]
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said.endswith("has no room (No space left on device): these figures of this worker are lost.")


def test_figures_are_shared_through_such_files(tmp_path: Path) -> None:
    count_one = "metrics.REFUSED.labels('timeout').inc()"
    script = f"from service.telemetry import metrics; {count_one}; print(metrics.page([]).decode())"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for count in ("1.0", "2.0"):
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert f'repere_requests_refused_total{{reason="timeout"}} {count}' in done.stdout
    assert all(path.stat().st_size == RESERVED for path in tmp_path.glob("*.db"))
