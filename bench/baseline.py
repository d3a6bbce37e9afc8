"""The plain baseline, as one would write it in an afternoon: python -m bench.baseline PASSAGES.jsonl PORT.

sentence-transformers on torch in fp32, an exact FAISS index, FastAPI. A line of the file is a passage:
{"source", "title", "text"}. Its vectors are kept beside it, so that only the first start encodes.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import uvicorn
from fastapi import FastAPI

from models.load import ModelChoice

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def load_model() -> SentenceTransformer:
    """Load the default model, in fp32, on torch's default threads."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(ModelChoice().folder()), device="cpu")


def encode(model: SentenceTransformer, texts: list[str]) -> Any:
    """Return unit vectors of passages; sentence-transformers adds the prompt."""
    return model.encode_document(texts, batch_size=32, normalize_embeddings=True)


def index_of(vectors: Any) -> Any:
    """Return an exact index of vectors [n, dim]."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def load_index(file: Path, model: SentenceTransformer, passages: list[dict[str, str]]) -> Any:
    """Return the index beside the file, which is made first when it is not there."""
    beside = file.with_suffix(".faiss")
    if not beside.exists():
        texts = [f"{each['title']}\n{each['text']}" for each in passages]
        faiss.write_index(index_of(encode(model, texts)), str(beside))
    return faiss.read_index(str(beside))


def build_app(model: SentenceTransformer, index: Any, passages: list[dict[str, str]]) -> FastAPI:
    """Return an app that answers GET /search?q=&k= with the k nearest passages."""
    app = FastAPI()
    lock = threading.Lock()  # a fast tokenizer may not be shared by two threads at once

    @app.get("/search")
    def search(q: str, k: int = 10) -> dict[str, Any]:
        with lock:
            query = model.encode_query([q], normalize_embeddings=True)
        scores, rows = index.search(query, min(k, len(passages)))
        found = zip(scores[0].tolist(), rows[0].tolist(), strict=True)
        return {"query": q, "hits": [{"score": score, **passages[row]} for score, row in found]}

    return app


if __name__ == "__main__":
    path = Path(sys.argv[1])
    held = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    model = load_model()
    app = build_app(model, load_index(path, model, held), held)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
