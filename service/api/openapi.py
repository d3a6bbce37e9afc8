"""The API's OpenAPI description, with the refusals of the middleware, the keys and complete examples."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from service.api import examples
from service.middleware.policy import RequiredScope, rule_for

_REFUSALS = {
    "401": "There is no key in the request, or it is not one of this service.",
    "403": "The key's scope is not admin.",
    "408": "The body did not come in time.",
    "421": "The service does not answer to the name it was asked for by.",
    "429": "The key, or the address, has asked too often; Retry-After says when to ask again.",
}
_REFUSED_BY: dict[RequiredScope, tuple[str, ...]] = {
    "open": ("421",),
    "read": ("401", "421", "429"),
    "admin": ("401", "403", "421", "429"),
}
"""Scope → statuses that the middleware answers with, and that routes therefore do not describe."""
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Needed where the service has keys."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
}


class DescribedApp(FastAPI):
    """An app whose description holds the middleware's refusals and shows examples with their nulls.

    The framework drops every null from examples.
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
            for operation in operations.values():
                _describe_middleware(operation, rule.policy.scope)
        return document


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
