"""What is documented is what there is: every setting stands in the README with its default."""

import re

import pytest

from service.settings import INDEXER_ONLY, PREFIX, Settings
from tests.conftest import ROOT


def configuration() -> dict[str, str]:
    """Variable → its row, of the README's table under "Configuration"."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## Configuration\n")[1].split("\n## ")[0]
    return {row.group(1): row.group() for row in re.finditer(r"^\| `(\w+)` \|.*\|$", section, re.MULTILINE)}


def test_the_table_holds_every_setting_and_no_other() -> None:
    assert set(configuration()) == {PREFIX + name.upper() for name in Settings.model_fields} | INDEXER_ONLY


@pytest.mark.parametrize("name", ["index", "host", "port", "question_cache"])
def test_the_table_says_the_default(name: str) -> None:
    assert f"| `{Settings.model_fields[name].default}` |" in configuration()[PREFIX + name.upper()]
