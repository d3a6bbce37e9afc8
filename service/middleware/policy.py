"""The path policy: for each address, the scope it needs and which middleware applies to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from starlette.routing import compile_path

RequiredScope = Literal["open", "read", "admin"]
"""Scope that a request's key needs; "open" needs no key."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the middleware treats the requests for one address."""

    scope: RequiredScope
    admitted: bool = False
    """Whether a request takes one of the places of admission: true for what uses the model or the index."""
    streamed: bool = False
    """Whether admission passes the parts of an answer on as they come, not once it is whole."""
    rate_limited: bool = False
    """Whether a request counts against its caller's rate."""
    linked: bool = False
    """Whether people open it by a link: a browser then asks for the key, and has refusals as a page."""
    quiet: bool = False
    """Whether the access log leaves successes out, because monitoring asks every few seconds."""


_PAGE = Policy("open")
_PROBE = Policy("open", quiet=True)
_QUERY = Policy("read", admitted=True, rate_limited=True)
_STREAM = Policy("read", admitted=True, rate_limited=True, streamed=True)
_FILE = Policy("read", rate_limited=True, linked=True)
"""Sent piece by piece at the speed of its client; admission would hold it whole."""

_LINK = Policy("read", admitted=True, rate_limited=True, linked=True)

POLICIES: dict[str, Policy] = {
    "/": _PAGE,
    "/static/{name:path}": _PAGE,
    "/embed.js": _PAGE,
    "/opensearch.xml": _PAGE,
    "/manifest.webmanifest": _PAGE,
    "/docs": _PAGE,
    "/openapi.json": _PAGE,
    "/health": _PROBE,
    "/health/live": _PROBE,
    "/health/ready": _PROBE,
    "/collections": _QUERY,
    "/search": _QUERY,
    "/search/batch": _STREAM,
    "/similar/{passage_id}": _QUERY,
    "/verify": _QUERY,
    "/judgements": _QUERY,
    "/mcp": _QUERY,
    "/documents": _QUERY,
    "/documents/{source:path}": _QUERY,
    "/originals/{source:path}": _FILE,
    "/pictures/{source:path}": _LINK,
    "/boxes/{source:path}": _QUERY,
    "/corpus": _QUERY,
    "/references": _QUERY,
    "/read/{source:path}": _LINK,
    "/feed": _LINK,
    "/acronyms": _QUERY,
    "/facets": _QUERY,
    "/suggestions": _QUERY,
    "/report": Policy("admin", rate_limited=True),
    "/metrics": Policy("admin", rate_limited=True, quiet=True),
}
"""Route template → policy. An address that fits no template is answered 404, whatever routes there are."""

_PATTERNS = [(compile_path(template)[0], template) for template in POLICIES if "{" in template]


class Rule(NamedTuple):
    """The policy that applies to a path, and the route template it stands under."""

    template: str
    policy: Policy


def rule_for(path: str) -> Rule | None:
    """Return the rule for a request's path; None for an address that the table does not hold."""
    template = (
        path if path in POLICIES else next((t for pattern, t in _PATTERNS if pattern.match(path)), None)
    )
    return None if template is None else Rule(template, POLICIES[template])


def check_routes(templates: Iterable[str]) -> None:
    """Raise ValueError when a route and the table do not name the same addresses."""
    if differing := set(templates) ^ set(POLICIES):
        raise ValueError(f"service/middleware/policy.py and the routes differ in {sorted(differing)}")
