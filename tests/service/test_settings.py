"""Settings from a file, the environment and flags: what is taken, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from indexer.index_folders import IndexFolder, IndexFolders
from service.settings import Settings, read
from service.settings_sources import SettingsError


def test_nothing_set_gives_the_defaults() -> None:
    assert read({}) == Settings(
        index=IndexFolders.one(Path("index")),
        host="127.0.0.1",
        port=8000,
        model="",
        query_prompt=None,
        passage_prompt=None,
        question_cache=4096,
    )
    assert read({}).keys_file == Path("index/keys.json")


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("REPERE_INDEX", "/data/été", "index", IndexFolders.one(Path("/data/été"))),
        ("REPERE_HOST", "::1", "host", "::1"),
        ("REPERE_PORT", "1", "port", 1),
        ("REPERE_PORT", "65535", "port", 65535),
        ("REPERE_MODEL", "BAAI/bge-m3", "model", "BAAI/bge-m3"),
        ("REPERE_QUERY_PROMPT", "query: ", "query_prompt", "query: "),
        ("REPERE_PASSAGE_PROMPT", "passage: ", "passage_prompt", "passage: "),
        ("REPERE_QUESTION_CACHE", "0", "question_cache", 0),
        ("REPERE_KEYS", "/etc/repere/keys.json", "keys", Path("/etc/repere/keys.json")),
        (
            "REPERE_HOSTS",
            "Search.example.org, 192.0.2.1,::1,",
            "hosts",
            ("search.example.org", "192.0.2.1", "::1"),
        ),
        (
            "REPERE_CORS_ORIGINS",
            "https://a.org, http://b:80",
            "cors_origins",
            ("https://a.org", "http://b:80"),
        ),
        ("REPERE_ORIGINALS", "false", "originals", False),
        ("REPERE_ROOT_PATH", "/a/b-c/", "root_path", "/a/b-c"),
        ("REPERE_ROOT_PATH", "/", "root_path", ""),
        ("REPERE_RATE", "120/minute", "rate", "120/minute"),
        ("REPERE_RATE", "5 per 10 second", "rate", "5 per 10 second"),
        ("REPERE_TIMEOUT", "0.5", "timeout", 0.5),
        ("REPERE_LOG_FORMAT", "json", "log_format", "json"),
    ],
)
def test_a_variable_sets_its_field(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(read({name: value}), field) == expected


@pytest.mark.parametrize("field", Settings.model_fields)
def test_an_empty_variable_counts_as_unset(field: str) -> None:
    assert read({"REPERE_" + field.upper(): ""}) == Settings()


@pytest.mark.parametrize("name", ["REPERE_CORPUS", "REPERE_CLIENT_KEY", "PATH", "repere_port"])
def test_variables_of_other_programs_are_ignored(name: str) -> None:
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "repere.toml"


def refusal(environment: dict[str, str], flags: dict[str, str] | None = None) -> str:
    """Return the sentence that these settings are refused with."""
    with pytest.raises(SettingsError) as refused:
        read(environment, flags)
    return str(refused.value)


def test_flags_go_before_the_environment_and_that_before_the_file(file: Path) -> None:
    file.write_text('port = 1\nhost = "::1"\nquestion_cache = 7\n')
    chosen = read(
        {"REPERE_CONFIG": str(file), "REPERE_PORT": "2", "REPERE_HOST": "localhost"}, {"--port": "3"}
    )
    assert (chosen.port, chosen.host, chosen.question_cache) == (3, "localhost", 7)


def test_an_empty_variable_does_not_hide_what_the_file_says(file: Path) -> None:
    file.write_text("port = 1\n")
    assert read({"REPERE_PORT": ""}, {"--config": str(file), "--port": ""}).port == 1


def test_a_flag_names_another_file_than_the_environment(file: Path) -> None:
    file.write_text("port = 1\n")
    assert read({"REPERE_CONFIG": "/nowhere.toml"}, {"--config": str(file)}).port == 1


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ('hosts = ["a.org", "b.org"]', "hosts", ("a.org", "b.org")),
        ('hosts = "a.org,b.org"', "hosts", ("a.org", "b.org")),
        ("timeout = 2.5", "timeout", 2.5),
        ('port = "9"', "port", 9),
        ('query_prompt = "Frage: "', "query_prompt", "Frage: "),
    ],
)
def test_a_file_holds_settings_as_toml_writes_them(
    file: Path, line: str, field: str, expected: object
) -> None:
    file.write_text(line)
    assert getattr(read({}, {"--config": str(file)}), field) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1", "prot in {file} is not a setting. Did you mean port?"),
        ("REPERE_PORT = 1", "REPERE_PORT in {file} is not a setting. Did you mean port?"),
        ('config = "a"', "config in {file} is not a setting. "),
        ("port = 0", "port='0' in {file} cannot be used: Input should be greater than or equal to 1."),
        ("port = true", "port='True' in {file} cannot be used: "),
        ("port = 80.5", "port='80.5' in {file} cannot be used: "),
        ("[service]\nport = 1", "service in {file} is neither a text, a number nor a list of texts."),
        ("[port]\nport = 1", "port in {file} is neither a text, a number nor a list of texts."),
        ("index = {}", 'index in {file} is a table, which holds lines of name = "text", '),
        ("index = {a = 1}", 'index in {file} is a table, which holds lines of name = "text", '),
        ('index = {"a b" = "x"}', "index={{'a b': 'x'}} in {file} cannot be used: 'a b' cannot name "),
        ("hosts = [1]", "hosts in {file} is neither a text, a number nor a list of texts."),
        ("port", "The settings in {file} are not TOML: "),
        ("\udcff", "The settings in {file} are not TOML: "),
    ],
)
def test_what_a_file_may_not_say(file: Path, text: str, sentence: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert refusal({}, {"--config": str(file)}).startswith(sentence.format(file=file))


def test_a_missing_file_is_reported(file: Path) -> None:
    said = refusal({"REPERE_CONFIG": str(file)})
    assert said == f"The settings in {file} cannot be read: No such file or directory."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("--prot", "--prot is not a setting. Did you mean --port?"),
        ("--question_cache", "--question_cache is not a setting. Did you mean --question-cache?"),
        ("--cors-origin", "--cors-origin is not a setting. Did you mean --cors-origins?"),
        ("--zzz", "--zzz is not a setting. Known are --index, --host, "),
    ],
)
def test_an_unknown_flag_is_refused_with_the_nearest_right_one(name: str, sentence: str) -> None:
    assert refusal({}, {name: ""}).startswith(sentence)


def test_a_value_is_refused_under_the_name_it_was_given_by() -> None:
    assert refusal({"REPERE_PORT": "1"}, {"--port": "x"}).startswith("--port='x' cannot be used: ")


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("REPERE_HOSTS", "http://a.org", "http://a.org is no host's name; "),
        ("REPERE_HOSTS", "a.org:80", "a.org:80 is no host's name; "),
        ("REPERE_HOSTS", "*", "* is no host's name; "),
        ("REPERE_HOSTS", "a b", "a b is no host's name; "),
        *(
            ("REPERE_ROOT_PATH", path, f"{path} is no path; ")
            for path in ("a", "//a", "/a//b", "/..", "/a b", "/a?b", "https://a.org/b")
        ),
        ("REPERE_CORS_ORIGINS", "*", "any web page could then read the corpus; name the origins"),
        ("REPERE_CORS_ORIGINS", "https://a.org,*", "any web page could then read the corpus; "),
        ("REPERE_CORS_ORIGINS", "https://*.a.org", "https://*.a.org is no origin; "),
        ("REPERE_CORS_ORIGINS", "https://a.org/", "https://a.org/ is no origin; "),
        ("REPERE_CORS_ORIGINS", "a.org", "a.org is no origin; "),
        ("REPERE_CORS_ORIGINS", "null", "null is no origin; "),
        ("REPERE_RATE", "120", "write it as 120/minute; "),
        ("REPERE_RATE", "0/minute", "write it as 120/minute; "),
        ("REPERE_RATE", "often", "write it as 120/minute; "),
        ("REPERE_RATE", "1/second;5/minute", "write it as 120/minute; "),
        ("REPERE_LOG_FORMAT", "xml", "Input should be 'text' or 'json'"),
        ("REPERE_WORKERS", "0", "Input should be greater than or equal to 1"),
        ("REPERE_TIMEOUT", "0", "Input should be greater than 0"),
        ("REPERE_TIMEOUT", "nan", "Input should be "),
        ("REPERE_TIMEOUT", "inf", "Input should be "),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_reason(variable: str, value: str, reason: str) -> None:
    assert refusal({variable: value}).startswith(f"{variable}={value!r} cannot be used: {reason}")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_without_a_name_to_ask_for_is_refused(host: str) -> None:
    assert refusal({"REPERE_HOST": host}) == (
        f"host {host} is every address of this machine, and hosts is empty."
        " Set hosts to the names and addresses that clients ask for."
    )
    assert read({"REPERE_HOST": host, "REPERE_HOSTS": "a.org"}).host == host


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example.org", False),
        ("192.0.2.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:127.0.0.1", False),
        ("127.0.0.1.example.org", False),
        ("127.1", False),
        ("a-machine", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert Settings(host=host, hosts=("a.org",)).loopback is loopback


def test_several_indexes_have_names_in_a_variable_a_flag_and_a_table_of_the_file(file: Path) -> None:
    expected = IndexFolders((IndexFolder("lois", Path("/data/lois")), IndexFolder("santé", Path("i,1"))))
    file.write_text('[index]\nlois = "/data/lois"\n"santé" = "i,1"\n', encoding="utf-8")
    assert read({}, {"--config": str(file)}).index == expected
    expected = IndexFolders((IndexFolder("lois", Path("/data/lois")), IndexFolder("b", Path("x"))))
    assert read({"REPERE_INDEX": "lois=/data/lois, b = x"}).index == expected
    assert read({}, {"--index": str(expected)}).index == expected


def test_the_keys_of_several_indexes_lie_in_the_first_ones_folder() -> None:
    assert read({"REPERE_INDEX": "a=x,b=y"}).keys_file == Path("x/keys.json")


def test_an_index_is_refused_under_the_name_of_its_variable() -> None:
    assert refusal({"REPERE_INDEX": "a=x,a=y"}) == (
        "REPERE_INDEX='a=x,a=y' cannot be used: the name a is given twice;"
        " each collection has a name of its own."
    )
