"""Plain BM25 by French stems in tantivy, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import tantivy

from indexer.passages.analysis import ANALYSES, terms, words
from indexer.store.catalogue import PassageEntry
from indexer.store.lexical import HEAD_WEIGHT

FRENCH = ANALYSES[0]


class Bm25:
    """Ranks some passages by words alone, with tantivy's own constants."""

    def __init__(self, entries: Sequence[PassageEntry]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("row", fast=True)
        for field in "body", "head":
            builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        index = tantivy.Index(self._schema)
        writer = index.writer(num_threads=1)
        for entry in entries:
            heading = " ".join([entry.document.title, *entry.passage.section])
            row = tantivy.Document()
            row.add_unsigned("row", entry.row)
            row.add_text("body", " ".join(_terms(entry.passage.text)))
            row.add_text("head", " ".join(_terms(heading)))
            writer.add_document(row)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def find(self, question: str, count: int) -> list[int]:
        """Return the rows of the best passages for a question, best first."""
        clauses = []
        for field, weight in (("body", 1.0), ("head", HEAD_WEIGHT)):
            for term in dict.fromkeys(_terms(question)):
                query = tantivy.Query.term_query(self._schema, field, term, "freq")
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight)))
        if not clauses:
            return []
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), count, count=False).hits
        return [int(row) for row in self._searcher.fast_field_values("row", [place for _, place in hits])]


def _terms(text: str) -> list[str]:
    return terms(words(text), FRENCH)
