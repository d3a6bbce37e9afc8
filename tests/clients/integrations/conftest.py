"""A service over a few articles for other libraries to ask, and the examples of the docs as they stand."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.building import build as builder
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from tests.conftest import ROOT, wait_until_ready
from tests.serving import serving
from tests.standin import StandInChoice, StandInEncoder

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"  # nothing is sent anywhere
os.environ["LANGSMITH_TRACING"] = "false"
DOCUMENTED = "http://127.0.0.1:8000"
"""Where the service of the examples answers."""


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service over five notes about oncology and one about pottery."""
    home = tmp_path_factory.mktemp("integrations")
    (home / "corpus").mkdir()
    cities = ("Rabat", "Tanger", "Fès", "Meknès", "Agadir")
    for city in cities:
        text = (
            f"La formation à {city}\n\n{city} ouvre des formations continues en oncologie pour infirmiers.\n"
        )
        (home / "corpus" / f"{city}.txt").write_text(text, encoding="utf-8")
    pottery = "La poterie\n\nUn four à bois cuit les plats en argile de la vallée.\n"
    (home / "corpus" / "poterie.txt").write_text(pottery, encoding="utf-8")
    builder.build(home / "corpus", home / "index", StandInChoice())
    live = IndexWatcher(home / "index", StandInEncoder)
    with serving(build_app(live)) as port:
        wait_until_ready(live)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def example(url: str, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Run the example of docs/programs.md that imports a module, and return what it prints."""
    text = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    def run(module: str) -> str:
        (block,) = (block for block in blocks if f"from {module} import" in block)
        assert DOCUMENTED in block and len(block.splitlines()) <= 12
        exec(compile(block.replace(DOCUMENTED, url), str(Path(module)), "exec"), {})
        return capsys.readouterr().out

    return run
