"""A retriever for Haystack; needs the extra: pip install 'repere-client[haystack]'."""

# The library reads the annotations of components as they stand, so that they are not postponed here.

from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret, deserialize_secrets_inplace

from repere_client import passages
from repere_client.answers import Answer
from repere_client.clients import URL, AsyncClient, Client


@component
class RepereRetriever:
    """A component that returns passages of a service as documents, best first."""

    def __init__(
        self,
        url: str = URL,
        key: Secret | None = None,
        top_k: int = 10,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        """Ask the service at `url` for `top_k` passages, with these parameters of /search.

        With {"min_relevance": "weak"} nothing is returned rather than what is not relevant.
        """
        self.url, self.key, self.top_k, self.parameters = url, key, top_k, parameters

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, top_k: int | None = None, parameters: dict[str, Any] | None = None
    ) -> dict[str, list[Document]]:
        """Return the passages that answer a question; what is given here goes before what was given first."""
        with Client(self.url, key=self._key()) as client:
            return self._documents(client.search(query, **self._asked(top_k, parameters)))

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query: str, top_k: int | None = None, parameters: dict[str, Any] | None = None
    ) -> dict[str, list[Document]]:
        """Return the same without blocking."""
        async with AsyncClient(self.url, key=self._key()) as client:
            return self._documents(await client.search(query, **self._asked(top_k, parameters)))

    def to_dict(self) -> dict[str, Any]:
        """Return the component as a dictionary."""
        saved: dict[str, Any] = default_to_dict(
            self,
            url=self.url,
            key=self.key.to_dict() if self.key else None,
            top_k=self.top_k,
            parameters=self.parameters,
        )
        return saved

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "RepereRetriever":
        """Return the component of a dictionary."""
        deserialize_secrets_inplace(data["init_parameters"], keys=["key"])
        retriever: RepereRetriever = default_from_dict(cls, data)
        return retriever

    def _key(self) -> str | None:
        return self.key.resolve_value() if self.key else None

    def _asked(self, top_k: int | None, given: dict[str, Any] | None) -> dict[str, Any]:
        return passages.parameters(self.top_k if top_k is None else top_k, self.parameters, given)

    def _documents(self, answer: Answer) -> dict[str, list[Document]]:
        documents = [
            Document(
                id=hit["passage_id"],
                content=hit["text"],
                meta=passages.metadata(hit, self.url),
                score=hit["score"],
            )
            for hit in answer["hits"]
        ]
        return {"documents": documents}
