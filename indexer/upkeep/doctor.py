"""The doctor: runs the checks of an index and its model, mends what can be mended, and reports both."""

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
from indexer.store.generation import Pointer
from indexer.upkeep.checks import (
    CURRENT,
    LEFTOVERS,
    MODEL_FILES,
    MODEL_LEFTOVERS,
    Checkup,
    Finding,
    Probes,
    Soundness,
)
from models import bundle
from models.load import ModelChoice

DEFAULT_PROBES = Probes()
COLOURS = {"ok": "green", "warning": "yellow", "fault": "red", "repaired": "cyan"}


def examine(
    index: Path, choice: ModelChoice, *, repair: bool = False, probes: Probes = DEFAULT_PROBES
) -> list[Finding]:
    """Return what every check found; with repair, first what was mended, then what the checks found after.

    Raises BuildUnderWay when something is to be mended while another process writes, StoreError when it
    cannot be.
    """
    if not repair or not index.is_dir():
        return list(Checkup(index, choice, probes).findings())
    with store.build_lock(index):
        checkup = Checkup(index, choice, probes, holds_lock=True)
        findings = list(checkup.findings())
        try:
            done = _mend(checkup, findings)
        except OSError as error:
            raise StoreError(f"{index} could not be mended: {error.strerror or error}.") from error
        if not done:
            return findings
        mended = [
            replace(finding, advice=done[finding.check], repaired=True)
            for finding in findings
            if finding.check in done
        ]
        return mended + list(Checkup(index, choice, probes, holds_lock=True).findings())


def healthy(findings: Sequence[Finding]) -> bool:
    """Return whether no fault is left."""
    return not _left(findings, "fault")


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as JSON for programs."""
    return {"healthy": healthy(findings), "findings": [asdict(finding) for finding in findings]}


def show(findings: Sequence[Finding], console: Console) -> None:
    """Print the findings as a table, each with its advice, then how many faults and warnings are left."""
    table = Table("check", "", "found", box=SIMPLE, pad_edge=False)
    for finding in findings:
        condition = "repaired" if finding.repaired else finding.condition
        text = "\n".join(filter(None, (finding.found, finding.advice)))
        table.add_row(escape(finding.check), f"[{COLOURS[condition]}]{condition}[/]", escape(text))
    console.print(table)
    faults, warnings = _left(findings, "fault"), _left(findings, "warning")
    console.print(
        f"{faults} faults, {warnings} warnings." if faults or warnings else "All is well.", highlight=False
    )


def _left(findings: Sequence[Finding], condition: str) -> int:
    return sum(finding.condition == condition and not finding.repaired for finding in findings)


def _mend(checkup: Checkup, findings: Sequence[Finding]) -> dict[str, str]:
    """Mend what can be mended; return check → what was done about it. Needs the lock.

    A generation that is damaged is put aside, not removed, and nothing is removed unless a sound one serves.
    Raises OSError when the disk does not allow it.
    """
    done = {}
    wrong = {finding.check: finding.condition for finding in findings if finding.condition != "ok"}
    if pointer := _better_pointer(checkup):
        store.write_pointer(checkup.index, pointer)
        done[CURRENT] = f"{pointer.current} serves now."
        damaged = checkup.pointer.current if checkup.pointer else None
        done.update({check: done[CURRENT] for check in wrong if damaged and check.startswith(f"{damaged}: ")})
        checkup.pointer = pointer
    pointer = checkup.pointer
    if LEFTOVERS in wrong and pointer and checkup.generation(pointer.current)[0] is Soundness.SOUND:
        store.sweep(checkup.index, pointer)
        done[LEFTOVERS] = "Removed."
    if MODEL_LEFTOVERS in wrong:
        bundle.sweep(checkup.choice.cache)
        done[MODEL_LEFTOVERS] = "Removed."
    if wrong.get(MODEL_FILES) == "fault":
        bundle.discard(checkup.choice.cache)
        done[MODEL_FILES] = "Removed; the next build or start fetches it again."
    return done


def _better_pointer(checkup: Checkup) -> Pointer | None:
    """Return what CURRENT should say; None where it is right, or where no generation is sound.

    A generation of another format is left to the version that can read it.
    """
    pointer = checkup.pointer
    if pointer is not None and checkup.generation(pointer.current)[0] is not Soundness.DAMAGED:
        return None
    names = store.generations(checkup.index)
    previous = pointer.previous if pointer is not None and pointer.current in names else None
    if pointer is not None and previous is not None and checkup.generation(previous)[0] is Soundness.SOUND:
        return Pointer(previous, pointer.current)
    sound = [name for name in names if checkup.generation(name)[0] is Soundness.SOUND]
    if not sound:
        return None
    return Pointer(sound[0], sound[1] if len(sound) > 1 else None)
