"""The two clients: the same requests, sent one by one or asynchronously."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Self, cast

import httpx2

from repere_client import requests
from repere_client.answers import Answer, Document, DocumentSummary, Hit, Similar, Verification
from repere_client.requests import Request

URL = "http://127.0.0.1:8000"
TIMEOUT = 30.0
"""Seconds a request may take; the service itself gives up after ten, unless set otherwise."""
RETRIES = 3
"""Times that a request is sent again which the service had no room for."""


class Client:
    """Asks a service; to be closed, or used as a context manager."""

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
        http: httpx2.Client | None = None,
    ) -> None:
        """Ask the service at `url`, within `timeout` seconds a request, again up to `retries` times.

        `http` is used instead of a client of httpx2 made for this.
        """
        self._http = http or httpx2.Client(
            base_url=url, headers=_headers(key), timeout=timeout, verify=_certificates()
        )
        self._retries = retries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def search(self, question: str, **parameters: Any) -> Answer:
        """Return the answer to a question; the parameters are those of /search (`from_` for `from`)."""
        return cast("Answer", self._ask(requests.search(question, parameters)))

    def pages(self, question: str, **parameters: Any) -> Iterator[Answer]:
        """Yield an answer page after page, each of `k` hits, asked for when it is reached.

        Raises Refused (409, "other_generation") when the index changes in between.
        """
        page: dict[str, Any] | None = parameters
        while page is not None:
            answer = self.search(question, **page)
            yield answer
            page = requests.next_page(answer, parameters)

    def hits(self, question: str, **parameters: Any) -> Iterator[Hit]:
        """Yield every hit, best first, as pages yields the answers that hold them."""
        for answer in self.pages(question, **parameters):
            yield from answer["hits"]

    def search_many(
        self, questions: Iterable[str | Mapping[str, Any]], **parameters: Any
    ) -> Iterator[Answer]:
        """Yield the answers to up to a hundred questions, in order, each as it is found."""
        request = requests.search_many(questions, parameters)
        for attempt in range(self._retries + 1):
            with self._http.stream(request.method, request.path, **request.parts()) as response:
                if response.status_code == 200:
                    for text in response.iter_lines():
                        yield cast("Answer", requests.line(text, response.status_code))
                    return
                response.read()
            seconds = requests.wait(response)
            if seconds is None or attempt == self._retries:
                requests.answered(response)
            self._sleep(seconds or 0)

    def similar(self, passage_id: str, **parameters: Any) -> Similar:
        """Return passages like one."""
        return cast("Similar", self._ask(requests.similar(passage_id, parameters)))

    def facets(self, question: str, **parameters: Any) -> dict[str, Any]:
        """Return counts of the documents that matter for a question."""
        return cast("dict[str, Any]", self._ask(requests.facets(question, parameters)))

    def verify(self, quotation: str, **parameters: Any) -> Verification:
        """Return whether a quotation stands in a document (`source`), or in any."""
        return cast("Verification", self._ask(requests.verify(quotation, parameters)))

    def judge(self, question: str, source: str, grade: int, **parameters: Any) -> dict[str, Any]:
        """Say how well a document answers a question: 0 not at all, 3 best; where the service takes that."""
        return cast("dict[str, Any]", self._ask(requests.judge(question, source, grade, parameters)))

    def document(self, source: str, hit: Hit | None = None) -> Document:
        """Return a document; with a hit, `since_hit` says whether it has changed since."""
        return cast("Document", self._ask(requests.document(source, hit)))

    def documents(self, **parameters: Any) -> Iterator[DocumentSummary]:
        """Yield every document that meets the filters of /documents; they are asked for by pages."""
        offset, total = 0, 1
        while offset < total:
            page = self._ask(requests.documents(offset, parameters))
            yield from page["documents"]
            if not page["count"]:
                return
            offset, total = offset + page["count"], page["total"]

    def _ask(self, request: Request) -> Any:
        for _ in range(self._retries):
            response = self._http.request(request.method, request.path, **request.parts())
            seconds = requests.wait(response)
            if seconds is None:
                return requests.answered(response)
            self._sleep(seconds)
        return requests.answered(self._http.request(request.method, request.path, **request.parts()))

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AsyncClient:
    """Asks a service without blocking; to be closed, or used as an asynchronous context manager."""

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        """Ask the service at `url`, within `timeout` seconds a request, again up to `retries` times.

        `http` is used instead of a client of httpx2 made for this.
        """
        self._http = http or httpx2.AsyncClient(
            base_url=url, headers=_headers(key), timeout=timeout, verify=_certificates()
        )
        self._retries = retries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def search(self, question: str, **parameters: Any) -> Answer:
        """Return the answer to a question; the parameters are those of /search (`from_` for `from`)."""
        return cast("Answer", await self._ask(requests.search(question, parameters)))

    async def pages(self, question: str, **parameters: Any) -> AsyncIterator[Answer]:
        """Yield an answer page after page, each of `k` hits, asked for when it is reached.

        Raises Refused (409, "other_generation") when the index changes in between.
        """
        page: dict[str, Any] | None = parameters
        while page is not None:
            answer = await self.search(question, **page)
            yield answer
            page = requests.next_page(answer, parameters)

    async def hits(self, question: str, **parameters: Any) -> AsyncIterator[Hit]:
        """Yield every hit, best first, as pages yields the answers that hold them."""
        async for answer in self.pages(question, **parameters):
            for hit in answer["hits"]:
                yield hit

    async def search_many(
        self, questions: Iterable[str | Mapping[str, Any]], **parameters: Any
    ) -> AsyncIterator[Answer]:
        """Yield the answers to up to a hundred questions, in order, each as it is found."""
        request = requests.search_many(questions, parameters)
        for attempt in range(self._retries + 1):
            async with self._http.stream(request.method, request.path, **request.parts()) as response:
                if response.status_code == 200:
                    async for text in response.aiter_lines():
                        yield cast("Answer", requests.line(text, response.status_code))
                    return
                await response.aread()
            seconds = requests.wait(response)
            if seconds is None or attempt == self._retries:
                requests.answered(response)
            await self._sleep(seconds or 0)

    async def similar(self, passage_id: str, **parameters: Any) -> Similar:
        """Return passages like one."""
        return cast("Similar", await self._ask(requests.similar(passage_id, parameters)))

    async def facets(self, question: str, **parameters: Any) -> dict[str, Any]:
        """Return counts of the documents that matter for a question."""
        return cast("dict[str, Any]", await self._ask(requests.facets(question, parameters)))

    async def verify(self, quotation: str, **parameters: Any) -> Verification:
        """Return whether a quotation stands in a document (`source`), or in any."""
        return cast("Verification", await self._ask(requests.verify(quotation, parameters)))

    async def judge(self, question: str, source: str, grade: int, **parameters: Any) -> dict[str, Any]:
        """Say how well a document answers a question: 0 not at all, 3 best; where the service takes that."""
        return cast("dict[str, Any]", await self._ask(requests.judge(question, source, grade, parameters)))

    async def document(self, source: str, hit: Hit | None = None) -> Document:
        """Return a document; with a hit, `since_hit` says whether it has changed since."""
        return cast("Document", await self._ask(requests.document(source, hit)))

    async def documents(self, **parameters: Any) -> AsyncIterator[DocumentSummary]:
        """Yield every document that meets the filters of /documents; they are asked for by pages."""
        offset, total = 0, 1
        while offset < total:
            page = await self._ask(requests.documents(offset, parameters))
            for each in page["documents"]:
                yield each
            if not page["count"]:
                return
            offset, total = offset + page["count"], page["total"]

    async def _ask(self, request: Request) -> Any:
        for _ in range(self._retries):
            response = await self._http.request(request.method, request.path, **request.parts())
            seconds = requests.wait(response)
            if seconds is None:
                return requests.answered(response)
            await self._sleep(seconds)
        return requests.answered(await self._http.request(request.method, request.path, **request.parts()))

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def _certificates() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes as long as ten questions."""
    return httpx2.create_ssl_context()


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}
