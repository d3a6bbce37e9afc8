"""What is documented is what there is: every setting stands in the README with its default."""

import re

import pytest

from service.settings import INDEXER_ONLY, Settings
from service.settings_sources import PREFIX
from tests.conftest import ROOT


def configuration() -> dict[str, str]:
    """Variable → its row, of the README's table under "Configuration"."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## Configuration\n")[1].split("\n## ")[0]
    return {row.group(1): row.group() for row in re.finditer(r"^\| `(\w+)` \|.*\|$", section, re.MULTILINE)}


def test_the_table_holds_every_setting_and_no_other() -> None:
    assert set(configuration()) == {PREFIX + name.upper() for name in Settings.model_fields} | INDEXER_ONLY


DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}


@pytest.mark.parametrize(
    "name", [name for name, default in DEFAULTS.items() if default not in (None, "", ())]
)
def test_the_table_says_the_default(name: str) -> None:
    assert f"| `{DEFAULTS[name]}` |" in configuration()[PREFIX + name.upper()]
