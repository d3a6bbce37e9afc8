"""The browser that is there, and what a visitor of the page does in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    Route,
    expect,
)

from tests.page.chromium import chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    const moved = shift.sources.map((each) => each.node?.id || each.node?.className || each.node?.nodeName);
    if (!shift.hadRecentInput) window.shifts.push({ value: shift.value, moved });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def launch(playwright: Playwright) -> Browser:
    """A headless browser that speaks to nobody by itself."""
    return playwright.chromium.launch(executable_path=chromium(), args=FLAGS)


@dataclass
class Visit:
    """One visitor, with all that the page does behind their back."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    trouble: bool = False
    """Whether the test makes things go wrong, which the console then says."""

    def __post_init__(self) -> None:
        self.page.on("request", self._requested)
        self.page.on("pageerror", self._failed)
        self.page.on("console", self._said)

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _failed(self, error: Error) -> None:
        self.errors.append(str(error))

    def _said(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.errors.append(said.text)

    def leave(self) -> None:
        """Hear and hold back nothing more of what the page does."""
        self.page.remove_listener("request", self._requested)
        self.page.remove_listener("pageerror", self._failed)
        self.page.remove_listener("console", self._said)
        self.page.context.set_offline(False)
        self.page.unroute_all(behavior="ignoreErrors")

    def tidy(self) -> None:
        """Leave the page to the next visitor as it was found: nothing kept, nothing under way."""
        if self.page.url.startswith(self.address):
            self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        # Not about:blank: for what is on no site, and then for the site again, browsers start a process each.
        self.page.goto(f"{self.address}/health/live")

    def open(self, path: str = "/") -> Visit:
        """Go to an address of the service, and wait until the page is at work."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("#theme[title]")
        return self

    def asked(self, question: str, **more: str) -> Visit:
        """Go straight to an answer."""
        given = "".join(f"&{name}={quote(value)}" for name, value in more.items())
        self.open(f"/?q={quote(question)}{given}")
        self.answered()
        return self

    def answered(self) -> None:
        """Wait for an answer."""
        self.page.wait_for_selector("#found[aria-busy=false]")
        expect(self.page.locator("#status")).not_to_be_empty()

    def type(self, question: str) -> None:
        """Type into the field, which has the focus, and wait for the answer without any Enter."""
        assert self.page.evaluate("document.activeElement.id") == "q"

        def answers(response: Response) -> bool:
            """Whether it is to all of it: on a slow machine there are pauses within a question."""
            parts = urlsplit(response.url)
            asked = parse_qs(parts.query).get("q", [""])[0]
            return parts.path == "/search" and asked.endswith(question)

        with self.page.expect_response(answers):
            self.page.keyboard.type(question)
        self.answered()

    @property
    def sources(self) -> list[str]:
        """Documents of the answer, best first."""
        return paths(self.page.locator(".entry > .meta .source"))

    @property
    def sentences(self) -> Locator:
        """Links to the marked sentences."""
        return self.page.locator("#results .sentence")

    @property
    def place(self) -> str:
        """The address without the host."""
        parts = urlsplit(self.page.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it stands, one line each."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found
            for node in each["nodes"]
        ]

    def shifts(self) -> list[Any]:
        """Layout shifts so far that no key or click has caused."""
        shifts: list[Any] = self.page.evaluate("window.shifts")
        return shifts

    def hold(self, pattern: str) -> list[Route]:
        """Hold back requests like this, from now on, until each is told to go on."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        self.page.route(pattern, keep)
        return held


def paths(shown: Locator) -> list[str]:
    """Whole paths of which these show the ends."""
    found: list[str] = shown.evaluate_all("nodes => nodes.map((node) => node.title)")
    return found


Visitor = Callable[..., Visit]
