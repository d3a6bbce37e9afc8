"""Writes tiny tokenizer.json files of the default model's kind."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SPECIAL = ("<s>", "</s>", "<unk>")
CHARSMAP = base64.b64encode(struct.pack("<I", 1024) + bytes(1024)).decode()
"""A table of normalisation that changes nothing."""


def said(pieces: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """The content of a tokenizer.json with these pieces, after the SPECIAL ones."""
    vocabulary = [*((token, 0.0) for token in SPECIAL), *pieces]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    ends = {
        token: {"id": token, "ids": [number], "tokens": [token]} for number, token in enumerate(SPECIAL[:2])
    }
    single: list[dict[str, object]] = [
        {"SpecialToken": {"id": "<s>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "</s>", "type_id": 0}},
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": at, "content": token, **flags} for at, token in enumerate(SPECIAL)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": CHARSMAP},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": single,
            "special_tokens": ends,
        },
        "decoder": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
        "model": {"type": "Unigram", "unk_id": 2, "vocab": vocabulary},
    }


def write(path: Path, pieces: Sequence[tuple[str, float]] = (("▁a", -1.0), ("▁b", -2.0))) -> Path:
    """Write a tokenizer.json."""
    path.write_text(json.dumps(said(pieces), ensure_ascii=False), encoding="utf-8")
    return path
