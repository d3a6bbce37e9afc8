"""python -m indexer: build an index, tell its state, go back to the generation before."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from indexer import build as builder
from indexer.errors import CorpusError
from indexer.store import generation as store
from indexer.store.manifest import Manifest, verify
from models.encoder import ModelChoice
from models.errors import RepereError

SHOWN = 20
"""Skipped files listed in a report before the rest is counted."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 the corpus or the command line is at fault."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    options = _parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except CorpusError as error:
        print(error, file=sys.stderr)
        return 2
    except RepereError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the index is as it was before.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indexer", description="Build and look after an index.")
    commands = parser.add_subparsers(dest="command", required=True)
    index = argparse.ArgumentParser(add_help=False)
    index.add_argument("--index", type=Path, default=os.environ.get("REPERE_INDEX", "index"))
    build = commands.add_parser("build", parents=[index], help="index a folder and publish the result")
    build.add_argument("--corpus", type=Path, default=os.environ.get("REPERE_CORPUS", "seeds"))
    build.add_argument("--model", default=os.environ.get("REPERE_MODEL", ""), help="folder or hub name")
    build.add_argument("--query-prompt", default=os.environ.get("REPERE_QUERY_PROMPT"))
    build.add_argument("--passage-prompt", default=os.environ.get("REPERE_PASSAGE_PROMPT"))
    build.add_argument("--force", action="store_true", help="build even when nothing has changed")
    commands.add_parser("status", parents=[index], help="say what the index holds")
    commands.add_parser("rollback", parents=[index], help="make the generation before serve again")
    return parser


def _build(options: argparse.Namespace) -> None:
    choice = ModelChoice(options.model, options.query_prompt, options.passage_prompt)
    report = builder.build(options.corpus, options.index, choice, force=options.force)
    if report.up_to_date:
        print(f"Up to date: {options.corpus} has not changed since {report.manifest.generation}.")
        return
    manifest = report.manifest
    read = f"{manifest.documents} of {report.files} files"
    print(f"Published {manifest.generation} in {options.index}: {read},")
    print(f"  {manifest.passages} passages, {manifest.sentences} sentences, {manifest.seconds} s,")
    if manifest.carried:
        print(f"  vectors of {manifest.carried} passages taken over from the generation before,")
    print(f"  model {manifest.model.name} ({manifest.model.fingerprint}) on {manifest.engine},")
    print(f"  seconds: {', '.join(f'{name} {took}' for name, took in manifest.stages.items())};")
    print(f"  search: {_nearest(manifest)}.")
    _print_skipped(manifest)


def _status(options: argparse.Namespace) -> None:
    pointer = store.read_pointer(options.index)
    manifest = verify(store.generation_folder(options.index, pointer.current))
    rows = {
        "generation": f"{manifest.generation}, built {manifest.created} by version {manifest.version}",
        "before it": pointer.previous or "none",
        "corpus": manifest.corpus,
        "model": f"{manifest.model.name} ({manifest.model.fingerprint}, {manifest.model.dim} dimensions)",
        "engine": manifest.engine,
        "search": _nearest(manifest),
        "documents": manifest.documents,
        "passages": manifest.passages,
        "sentences": manifest.sentences,
        "checksums": f"all {len(manifest.files)} files whole",
    }
    for name, value in rows.items():
        print(f"{name:<12}{value}")
    _print_skipped(manifest)


def _rollback(options: argparse.Namespace) -> None:
    pointer = store.rollback(options.index)
    print(f"{pointer.current} serves again; 'rollback' once more returns to {pointer.previous}.")


def _nearest(manifest: Manifest) -> str:
    record = manifest.nearest
    if not record.cells:
        return "every passage is looked at"
    return f"{record.probes} of {record.cells} cells are looked into, recall@10 {record.recall:.3f}"


def _print_skipped(manifest: Manifest) -> None:
    if manifest.skipped:
        print(f"Skipped {len(manifest.skipped)}:")
    for each in manifest.skipped[:SHOWN]:
        print(f"  {each['source']}: {each['reason']}")
    if len(manifest.skipped) > SHOWN:
        print(f"  … and {len(manifest.skipped) - SHOWN} more")


_COMMANDS = {"build": _build, "status": _status, "rollback": _rollback}

if __name__ == "__main__":
    sys.exit(main())
