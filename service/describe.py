"""python -m service.describe > docs/openapi.json: print the API's description as it is committed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fastapi import FastAPI

from models.load import ModelChoice
from service.app import build_app
from service.search.index_watcher import IndexWatcher


def document(app: FastAPI) -> str:
    """Return the app's description as JSON text."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    watcher = IndexWatcher(Path("index"), lambda: ModelChoice().load())  # never started
    sys.stdout.buffer.write(document(build_app(watcher)).encode())
