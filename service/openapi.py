"""python -m service.openapi > docs/openapi.json: the API's description, as it is committed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from service import examples


class Described(FastAPI):
    """An app whose description shows its examples whole: the framework drops every null from them."""

    def openapi(self) -> dict[str, Any]:
        """The description as JSON objects."""
        described = super().openapi()
        for name, example in examples.BY_SCHEMA.items():
            described["components"]["schemas"][name]["examples"] = [example]
        return described


def document(app: FastAPI) -> str:
    """The app's description as JSON text."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    from models import encoder
    from service.app import build_app
    from service.live import Live

    nothing = Live(Path("index"), lambda: encoder.load(encoder.ModelChoice()))  # described, never started
    sys.stdout.buffer.write(document(build_app(nothing)).encode())
