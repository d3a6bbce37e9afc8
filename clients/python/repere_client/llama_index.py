"""A retriever for LlamaIndex; needs the extra: pip install 'repere-client[llama-index]'."""

from __future__ import annotations

from typing import Any

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from repere_client import passages
from repere_client.answers import Answer
from repere_client.clients import URL, AsyncClient, Client


class RepereRetriever(BaseRetriever):
    """Passages of a service as nodes, best first."""

    def __init__(
        self,
        url: str = URL,
        *,
        key: str | None = None,
        similarity_top_k: int = 10,
        callback_manager: CallbackManager | None = None,
        **parameters: Any,
    ) -> None:
        """Ask the service at `url` for `similarity_top_k` passages, with these parameters of /search.

        With min_relevance="weak" nothing is returned rather than what is not relevant.
        """
        super().__init__(callback_manager=callback_manager)
        self._url, self._key = url, key
        self._parameters = passages.parameters(similarity_top_k, parameters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        with Client(self._url, key=self._key) as client:
            return self._nodes(client.search(query_bundle.query_str, **self._parameters))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        async with AsyncClient(self._url, key=self._key) as client:
            return self._nodes(await client.search(query_bundle.query_str, **self._parameters))

    def _nodes(self, answer: Answer) -> list[NodeWithScore]:
        """Return hits as nodes, of whose metadata a language model is shown what a citation needs."""
        nodes = []
        for hit in answer["hits"]:
            metadata = passages.metadata(hit, self._url)
            unseen = [name for name in metadata if name not in passages.CITED]
            node = TextNode(
                id_=hit["passage_id"],
                text=hit["text"],
                metadata=metadata,
                excluded_llm_metadata_keys=unseen,
                excluded_embed_metadata_keys=unseen,
            )
            nodes.append(NodeWithScore(node=node, score=hit["score"]))
        return nodes
