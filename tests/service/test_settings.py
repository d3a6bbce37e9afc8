"""Settings from the environment: what is taken, and what is refused in which words."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings, SettingsError, read


def test_nothing_set_gives_the_defaults() -> None:
    assert read({}) == Settings(
        index=Path("index"),
        host="127.0.0.1",
        port=8000,
        model="",
        query_prompt=None,
        passage_prompt=None,
        question_cache=4096,
    )


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("REPERE_INDEX", "/data/été", "index", Path("/data/été")),
        ("REPERE_HOST", "::1", "host", "::1"),
        ("REPERE_PORT", "1", "port", 1),
        ("REPERE_PORT", "65535", "port", 65535),
        ("REPERE_MODEL", "BAAI/bge-m3", "model", "BAAI/bge-m3"),
        ("REPERE_QUERY_PROMPT", "query: ", "query_prompt", "query: "),
        ("REPERE_PASSAGE_PROMPT", "passage: ", "passage_prompt", "passage: "),
        ("REPERE_QUESTION_CACHE", "0", "question_cache", 0),
    ],
)
def test_a_variable_sets_its_field(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(read({name: value}), field) == expected


@pytest.mark.parametrize("field", Settings.model_fields)
def test_an_empty_variable_counts_as_unset(field: str) -> None:
    assert read({"REPERE_" + field.upper(): ""}) == Settings()


@pytest.mark.parametrize("name", ["REPERE_CORPUS", "PATH", "repere_port", "XREPERE_PORT"])
def test_variables_of_others_are_none_of_its_business(name: str) -> None:
    assert read({name: "anything"}) == Settings()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("REPERE_PROT", "REPERE_PROT is not a setting. Did you mean REPERE_PORT?"),
        ("REPERE_INDX", "REPERE_INDX is not a setting. Did you mean REPERE_INDEX?"),
        ("REPERE_QUERYPROMPT", "REPERE_QUERYPROMPT is not a setting. Did you mean REPERE_QUERY_PROMPT?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_right_one(name: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read({name: ""})
    assert str(refused.value) == sentence


def test_a_name_like_no_other_is_refused_with_all_there_are() -> None:
    with pytest.raises(SettingsError, match=r"^REPERE_ÿ is not a setting\. Known are REPERE_INDEX, "):
        read({"REPERE_ÿ": "1"})


@pytest.mark.parametrize("value", ["0", "65536", "-1", "http", "80.5", " ", "9" * 5000])
def test_a_port_that_cannot_be_is_refused_by_its_variable_and_value(value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read({"REPERE_PORT": value})
    assert str(refused.value).startswith(f"REPERE_PORT={value!r} cannot be used: ")


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "1000001"])
def test_a_number_of_questions_that_cannot_be_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^REPERE_QUESTION_CACHE='{value}' cannot be used: "):
        read({"REPERE_QUESTION_CACHE": value})


def test_the_model_is_passed_on_as_the_encoder_takes_it() -> None:
    choice = read({"REPERE_MODEL": "m", "REPERE_QUERY_PROMPT": "q: "}).choice
    assert (choice.name, choice.prompts) == ("m", {"query": "q: "})


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError):
        read({}).port = 1  # type: ignore[misc]
