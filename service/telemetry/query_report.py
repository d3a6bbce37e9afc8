"""python -m service report: what was asked and not found, from the query log."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.errors import RepereError
from service import settings
from service.search.relevance import RelevanceClass
from service.telemetry.query_log import Asked, written

SHOWN = 50
"""Questions that the tables list at the most; JSON lists all."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that found nothing relevant, however it was written in capitals and spaces."""

    question: str
    """As it was asked last."""
    times: int
    last: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a query log tells."""

    questions: int
    missed: list[Missed]
    """Most asked first."""
    classes: dict[str, int]
    """Relevance class → questions."""
    languages: dict[str, dict[str, int]]
    """Language → relevance class → questions."""


def summary(asked: Iterable[Asked], since: str = "") -> Report:
    """The report over all that was asked on that day (ISO 8601) or later."""
    missed: dict[str, Missed] = {}
    by_language: dict[str, Counter[str]] = {}
    for each in asked:
        if each.time < since:
            continue
        by_language.setdefault(each.language or "?", Counter())[each.relevance] += 1
        if each.relevance == RelevanceClass.NONE or not each.hits:
            key = " ".join(each.question.casefold().split())
            times = missed[key].times + 1 if key in missed else 1
            missed[key] = Missed(each.question, times, each.time)
    classes = sum(by_language.values(), Counter())
    return Report(
        questions=classes.total(),
        missed=sorted(missed.values(), key=lambda each: (-each.times, each.question)),
        classes=dict(classes.most_common()),
        languages={name: dict(by_language[name]) for name in sorted(by_language)},
    )


def report_main(arguments: Sequence[str]) -> int:
    """Print the report; 2 when there is no query log to tell of."""
    parser = argparse.ArgumentParser(
        prog="python -m service report", description="Say what was asked and not found."
    )
    parser.add_argument("--since", type=day, metavar="DATE", help="first day told of: 2026-01-31")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    options = parser.parse_args(arguments)
    try:
        path = settings.read().query_log
        if path is None:
            raise RepereError("No questions are noted. Set REPERE_QUERY_LOG to a file and serve with it.")
        if not path.exists():
            raise RepereError(f"There is no query log {path} yet. Serve with REPERE_QUERY_LOG={path} first.")
    except RepereError as error:
        print(error, file=sys.stderr)
        return 2
    report = summary(written(path), options.since or "")
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    else:
        show(report, Console())
    return 0


def day(text: str) -> str:
    """A date as ISO 8601 has it. Raises ValueError for any other text."""
    return date.fromisoformat(text).isoformat()


def show(report: Report, console: Console) -> None:
    """The report as tables."""
    classes = list(report.classes)
    table = Table(title=f"{report.questions} questions by language and relevance")
    for column in ("language", *classes):
        table.add_column(column, justify="left" if column == "language" else "right")
    for language, counts in report.languages.items():
        table.add_row(language, *(str(counts.get(each, 0)) for each in classes))
    console.print(table)
    if not report.missed:
        console.print("Every question found something.")
        return
    found_nothing = Table(title="Questions that found nothing, most asked first")
    found_nothing.add_column("times", justify="right")
    found_nothing.add_column("last asked")
    found_nothing.add_column("question", overflow="fold")
    for missed in report.missed[:SHOWN]:
        found_nothing.add_row(str(missed.times), missed.last, escape(missed.question))
    console.print(found_nothing)
    if len(report.missed) > SHOWN:
        console.print(f"{len(report.missed) - SHOWN} more are told with --json.")
