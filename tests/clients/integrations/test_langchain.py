"""The retriever for LangChain, by that library's own standard tests and by the example of the docs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip(
    "langchain_tests", reason="langchain-tests is not installed: make test-clients installs it"
)

from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests
from repere_client import Refused
from repere_client.langchain import RepereRetriever


class TestStandards(RetrieversIntegrationTests):
    """What LangChain asks of every retriever."""

    @pytest.fixture(autouse=True)
    def _address(self, url: str) -> None:
        self.url = url

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return RepereRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"url": self.url}

    @property
    def retriever_query_example(self) -> str:
        return "formations continues en oncologie"


def test_documents_tell_where_they_stand(url: str) -> None:
    retriever = RepereRetriever(url=url, k=2, parameters={"source": "Rabat*"})
    (found,) = retriever.invoke("formations en oncologie")
    assert found == asyncio.run(retriever.ainvoke("formations en oncologie"))[0]
    assert "Rabat ouvre des formations" in found.page_content
    said = found.metadata
    assert (said["source"], said["title"], said["relevance_class"]) == (
        "Rabat.txt",
        "La formation à Rabat",
        "uncalibrated",
    )
    assert said["link"] == f"{url}/?doc=Rabat.txt&passage={found.id}"
    assert said["generation"] == "g000001" and len(said["content_hash"]) == 64


def test_what_is_given_with_the_question_goes_first(url: str) -> None:
    retriever = RepereRetriever(url=url, parameters={"source": "Rabat*"})
    (found,) = retriever.invoke("formations", source="Agadir*")
    assert found.metadata["source"] == "Agadir.txt"


def test_a_refusal_is_raised(url: str) -> None:
    with pytest.raises(Refused, match="There is no parameter colour"):
        RepereRetriever(url=url, parameters={"colour": "red"}).invoke("formations")


def test_a_key_is_not_shown() -> None:
    assert "secret-key" not in repr(RepereRetriever(key="secret-key"))


def test_the_example(example: Callable[[str], str]) -> None:
    printed = example("repere_client.langchain")
    assert printed.count("uncalibrated") == 3 and printed.count("formations continues en oncologie") == 3
