"""The command `mcp`: serve an index to an assistant on this machine, over standard input and output."""

from __future__ import annotations

import argparse

from indexer.commands import Subparsers
from service import settings
from service.cli.flags import add_flags, settings_flags
from service.settings import Settings


def add_mcp(commands: Subparsers) -> None:
    """Add `mcp`."""
    parser = commands.add_parser(
        "mcp",
        help="serve an index to an assistant, by the Model Context Protocol",
        description="Serve an index to an assistant that starts this command, by the Model Context Protocol,"
        " over standard input and output. A service does so at /mcp over HTTP.",
    )
    names = ("index", "model", "query_prompt", "passage_prompt", "question_cache", "query_log", "config")
    add_flags(parser, Settings, *names)
    parser.set_defaults(run=_mcp)


def _mcp(options: argparse.Namespace) -> None:
    chosen = settings.read(flags=settings_flags(options))
    from service.mcp import stdio  # with all that searches

    stdio.serve(chosen)
