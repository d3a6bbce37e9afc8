"""Service, build and plain baseline as processes with the stand-in model: python -m tests.torture.stand_ins.

Thousands of questions test what stands around the model, which would only take time.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvicorn

from bench import baseline, material
from bench.servers import HOST
from indexer.store.open_index import open_index
from tests.standin import StandInEncoder, use_everywhere
from tests.torture import plain
from tests.torture.victim import victim

OURS = ("-m", "tests.torture.stand_ins", "ours")
PLAIN = ("-m", "tests.torture.stand_ins", "plain")
"""What Python runs to start the two services with the stand-in model."""
BUILD = ("-m", "tests.torture.stand_ins", "build")
"""What it runs to build with the stand-in model."""
INDEX, PASSAGES = "index", "passages.jsonl"


def prepare(folder: Path) -> tuple[Path, Path]:
    """Make an index of two generations, all seeds and all seeds but one, and the passages of the second."""
    index, passages = folder / INDEX, folder / PASSAGES
    with victim() as builder, tempfile.TemporaryDirectory() as fewer:
        builder.complete("build", index, material.SEEDS)
        for each in sorted(material.SEEDS.iterdir())[1:]:
            shutil.copy(each, fewer)
        builder.complete("build", index, Path(fewer))
    write_passages(index, passages, StandInEncoder().fingerprint)
    return index, passages


def write_passages(index: Path, passages: Path, fingerprint: str) -> None:
    """Write the passages of an index as the baseline reads them."""
    opened = open_index(index, fingerprint)
    entries = opened.catalogue.passages(range(len(opened.vectors)))
    rows = (
        {"source": each.document.source, "title": each.document.title, "text": each.passage.text}
        for each in entries
    )
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    passages.write_text("".join(lines), encoding="utf-8")


def serve_ours() -> int:
    """Run `python -m service` as the environment configures it."""
    from service import __main__ as command

    use_everywhere(StandInEncoder())
    return command.main([])


def build(given: list[str]) -> int:
    """Run `python -m indexer build` with these arguments."""
    from indexer import __main__ as command

    use_everywhere(StandInEncoder())
    return command.main(["build", *given])


def serve_plain(passages: Path, port: int) -> int:
    """Run the baseline over a file of passages."""
    model: Any = plain.PlainModel()
    app = baseline.build_app(model, *plain.load(passages))
    uvicorn.run(app, host=HOST, port=port, log_level="critical")
    return 0


if __name__ == "__main__":
    which, *given = sys.argv[1:]
    if which == "build":
        sys.exit(build(given))
    sys.exit(serve_ours() if which == "ours" else serve_plain(Path(given[0]), int(given[1])))
