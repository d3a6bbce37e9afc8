"""The encoder over the real default model, and over a tiny model of one's own."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models import bundle, encoder
from models.encoder import Encoder, ModelChoice
from models.errors import ModelUnavailable

pytestmark = pytest.mark.slow

TEXTS = [
    "Le centre ouvre une formation continue en oncologie.",
    "court",
    "The hospital bought two surgical robots in 2020.",
    "مستشفى جامعي في الدار البيضاء",
    "Un texte plus long que les autres. " * 60,
    "",
]


@pytest.fixture(scope="module")
def real() -> Encoder:
    return encoder.load(ModelChoice())


def test_vectors_are_float32_unit_rows(real: Encoder) -> None:
    for vectors in real.queries(TEXTS), real.passages(TEXTS):
        assert vectors.shape == (len(TEXTS), 384)
        assert vectors.dtype == np.float32
        assert vectors.flags["C_CONTIGUOUS"]
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 33])
def test_shapes(real: Encoder, count: int) -> None:
    assert real.passages(["a"] * count).shape == (count, 384)
    assert real.queries(["a"] * count).shape == (count, 384)


def test_what_it_says_of_itself(real: Encoder) -> None:
    assert (real.name, real.dim, real.max_tokens) == ("multilingual-e5-small", 384, 512)
    assert real.fingerprint == encoder.fingerprint(encoder.model_folder(ModelChoice()), ModelChoice())
    assert real.fingerprint == bundle.FINGERPRINT


def test_it_is_deterministic(real: Encoder) -> None:
    np.testing.assert_array_equal(real.passages(TEXTS), real.passages(TEXTS))


def test_company_changes_nothing_that_matters(real: Encoder) -> None:
    alone = np.concatenate([real.passages([text]) for text in TEXTS])
    np.testing.assert_allclose((alone * real.passages(TEXTS)).sum(axis=1), 1, atol=1e-5)


def test_queries_and_passages_differ(real: Encoder) -> None:
    cosines = (real.queries(TEXTS) * real.passages(TEXTS)).sum(axis=1)
    assert (cosines < 0.9999).all()


def test_threads_get_what_one_gets(real: Encoder) -> None:
    alone = [real.queries([text]) for text in TEXTS]
    counts = real.count_tokens(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(lambda at: real.queries([TEXTS[at % 6]]), range(48)))
        counted = list(pool.map(lambda _: real.count_tokens(TEXTS), range(48)))
    for at, found in enumerate(vectors):
        np.testing.assert_array_equal(found, alone[at % 6])
    assert counted == [counts] * 48


def test_tokens_are_counted(real: Encoder) -> None:
    # ▁Le, ▁centre; nothing for an empty text; no limit for a long one.
    assert real.count_tokens(["Le centre", "", " ".join(["Le"] * 1000)]) == [2, 0, 1000]
    assert real.count_tokens([]) == []


@pytest.mark.parametrize(
    ("english", "french", "unrelated"),
    [
        ("The cat sleeps.", "Le chat dort.", "Le train est en retard."),
        ("continuing education in oncology", "formation continue en oncologie", "location de voitures"),
        ("Where is the hospital?", "Où est l'hôpital ?", "Combien coûte ce livre ?"),
    ],
)
def test_a_translation_is_nearer(real: Encoder, english: str, french: str, unrelated: str) -> None:
    query = real.queries([english])[0]
    near, far = real.passages([french, unrelated]) @ query
    assert near > far + 0.02


MakeModel = Callable[[dict[str, str] | None], Path]


@pytest.fixture
def tiny(tmp_path: Path) -> MakeModel:
    """Saves a random BERT as sentence-transformers does, with these prompts or none."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    def make(prompts: dict[str, str] | None) -> Path:
        bert = tmp_path / "bert"
        words = [
            "[PAD]",
            "[UNK]",
            "[CLS]",
            "[SEP]",
            "[MASK]",
            "a",
            "b",
            "question",
            "texte",
            ":",
            "chat",
            "le",
        ]
        bert.mkdir()
        (bert / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
        BertTokenizerFast(str(bert / "vocab.txt"), model_max_length=32).save_pretrained(bert)
        sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        config = BertConfig(vocab_size=12, intermediate_size=16, max_position_embeddings=32, **sizes)
        BertModel(config).save_pretrained(bert)
        module = Transformer(str(bert), max_seq_length=32)
        pooling = Pooling(16, pooling_mode="mean")
        SentenceTransformer(modules=[module, pooling], prompts=prompts).save(str(tmp_path / "tiny"))
        return tmp_path / "tiny"

    return make


def cosine(one: Encoder, other: Encoder, role: str) -> float:
    texts = ["le chat", "a b"]
    return float((getattr(one, role)(texts) * getattr(other, role)(texts)).sum(axis=1).min())


def test_a_folder_of_ones_own_with_prompts(tiny: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    folder = tiny({"query": "question : ", "passage": "texte : "})
    model = encoder.load(ModelChoice(str(folder)))
    assert (model.name, model.dim, model.max_tokens) == (str(folder), 16, 32)
    assert not [each for each in caplog.records if each.name == "models.encoder"]
    none = encoder.load(ModelChoice(str(folder), "", ""))
    np.testing.assert_allclose(model.queries(["le chat"]), none.queries(["question : le chat"]), atol=1e-6)
    np.testing.assert_allclose(model.passages(["a b"]), none.passages(["texte : a b"]), atol=1e-6)
    assert cosine(model, none, "queries") < 0.999
    assert cosine(model, none, "passages") < 0.999


def test_prompts_are_settable_where_there_are_none(tiny: MakeModel, caplog: pytest.LogCaptureFixture) -> None:
    folder = tiny(None)
    with caplog.at_level(logging.WARNING, "models.encoder"):
        bare = encoder.load(ModelChoice(str(folder)))
    said = [record.getMessage() for record in caplog.records]
    assert [line.partition(" names no ")[2] for line in said] == [
        "query prompt; none is used. Set REPERE_QUERY_PROMPT if it was trained with one.",
        "document prompt; none is used. Set REPERE_PASSAGE_PROMPT if it was trained with one.",
    ]
    chosen = encoder.load(ModelChoice(str(folder), "question : ", "texte : "))
    np.testing.assert_allclose(chosen.queries(["a"]), bare.queries(["question : a"]), atol=1e-6)
    np.testing.assert_allclose(chosen.passages(["a"]), bare.passages(["texte : a"]), atol=1e-6)
    assert chosen.fingerprint != bare.fingerprint


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_folder_is_told_in_one_line(tiny: MakeModel, name: str) -> None:
    folder = tiny(None)
    (folder / name).write_text("{damaged", encoding="utf-8")
    with pytest.raises(ModelUnavailable) as raised:
        encoder.load(ModelChoice(str(folder)))
    assert f"The model in {folder} could not be loaded: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_default_models_prompts_are_e5s() -> None:
    said = json.loads(
        (encoder.model_folder(ModelChoice()) / "config_sentence_transformers.json").read_text("utf-8")
    )
    assert said["prompts"] == {"query": "query: ", "document": "passage: "}
