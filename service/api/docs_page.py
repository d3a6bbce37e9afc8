"""The API's description as one plain HTML page: a browser that shows it asks no other host for anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid #ccc; padding-top: 1rem; }
code, pre { font: 14px/1.4 monospace; background: #f4f4f4; }
pre { padding: .75rem; overflow-x: auto; white-space: pre-wrap; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
"""

Described = Mapping[str, Any]
"""JSON objects of an OpenAPI document."""


def page(document: Described) -> str:
    """An OpenAPI document's operations, each with its parameters, examples and answers."""
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
            '<p>The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>',
            *operations,
            "</html>\n",
        ]
    )


def _operation(method: str, path: str, operation: Described, document: Described) -> Iterator[str]:
    yield f"<h2>{method} {escape(path)}</h2>\n<p>{escape(operation['summary'])}. "
    yield f"{escape(operation['description'])}</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        yield f"<table>{''.join(map(_parameter, parameters))}</table>"
    if method == "GET":
        address = escape(_example_address(path, parameters))
        yield f'<p>For example <a href="{address}">{address}</a></p>'
    else:
        yield f"<p>Send</p>{_example_of(operation['requestBody'], document)}"
    for status, response in operation["responses"].items():
        said = "" if status == "200" else f": {escape(response['description'])}"
        yield f"<details><summary>{status}{said}</summary>{_example_of(response, document)}</details>"


def _parameter(parameter: Described) -> str:
    schema = parameter["schema"]
    default = "required" if parameter["required"] else f"default {schema.get('default', 'none')}"
    said = escape(parameter["description"])
    return f"<tr><td><code>{escape(parameter['name'])}</code><td>{escape(default)}<td>{said}"


def _example_address(path: str, parameters: list[Described]) -> str:
    """The address with an example for each parameter that it cannot do without."""
    given: dict[str, str] = {}
    for each in parameters:
        example = str(each["schema"]["examples"][0])
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(example))
        elif each["required"]:
            given[each["name"]] = example
    return f"{path}?{urlencode(given)}" if given else path


def _example_of(body: Described, document: Described) -> str:
    name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/")[-1]
    example = document["components"]["schemas"][name]["examples"][0]
    return f"<pre>{escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>"
