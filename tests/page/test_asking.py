"""Asking: results while one types, what is said of them, and what the browser remembers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.page.browser import Visit, Visitor, paths
from tests.page.corpus import MANY, REPORTS, WHALE, YEARS

pytestmark = pytest.mark.slow


def test_the_empty_page_offers_questions_of_the_corpus_and_each_finds_its_document(visit: Visit) -> None:
    assert visit.page.evaluate("document.activeElement.id") == "q"
    examples = visit.page.locator("#examples button")
    expect(examples).to_have_count(3)
    question = examples.nth(1).inner_text()
    examples.nth(1).click()
    visit.answered()
    assert visit.page.input_value("#q") == question
    assert visit.page.locator("#results h2").first.inner_text() == question


def test_results_come_as_one_pauses_with_the_best_sentence_marked(visit: Visit) -> None:
    visit.type(WHALE)
    assert visit.sources[0] == "mer/baleine.md"
    entry = visit.page.locator(".entry").first
    expect(entry.locator("h2")).to_have_text("Le guide de la baleine")
    expect(entry.locator("mark").first).to_contain_text(f"{WHALE} : elle vient")
    expect(entry.locator(".meta")).to_have_text("Amina El Idrissi2018mer › baleine.md")
    expect(entry.locator("time")).to_have_attribute("title", "2 mars 2018")
    expect(entry.locator(".sign").first).to_have_text("Pertinent")
    entry.locator(".unfold").click()
    expect(entry.locator(".place").last).to_contain_text("Chant")
    expect(visit.page.locator("#status")).to_have_text(
        re.compile(r"^\d documents · \d+ passages parcourus en \d+ ms$")
    )


def test_one_request_a_pause_and_none_for_what_was_asked(visit: Visit) -> None:
    visit.type("baleine bleue")
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.type(" ")
    visit.page.wait_for_timeout(400)
    assert len([url for url in visit.requests if "/search?" in url]) == 1


def test_enter_asks_without_waiting(visit: Visit) -> None:
    visit.page.evaluate("window.setTimeout = () => 0")  # no pause ever ends
    visit.page.keyboard.type("baleine bleue")
    visit.page.keyboard.press("Enter")
    expect(visit.sentences.first).to_be_visible()


def test_a_stale_answer_is_dropped(visit: Visit) -> None:
    held = visit.hold("**/search?q=baleine&*")
    visit.page.keyboard.type("baleine")
    visit.page.wait_for_timeout(300)
    assert len(held) == 1
    visit.page.keyboard.press("ControlOrMeta+a")
    visit.type("cachalot plonge")
    held[0].continue_()
    visit.page.wait_for_timeout(200)
    assert "copie.txt" in visit.sources[0]


def test_passages_of_a_document_stand_together_and_far_ones_wait(visit: Visit) -> None:
    visit.type("baleine bleue")
    assert len(visit.sources) == len(set(visit.sources))
    assert all("rapport" not in source for source in visit.sources)
    before = len(visit.sources)
    visit.page.locator("#rest").click()
    expect(visit.page.locator(".title").nth(before)).to_be_focused()
    assert len(visit.sources) > before
    assert visit.page.locator("#rest").is_hidden()


def test_more_opens_the_whole_passage_and_the_others_of_its_document(visit: Visit) -> None:
    visit.type("baleine bleue")
    entry = visit.page.locator(".entry").first
    quote = entry.locator("blockquote").first
    digest = quote.inner_text()
    button = entry.locator(".unfold")
    expect(button).to_have_text("Lire la suite · 2 autres passages")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(button).to_have_text("Réduire")
    expect(entry.locator(".passage")).to_have_count(3)
    assert len(quote.inner_text()) > len(digest)
    button.click()
    expect(entry.locator(".passage")).to_have_count(1)
    expect(quote).to_have_text(digest)


@pytest.mark.parametrize("modifier", ["ControlOrMeta", "middle"])
def test_a_title_is_a_link_that_opens_in_a_tab_of_its_own(visit: Visit, modifier: Any) -> None:
    visit.type(WHALE)
    title = visit.page.locator(".title").first
    with visit.page.context.expect_page() as opened:
        if modifier == "middle":
            title.click(button="middle")
        else:
            title.click(modifiers=[modifier])
    other = opened.value
    expect(other.locator("#reader h2")).to_have_text("Le guide de la baleine")
    other.close()
    expect(visit.page.locator("#reader")).to_be_hidden()


def test_a_passage_takes_four_lines_at_the_most(visit: Visit) -> None:
    for question in (WHALE, "mot sans fin", "émojis drapeaux", "formation continue pour quarante infirmiers"):
        visit.page.locator("#q").fill("")
        visit.page.locator("#q").focus()
        visit.type(question)
        heights = visit.page.locator("blockquote").evaluate_all(
            "nodes => nodes.map((node) => node.clientHeight / parseFloat(getComputedStyle(node).lineHeight))"
        )
        assert heights and max(heights) < 4.5, question


def test_five_results_stand_on_a_laptops_screen(visit: Visit) -> None:
    visit.type(REPORTS)
    whole = visit.page.locator("#results > li").evaluate_all(
        "nodes => nodes.filter((node) => node.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert whole >= 5


def paged(total: int) -> Any:
    """Answer with so many documents, by pages as they are asked for, newest first where they are sorted."""

    def answer(route: Route) -> None:
        given = {name: value[0] for name, value in parse_qs(urlsplit(route.request.url).query).items()}
        whole = route.fetch(url=re.sub(r"&(offset|generation)=\w+", "", route.request.url)).json()
        hit = {**whole["hits"][0], "more": [], "also_in": [], "versions": []}
        numbers = list(range(total))
        if given.get("sort") == "date":
            numbers.reverse()
        start, k = int(given.get("offset", 0)), int(given["k"])
        hits = [
            {**hit, "source": f"d/{n}.txt", "title": f"Document {n}", "passage_id": f"{n:020}"}
            for n in numbers[start : start + k]
        ]
        route.fulfill(json={**whole, "hits": hits, "total": total, "offset": start})

    return answer


def test_every_document_found_is_counted_and_shown_in_one_step(newcomer: Visitor) -> None:
    visit = newcomer(shared=False).open()
    visit.page.route("**/search?*q=cachalot*", paged(255))
    visit.type("cachalot")
    status, entries = visit.page.locator("#status"), visit.page.locator(".entry")
    expect(status).to_contain_text("255 documents")
    expect(entries).to_have_count(50)
    expect(visit.page.locator("#so-far")).to_have_text("50 documents montrés sur 255")
    visit.page.keyboard.press("Enter")
    entries_before = visit.page.evaluate("history.length")
    node = entries.first.element_handle()
    visit.page.locator("#more").click()
    expect(entries).to_have_count(100)
    expect(visit.page.locator(".title").nth(50)).to_be_focused()
    visit.page.get_by_role("button", name="Montrer les 255").click()
    expect(entries).to_have_count(255)
    expect(visit.page.locator("#more")).to_be_hidden()
    assert node.evaluate("node => node.isConnected")
    assert visit.sources == [f"d/{n}.txt" for n in range(255)]
    assert visit.page.evaluate("history.length") == entries_before, (
        "a step to more is an entry of the history"
    )
    visit.page.reload()
    expect(entries).to_have_count(255)


def test_when_another_index_serves_the_pages_begin_again(visit: Visit) -> None:
    visit.page.route("**/search?*q=cachalot*", paged(120))
    visit.type("cachalot")
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        error = {"code": "other_generation", "message": "Gone.", "hint": ""}
        route.fulfill(status=409, json={"error": error})

    visit.page.route("**/search?*offset=50*", refuse, times=1)
    visit.trouble = True  # the browser notes the 409
    visit.page.locator("#more").click()
    expect(visit.page.locator(".entry")).to_have_count(100)
    assert len(refused) == 1 and len(set(visit.sources)) == 100


def test_results_are_sorted_by_date_when_it_is_asked_for(visit: Visit) -> None:
    visit.type(REPORTS)
    years = visit.page.locator(".entry time")
    visit.page.locator("#sort").select_option("date")
    expect(years.first).to_have_text("2017")
    assert years.all_inner_texts() == [str(2017 - n) for n in range(MANY)]
    assert "sort=date" in visit.place
    visit.page.reload()
    expect(visit.page.locator("#sort")).to_have_value("date")
    expect(years.first).to_have_text("2017")
    visit.page.go_back()
    expect(visit.page.locator("#sort")).to_have_value("relevance")


def test_an_index_without_relevance_is_asked_for_all_it_has(visit: Visit) -> None:
    def uncalibrated(route: Route) -> None:
        if "min_relevance" in route.request.url:
            error = {"code": "uncalibrated", "message": "Not calibrated.", "hint": ""}
            route.fulfill(status=422, json={"error": error})
        else:
            route.fallback()

    visit.page.route("**/search?*", uncalibrated)
    visit.trouble = True  # the browser notes the 422
    visit.type("baleine bleue")
    assert "mer/baleine.md" in visit.sources
    expect(visit.page.locator("#notice")).to_be_empty()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Accueil\nContact\nPlan du site", "Accueil · Contact · Plan du site"),
        (
            "Il faut :\n- un permis ;\n- un casque.\nBonne route.",
            "Il faut : un permis ; un casque. Bonne route.",
        ),
        ("un permis\n• un casque", "un permis · un casque"),
        ("la phrase est coupée\npar la largeur", "la phrase est coupée par la largeur"),
        ("Fin.\n\nDébut", "Fin. Début"),
        ("Tarif 5 €\nHoraires", "Tarif 5 € · Horaires"),
        ("seul", "seul"),
    ],
)
def test_lists_and_fragments_are_joined_on_one_line(modules: Page, text: str, line: str) -> None:
    joined = modules.evaluate(
        """async (text) => (await import("/static/excerpts.js")).flat(text, 0, text.length)""", text
    )
    assert joined == line


@pytest.mark.parametrize(
    ("answering", "pieces"),
    [
        (["Deux."], ["gap", "best Deux.", "text", "gap"]),
        (["Un."], ["best Un.", "text", "gap"]),
        (["Trois.", "Un."], ["gap", "best Trois.", "gap", "also Un.", "gap"]),
        (["Deux.", "Trois."], ["gap", "best Deux.", "text", "also Trois.", "gap"]),
        (["Fin."], ["gap", "best Fin."]),
        (["written otherwise"], ["best", "gap"]),
    ],
)
def test_the_best_sentence_stands_first(modules: Page, answering: list[str], pieces: list[str]) -> None:
    text = "Titre\nUn. Deux. Trois. " + "et puis encore " * 20 + "Fin."
    hit = {
        "text": text,
        "start": 100,
        "title": "Titre",
        "section": [],
        "highlights": [{"text": each, "start": 100 + max(0, text.find(each))} for each in answering],
    }
    shown = modules.evaluate(
        """async (hit) => (await import("/static/excerpts.js")).digest(hit).map(({ start, end, kind }) =>
          end - start < 10 && kind !== "text" ? `${kind} ${hit.text.slice(start, end)}`.trim() : kind)""",
        hit,
    )
    assert shown == pieces


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a.md", ["a.md"]),
        ("santé/été/a.md", ["santé", "été", "a.md"]),
        (f"{'a' * 20}/b/{'c' * 20}/d.md", ["a" * 11 + "…" + "a" * 6, "…", "d.md"]),
        ("archives/2010-2015/numérisations/lot-3/d.md", ["archives", "…", "lot-3", "d.md"]),
        (f"{'n' * 80}.pdf", ["n" * 27 + "…" + "n" * 14 + ".pdf"]),
        (f"{'d' * 80}/f.pdf", ["d" * 21 + "…" + "d" * 14, "f.pdf"]),
    ],
)
def test_a_long_path_is_cut_in_its_middle(modules: Page, source: str, parts: list[str]) -> None:
    shown = modules.evaluate(
        """async (source) => (await import("/static/paths.js")).shortened(source)""", source
    )
    assert shown == parts


def test_nothing_relevant_is_said_so_and_the_nearest_can_be_seen(visit: Visit) -> None:
    visit.type("gomme arabique")
    expect(visit.page.locator("#notice")).to_contain_text("Rien de pertinent dans ce corpus.")
    assert visit.sources == []
    visit.page.get_by_role("button", name="Montrer les documents les plus proches").click()
    expect(visit.page.locator(".sign").first).to_have_text("Peu de rapport")
    assert len(visit.sources) > 10


def test_what_was_tried_beside_the_question_is_told(visit: Visit) -> None:
    visit.type("la balleine bleue")
    expect(visit.page.locator(".tried")).to_have_text("Aussi cherché : balleine → baleine")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("la baleine et la prednisone", {"missing": "« prednisone » ne figure nulle part dans le corpus"}),
        (
            "la prednisone, l’ibuprofène et la baleine",
            {"missing": "« prednisone », « ibuprofène » ne figurent nulle part dans le corpus"},
        ),
        (
            "where is the lighthouse of Tokyo, the phare du cap ?",  # only names may stand in both languages
            {"missing": "« Tokyo » ne figure nulle part dans le corpus"},
        ),
        ('"baleine bleue"', {"understood": "phrase exacte : « baleine bleue »"}),
        (
            "baleine -krill titre:guide",
            {"understood": "sans : « krill » · titre : « guide »"},
        ),
        ("baleine sans krill", {"understood": "plutôt sans : « krill »"}),
        (
            'baleine "mer bleue respire" auteur:Personne',
            {
                "understood": "aucun passage ne contient « mer bleue respire »"
                " · auteur : « Personne » (aucun passage)"
            },
        ),
    ],
)
def test_how_the_question_was_read_is_said_under_it(
    visit: Visit, question: str, said: dict[str, str]
) -> None:
    visit.type(question)
    for name in ("understood", "missing"):
        expect(visit.page.locator(f"#status .{name}")).to_have_text([said[name]] if name in said else [])


def test_words_of_the_question_are_bold_in_the_sentences_that_answer(visit: Visit) -> None:
    visit.type("les émojis et les drapeaux comptent-ils ? repère")
    entry = visit.page.locator(".entry", has_text="hostile › emoji.txt")
    expect(entry.locator(".sentence mark")).to_have_count(1)
    bold = entry.locator("mark strong").all_inner_texts()
    assert bold and {word.lower() for word in bold} <= {"drapeaux", "comptent", "repère", "émojis"}


def test_every_sentence_that_answers_is_marked_and_one_is_the_link(visit: Visit) -> None:
    visit.page.route("**/search?*", twice_answered)
    visit.type("baleine bleue")
    entry = visit.page.locator(".entry").first
    sentences = entry.locator(".passage").first.locator("mark")
    expect(sentences).to_have_count(2)
    expect(entry.locator(".passage").first.locator(".sentence mark")).to_have_count(1)
    assert len(set(sentences.all_inner_texts())) == 2


def twice_answered(route: Route) -> None:
    """Let two sentences of the first hit answer, and say of the answer alone that it is not relevant."""
    response = route.fetch()
    answer = response.json()
    hit = answer["hits"][0]
    first, second = hit["text"].index("."), hit["text"].index(".", hit["text"].index(".") + 1)
    texts = [hit["text"][: first + 1], hit["text"][first + 1 : second + 1].strip()]
    at = [hit["start"] + hit["text"].index(text) for text in texts]
    hit["highlights"] = [
        {"start": start, "end": start + len(text), "text": text}
        for start, text in zip(at, texts, strict=True)
    ]
    answer["relevance"]["class"] = "none"
    route.fulfill(response=response, json=answer)


def test_no_relevant_hit_is_ever_hidden(visit: Visit) -> None:
    visit.page.route("**/search?*", twice_answered)
    visit.type("baleine bleue")
    assert "mer/krill.txt" in visit.sources
    expect(visit.page.locator("#notice")).to_be_empty()


def test_versions_of_other_years_are_named_with_the_year_asked_for(visit: Visit) -> None:
    visit.type("taxe du mouillage dans la baie en été 2016")
    assert visit.sources[0] == "avis/avis-2016.txt"
    versions = visit.page.locator(".versions")
    expect(versions).to_have_count(1)
    expect(versions).to_contain_text("3 autres versions")
    others = [f"avis/avis-{year}.txt" for year in YEARS if year != 2016]
    assert paths(versions.locator(".source")) == others
    versions.locator("summary").click()
    versions.locator("a").first.click()
    expect(visit.page.locator("#reader h2")).to_have_text(f"Avis de la capitainerie {YEARS[0]}")


def test_questions_asked_are_remembered_until_they_are_forgotten(visit: Visit) -> None:
    for question in ("baleine bleue", "cachalot plonge"):
        visit.type(question)
        visit.page.keyboard.press("Enter")
        visit.page.locator("#clear").click()
    expect(visit.page.locator("#recent button")).to_have_text(["cachalot plonge", "baleine bleue"])
    visit.open()
    visit.page.locator("#recent button").nth(1).click()
    visit.answered()
    assert visit.sources[0] == "mer/baleine.md"
    visit.page.locator("#name").click()
    visit.page.locator("#forget").click()
    visit.open()
    assert visit.page.locator("#recent-box").is_hidden()


@pytest.mark.parametrize(
    "question",
    ['"baleine" bleue', "<b>baleine bleue</b>", "baleine 🐋 bleue", "baleine & bleue #1 100%", "'; --"],
)
def test_questions_with_signs_of_their_own_work(visit: Visit, question: str) -> None:
    visit.type(question)
    visit.page.reload()
    visit.answered()
    assert visit.page.input_value("#q") == question


def test_similar_passages_are_found_and_left_again(visit: Visit) -> None:
    visit.type("rapport annuel 2010")
    visit.page.locator(".passage").first.get_by_role("button", name="Passages semblables").click()
    expect(visit.page.locator("#notice")).to_contain_text("Passages semblables à celui-ci")
    expect(visit.page.locator(".like")).to_contain_text("rapport annuel de la commission des forêts 2010")
    assert all("rapport" in source for source in visit.sources[: MANY - 1])
    assert "similar=" in visit.place
    visit.page.get_by_role("button", name="Revenir à la question").click()
    expect(visit.page.locator("#notice")).to_be_empty()


def test_first_results_are_quick(newcomer: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    """Measured and printed; time decides nothing here."""
    visit = newcomer().open()
    visit.page.evaluate(
        """() => {
          const done = () => { window.seen = performance.now(); };
          new MutationObserver(() => requestAnimationFrame(done)).observe(results, { childList: true });
          q.addEventListener("input", () => { window.typed = performance.now(); });
        }"""
    )
    visit.type("baleine bleue")
    visit.page.wait_for_function("window.seen")
    milliseconds = visit.page.evaluate("window.seen - window.typed - 200")
    with capsys.disabled():
        print(f"\nfirst results {milliseconds:.0f} ms after the pause of 200 ms (stand-in model)")
