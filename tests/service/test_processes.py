"""The number of processes that serve where nobody sets it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from service import processes


@pytest.mark.parametrize(
    ("cores", "gigabytes", "expected"),
    [
        pytest.param(1, 64, 1, id="one core"),
        pytest.param(2, 64, 1, id="two cores: one process uses both"),
        pytest.param(4, 64, 2, id="four cores"),
        pytest.param(8, 64, 4, id="eight cores"),
        pytest.param(64, 64, 4, id="no more than four"),
        pytest.param(8, 2.5, 2, id="memory for two"),
        pytest.param(8, 0.2, 1, id="hardly any memory"),
    ],
)
def test_as_many_as_cores_and_memory_carry(cores: int, gigabytes: float, expected: int) -> None:
    assert processes.suitable(cores, int(gigabytes * 10**9)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [("900000000\n", 1), ("max\n", 4), (None, 4)],
    ids=["a container of 900 MB", "no limit", "no file"],
)
def test_a_container_may_use_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, expected: int
) -> None:
    if said is not None:
        (tmp_path / "max").write_text(said)
    monkeypatch.setattr(processes, "_LIMITS", (str(tmp_path / "max"), str(tmp_path / "none")))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=10**11))
    assert processes.of_this_machine() == expected
