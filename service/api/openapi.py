"""python -m service.api.openapi > docs/openapi.json: the API's description, as it is committed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from service.api import examples
from service.middleware.access import Need, needed

_REFUSALS = {
    "401": "There is no key in the request, or it is not one of this service.",
    "403": "The key's scope is not admin.",
    "408": "The body did not come in time.",
    "421": "The service does not answer to the name it was asked for by.",
    "429": "The key, or the address, has asked too often; Retry-After says when to ask again.",
}
_REFUSED_BY: dict[Need, tuple[str, ...]] = {
    "open": ("421",),
    "read": ("401", "421", "429"),
    "admin": ("401", "403", "421", "429"),
}
"""What stands before the routes answers with, and so is not described by them."""
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Needed where the service has keys."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
}


class Described(FastAPI):
    """An app whose description tells what refuses requests before its routes do, and shows examples whole.

    The framework drops every null from examples.
    """

    def openapi(self) -> dict[str, Any]:
        """The description as JSON objects."""
        described = super().openapi()
        for name, example in examples.BY_SCHEMA.items():
            described["components"]["schemas"][name]["examples"] = [example]
        described["components"]["securitySchemes"] = _SCHEMES
        for path, operations in described["paths"].items():
            for operation in operations.values():
                _guard(operation, needed(path))
        return described


def _guard(operation: dict[str, Any], need: Need | None) -> None:
    """Describe what stands before a route, in place."""
    assert need is not None, "a route that is not in the table of service/middleware/access.py"
    codes = (*_REFUSED_BY[need], "408") if "requestBody" in operation else _REFUSED_BY[need]
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    responses = operation["responses"] | {
        code: {"description": _REFUSALS[code], "content": {"application/json": {"schema": schema}}}
        for code in codes
    }
    operation["responses"] = dict(sorted(responses.items()))
    if need != "open":
        # The last is no key at all: a service of this machine alone may have none.
        operation["security"] = [*({scheme: []} for scheme in _SCHEMES), {}]


def document(app: FastAPI) -> str:
    """The app's description as JSON text."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    from models import encoder
    from service.app import build_app
    from service.search.index_watcher import IndexWatcher

    nothing = IndexWatcher(Path("index"), lambda: encoder.load(encoder.ModelChoice()))  # described, never started
    sys.stdout.buffer.write(document(build_app(nothing)).encode())
