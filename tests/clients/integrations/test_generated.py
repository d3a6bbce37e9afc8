"""A client that openapi-python-client makes of the API's description: it compiles, and it asks."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip(
    "openapi_python_client", reason="openapi-python-client is not installed: make test-clients installs it"
)

from tests.conftest import ROOT

NAME = "repere_generated"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Import a module of the generated client."""
    folder = tmp_path_factory.mktemp("generated")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    described = ["--path", str(ROOT / "docs" / "openapi.json"), "--output-path", str(folder / NAME)]
    subprocess.run([*command, *described], check=True, capture_output=True, timeout=120)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder)], check=True, timeout=120)
    sys.path.insert(0, str(folder))
    yield lambda module: importlib.import_module(f"{NAME}.{module}")
    sys.path.remove(str(folder))


def test_it_has_a_function_for_every_operation(generated: Any) -> None:
    folder = Path(generated("api").__file__).parent
    names = {path.stem for path in folder.glob("*/*.py")} - {"__init__"}
    assert names >= {"search", "search_by_post", "search_many", "check_quotation", "read_document", "health"}


def test_it_asks(generated: Any, url: str) -> None:
    with generated("client").Client(base_url=url) as client:
        found = generated("api.search.search").sync(client=client, q="formations en oncologie", k=2)
        assert [hit.rank for hit in found.hits] == [1, 2] and found.total == 6
        assert found.hits[0].relevance.class_ == "uncalibrated"
        questions = [generated("models").SearchRequest(q=q, k=1) for q in ("oncologie", "argile")]
        body = generated("models").BatchRequest(questions=questions)
        answers = generated("api.search.search_many").sync(client=client, body=body).answers
        assert answers[1].hits[0].source == "poterie.txt"


def test_a_refusal_has_its_shape(generated: Any, url: str) -> None:
    with generated("client").Client(base_url=url) as client:
        refused = generated("api.search.search").sync(client=client, q="a", k=1000)
    assert isinstance(refused, generated("models").ErrorResponse)
    assert refused.error.code == "invalid_parameter" and refused.error.hint
