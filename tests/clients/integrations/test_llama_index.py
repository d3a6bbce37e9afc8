"""The retriever for LlamaIndex, and the example of the docs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

pytest.importorskip(
    "llama_index.core", reason="llama-index-core is not installed: make test-clients installs it"
)

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import MetadataMode
from repere_client import Refused
from repere_client.llama_index import RepereRetriever


def test_nodes_tell_where_they_stand_and_show_a_model_what_a_citation_needs(url: str) -> None:
    retriever = RepereRetriever(url, similarity_top_k=2, source="Rabat*")
    assert isinstance(retriever, BaseRetriever)
    (found,) = retriever.retrieve("formations en oncologie")
    (later,) = asyncio.run(retriever.aretrieve("formations en oncologie"))
    assert (later.node.node_id, later.score) == (found.node.node_id, found.score)
    assert found.score == found.node.metadata["score"] > 0
    assert found.node.metadata["source"] == "Rabat.txt"
    shown = found.node.get_content(metadata_mode=MetadataMode.LLM)
    assert "title: La formation à Rabat" in shown and "Rabat ouvre des formations" in shown
    assert "/?doc=Rabat.txt&passage=" in shown and "content_hash" not in shown


def test_as_many_as_are_asked_for(url: str) -> None:
    assert [len(RepereRetriever(url, similarity_top_k=k).retrieve("formations")) for k in (1, 3)] == [1, 3]


def test_a_refusal_is_raised(url: str) -> None:
    with pytest.raises(Refused, match="There is no parameter colour"):
        RepereRetriever(url, colour="red").retrieve("formations")


def test_the_example(example: Callable[[str], str]) -> None:
    printed = example("repere_client.llama_index")
    assert printed.count("/?doc=") == 3 and printed.count("La formation à ") == 3
