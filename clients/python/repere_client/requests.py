"""Requests to the service and refusals of it, the same for both clients; nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

PAGE = 100
"""Documents asked for at a time."""
MOST_WAIT = 60.0
"""Seconds that Retry-After may ask for; a service that asks for more is not waited for."""


class Refused(Exception):
    """Raised when the service refuses, with what it says."""

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.status, self.code, self.message, self.hint = status, code, message, hint


@dataclass(frozen=True)
class Request:
    """A request, by what httpx2 calls its parts."""

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None

    def parts(self) -> dict[str, Any]:
        """Return the arguments of a client's request()."""
        given = {"params": self.params, "json": self.json, "headers": self.headers}
        return {name: value for name, value in given.items() if value is not None}


def named(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters under the service's names: `from_` is `from`, which is a word of Python; no None."""
    return {name.rstrip("_"): value for name, value in parameters.items() if value is not None}


def search(question: str, parameters: Mapping[str, Any]) -> Request:
    """Return the request of a question."""
    return Request("POST", "/search", json={"q": question, **named(parameters)})


def next_page(answer: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the parameters of the page after an answer, of the same generation; None after the last."""
    offset = answer["offset"] + len(answer["hits"])
    if not answer["hits"] or offset >= answer["total"]:
        return None
    return {**parameters, "offset": offset, "generation": answer["index"]["generation"]}


def search_many(questions: Iterable[str | Mapping[str, Any]], parameters: Mapping[str, Any]) -> Request:
    """Return the request of several questions: texts, or mappings with parameters of their own."""
    several = [
        {**named(parameters), **({"q": each} if isinstance(each, str) else named(each))} for each in questions
    ]
    lines = {"Accept": "application/x-ndjson"}
    return Request("POST", "/search/batch", json={"questions": several}, headers=lines)


def similar(passage_id: str, parameters: Mapping[str, Any]) -> Request:
    """Return the request of passages like one."""
    return Request("GET", f"/similar/{quote(passage_id, safe='')}", params=named(parameters))


def facets(question: str, parameters: Mapping[str, Any]) -> Request:
    """Return the request of counts."""
    return Request("GET", "/facets", params={"q": question, **named(parameters)})


def documents(offset: int, parameters: Mapping[str, Any]) -> Request:
    """Return the request of a page of documents."""
    return Request("GET", "/documents", params={"offset": offset, "limit": PAGE, **named(parameters)})


def document(source: str, hit: Mapping[str, Any] | None) -> Request:
    """Return the request of a document, compared with a hit if one is given."""
    names = ("generation", "content_hash", "collection")
    state = {name: hit[name] for name in names if hit.get(name)} if hit else None
    # Dots too are encoded: "a/../b" would otherwise be resolved before it is sent.
    return Request("GET", f"/documents/{quote(source, safe='').replace('.', '%2E')}", params=state)


def verify(quotation: str, parameters: Mapping[str, Any]) -> Request:
    """Return the request that checks a quotation."""
    return Request("POST", "/verify", json={"quotation": quotation, **named(parameters)})


def judge(question: str, source: str, grade: int, parameters: Mapping[str, Any]) -> Request:
    """Return the request that judges a document."""
    judgement = {"q": question, "source": source, "grade": grade, **named(parameters)}
    return Request("POST", "/judgements", json=judgement)


def wait(response: httpx2.Response) -> float | None:
    """Return the seconds after which a refused request may be sent again; None when it may not."""
    if response.status_code != 503:
        return None
    try:
        seconds = float(response.headers.get("retry-after", "1"))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= MOST_WAIT else None


def refusal(status: int, body: bytes) -> Refused:
    """Return what the service says in a refusal, or that it is no such service."""
    try:
        error = json.loads(body)["error"]
        return Refused(status, error["code"], error["message"], error["hint"])
    except (ValueError, KeyError, TypeError):
        return Refused(status, "unknown", f"What answers is no Repère service: status {status}.", "")


def answered(response: httpx2.Response) -> Any:
    """Return the JSON that a response holds. Raises Refused."""
    if response.status_code != 200:
        raise refusal(response.status_code, response.content)
    return response.json()


def line(text: str, status: int) -> Any:
    """Return the answer in a line of a stream. Raises Refused for a refusal, which ends it."""
    value = json.loads(text)
    if "error" in value:
        raise refusal(status, text.encode())
    return value
