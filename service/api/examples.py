"""Examples of what the API takes and gives, as its documentation shows them."""

from __future__ import annotations

from pydantic import JsonValue

QUESTION: dict[str, JsonValue] = {
    "collection": None,
    "q": "formations continues en oncologie",
    "k": 10,
    "per_source": 3,
    "group": "passage",
    "min_relevance": 0.0,
    "offset": 0,
    "generation": None,
    "sort": "relevance",
    "explain": False,
    "source": "santé/*",
    "language": "fr,ar",
    "format": "markdown,pdf",
    "from": "2019",
    "to": "2020-06",
    "title": "oncologie",
    "author": "Amina Berrada",
    "tag": "oncologie",
    "undated": False,
}

_INDEX: dict[str, JsonValue] = {
    "generation": "g000012",
    "model": "multilingual-e5-small",
    "documents": 5,
    "passages": 28,
}
_TEXT = "Une formation continue en oncologie ouvre à Rabat. Elle dure quarante heures."
_HASH = "9b2e1fb25b5a2ac71c1c9e0ab6f3b0f5b4b3f7f6c1f0f4f1c8f1f2b8a3c0d9e7"
_PASSAGE: dict[str, JsonValue] = {
    "passage_id": "479b319668cae39a9960",
    "start": 0,
    "end": 77,
    "section": ["Formations"],
    "page": None,
    "page_label": None,
    "last_page": None,
    "language": "fr",
    "kind": "body",
    "text": _TEXT,
}
_WORK: dict[str, JsonValue] = {
    "title": "La formation en oncologie",
    "date": "2019-10-18",
    "author": "Amina Berrada, Direction de la formation",
    "authors": [
        {"family": "Berrada", "given": "Amina", "literal": None},
        {"family": None, "given": None, "literal": "Direction de la formation"},
    ],
    "type": "article-journal",
    "container": "Revue de la formation en santé",
    "publisher": None,
    "volume": "12",
    "issue": "3",
    "pages": "41-48",
    "identifiers": {"hal": "hal-01234567"},
    "url": None,
    "licence": None,
    "tags": ["formation", "oncologie"],
}
_SENTENCE: dict[str, JsonValue] = {
    "start": 0,
    "end": 50,
    "text": _TEXT[:50],
    "page": None,
    "page_label": None,
}
_HIT: dict[str, JsonValue] = {
    **_PASSAGE,
    **_WORK,
    "rank": 1,
    "score": 0.871402,
    "source": "santé/oncologie.md",
    "collection": None,
    "generation": "g000012",
    "content_hash": _HASH,
    "format": "markdown",
    "first_page": None,
    "ocr": False,
    "highlight": _SENTENCE,
    "highlights": [_SENTENCE],
    "matches": [],
    "relevance": {"probability": None, "class": "uncalibrated"},
    "also_in": [],
    "versions": [],
    "more": [],
    "explain": None,
}
ANSWER: dict[str, JsonValue] = {
    "query": "formasions continues en oncologie à Casablanca -robot",
    "language": "fr",
    "took_ms": 14.31,
    "relevance": {"probability": 0.5312, "class": "weak"},
    "corrected": {"formasions": "formations"},
    "missing": ["Casablanca"],
    "expanded": {},
    "understood": [{"kind": "excluded", "value": "robot", "passages": 26}],
    "total": 1,
    "offset": 0,
    "hits": [
        {
            **_HIT,
            "score": 0.571402,
            "matches": [{"start": 4, "end": 13}, {"start": 14, "end": 22}, {"start": 26, "end": 35}],
            "relevance": {"probability": 0.5312, "class": "weak"},
            "versions": [
                {
                    "source": "santé/oncologie-2018.md",
                    "title": "La formation en oncologie",
                    "date": "2018-10-19",
                    "passage_id": "5b1d0f6a2c7e49d8a310",
                }
            ],
        }
    ],
    "index": _INDEX,
    "collections": [],
}
BATCH: dict[str, JsonValue] = {"questions": [QUESTION]}
ANSWERS: dict[str, JsonValue] = {"answers": [ANSWER], "took_ms": 14.52}
FACETS: dict[str, JsonValue] = {
    "query": "formations continues en oncologie",
    "documents": 2,
    "languages": [{"value": "fr", "count": 2}, {"value": "en", "count": 1}],
    "years": [{"value": "2019", "count": 1}, {"value": "2021", "count": 1}],
    "months": [],
    "undated": 0,
    "formats": [{"value": "markdown", "count": 2}],
    "authors": [{"value": "Amina Berrada", "count": 1}],
    "tags": [{"value": "oncologie", "count": 2}],
    "folders": [{"value": "santé", "count": 1}, {"value": "santé/rapports", "count": 1}],
    "index": _INDEX,
}
SIMILAR: dict[str, JsonValue] = {
    "passage_id": "0c9a4be2f1d05a7c8e31",
    "took_ms": 2.05,
    "hits": [_HIT],
    "index": _INDEX,
}
VERIFY: dict[str, JsonValue] = {
    "quotation": "« Elle dure quatorze heures. »",
    "collection": None,
    "source": "santé/oncologie.md",
    "limit": 5,
}
VERIFIED: dict[str, JsonValue] = {
    "verdict": "near",
    "message": "Not word for word: santé/oncologie.md holds it with 1 difference.",
    "places": [
        {
            "source": "santé/oncologie.md",
            "collection": None,
            "title": "La formation en oncologie",
            "date": "2019-10-18",
            "author": "Amina Berrada, Direction de la formation",
            "generation": "g000012",
            "content_hash": _HASH,
            "passage_id": "479b319668cae39a9960",
            "page": None,
            "page_label": None,
            "start": 51,
            "end": 76,
            "text": "Elle dure quarante heures",
            "similarity": 0.8824,
            "differences": [{"kind": "replaced", "quoted": "quatorze", "found": "quarante"}],
        }
    ],
    "took_ms": 1.87,
    "index": _INDEX,
}
JUDGEMENT: dict[str, JsonValue] = {
    "collection": None,
    "q": "formations continues en oncologie",
    "source": "santé/oncologie.md",
    "grade": 2,
}
JUDGED: dict[str, JsonValue] = {
    "question_id": "85a3f1d9c07be264",
    "source": "santé/oncologie.md",
    "grade": 2,
}
ACRONYMS: dict[str, JsonValue] = {
    "acronyms": [{"short": "CHU", "long": "centre hospitalier universitaire", "count": 4}],
    "count": 1,
}
_SUMMARY: dict[str, JsonValue] = {
    **_WORK,
    "source": "santé/oncologie.md",
    "date_precision": "day",
    "abstract": None,
    "language": "fr",
    "format": "markdown",
    "size": 78,
    "content_hash": _HASH,
    "passages": 1,
    "copies": [],
}
DOCUMENTS: dict[str, JsonValue] = {
    "documents": [_SUMMARY],
    "count": 1,
    "total": 5,
    "offset": 4,
    "passages": 28,
    "generation": "g000012",
}
DOCUMENT: dict[str, JsonValue] = {
    **_SUMMARY,
    "generation": "g000012",
    "since_hit": None,
    "text": _TEXT,
    "content": [_PASSAGE],
}
HEALTH: dict[str, JsonValue] = {
    "status": "ok",
    "live": True,
    "ready": True,
    "reason": None,
    "engine": "OpenVINO fp32 (brgemm_avx2_f32)",
    "engines": {
        "processor": {"name": "AMD EPYC 7003", "features": ["avx2", "fma"]},
        "questions": "fp32",
        "passages": "fp32",
        "measured": [
            {"engine": "fp32", "question_ms": 14.8, "passage_tokens_per_second": 2074.0, "cosine": 1.0}
        ],
    },
    "index": _INDEX,
    "layout": None,
    "collections": [],
}
COLLECTIONS: dict[str, JsonValue] = {
    "collections": [{"name": "archives", "status": "ok", "reason": None, "index": _INDEX, "layout": None}]
}
REFUSAL: dict[str, JsonValue] = {
    "error": {
        "code": "invalid_parameter",
        "message": "k: Input should be less than or equal to 100.",
        "hint": "The parameters and their bounds are described at /docs.",
    }
}
BOXES: dict[str, JsonValue] = {
    "source": "rapports/oncologie.pdf",
    "page": 3,
    "page_label": "iii",
    "pages": 12,
    "width": 595.0,
    "height": 842.0,
    "boxes": [{"left": 0.12, "top": 0.25, "width": 0.76, "height": 0.02}],
}

CORPUS: dict[str, JsonValue] = {
    "generation": "g000012",
    "built": "2026-03-01T04:00:12+00:00",
    "version": "0.1.0",
    "model": "multilingual-e5-small",
    "documents": 5,
    "passages": 28,
    "sentences": 108,
    "counts": {
        "folders": [{"value": "santé", "count": 2}],
        "years": [{"value": "2019", "count": 1}, {"value": "2021", "count": 3}],
        "undated": 1,
        "authors": [{"value": "Amina Berrada", "count": 1}],
        "all_authors": 1,
        "languages": [{"value": "fr", "count": 5}],
        "formats": [{"value": "text", "count": 3}, {"value": "markdown", "count": 2}],
    },
    "left_out": [{"reason": "empty file", "files": 1}],
    "skipped": 1,
}
REPORT: dict[str, JsonValue] = {
    "generation": "g000012",
    "built": "2026-03-01T04:00:12+00:00",
    "version": "0.1.0",
    "corpus": "articles",
    "engine": "OpenVINO int8",
    "seconds": 2.9,
    "stages": {"read": 0.6, "vectors": 1.9, "rest": 0.4},
    "carried": 12,
    "documents": 5,
    "passages": 28,
    "skipped": [{"source": "vide.txt", "reason": "empty file"}],
    "all_skipped": 1,
    "healthy": True,
    "findings": [{"check": "g000012: files", "condition": "ok", "found": "29 files are whole", "advice": ""}],
}

BY_SCHEMA: dict[str, dict[str, JsonValue]] = {
    "SearchRequest": QUESTION,
    "SearchResponse": ANSWER,
    "BatchRequest": BATCH,
    "BatchResponse": ANSWERS,
    "FacetsResponse": FACETS,
    "SimilarResponse": SIMILAR,
    "VerifyRequest": VERIFY,
    "VerifyResponse": VERIFIED,
    "JudgementRequest": JUDGEMENT,
    "JudgementsKept": {"kept": True},
    "JudgementResponse": JUDGED,
    "AcronymList": ACRONYMS,
    "DocumentList": DOCUMENTS,
    "DocumentDetail": DOCUMENT,
    "PageBoxes": BOXES,
    "Corpus": CORPUS,
    "BuildReport": REPORT,
    "Alive": {"live": True},
    "Health": HEALTH,
    "CollectionList": COLLECTIONS,
    "ErrorResponse": REFUSAL,
}
"""The example of each schema that a route takes or gives."""
