"""Fixtures of the models' tests: a tiny sentence-transformers model, saved with any prompts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] a b question texte : chat le".split()
SaveTiny = Callable[[Path, dict[str, str] | None], Path]


@pytest.fixture
def save_tiny(tmp_path: Path) -> SaveTiny:
    """Save a random BERT into a folder as sentence-transformers does, with these prompts or none."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    def save(folder: Path, prompts: dict[str, str] | None) -> Path:
        bert = tmp_path / "bert"
        bert.mkdir()
        (bert / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
        BertTokenizerFast(str(bert / "vocab.txt"), model_max_length=32).save_pretrained(bert)
        sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        config = BertConfig(vocab_size=12, intermediate_size=16, max_position_embeddings=32, **sizes)
        BertModel(config).save_pretrained(bert)
        modules = [Transformer(str(bert), max_seq_length=32), Pooling(16, pooling_mode="mean")]
        SentenceTransformer(modules=modules, prompts=prompts).save(str(folder))
        return folder

    return save
