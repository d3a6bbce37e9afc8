"""Data to measure with: a folder in BEIR's layout, or a file of questions over a folder of documents.

BEIR's layout (Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information
Retrieval Models", 2021): corpus.jsonl (_id, title, text), queries.jsonl (_id, text), qrels/test.tsv
(query-id, corpus-id, score). unanswerable.jsonl (_id, text, kind) may stand beside them: questions that the
corpus cannot answer, though it may come near. A file of questions has one JSON object a line: id, query,
source (null where the corpus has no answer) and evidence (words that a right passage holds). The questions of
both may have lang, and those of the first part, by which a suite of datasets is reported in slices.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.readers.metadata.titles import choose_title
from indexer.readers.plain_text import read_plain
from indexer.records import Document, Metadata
from models import languages
from models.errors import RepereError


class DatasetError(RepereError):
    """The data cannot be read as either layout."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of a dataset."""

    id: str
    text: str
    evidence: str | None = None
    """Words that a right passage holds, where that is known."""
    kind: str = ""
    """Of an unanswerable question, where that is known: "near", the corpus treats its subject, or "far"."""
    part: str = ""
    """Name of the part of the dataset that it belongs to, where there are parts."""
    language: str = ""
    """ISO 639-1 code of its language, where that is given."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions, what answers them, and the corpus."""

    name: str
    documents: Sequence[Document] | None
    """The corpus itself; None when it is a folder to be indexed as it is."""
    asks: Sequence[Ask]
    qrels: Mapping[str, Mapping[str, int]]
    """Question → document (its source) → gain."""
    unanswerable: Sequence[Ask]


def load(path: Path) -> Dataset:
    """Load the dataset at a path, a BEIR folder or a file of questions. Raises DatasetError."""
    path = path.resolve()  # a dataset is called by its folder's name, and "." has none
    try:
        if path.is_file():
            data = _questions(path)
        elif (path / "corpus.jsonl").is_file():
            data = _beir(path)
        else:
            raise DatasetError(
                f"{path} is neither a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv nor a file"
                " of questions. docs/evaluation.md describes both."
            )
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read ({error}).") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path} has an entry without {error}, or of another kind. docs/evaluation.md describes them."
        ) from error
    if not data.asks:
        raise DatasetError(f"{path} holds no question that its corpus answers.")
    return data


def suite(folder: Path) -> Iterator[Dataset]:
    """Yield every dataset in a folder, by name: BEIR folders, and folders of queries.jsonl alone.

    The latter is a file of questions. Raises DatasetError, at once when there is none.
    """
    files = sorted(folder.glob("*/queries.jsonl"))
    if not files:
        raise DatasetError(f"{folder} holds no dataset, that is no folder with queries.jsonl.")
    for file in files:
        yield load(file.parent if (file.parent / "corpus.jsonl").is_file() else file)


def _beir(folder: Path) -> Dataset:
    qrels: dict[str, dict[str, int]] = {}
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if int(row["score"]) > 0:  # 0 says that the document was judged, and is no answer
                qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    every = [_ask(row) for row in _lines(folder / "queries.jsonl")]
    asks = [ask for ask in every if ask.id in qrels]
    extra = folder / "unanswerable.jsonl"
    unanswerable = [_ask(row) for row in _lines(extra)] if extra.is_file() else []
    documents = [
        document(row["_id"], row.get("title") or "", row["text"]) for row in _lines(folder / "corpus.jsonl")
    ]
    return Dataset(folder.name, documents, asks, {ask.id: qrels[ask.id] for ask in asks}, unanswerable)


def _ask(row: Mapping[str, str]) -> Ask:
    ask = Ask(row["_id"], row["text"])
    kind, part, language = (row.get(name) or "" for name in ("kind", "part", "lang"))
    return replace(ask, kind=kind, part=part, language=language)


def _questions(file: Path) -> Dataset:
    rows = list(_lines(file))
    every = [
        (row["source"], Ask(row["id"], row["query"], row.get("evidence"), language=row.get("lang") or ""))
        for row in rows
    ]
    qrels = {ask.id: {source: 1} for source, ask in every if source}
    asks = [ask for source, ask in every if source]
    return Dataset(file.parent.name, None, asks, qrels, [ask for source, ask in every if not source])


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise DatasetError(f"{path}, line {number}: not a JSON object ({error}).") from error


def document(source: str, title: str, text: str) -> Document:
    """Make a document of the real pipeline from an entry that has no file of its own."""
    blocks = read_plain(text)
    if not title:
        title, blocks = choose_title(blocks, source)
    raw = text.encode()
    return Document(
        source=source,
        format="text",
        metadata=Metadata(title, language=languages.detect(text)),
        text=text,
        blocks=blocks,
        content_hash=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
    )
