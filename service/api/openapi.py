"""The API's OpenAPI description, with the refusals of the middleware, the keys and complete examples."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from service.api import examples
from service.middleware.policy import RequiredScope, rule_for

_REFUSALS = {
    "401": "There is no key in the request, or it is not one of this service.",
    "403": "The key opens none of the collections that are served, or its scope is not admin.",
    "408": "The body did not come in time.",
    "421": "The service does not answer to the name it was asked for by.",
    "429": "The key, or the address, has asked too often; Retry-After says when to ask again.",
}
_REFUSED_BY: dict[RequiredScope, tuple[str, ...]] = {
    "open": ("421",),
    "read": ("401", "403", "421", "429"),
    "admin": ("401", "403", "421", "429"),
}
"""Scope → statuses that the middleware answers with, and that routes therefore do not describe."""
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Needed where the service has keys."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
}


_EXAMPLES = {
    "400": ("invalid_json", "The body is not JSON.", "Send a JSON object."),
    "401": ("unauthorized", "This needs a key.", "Send the header Authorization: Bearer KEY."),
    "403": (
        "forbidden",
        "The key site may ask questions, but not for this.",
        "Send a key whose scope is admin.",
    ),
    "404": ("unknown_source", "No document has the source a.txt.", "GET /documents lists every source."),
    "408": ("body_too_slow", "The body did not come within 5 s.", "Send it at once."),
    "409": (
        "other_generation",
        "Pages of g000011 are asked for, and g000012 serves now.",
        "Begin again with the first page.",
    ),
    "413": ("body_too_large", "The body is larger than 64 kB.", "A question has at most 1000 characters."),
    "421": (
        "unknown_host",
        "This service does not answer to the name other.example.",
        "Ask for it by one of its names; the setting hosts holds them.",
    ),
    "422": (
        "invalid_parameter",
        "k: Input should be less than or equal to 100.",
        "The parameters and their bounds are described at /docs.",
    ),
    "429": (
        "too_many_requests",
        "There were more requests than 120 per minute.",
        "Try again in 17 s.",
    ),
    "500": (
        "internal",
        "Something failed on this side; the service's log says what.",
        "Try again; if it goes on, look for 4f1c in the log.",
    ),
    "503": ("not_ready", "There is no index yet.", "GET /health says when the service is ready."),
    "507": (
        "judgements_full",
        "No more judgements are kept: their file is full.",
        "Whoever keeps the service may move the file away.",
    ),
}
"""Status → code, message and hint of a refusal, as an example."""
_NAMES = {
    "GET /search": "search",
    "POST /search": "search_by_post",
    "POST /search/batch": "search_many",
    "GET /facets": "count_facets",
    "GET /similar/{passage_id}": "find_similar",
    "POST /verify": "check_quotation",
    "POST /judgements": "judge_answer",
    "GET /documents": "list_documents",
    "GET /documents/{source}": "read_document",
    "GET /acronyms": "list_acronyms",
    "GET /health/live": "health_live",
}
"""Operation → its id, by which generated clients name their functions; elsewhere its function's name."""


class DescribedApp(FastAPI):
    """An app whose description holds the middleware's refusals and shows examples with their nulls.

    The framework drops every null from examples, and makes ids of operations out of addresses.
    """

    def openapi(self) -> dict[str, Any]:
        """Return the description as JSON objects."""
        document = super().openapi()
        for name, example in examples.BY_SCHEMA.items():
            document["components"]["schemas"][name]["examples"] = [example]
        document["components"]["securitySchemes"] = _SCHEMES
        for path, operations in document["paths"].items():
            rule = rule_for(path)
            assert rule is not None, f"{path} is not in the table of service/middleware/policy.py"
            for method, operation in operations.items():
                named = _NAMES.get(f"{method.upper()} {path}")
                operation["operationId"] = named or operation["operationId"]
                _describe_middleware(operation, rule.policy.scope)
                _show_refusals(operation)
        return document


def _show_refusals(operation: dict[str, Any]) -> None:
    """Add an example to each refusal of an operation, in place."""
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json", {})
        if status in _EXAMPLES and content.get("schema", {}).get("$ref", "").endswith("/ErrorResponse"):
            code, message, hint = _EXAMPLES[status]
            content["example"] = {"error": {"code": code, "message": message, "hint": hint}}


def _describe_middleware(operation: dict[str, Any], scope: RequiredScope) -> None:
    """Add to an operation, in place, how the middleware may refuse it and the keys it takes."""
    codes = (*_REFUSED_BY[scope], "408") if "requestBody" in operation else _REFUSED_BY[scope]
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    responses = operation["responses"] | {
        code: {"description": _REFUSALS[code], "content": {"application/json": {"schema": schema}}}
        for code in codes
    }
    operation["responses"] = dict(sorted(responses.items()))
    if scope != "open":
        # The last is no key at all: a service of this machine alone may have none.
        operation["security"] = [*({scheme: []} for scheme in _SCHEMES), {}]
