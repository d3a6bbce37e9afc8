"""GET /embed.js: any page may load the script, and it makes no markup of text."""

from __future__ import annotations

import gzip
import re

from starlette.testclient import TestClient

from service.api.routes.embed import FILE

LIMIT = 3000
"""Bytes that the script may take over the wire."""


def test_a_page_of_any_site_may_load_it(shared: TestClient) -> None:
    for method in ("GET", "HEAD"):
        answer = shared.request(method, "/embed.js", headers={"Origin": "https://example.org"})
        assert answer.status_code == 200
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert shared.get("/embed.js").content == FILE.read_bytes()
    etag = shared.get("/embed.js").headers["etag"]
    assert shared.get("/embed.js", headers={"If-None-Match": etag}).status_code == 304


def test_it_is_light_and_makes_no_markup_of_text() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert len(gzip.compress(text.encode())) < LIMIT
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text
    )


def test_both_languages_say_the_same() -> None:
    french, english = re.findall(
        r"^    (?:fr|en): \{\n(.*?)^    \},", FILE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    names = [re.findall(r"^      (\w+):", words, re.MULTILINE) for words in (french, english)]
    assert names[0] == names[1] and len(names[0]) > 5
