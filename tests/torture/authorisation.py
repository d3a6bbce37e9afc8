"""Requests for every route with every kind of key: who was let in, and who should have been."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from service.middleware import keys
from service.middleware.policy import rule_for

Ask = Callable[[str, str, Mapping[str, str]], int]
"""Method, path and headers of a request → the status of its answer."""
NO_KEYS = "on loopback without keys"
REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Row:
    """The answers to the requests for one route."""

    method: str
    path: str
    need: str
    statuses: Mapping[str, int]
    """Who asked → the status of the answer."""

    @property
    def wrong(self) -> list[str]:
        """Return who was let in and should not have been, or the other way round."""
        return [who for who, status in self.statuses.items() if not _right(self.need, who, status)]


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and path of every route of an app, in its order."""

    def each(found: Sequence[Any]) -> Iterator[tuple[str, str]]:
        for route in found:
            if hasattr(route, "original_router"):
                yield from each(route.original_router.routes)
            else:
                yield from ((method, route.path) for method in sorted(route.methods))

    return list(each(app.routes))


def callers(keys_file: Path) -> dict[str, Mapping[str, str]]:
    """Return the headers that each caller sends. Makes three keys, and revokes one of them."""
    read = keys.create(keys_file, "table-read", "read")
    admin = keys.create(keys_file, "table-admin", "admin")
    revoked = keys.create(keys_file, "table-revoked", "admin")
    keys.revoke(keys_file, "table-revoked")
    return {
        "no key": {},
        "wrong key": {"Authorization": f"Bearer {read[:-1]}{'A' if read[-1] != 'A' else 'B'}"},
        "malformed header": {"Authorization": read},
        "revoked key": {"Authorization": f"Bearer {revoked}"},
        "read key": {"Authorization": f"Bearer {read}"},
        "admin key": {"Authorization": f"Bearer {admin}"},
    }


def table(app: FastAPI, keyed: Ask, unkeyed: Ask, keys_file: Path) -> list[Row]:
    """Ask for every route of an app, at a service with this file of keys and at one on loopback without."""
    known = callers(keys_file)
    rows = []
    for method, path in routes(app):
        address = re.sub(r"\{[^}]*\}", "a", path)
        statuses = {who: keyed(method, address, headers) for who, headers in known.items()}
        statuses[NO_KEYS] = unkeyed(method, address, {})
        rule = rule_for(path)
        rows.append(Row(method, path, rule.policy.scope if rule else "nobody", statuses))
    return rows


def over_http(port: int) -> Ask:
    """Return a function that asks a service on a port of this machine."""

    def ask(method: str, path: str, headers: Mapping[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, headers=dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()

    return ask


def shown(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown, with a mark where a status is not as it should be."""
    head = ["request", "needs", *rows[0].statuses]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        marks = dict.fromkeys(row.wrong, " (!)")
        statuses = [f"{status}{marks.get(who, '')}" for who, status in row.statuses.items()]
        lines.append([f"{row.method} {row.path}", row.need, *statuses])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _right(need: str, who: str, status: int) -> bool:
    if need == "nobody":
        return status == 404
    if need == "open" or who in ("admin key", NO_KEYS):
        return status not in REFUSED
    if who != "read key":
        return status == 401
    return status == 403 if need == "admin" else status not in REFUSED
