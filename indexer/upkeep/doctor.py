"""The doctor: what is wrong with an index and its model, what to do, and what is mended when asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from indexer.errors import StoreError
from indexer.store import generation as store
from indexer.upkeep import repair as repairs
from indexer.upkeep.checks import Checkup, Finding
from models.encoder import ModelChoice

COLOURS = {"ok": "green", "warning": "yellow", "fault": "red", "repaired": "cyan"}


def examine(index: Path, choice: ModelChoice, *, repair: bool = False) -> list[Finding]:
    """What every check found; with repair, first what was mended, then what every check found afterwards.

    Raises BuildUnderWay when something is to be mended while another process writes, StoreError when it
    cannot be.
    """
    if not repair or not index.is_dir():
        return list(Checkup(index, choice).findings())
    with store.build_lock(index):
        checkup = Checkup(index, choice, holding=True)
        found = list(checkup.findings())
        try:
            done = repairs.mend(checkup, found)
        except OSError as error:
            raise StoreError(f"{index} could not be mended: {error.strerror or error}.") from error
        if not done:
            return found
        mended = [
            replace(each, advice=done[each.check], repaired=True) for each in found if each.check in done
        ]
        return mended + list(Checkup(index, choice, holding=True).findings())


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether no fault is left."""
    return not any(each.condition == "fault" and not each.repaired for each in findings)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The same for programs."""
    return {"healthy": healthy(findings), "findings": [asdict(each) for each in findings]}


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print it as a table, what to do below each finding, and a last word."""
    table = Table("check", "", "found", box=SIMPLE, pad_edge=False)
    for each in findings:
        condition = "repaired" if each.repaired else each.condition
        told = "\n".join(filter(None, (each.found, each.advice)))
        table.add_row(escape(each.check), f"[{COLOURS[condition]}]{condition}[/]", escape(told))
    console.print(table)
    left = sum(each.condition == "fault" and not each.repaired for each in findings)
    warnings = sum(each.condition == "warning" and not each.repaired for each in findings)
    console.print(
        f"{left} faults, {warnings} warnings." if left or warnings else "All is well.", highlight=False
    )
