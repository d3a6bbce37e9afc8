"""python -m service: its help, and the command lines it refuses."""

from __future__ import annotations

import pytest

from service.__main__ import main
from service.settings import Settings
from service.settings_sources import flag

Capture = pytest.CaptureFixture[str]


def test_help_describes_every_setting_and_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    assert text.startswith("usage: python -m service [serve] [--SETTING VALUE …]\n")
    assert all(flag(name) in text for name in Settings.model_fields)
    assert "Default: 8000." in text and "keys create|list|revoke" in text


@pytest.mark.usefixtures("bare_folder")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prot", "9000"], "--prot is not a setting. Did you mean --port?"),
        (["--prot=9000"], "--prot is not a setting. Did you mean --port?"),
        (["serve", "--hots", "a"], "--hots is not a setting. Did you mean --hosts?"),
        (["--por", "9000"], "--por is not a setting. Did you mean --port?"),
        (["--port", "http"], "--port='http' cannot be used: Input should be a valid integer"),
        (["key", "list"], "There is no command 'key'. Known are serve, keys"),
        (["--host", "0.0.0.0"], "host 0.0.0.0 is every address of this machine, and hosts is empty."),
    ],
)
def test_a_command_line_at_fault_is_refused_in_a_sentence(
    capsys: Capture, arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.usefixtures("bare_folder")
def test_a_host_that_others_reach_is_not_served_without_a_key(capsys: Capture) -> None:
    assert main(["--host", "0.0.0.0", "--hosts", "a.org"]) == 2
    assert capsys.readouterr().err == (
        "host 0.0.0.0 can be reached from other machines, and there is no key in index/keys.json. "
        "Create a key with 'python -m service keys create NAME --scope read --keys index/keys.json',"
        " or set host to 127.0.0.1.\n"
    )


@pytest.mark.usefixtures("bare_folder")
@pytest.mark.parametrize(
    "arguments", [["keys"], ["keys", "create", "a"], ["keys", "create", "a", "--scope", "root"]]
)
def test_an_incomplete_command_shows_its_usage(capsys: Capture, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: python -m service keys")
