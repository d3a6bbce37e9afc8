"""The API's own description: examples that are right, refusals that are documented, the committed copy."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from service.api import examples, schemas
from service.app import build_app
from service.describe import document
from service.errors import refusal_for
from service.search.index_watcher import IndexWatcher
from tests.conftest import ROOT
from tests.standin import StandInEncoder

DOCUMENT = document(build_app(IndexWatcher(Path("index"), StandInEncoder)))
OPENAPI: dict[str, Any] = json.loads(DOCUMENT)
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in OPENAPI["paths"].items()
    for method, operation in methods.items()
}
KEYED = {"401", "403", "421", "429"}
"""What stands before a route that needs a key answers with."""
REFUSALS = {
    "GET /search": {"400", "409", "413", "422", "500", "503"} | KEYED,
    "POST /search": {"400", "408", "409", "413", "422", "500", "503"} | KEYED,
    "POST /search/batch": {"400", "408", "409", "413", "422", "500", "503"} | KEYED,
    "GET /facets": {"400", "422", "500", "503"} | KEYED,
    "GET /similar/{passage_id}": {"400", "404", "422", "500", "503"} | KEYED,
    "POST /verify": {"400", "404", "408", "413", "422", "500", "503"} | KEYED,
    "GET /judgements": {"400", "404", "413", "422", "500", "503", "507"} | KEYED,
    "POST /judgements": {"400", "404", "408", "413", "422", "500", "503", "507"} | KEYED,
    "GET /collections": {"400", "422", "500", "503"} | KEYED,
    "GET /acronyms": {"400", "422", "500", "503"} | KEYED,
    "GET /documents": {"400", "422", "500", "503"} | KEYED,
    "GET /documents/{source}": {"400", "404", "422", "500", "503"} | KEYED,
    "GET /originals/{source}": {"400", "404", "410", "416", "422", "500", "503"} | KEYED,
    "GET /pictures/{source}": {"400", "404", "410", "422", "500", "503"} | KEYED,
    "GET /boxes/{source}": {"400", "404", "410", "422", "500", "503"} | KEYED,
    "GET /references": {"400", "422", "500", "503"} | KEYED,
    "GET /corpus": {"400", "422", "500", "503"} | KEYED,
    "GET /report": {"400", "403", "422", "500", "503"} | KEYED,
    "GET /health": {"400", "421", "422", "500"},
    "GET /health/live": {"400", "421", "422", "500"},
    "GET /health/ready": {"400", "421", "422", "500"},
}


JSON = "application/json"
FILES = {"GET /originals/{source}"}
"""They answer with parts of a file, too."""


def _codes() -> dict[str, set[str]]:
    """Status → every code that the service's own text gives a refusal of it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "service").rglob("*.py"):
        for status, code in re.findall(r'ApiError\(\s*(\d{3}),\s*"(\w+)"', path.read_text(encoding="utf-8")):
            found.setdefault(status, set()).add(code)
    for status in (400, 404, 405, 408, 413):
        found.setdefault(str(status), set()).add(refusal_for(status).code)
    return found


CODES = _codes()


HEALTH = {"GET /health", "GET /health/ready"}
"""503 is a state they tell, and no refusal."""


def test_the_committed_copy_is_what_the_app_makes() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert committed == DOCUMENT, "refresh it: make openapi"


def test_there_are_these_operations_and_no_other() -> None:
    assert set(OPERATIONS) == set(REFUSALS)


@pytest.mark.parametrize("name", REFUSALS)
def test_every_operation_documents_its_refusals_in_the_one_shape(name: str) -> None:
    responses = OPERATIONS[name]["responses"]
    documented = {
        status
        for status, response in responses.items()
        if response["content"].get(JSON, {}).get("schema", {}).get("$ref", "").endswith("/ErrorResponse")
    }
    assert documented == REFUSALS[name]
    others = {"200", "503"} if name in HEALTH else {"200", "206"} if name in FILES else {"200"}
    assert set(responses) - documented == others


@pytest.mark.parametrize("name", REFUSALS)
def test_where_a_key_is_taken_it_says_so(name: str) -> None:
    keyed = OPERATIONS[name].get("security")
    assert keyed == (None if name.startswith("GET /health") else [{"bearer": []}, {"header": []}, {}])
    assert set(OPENAPI["components"]["securitySchemes"]) == {"bearer", "header"}


def test_operations_have_readable_ids_each_its_own() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", each) for each in ids), ids
    assert len(set(ids)) == len(ids)
    assert OPERATIONS["POST /search/batch"]["operationId"] == "search_many"


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_shows_one_of_its_status(name: str) -> None:
    for status in REFUSALS[name] - {"410", "416"}:
        content = OPERATIONS[name]["responses"][status]["content"]["application/json"]
        shown = schemas.ErrorResponse.model_validate(content["example"]).error
        assert shown.code in CODES[status] and shown.message and shown.hint


def test_the_docs_name_every_code_of_a_refusal() -> None:
    section = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8").split("\n## Refusals\n")[1]
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", section.split("\n## ")[0], re.MULTILINE)
    told = {status: set(re.findall("`(.*?)`", codes)) for status, codes in rows}
    for status, codes in CODES.items():
        assert codes <= told.get(status, set()), f"docs/programs.md does not say what they mean: {codes}"


def test_the_frameworks_own_error_shape_is_nowhere() -> None:
    assert "HTTPValidationError" not in OPENAPI["components"]["schemas"]


@pytest.mark.parametrize("name", REFUSALS)
def test_every_operation_and_parameter_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"] and operation["description"]
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
        assert parameter["schema"].get("examples"), parameter["name"]


def test_every_body_that_a_route_takes_or_gives_has_an_example() -> None:
    bodies = [
        content["content"][JSON]["schema"]["$ref"].rsplit("/")[-1]
        for operation in OPERATIONS.values()
        for content in [*operation["responses"].values(), operation.get("requestBody")]
        if content and JSON in content["content"]
    ]
    assert set(bodies) == set(examples.BY_SCHEMA)


@pytest.mark.parametrize("name", examples.BY_SCHEMA)
def test_an_example_is_shown_with_every_key_and_no_other(name: str) -> None:
    model = TypeAdapter[Any](getattr(schemas, name))
    shown = OPENAPI["components"]["schemas"][name]["examples"]
    assert shown == [examples.BY_SCHEMA[name]]
    assert model.dump_python(model.validate_python(shown[0]), mode="json") == shown[0]


def test_the_examples_offsets_are_right() -> None:
    hit = TypeAdapter(schemas.SearchResponse).validate_python(examples.ANSWER)["hits"][0]
    text = TypeAdapter(schemas.DocumentDetail).validate_python(examples.DOCUMENT)["text"]
    highlight = hit["highlight"]
    assert text[hit["start"] : hit["end"]] == hit["text"]
    assert text[highlight["start"] : highlight["end"]] == highlight["text"]
    assert highlight == hit["highlights"][0]
    assert highlight["text"].endswith(".")
    assert [hit["text"][match["start"] : match["end"]] for match in hit["matches"]] == [
        "formation",
        "continue",
        "oncologie",
    ]


@pytest.mark.parametrize("value", [{"q": "a", "k": 0}, {"q": ""}, {"q": "a", "other": 1}])
def test_what_the_description_forbids_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        schemas.SearchRequest.model_validate(value)
