"""Languages, themes, widths and motion; nothing jumps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from service.api.routes.static_page import FILES
from tests.page.browser import PHONE, Visit, Visitor
from tests.page.corpus import REPORTS, WHALE

KEY = re.compile(r'^  (?:"([^"]+)"|(\w+)): (.*),$', re.MULTILINE)


def words(language: str) -> dict[str, str]:
    """Key → what it says, as it stands in the language's file."""
    text = (FILES / f"{language}.js").read_text(encoding="utf-8")
    found = {quoted or plain: said for quoted, plain, said in KEY.findall(text)}
    assert len(found) == len(text.strip().splitlines()) - 4, "a line of the file is not a key and its words"
    return found


def test_both_languages_say_the_same_things() -> None:
    french, english = words("fr"), words("en")
    assert list(french) == list(english)
    for key, said in french.items():
        assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", english[key])), key
        assert said.startswith("{ one:") == english[key].startswith("{ one:"), key


def test_every_word_is_said_somewhere_and_none_is_missing() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in FILES.iterdir() if path.name not in ("fr.js", "en.js")
    )
    known = set(words("fr"))
    said = set(re.findall(r'\bt\(\s*"([^"]+)"', sources)) | set(
        re.findall(r'data-t(?:-label|-placeholder)?="([^"]+)"', sources)
    )
    assert said <= known
    groups = "theme relevance failure format keys key part syntax means panel corpus how styles sort_by"
    prefixes = (*(f"{group}." for group in groups.split()), "answers")
    rest = {key for key in known - said if not key.startswith(prefixes)}
    assert {key for key in rest if f'"{key}"' not in sources} == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("locale", "language", "placeholder"),
    [
        ("fr-CA", "fr", "Posez une question…"),
        ("en-US", "en", "Ask a question…"),
        ("de-DE", "en", "Ask a question…"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    newcomer: Visitor, locale: str, language: str, placeholder: str
) -> None:
    visit = newcomer(locale=locale).open()
    assert visit.page.evaluate("document.documentElement.lang") == language
    expect(visit.page.locator("#q")).to_have_attribute("placeholder", placeholder)


@pytest.mark.slow
def test_the_language_is_switched_in_place_and_kept(visit: Visit) -> None:
    visit.type(WHALE)
    visit.sentences.first.click()
    visit.page.wait_for_selector("mark.current")
    before = visit.page.locator("#reader .page").evaluate("node => node.scrollTop")
    visit.page.locator("#language").click()
    expect(visit.page.locator("#export summary")).to_have_text("Export")
    expect(visit.page.locator(".entry time").first).to_have_attribute("title", "March 2, 2018")
    expect(visit.page.locator("#reader .meta")).to_contain_text("French")
    expect(visit.page.locator("#status")).to_contain_text("passages searched")
    expect(visit.page.locator("#facets legend").first).to_have_text("Year")
    assert visit.page.locator("#reader .page").evaluate("node => node.scrollTop") == before
    assert "lang" not in visit.place
    assert len([url for url in visit.requests if "/search?" in url]) == 1
    expect(visit.page.locator("#results [aria-current]")).to_have_count(1)
    visit.open("/")
    assert visit.page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.slow
def test_the_theme_follows_the_system_until_it_is_chosen(newcomer: Visitor) -> None:
    visit = newcomer(color_scheme="dark").open()

    def brightness() -> int:
        colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    assert brightness() < 150
    visit.page.locator("#theme").click()
    assert brightness() > 600
    visit.page.reload()
    visit.page.wait_for_selector("#theme[title]")
    assert brightness() > 600
    visit.page.locator("#theme").click()
    assert brightness() < 150
    visit.page.locator("#theme").click()
    assert visit.page.locator("#theme").get_attribute("title") == "Thème : celui du système"


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [PHONE, {"width": 320, "height": 640}, {"width": 720, "height": 450}])
def test_nothing_is_wider_than_the_screen(newcomer: Visitor, viewport: Any) -> None:
    """A screen of 720 by 450 is what zooming to 200 % leaves of 1440 by 900."""
    visit = newcomer(viewport=viewport)
    for path in ("/", "/?q=baleine+bleue", "/?q=sans+fin", "/?q=baleine&doc=hostile%2Fmots.txt"):
        assert outside(visit.open(path), path) == [], path


def outside(visit: Visit, path: str) -> list[str]:
    """What stands outside of the screen."""
    if path != "/":
        visit.answered()
    if "doc=" in path:
        visit.page.wait_for_selector(".page:not([aria-busy])")
    too_wide = visit.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert too_wide <= 0
    found: list[str] = visit.page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((node) => {
          const box = node.getBoundingClientRect();
          const out = box.right > innerWidth + 1 || box.left < -1;
          return out && box.width > 2 && !node.closest(".skip, .unseen");
        }).map((node) => node.outerHTML.slice(0, 80))"""
    )
    return found


@pytest.mark.slow
def test_who_wants_no_motion_gets_none(newcomer: Visitor) -> None:
    visit = newcomer(reduced_motion="reduce").open()
    assert (
        visit.page.locator("#language").evaluate("node => getComputedStyle(node).transitionDuration") == "0s"
    )


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1440, "height": 900}])
def test_nothing_jumps_while_results_come(newcomer: Visitor, viewport: Any) -> None:
    """The answers are held back until no key explains a shift any more."""
    visit = newcomer(viewport=viewport).open()
    visit.page.wait_for_selector("#examples-box.there")
    held = visit.hold("**/search?*")
    for question in ("baleine bleue", " respire"):
        visit.page.keyboard.type(question)
        visit.page.wait_for_timeout(900)
        held.pop().fallback()
        visit.answered()
        visit.page.wait_for_timeout(150)
    assert visit.sources
    assert visit.shifts() == []


@pytest.mark.slow
def test_nothing_jumps_on_a_page_that_is_opened_by_its_address(newcomer: Visitor) -> None:
    visit = newcomer().asked(WHALE, doc="mer/baleine.md")
    visit.page.wait_for_selector(".page:not([aria-busy])")
    visit.page.wait_for_timeout(300)
    assert visit.shifts() == []


@pytest.mark.slow
def test_text_from_right_to_left_is_shown_so(visit: Visit) -> None:
    visit.type("أمراض القلب")
    quote = visit.page.locator("blockquote").first
    for node in (quote, visit.page.locator(".entry h2").first):
        assert node.evaluate("node => getComputedStyle(node).direction") == "rtl"
        assert node.evaluate("node => getComputedStyle(node).textAlign") in ("start", "right")
    assert visit.page.locator(".meta").first.evaluate("node => getComputedStyle(node).direction") == "ltr"
    visit.sentences.first.click()
    visit.page.wait_for_selector("mark.current")
    assert visit.page.locator(".page > p").first.evaluate("node => getComputedStyle(node).direction") == "rtl"


@pytest.mark.slow
def test_a_name_written_from_right_to_left_keeps_its_suffix_at_its_end(visit: Visit) -> None:
    """Each part of a path has its own direction: "مقال-2.md" is not drawn as "md.2-مقال"."""
    places = visit.page.evaluate(
        """async () => {
          const { path } = await import("/static/paths.js");
          return ["أرشيف/2020/مقال-2.md", "a/ب/c.pdf", "مقال.txt"].map((source) => {
            const node = path(source);
            document.body.append(node);
            const boxes = [...node.querySelectorAll("bdi")].map((each) => each.getBoundingClientRect().left);
            return [node.textContent, boxes.every((left, at) => !at || left > boxes[at - 1])];
          });
        }"""
    )
    assert places == [
        ["أرشيف › 2020 › مقال-2.md", True],
        ["a › ب › c.pdf", True],
        ["مقال.txt", True],
    ]


@pytest.mark.slow
def test_forced_colours_keep_what_is_chosen_and_how_much_there_is(newcomer: Visitor) -> None:
    visit = newcomer(forced_colors="active").asked(REPORTS, **{"from": "2006", "to": "2009"})
    visit.sentences.first.click()
    visit.page.wait_for_selector("#results [aria-current]")

    def colour(selector: str, name: str = "backgroundColor", pseudo: str | None = None) -> str:
        found: str = visit.page.locator(selector).first.evaluate(
            "(node, [name, pseudo]) => getComputedStyle(node, pseudo)[name]", [name, pseudo]
        )
        return found

    ground = colour("body")
    chosen, other = (
        f".row:not(.finer) .bar[aria-pressed={is_chosen}] span" for is_chosen in ("true", "false")
    )
    assert len({ground, colour(chosen), colour(other)}) == 3
    assert colour(".sign.strong", pseudo="::before") != ground
    assert colour(".passage:has([aria-current])", "borderInlineStartColor") != ground
    assert colour(".passage:not(:has([aria-current]))", "borderInlineStartColor") == ground
    visit.asked("baleine bleue")
    visit.page.locator("#facets .chip").first.click()
    pressed = visit.page.locator("#facets .chip[aria-pressed=true]")
    expect(pressed).to_have_count(1)
    assert colour("#facets .chip[aria-pressed=true]") != colour("#chosen .chip")


@pytest.mark.slow
def test_a_short_wait_shows_that_something_is_awaited(newcomer: Visitor) -> None:
    """And where an answer stands already, it stays until the next."""
    visit = newcomer().open()
    held = visit.hold("**/search?*")
    visit.page.keyboard.type("baleine bleue")
    expect(visit.page.locator("#status")).to_have_text("Recherche…")
    height = visit.page.locator("#found").evaluate(
        "node => parseFloat(getComputedStyle(node, '::after').height)"
    )
    assert height > 200
    held.pop().fallback()
    visit.answered()
    first = visit.sources
    visit.page.keyboard.type(" respire")
    expect(visit.page.locator("#status")).to_have_text("Recherche…")
    assert visit.sources == first
    held.pop().fallback()
    visit.answered()


@pytest.mark.slow
def test_at_400_percent_of_zoom_everything_is_reached(newcomer: Visitor) -> None:
    """320 by 256 is what it leaves of 1280 by 1024 (WCAG 1.4.10)."""
    visit = newcomer(viewport={"width": 320, "height": 256})
    for path in ("/", f"/?q={REPORTS}&from=2006", "/?q=sans+fin", "/?q=baleine+bleue&folder=mer"):
        assert outside(visit.open(path), path) == [], path
        if path == "/":
            continue
        visit.page.locator("#narrow").click()
        for selector in ("#facets :is(.chip, .bar)", ".title", "#sort", "#chosen .chip", "#export summary"):
            for node in visit.page.locator(f"{selector}:visible").all()[:3]:
                node.scroll_into_view_if_needed()
                seen = node.evaluate(
                    """(node) => {
                      const { left, top, width, height } = node.getBoundingClientRect();
                      const there = document.elementFromPoint(left + width / 2, top + height / 2);
                      return node.contains(there) || there?.contains(node);
                    }"""
                )
                assert seen, (path, selector)
