"""The retriever for Haystack, and the example of the docs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

pytest.importorskip("haystack", reason="haystack-ai is not installed: make test-clients installs it")

from haystack import Pipeline
from haystack.utils import Secret
from repere_client import Refused
from repere_client.haystack import RepereRetriever


def test_documents_tell_where_they_stand(url: str) -> None:
    retriever = RepereRetriever(url, top_k=2, parameters={"source": "Rabat*"})
    (found,) = retriever.run("formations en oncologie")["documents"]
    assert asyncio.run(retriever.run_async("formations en oncologie"))["documents"] == [found]
    assert found.content and "Rabat ouvre des formations" in found.content
    assert (found.meta["source"], found.score) == ("Rabat.txt", found.meta["score"])
    assert found.meta["link"] == f"{url}/?doc=Rabat.txt&passage={found.id}"


@pytest.mark.parametrize(("top_k", "expected"), [(None, 2), (1, 1), (3, 3)])
def test_as_many_as_are_asked_for(url: str, top_k: int | None, expected: int) -> None:
    assert len(RepereRetriever(url, top_k=2).run("formations", top_k)["documents"]) == expected


def test_what_is_given_with_the_question_goes_first(url: str) -> None:
    retriever = RepereRetriever(url, parameters={"source": "Rabat*"})
    (found,) = retriever.run("formations", parameters={"source": "Agadir*"})["documents"]
    assert found.meta["source"] == "Agadir.txt"


def test_a_refusal_is_raised(url: str) -> None:
    with pytest.raises(Refused, match="There is no parameter colour"):
        RepereRetriever(url, parameters={"colour": "red"}).run("formations")


def test_a_pipeline_can_be_saved_and_loaded_without_its_key(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPERE_CLIENT_KEY", "secret-key")
    pipeline = Pipeline()
    key = Secret.from_env_var("REPERE_CLIENT_KEY")
    pipeline.add_component("search", RepereRetriever(url, key, 1, {"source": "Rabat*"}))
    saved = pipeline.dumps()
    assert "secret-key" not in saved
    again = Pipeline.loads(saved, allowed_modules=[RepereRetriever.__module__])
    (found,) = again.run({"search": {"query": "formations"}})["search"]["documents"]
    assert found.meta["source"] == "Rabat.txt"


def test_the_example(example: Callable[[str], str]) -> None:
    printed = example("repere_client.haystack")
    assert printed.count("/?doc=") == printed.count("formations continues en oncologie") == 3
