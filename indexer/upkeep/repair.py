"""What the doctor mends: which generation serves, what killed builds left, a damaged model cache."""

from __future__ import annotations

from indexer.store import generation as store
from indexer.store.generation import Pointer
from indexer.upkeep.checks import (
    CURRENT,
    LEFTOVERS,
    MODEL_FILES,
    MODEL_LEFTOVERS,
    Checkup,
    Finding,
    Soundness,
)
from models import bundle


def mend(checkup: Checkup, findings: list[Finding]) -> dict[str, str]:
    """Mend what can be mended; check → what was done about it. Needs the lock.

    A generation that is damaged is put aside, not removed, and nothing is removed unless a sound one serves.
    Raises OSError when the disk does not allow it.
    """
    done = {}
    wrong = {each.check for each in findings if each.condition != "ok"}
    if pointer := _better(checkup):
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
        bundle.sweep()
        done[MODEL_LEFTOVERS] = "Removed."
    if any(each.check == MODEL_FILES and each.condition == "fault" for each in findings):
        bundle.discard()
        done[MODEL_FILES] = "Removed; the next build or start fetches it again."
    return done


def _better(checkup: Checkup) -> Pointer | None:
    """What CURRENT should say; None where it is right, or nothing better is to be had.

    A generation of another format is left to the version that can read it.
    """
    pointer = checkup.pointer
    if pointer is not None and checkup.generation(pointer.current)[0] is not Soundness.DAMAGED:
        return None
    standing = store.generations(checkup.index)
    before = pointer.previous if pointer is not None and pointer.current in standing else None
    if pointer is not None and before is not None and checkup.generation(before)[0] is Soundness.SOUND:
        return Pointer(before, pointer.current)
    sound = [name for name in standing if checkup.generation(name)[0] is Soundness.SOUND]
    if not sound:
        return None
    return Pointer(sound[0], sound[1] if len(sound) > 1 else None)
