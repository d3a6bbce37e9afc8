"""The page behind nginx, under a path of its own: all that it loads, asks and links to is found there."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from service.app import build_app
from service.cli.serve import listen
from service.search.index_watcher import IndexWatcher
from service.server import Server
from service.settings import Settings
from tests.page.browser import Visitor
from tests.serving import wait_until
from tests.standin import StandInEncoder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here"),
]

ROOT = "/outils/recherche"
CONFIGURATION = """
daemon off; pid {home}/pid; error_log {home}/error.log; events {{}}
http {{
    access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = {root} {{ proxy_pass http://127.0.0.1:{service}; proxy_set_header Host $http_host; }}
        location {root}/ {{
            proxy_pass http://127.0.0.1:{service}{rest};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def served(index_folder: Path) -> Iterator[int]:
    """The port of a service that is told of the path."""
    listener = listen("127.0.0.1", 0)
    live = IndexWatcher(index_folder, StandInEncoder)
    running = Server(build_app(live, Settings(index=index_folder, root_path=ROOT)))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_until(lambda: live.searcher is not None)
    yield listener.getsockname()[1]
    running.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(params=["/", ""], ids=["taken off", "passed on"])
def address(served: int, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where nginx serves it: with the path taken off, and with the path passed on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rest = request.param or ROOT + "/"
    told = CONFIGURATION.format(home=tmp_path, port=port, root=ROOT, service=served, rest=rest)
    (tmp_path / "nginx.conf").write_text(told)
    proxy = subprocess.Popen(["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")])
    try:
        wait_until(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}{ROOT}"
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_everything_is_found_under_the_path(newcomer: Visitor, address: str) -> None:
    visit = newcomer(address, shared=False)
    visit.asked("baleine bleue")
    page = visit.page
    visit.page.locator(".title").first.click()
    expect(page.locator("#reader")).to_be_visible()
    assert page.url.startswith(f"{address}/?q=baleine")
    page.reload()
    expect(page.locator("#reader")).to_be_visible()
    assert (page.locator("#name").get_attribute("href") or "") == "./"
    for link in ("manifest.webmanifest", "opensearch.xml", "docs", "openapi.json", "feed?q=baleine"):
        assert page.request.get(f"{address}/{link}").status == 200, link
    assert page.request.get(address).url == f"{address}/"
    source = page.request.get(f"{address}/documents?limit=1").json()["documents"][0]["source"]
    own = page.request.get(f"{address}/read/{quote(source)}").text()
    assert f'rel="canonical" href="{address}/read/' in own
    assert f"{address}/?q=" in page.request.get(f"{address}/opensearch.xml").text()
    assert all(url.startswith(f"{address}/") for url in visit.requests if not url.startswith("blob:"))
