"""What the page takes over the wire, as the browser counts it: one language's files, with their headers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.browser import Visitor
from tests.service.api.test_static_page import LIMIT, NAMES, ON_DEMAND

pytestmark = pytest.mark.slow


def test_the_page_is_light_over_the_wire(newcomer: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    visit = newcomer(shared=False)
    session = visit.page.context.new_cdp_session(visit.page)
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def received(event: Any) -> None:
        names[event["requestId"]] = event["response"]["url"].removeprefix(visit.address)

    def finished(event: Any) -> None:
        sizes[names[event["requestId"]]] = int(event["encodedDataLength"])

    session.on("Network.responseReceived", received)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    visit.open()
    visit.page.wait_for_load_state("networkidle")
    sent = {name: size for name, size in sizes.items() if name == "/" or name.startswith("/static/")}
    wanted = {
        f"/static/{name}" for name in NAMES if name not in {"index.html", "en.js", "icon.svg", *ON_DEMAND}
    }
    assert set(sent) - {"/static/icon.svg"} == {"/"} | wanted
    assert all(size > 200 for size in sent.values()), "headers are not counted"
    assert sum(sent.values()) < LIMIT, sent
    with capsys.disabled():
        print(f"\nthe page is {sum(sent.values())} bytes over the wire, in {len(sent)} files")
