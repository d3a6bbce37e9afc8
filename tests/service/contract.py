"""The one shape of a refusal, as a check that every test of bad input calls."""

from __future__ import annotations

import re

from httpx2 import Response

LEAK = re.compile(r"Traceback|File \"|\.py\b|site-packages|Error\(|/(?:home|root|tmp|usr|var)/")
"""What no answer may hold: a trace, the code's own files, the machine's folders."""


def assert_refusal(response: Response, status: int | None = None, code: str | None = None) -> None:
    """4xx (or this status) in the shape {"error": {"code", "message", "hint"}}, three non-empty strings."""
    assert response.status_code == status if status else 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert list(body["error"]) == ["code", "message", "hint"]
    assert all(isinstance(part, str) and part.strip() for part in body["error"].values())
    assert not LEAK.search(response.text), response.text
    assert len(response.text) < 600
    if code:
        assert body["error"]["code"] == code
