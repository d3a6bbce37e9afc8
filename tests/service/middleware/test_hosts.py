"""The service answers to its own names and to no other."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from service.middleware.hosts import Hosts, host_name
from tests.service.contract import assert_refusal


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("example.org", "example.org"),
        ("Example.ORG:8000", "example.org"),
        ("example.org.", "example.org"),
        ("example.org.:80", "example.org"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("[::1]:8000", "::1"),
        ("[::1]", "::1"),
        ("localhost:", "localhost"),
        ("::1", None),
        ("a:b", None),
        ("localhost:80:80", None),
        ("localhost@evil.org", "localhost@evil.org"),
        ("[::1", None),
        ("[::1]evil", None),
        ("", ""),
    ],
)
def test_the_name_in_a_header(header: str, name: str | None) -> None:
    assert host_name(header) == name


@pytest.fixture
def client() -> TestClient:
    return TestClient(Hosts(Response("answered"), ["192.0.2.7", "Search.example.org"]))


@pytest.mark.parametrize(
    "name",
    ["localhost", "127.0.0.1:8000", "[::1]:80", "192.0.2.7", "search.example.org", "SEARCH.example.org:443"],
)
def test_its_own_names_are_answered(client: TestClient, name: str) -> None:
    assert client.get("/", headers={"Host": name}).text == "answered"


@pytest.mark.parametrize(
    "name", ["evil.org", "localhost.evil.org", "evil.org:8000", "", "0.0.0.0", "127.0.0.1.evil.org", "::1"]
)
def test_any_other_is_refused_in_the_one_shape(client: TestClient, name: str) -> None:
    response = client.get("/", headers={"Host": name})
    assert_refusal(response, 421, "unknown_host")
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        ("fr,en;q=0.5", "Ce service ne répond pas à ce nom."),
        ("en-GB,fr;q=0.5", "This service does not answer to the name evil.org."),
        ("", "This service does not answer to the name evil.org."),
    ],
)
def test_a_browser_has_a_page(client: TestClient, languages: str, said: str) -> None:
    headers = {"Host": "evil.org", "Accept": "text/html,*/*;q=0.8", "Accept-Language": languages}
    response = client.get("/", headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (421, "text/html; charset=utf-8")
    assert said in response.text
    assert response.headers["connection"] == "close"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert_refusal(client.post("/search", headers=headers), 421, "unknown_host")


def test_what_a_page_repeats_is_text(client: TestClient) -> None:
    response = client.get("/", headers={"Host": "<script>x</script>", "Accept": "text/html"})
    assert response.status_code == 421
    assert "<script" not in response.text and "&lt;script&gt;" in response.text


def test_two_names_are_refused(client: TestClient) -> None:
    response = client.get("/", headers=[("Host", "localhost"), ("Host", "evil.org")])
    assert_refusal(response, 421, "unknown_host")
