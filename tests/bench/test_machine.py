"""What the figures were measured on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime

import pytest

from bench import machine
from bench.machine import Machine


def test_this_machine_is_described() -> None:
    found = machine.describe()
    assert found.cpu and found.os and found.cores >= 1 and found.ram_gb > 0
    assert len(found.load_before) == 3 and min(found.load_before) >= 0
    assert datetime.fromisoformat(found.date).utcoffset() is not None
    assert set(found.versions) == set(machine.PACKAGES)
    assert json.loads(json.dumps(asdict(found))) == asdict(found)


SOME = Machine(
    date="2026-01-02T03:04:05+00:00",
    cpu="Some CPU",
    cores=2,
    instructions=["avx2"],
    ram_gb=16.5,
    os="Some OS",
    python="3.11.7",
    load_before=[0.5, 1, 0.25],
    repere="0.1.0",
    versions={"torch": "2"},
)


def test_it_is_told_in_two_lines() -> None:
    assert machine.in_words(SOME) == (
        "Some CPU, 2 cores (avx2), 16.5 GB, Some OS; load before 0.50 1.00 0.25; 2026-01-02T03:04:05+00:00\n"
        "Repère 0.1.0, Python 3.11.7, torch 2"
    )


@pytest.mark.parametrize(("load", "warned"), [(0.0, False), (1.0, False), (1.1, True), (17.0, True)])
def test_a_busy_machine_is_warned_of(load: float, warned: bool) -> None:
    told = machine.busy(replace(SOME, load_before=[load, 0, 0]))
    assert (f"load {load:.2f} on 2 cores" in told) is warned and bool(told) is warned
