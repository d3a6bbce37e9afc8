"""Asking: results while one types, what is said of them, and what the browser remembers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.page.browser import Visit, Visitor
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
    expect(entry.locator(".meta")).to_contain_text("2 mars 2018")
    expect(entry.locator(".meta")).to_contain_text("français")
    expect(entry.locator(".sign").first).to_have_text("Pertinent")
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
    assert visit.page.locator(".entry").first.locator(".passage").count() == 3
    assert all("rapport" not in source for source in visit.sources)
    before = len(visit.sources)
    visit.page.locator("#rest").click()
    assert len(visit.sources) > before
    assert visit.page.evaluate("document.activeElement.className") == "sentence"


def test_more_can_be_loaded_and_what_was_there_stays(visit: Visit) -> None:
    visit.type(REPORTS)
    first = visit.sources
    assert len(first) == 10
    node = visit.page.locator(".entry").first.element_handle()
    with visit.page.expect_response("**/search?*k=20*"):
        visit.page.locator("#more").click()
    expect(visit.page.locator(".entry")).to_have_count(MANY)
    assert visit.sources[:10] == first
    assert node.evaluate("node => node.isConnected")
    assert visit.page.locator("#more").is_hidden()
    assert "k=20" in visit.place


def test_nothing_relevant_is_said_so_and_the_nearest_can_be_seen(visit: Visit) -> None:
    visit.type("gomme arabique")
    expect(visit.page.locator("#notice")).to_contain_text("Rien de pertinent dans ce corpus.")
    assert visit.sources == []
    visit.page.get_by_role("button", name="Montrer les 10 documents les plus proches").click()
    assert len(visit.sources) == 10
    expect(visit.page.locator(".sign").first).to_have_text("Peu de rapport")


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
    entry = visit.page.locator(".entry", has_text="hostile/emoji.txt")
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
    expect(versions).to_contain_text("Autres versions")
    others = [f"avis/avis-{year}.txt" for year in YEARS if year != 2016]
    expect(versions.locator(".source")).to_have_text(others)
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
    visit.page.locator(".passage").first.get_by_role("button", name="Passages proches").click()
    expect(visit.page.locator("#notice")).to_contain_text("Passages proches de celui-ci")
    expect(visit.page.locator(".like")).to_contain_text("rapport annuel de la commission des forêts 2010")
    assert all("rapport" in source for source in visit.sources)
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
