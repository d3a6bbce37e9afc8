"""The command `report`: the questions of the query log that found nothing relevant."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import date

from indexer.commands import Subparsers
from service import settings
from service.settings_sources import SettingsError


def add_report(commands: Subparsers) -> None:
    """Add `report`."""
    summary = "say what was asked and not found"
    parser = commands.add_parser("report", help=summary, description="Say what was asked and not found.")
    parser.add_argument("--since", type=day, metavar="DATE", help="first day told of: 2026-01-31")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    parser.set_defaults(run=_report)


def day(text: str) -> str:
    """Return a date in ISO 8601. Raises ValueError for any other text."""
    return date.fromisoformat(text).isoformat()


def _report(options: argparse.Namespace) -> None:
    """Print the report. Raises SettingsError when there is no query log to read."""
    path = settings.read().query_log
    if path is None:
        raise SettingsError("No questions are noted. Set REPERE_QUERY_LOG to a file and serve with it.")
    if not path.exists():
        raise SettingsError(f"There is no query log {path} yet. Serve with REPERE_QUERY_LOG={path} first.")
    from service.telemetry import query_report
    from service.telemetry.query_log import read_records

    report = query_report.summarise(read_records(path), options.since or "")
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    else:
        from rich.console import Console

        query_report.show(report, Console())
