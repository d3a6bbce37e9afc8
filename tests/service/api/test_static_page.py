"""GET / and /static/…: how the page's files are sent, and that nothing else is."""

from __future__ import annotations

import gzip
import re

import pytest
from starlette.testclient import TestClient

from service.api.routes.static_page import FILES
from tests.service.contract import assert_refusal

NAMES = sorted(path.name for path in FILES.iterdir())
ON_DEMAND = {
    *("reader.js", "blocks.js", "originals.js", "leaves.js"),
    *("citing.js", "cite.js", "styles.js", "exports.js", "basket.js", "corpus.js", "judging.js"),
}
"""Modules that are fetched once they are needed."""
LIMIT = 80_000
"""Bytes that the page may take over the wire, in one language and with its headers, before more is needed."""
FIRST, ALL = 60_000, 90_000
"""Bytes of these files, packed; and of all, in both languages and with what is fetched once it is needed."""


@pytest.mark.parametrize("path", ["/", "/?q=%3Cscript%3E&lang=fr", *(f"/static/{name}" for name in NAMES)])
def test_every_file_is_sent_so_that_nothing_else_can_run(shared: TestClient, path: str) -> None:
    answer = shared.get(path)
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data: blob:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "manifest-src": "'self'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_what_stands_on_disk_packed_or_not(shared: TestClient, name: str) -> None:
    content = (FILES / name).read_bytes()
    plain = shared.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
    assert plain.content == content and "content-encoding" not in plain.headers
    packed = shared.get(f"/static/{name}", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.content == content and packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]
    refused = shared.get(f"/static/{name}", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_who_has_a_file_is_told_so_and_sent_nothing(shared: TestClient, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    etag = shared.get("/static/app.js", headers=headers).headers["etag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = shared.get("/static/app.js", headers=headers | {"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert shared.get("/static/app.js", headers=headers | {"If-None-Match": '"other"'}).status_code == 200


def test_a_head_is_answered_without_a_body(shared: TestClient) -> None:
    for path in ("/", "/static/app.js"):
        answer = shared.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "name",
    ["", "nothing.js", "../app.py", "%2e%2e/app.py", "..%2f..%2fpyproject.toml", "/etc/passwd", "APP.JS"],
)
def test_there_is_no_other_file(shared: TestClient, name: str) -> None:
    assert_refusal(shared.get(f"/static/{name}"), 404, "not_found")


def test_the_page_is_light() -> None:
    sizes = {name: len(gzip.compress((FILES / name).read_bytes(), mtime=0)) for name in NAMES}
    first = {name: size for name, size in sizes.items() if name not in {*ON_DEMAND, "en.js"}}
    assert sum(first.values()) < FIRST, first
    assert sum(sizes.values()) < ALL, sizes


def test_the_page_names_every_module_and_loads_nothing_from_elsewhere() -> None:
    page = (FILES / "index.html").read_text(encoding="utf-8")
    linked = {link.removeprefix("static/") for link in re.findall(r'(?:href|src)="(static/[^"]+)"', page)}
    assert linked == set(NAMES) - ON_DEMAND - {
        "index.html",
        "fr.js",
        "en.js",
    }  # of the languages one is loaded
    for name in NAMES:
        text = (FILES / name).read_text(encoding="utf-8")
        for said in ("http://www.w3.org/2000/svg", "https://doi.org/"):  # a name; written in a reference
            text = text.replace(said, "")
        assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", text), name
    assert not re.search(r"<style|<script>| style=| on\w+=", page)


def test_the_page_stands_under_any_path() -> None:
    page = (FILES / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:href|src|action)="/[^"]*"', page), "write it without the slash at the start"


def test_nothing_makes_markup_of_text() -> None:
    for path in FILES.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc",
            path.read_text(encoding="utf-8"),
        ), path.name
