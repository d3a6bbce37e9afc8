"""A retriever for LangChain; needs the extra: pip install 'repere-client[langchain]'."""

from __future__ import annotations

from typing import Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, SecretStr

from repere_client import passages
from repere_client.answers import Answer
from repere_client.clients import URL, AsyncClient, Client


class RepereRetriever(BaseRetriever):
    """Passages of a service as documents, best first.

    What invoke is given beside the question are parameters of /search, and go before those given here.
    """

    url: str = URL
    key: SecretStr | None = None
    k: int = 10
    """Passages to return at the most."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Parameters of /search: filters; min_relevance="weak" for nothing rather than what is not relevant."""

    def _get_relevant_documents(self, query: str, **parameters: Any) -> list[Document]:
        with Client(self.url, key=self._key()) as client:
            return self._documents(
                client.search(query, **passages.parameters(self.k, self.parameters, parameters))
            )

    async def _aget_relevant_documents(self, query: str, **parameters: Any) -> list[Document]:
        async with AsyncClient(self.url, key=self._key()) as client:
            return self._documents(
                await client.search(query, **passages.parameters(self.k, self.parameters, parameters))
            )

    def _key(self) -> str | None:
        return self.key.get_secret_value() if self.key else None

    def _documents(self, answer: Answer) -> list[Document]:
        return [
            Document(hit["text"], id=hit["passage_id"], metadata=passages.metadata(hit, self.url))
            for hit in answer["hits"]
        ]
