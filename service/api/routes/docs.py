"""GET /docs: the API's description as one plain HTML page, which asks no other host for anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid #ccc; padding-top: 1rem; }
code, pre { font: 14px/1.4 monospace; background: #f4f4f4; }
pre { padding: .75rem; overflow-x: auto; white-space: pre-wrap; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
"""

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"}
"""Headers of the page: it may load nothing but its icon, so that no other host learns of its readers."""
JsonObject = Mapping[str, Any]
"""An object of an OpenAPI document."""

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Every operation with its parameters, examples and answers."""
    return HTMLResponse(page(request.app.openapi()), headers=HEADERS)


def page(document: JsonObject) -> str:
    """Return an OpenAPI document as HTML: each operation with its parameters, examples and answers."""
    info = document["info"]
    operations = (
        part
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for part in _operation(method.upper(), path, operation, document)
    )
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>',
            f"<style>{_STYLE}</style>",
            f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
            f"<p>{escape(info['summary'])}</p>",
            '<p>The same for programs: <a href="openapi.json">/openapi.json</a>.</p>',
            *operations,
            "</html>\n",
        ]
    )


def _operation(method: str, path: str, operation: JsonObject, document: JsonObject) -> Iterator[str]:
    yield f"<h2>{method} {escape(path)}</h2>\n<p>{escape(operation['summary'])}. "
    yield f"{escape(operation['description'])}</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        yield f"<table>{''.join(map(_parameter, parameters))}</table>"
    if method == "GET":
        address = escape(_example_address(path, parameters))
        yield f'<p>For example <a href="{address[1:]}">{address}</a></p>'
    else:
        yield f"<p>Send</p>{_example_of(operation['requestBody'], document)}"
    for status, response in operation["responses"].items():
        reason = "" if status == "200" else f": {escape(response['description'])}"
        yield f"<details><summary>{status}{reason}</summary>{_example_of(response, document)}</details>"


def _parameter(parameter: JsonObject) -> str:
    schema = parameter["schema"]
    default = "required" if parameter["required"] else f"default {schema.get('default', 'none')}"
    description = escape(parameter["description"])
    return f"<tr><td><code>{escape(parameter['name'])}</code><td>{escape(default)}<td>{description}"


def _example_address(path: str, parameters: list[JsonObject]) -> str:
    """Return the address with an example for each of its required parameters."""
    query: dict[str, str] = {}
    for parameter in parameters:
        example = str(parameter["schema"]["examples"][0])
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(example))
        elif parameter["required"]:
            query[parameter["name"]] = example
    return f"{path}?{urlencode(query)}" if query else path


def _example_of(body: JsonObject, document: JsonObject) -> str:
    if "application/json" not in body["content"]:
        return f"<pre>{escape(', '.join(body['content']))}</pre>"
    name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/")[-1]
    example = document["components"]["schemas"][name]["examples"][0]
    return f"<pre>{escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>"
