"""Nothing that a document holds can run: markup is shown as the text it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browser import Visit
from tests.page.corpus import ENDLESS, SCRIPT

pytestmark = pytest.mark.slow


def test_markup_in_a_title_and_a_text_is_text(visit: Visit) -> None:
    visit.type("sécurité des pages")
    title = f"{SCRIPT} & <img src=x onerror=alert(1)>"
    expect(visit.page.locator(".entry h2").first).to_have_text(title)
    expect(visit.sentences.first).to_contain_text(SCRIPT)
    visit.sentences.first.click()
    visit.page.wait_for_selector("mark.current")
    expect(visit.page.locator("#reader h2")).to_have_text(title)
    expect(visit.page.locator("#reader .page")).to_contain_text("<b>Rien</b> ne s’exécute.")
    assert visit.page.locator("main script, main img, main b").count() == 0
    assert "hacked" not in visit.page.title().replace("sécurité des pages", "")


def test_markup_in_an_address_is_text(visit: Visit) -> None:
    visit.open("/?q=%3Cimg%20src=x%20onerror=alert(1)%3E&folder=%3Cb%3E&doc=%3Cscript%3E&lang=%3Cb%3E")
    visit.page.wait_for_timeout(300)
    assert visit.page.locator("main img, main b, main script").count() == 0
    visit.trouble = True  # there is no such document: the browser notes the 404


def test_what_would_run_is_stopped_by_the_policy(visit: Visit) -> None:
    blocked = visit.page.evaluate(
        """async () => {
          const stopped = [];
          const note = (event) => stopped.push(event.effectiveDirective);
          document.addEventListener("securitypolicyviolation", note);
          const node = document.createElement("div");
          node.innerHTML = '<img src="http://127.0.0.1:9/x" onerror="window.ran = 1"><style>p{}</style>';
          document.body.append(node);
          const script = document.createElement("script");
          script.textContent = "window.ran = 2";
          document.body.append(script);
          await fetch("http://127.0.0.1:9/").catch(() => 0);
          await new Promise((done) => setTimeout(done, 200));
          return [...new Set(stopped)].concat(String(window.ran));
        }"""
    )
    assert blocked[-1] == "undefined"
    assert {"script-src-elem", "connect-src", "img-src", "style-src-elem"} <= set(blocked)
    visit.trouble = True
    visit.requests.clear()


def test_a_word_without_end_breaks_nothing(visit: Visit) -> None:
    visit.type("mot sans fin comme")
    expect(visit.sentences.first).to_contain_text(ENDLESS[:40])
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
