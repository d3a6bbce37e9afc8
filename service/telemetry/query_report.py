"""The report over a query log: the questions that found nothing relevant, and counts by language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.search.relevance import RelevanceClass
from service.telemetry.query_log import QueryRecord

MAX_ROWS = 50
"""Questions that the table lists at the most; JSON lists all."""


@dataclass(frozen=True, slots=True)
class MissedQuestion:
    """A question that found nothing relevant; spellings that differ in case and spaces count as one."""

    question: str
    """Spelling in which it was asked last."""
    times: int
    """How often it was asked."""
    last: str
    """When it was asked last, UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Report:
    """Counts over the records of a query log."""

    questions: int
    missed: list[MissedQuestion]
    """Most asked first."""
    classes: dict[str, int]
    """Relevance class → questions."""
    languages: dict[str, dict[str, int]]
    """Language → relevance class → questions."""


def summarise(records: Iterable[QueryRecord], since: str = "") -> Report:
    """Return the report over the records of that day (ISO 8601) or later."""
    missed: dict[str, MissedQuestion] = {}
    by_language: dict[str, Counter[str]] = {}
    for record in records:
        if record.time < since:
            continue
        by_language.setdefault(record.language or "?", Counter())[record.relevance] += 1
        if record.relevance == RelevanceClass.NONE or not record.hits:
            key = " ".join(record.question.casefold().split())
            times = missed[key].times + 1 if key in missed else 1
            missed[key] = MissedQuestion(record.question, times, record.time)
    classes = sum(by_language.values(), Counter())
    return Report(
        questions=classes.total(),
        missed=sorted(missed.values(), key=lambda question: (-question.times, question.question)),
        classes=dict(classes.most_common()),
        languages={name: dict(by_language[name]) for name in sorted(by_language)},
    )


def show(report: Report, console: Console) -> None:
    """Print the report as tables."""
    classes = list(report.classes)
    table = Table(title=f"{report.questions} questions by language and relevance")
    for column in ("language", *classes):
        table.add_column(column, justify="left" if column == "language" else "right")
    for language, counts in report.languages.items():
        table.add_row(language, *(str(counts.get(name, 0)) for name in classes))
    console.print(table)
    if not report.missed:
        console.print("Every question found something.")
        return
    table = Table(title="Questions that found nothing, most asked first")
    table.add_column("times", justify="right")
    table.add_column("last asked")
    table.add_column("question", overflow="fold")
    for missed in report.missed[:MAX_ROWS]:
        table.add_row(str(missed.times), missed.last, escape(missed.question))
    console.print(table)
    if len(report.missed) > MAX_ROWS:
        console.print(f"{len(report.missed) - MAX_ROWS} more are told with --json.")
