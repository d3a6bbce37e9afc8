"""The parts of make torture: each does one kind of harm, to the service and to the plain baseline."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import material, servers
from bench.processes import alone
from bench.qdrant_engine import EdgeClient
from bench.servers import Server
from models.load import ModelChoice
from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.serving import serving
from tests.standin import StandInEncoder
from tests.torture import authorisation, contract, flips, fuzz, kills, plain, publications, soak, stand_ins
from tests.torture.authorisation import REFUSED
from tests.torture.faults import Outcome, Record, record, scene
from tests.torture.samples import Sample
from tests.torture.soak import Soaked
from tests.torture.victim import victim

PLAIN_SHARE, PLAIN_SECONDS = 1 / 4, 60
"""Length of the baseline's soak: of ours, and at the most. It refuses nobody, and its queue grows."""
TOLD = 5
"""Reasons told of what went wrong in a soak."""
KEPT_OUT = (*REFUSED, 404)
"""Statuses of a caller who was not let in."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of each harm is done."""

    contract: int
    """Requests that schemathesis makes, at the least."""
    fuzzed: int
    """Requests harmed in each of their parts."""
    builds: int
    """Kills of builds, and as many of restores."""
    swaps: int
    """Kills of rollbacks, as many of reloads, backups, repairs and each case of a publication."""
    files: int
    """Files of the corpus whose builds are killed."""
    flips: int
    """Bits flipped in each file."""
    flips_serving: int
    """Bits flipped in each file while it serves."""
    seconds: float
    """Length of the soak."""
    model: bool
    """Whether the soak uses the real model."""


FULL = Plan(10_000, 2500, 60, 30, 250, 100, 10, 600, model=True)
QUICK = Plan(200, 60, 3, 2, 3, 1, 0, 15, model=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the table: the service's record, and the baseline's where it has one."""

    ours: Record
    plain: Record | None = None
    samples: Sequence[Sample] = ()
    """What was looked at while the service was soaked."""

    @property
    def failed(self) -> bool:
        """Return whether the service did anything but answer right or refuse in words, or did nothing."""
        return bool(self.ours.wrong) or not self.ours.tried


def _contract(plan: Plan, scratch: Path, rng: random.Random) -> Iterator[Row]:
    seed = rng.randrange(2**31)
    with both(scratch) as (ours, theirs):
        mine = contract.conforming(ours.port, plan.contract, seed)
        yield Row(mine, contract.conforming(theirs.port, plan.contract // 10, seed))


def _bytes(plan: Plan, scratch: Path, rng: random.Random) -> Iterator[Row]:
    with both(scratch) as (ours, theirs):
        for target in fuzz.TARGETS:
            mine = fuzz.fuzzed(ours.port, fuzz.OURS, target, plan.fuzzed, rng, "error")
            other = None
            if target != "body":  # it takes none
                other = fuzz.fuzzed(theirs.port, fuzz.PLAIN, target, plan.fuzzed, rng, "detail")
            yield Row(mine, other)


def _kills(plan: Plan, scratch: Path, rng: random.Random) -> Iterator[Row]:
    folders = {name: scratch / name for name in ("large", "small")}
    for each in folders.values():
        each.mkdir()
    with victim() as by:
        large = scene(folders["large"], plan.files, by)
        saving = plain.killed_while_saving(by, scratch, plan.builds, rng)
        yield Row(kills.killed_while_publishing(by, large, "build", plan.builds, rng), saving)
        small = scene(folders["small"], 3, by)
        yield Row(kills.killed_while_publishing(by, small, "restore", plan.builds, rng))
        yield Row(kills.killed_at_each_sync(by, small, "build"))
        yield Row(kills.killed_at_each_sync(by, small, "restore"))
        yield Row(kills.killed_while_swapping(by, small, "roll back", plan.swaps, rng))
        yield Row(kills.killed_while_swapping(by, small, "reload", plan.swaps, rng))
        yield Row(kills.killed_while_saving(by, small, plan.swaps, rng))
        yield Row(kills.killed_while_mending(by, small, plan.swaps, rng))


def _qdrant(plan: Plan, scratch: Path, rng: random.Random) -> Iterator[Row]:
    folder = scratch / "qdrant"
    folder.mkdir()
    with victim() as by, closing(EdgeClient(folder / "engine")) as client:
        yield from map(Row, publications.killed(folder, by, client, plan.swaps, rng))


def _flips(plan: Plan, scratch: Path, rng: random.Random) -> Iterator[Row]:
    folder = scratch / "flips"
    folder.mkdir()
    with victim() as by:
        place = scene(folder, 3, by)
    passages = folder / "passages.jsonl"
    stand_ins.write_passages(place.index, passages, StandInEncoder().fingerprint)
    found = flips.flipped(place, plan.flips, rng)
    yield Row(summed("bit flipped in any file", found), summed("", plain.flipped(passages, plan.flips, rng)))
    if plan.flips_serving:
        with unlogged():
            noticed = flips.flipped_while_serving(place, plan.flips_serving, rng)
        yield Row(summed("the same while it serves", noticed))
    yield Row(flips.flipped_in_a_backup(place, plan.flips, rng))


def _access(_: Plan, scratch: Path, __: random.Random) -> Iterator[Row]:
    index, kept = prepared(scratch)[0], scratch / "keys.json"
    keys.create(kept, "first", "admin")
    live = IndexWatcher(index, StandInEncoder)
    keyed, unkeyed = build_app(live, Settings(index=index, keys=kept)), build_app(live)
    over = authorisation.over_http
    with serving(keyed) as one, serving(unkeyed) as other:
        rows = authorisation.table(keyed, over(one), over(other), kept)
    for who in rows[0].statuses:
        yield Row(let_in(who, rows))


def _soak(plan: Plan, scratch: Path, _: random.Random) -> Iterator[Row]:
    if plan.model:
        index, passages = scratch / "soaked", scratch / "soaked.jsonl"
        alone(prepare_with_model, index, passages)
        ours_command, plain_command = servers.SERVICE, servers.BASELINE
    else:
        index, passages = prepared(scratch)
        ours_command, plain_command = stand_ins.OURS, stand_ins.PLAIN
    questions = [each.text for each in material.made_up().asks][: soak.ASKED]
    with servers.ours(index, ours_command, REPERE_QUESTION_CACHE="0") as ours:
        mine = soak.soak(ours.port, ours.pid, index, questions, plan.seconds)
    sources = {each["source"] for each in plain.read(passages)}
    with servers.baseline(passages, plain_command) as theirs:
        other = soak.soak_plainly(
            theirs.port, theirs.pid, sources, questions, min(PLAIN_SHARE * plan.seconds, PLAIN_SECONDS)
        )
    yield Row(soaked(mine), soaked(other), mine.samples)


@contextmanager
def both(scratch: Path) -> Iterator[tuple[Server, Server]]:
    """Start the service and the baseline over the seeds, with the stand-in model."""
    index, passages = prepared(scratch)
    with servers.ours(index, stand_ins.OURS) as ours, servers.baseline(passages, stand_ins.PLAIN) as theirs:
        yield ours, theirs


@contextmanager
def unlogged() -> Iterator[None]:
    """Silence the log of a service in this process, which reports each flip."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


def prepared(scratch: Path) -> tuple[Path, Path]:
    """Return an index of the seeds and its passages, made once for all parts."""
    folder = scratch / "seeds"
    if not folder.exists():
        folder.mkdir()
        stand_ins.prepare(folder)
    return folder / stand_ins.INDEX, folder / stand_ins.PASSAGES


def prepare_with_model(index: Path, passages: Path) -> None:
    """Build the index of a soak with the real model, and write its passages for the baseline."""
    soak.prepare(index)
    stand_ins.write_passages(index, passages, ModelChoice().load().fingerprint)


def summed(case: str, records: Sequence[Record]) -> Record:
    """Add up records; the note names those where something went wrong, or was as right as before."""
    told = [f"{each.case}: {each.wrong} wrong" for each in records if each.wrong]
    told += [f"{each.case}: {each.right} right" for each in records if each.right]
    tried, struck, right, refused, failed = (
        sum(getattr(each, name) for each in records)
        for name in ("tried", "struck", "right", "refused", "wrong")
    )
    return Record(
        case, tried, struck, right, refused, failed, ", ".join(told) or f"{len(records)} kinds of file"
    )


def let_in(who: str, rows: Sequence[authorisation.Row]) -> Record:
    """Return the record of one caller at every route: "right" was let in, "refused" was kept out."""
    outcomes: list[Outcome] = [
        "wrong" if who in row.wrong else "refused" if row.statuses[who] in KEPT_OUT else "right"
        for row in rows
    ]
    first = next((f"{row.method} {row.path}: {row.statuses[who]}" for row in rows if who in row.wrong), "")
    return record(f"every route, {who}", outcomes, note=first)


def soaked(found: Soaked) -> Record:
    """Return a soak as a record. Clients that hung up were not there to be answered, and count nowhere."""
    outcomes = found.outcomes
    lost = outcomes.get("failed", 0) + found.lost
    right, refused = outcomes.get("accepted", 0) - found.wrong, outcomes.get("refused", 0)
    unsent = outcomes.get("not sent", 0)
    wrong = found.wrong + lost
    kinds = ("hung up", "slow", "bad")
    misbehaved = ", ".join(f"{outcomes.get(kind, 0)} {kind}" for kind in kinds)
    note = (
        f"{found.seconds:g} s at twice {found.sustained:.0f}/s: {found.wrong} wrong answers, {lost} lost,"
        f" {found.reloads} reloads, {misbehaved}, {unsent} too many waiting to send;"
        f" {found.slope:+.0f} MB/h, p50 {found.latency.p50:.0f} p99 {found.latency.p99:.0f} ms"
    )
    note += "".join(f"; {number} of {what}" for what, number in list(found.why.items())[:TOLD])
    return Record("soak", right + refused + wrong, right + refused + wrong, right, refused, wrong, note)


Part = Callable[[Plan, Path, random.Random], Iterator[Row]]
"""Does one kind of harm by a plan, with a scratch folder and seeded randomness, and yields the rows."""

PARTS: Mapping[str, Part] = {
    "contract": _contract,
    "bytes": _bytes,
    "kills": _kills,
    "qdrant": _qdrant,
    "flips": _flips,
    "access": _access,
    "soak": _soak,
}
