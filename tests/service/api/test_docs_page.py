"""GET /docs: all that the API's description says, on a page that asks no other host for anything."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from service.api.routes.docs import page
from tests.service.api.test_openapi import OPENAPI, OPERATIONS

PAGE = page(OPENAPI)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_told_with_its_parameters_and_answers(name: str) -> None:
    told = unescape(PAGE.split(f"<h2>{name}</h2>")[1].split("<h2>")[0])
    operation = OPERATIONS[name]
    assert operation["summary"] in told and operation["description"] in told
    for parameter in operation.get("parameters", []):
        assert f"<code>{parameter['name']}</code>" in told and parameter["description"] in told
    assert set(re.findall(r"<summary>(\d+)", told)) == set(operation["responses"])


def test_nothing_is_loaded_from_elsewhere(shared: TestClient) -> None:
    response = shared.get("/docs")
    assert response.status_code == 200
    assert response.text == PAGE
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert not re.search(r"https?:|//|src=|<script|<link|@import", response.text)


def test_its_examples_can_be_followed(shared: TestClient) -> None:
    for address in (f"/{unescape(link)}" for link in re.findall(r'href="([^"]+)"', PAGE)):
        # Each of those names what is not here.
        known = not address.startswith(("/similar/", "/documents/", "/originals/", "/pictures/", "/boxes/"))
        assert shared.get(address).status_code == (200 if known else 404), address


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
def test_the_frameworks_own_pages_are_not_served(shared: TestClient, path: str) -> None:
    assert shared.get(path).status_code == 404


def test_what_is_described_is_text_and_never_markup() -> None:
    described = {**OPENAPI, "info": {**OPENAPI["info"], "title": "<script>", "summary": '"<b>&'}}
    assert "<script>" not in page(described) and "&lt;script&gt;" in page(described)
    assert "&quot;&lt;b&gt;&amp;" in page(described)
