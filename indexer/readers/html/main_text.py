"""Choose the main text of a page: leave out menus, banners, notices, comments and the like.

Elements are judged by their tags and roles (nav, main, role="banner") and their names
(class="cookie-notice"). Those whose names only raise a doubt (related articles, a box about the author) are
named as well, for furniture.py to judge by what they say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from indexer.readers.html.walk import NO_TEXT

FRAME_TAGS = frozenset({"nav", "header", "footer", "aside", "form", "dialog", "search"})
FRAME_ROLES = frozenset(
    "navigation banner contentinfo search complementary menu menubar toolbar dialog alertdialog".split()
)
NAMED_TAGS = frozenset({"div", "section", "ul", "ol", "aside", "header", "table", "td"})
"""Elements whose class or id may show that they are no part of the text."""
PARTS = FRAME_TAGS | NAMED_TAGS | {"main", "article"}
NOTICES = re.compile(
    r"(?:site|page)?footer|cookies?|consent|gdpr|rgpd|comments?|commentaires|respond|newsletter|subscribe"
    r"|popup|modal|adverts?|advertisement|ads|publicite|promo|login|skip"
)
MENUS = re.compile(
    r"\w*nav(?:bar|igation|header|footer|menu)?|(?:main|top|sub|side|site)?menus?|breadcrumbs?|ariane"
    r"|pagination|pager|(?:\w*side|tool)bar|shar(?:e|ing|er)|partager?|social|related|masthead"
)
"""Class names of menus, which some books give to remarks too: they count where links prevail."""
CONSENT = re.compile(
    r"tarteaucitron|didomi|axeptio|cookiebot|cmplz|complianz|onetrust|optanon|cookie-?(?:law|notice|banner|bar|box"
    r"|consent|popup|modal|overlay|dialog|wall|layer|alert|first|yes|info|warning|message|manager)|\bcc[-_](?:window"
    r"|banner|revoke|container)|qc-cmp|\bcmp(?:box|-|_|$)|sp_message_container|truste_|usercentrics|iubenda|klaro"
    r"|orejime|osano|termly-|borlabs|moove_gdpr|\bcky-|sirdata|sd-cmp|appconsent|tc-privacy|fc-consent|wt-cli"
    r"|gdpr-?(?:cookie|banner|popup|consent|notice|modal)|consent-?(?:banner|popup|modal|manager|dialog|overlay)"
)
"""Class names and ids of consent managers and their banners."""
DOUBTS = re.compile(
    r"related\w*|recommend\w*|similar|also|jp|sharedaddy|sd|addtoany|tags?|taglist|keywords|bio|byline"
    r"|author(?:box|info|bio|card)?|about|cta|\w*widgets?|promos?|promotion|sponsor\w*|outbrain|taboola|signup"
    r"|rating|votes?|copyright|metadata|aside|latest|popular|trending|overlay|banner|paywall|donat\w+"
    r"|contact|legal|disclaimer|likes?|flair|reactions?|discussion|disqus|attachment"
)
"""Class names of what may stand around a text as well as in it."""
WORD = re.compile(r"[a-z]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
MENU_LINKS, MENU_LABEL = 3, 25
"""Fewest links, and most characters per link, of a list that is a menu where it stands above all text."""
SENTENCE = 80
"""Characters in one run that only text has, no menu."""
MOST_CORES = 50
"""Candidates for the core of a page; where there are more, none of them is."""
MOST_LEFT_OUT = 0.5
"""Share of a page's text, without links, above which an element is no frame around the text."""
LEAST_MAIN = 1 / 3
"""Share of a page's text, without links, below which an element is not the core of the page."""


@dataclass(slots=True)
class _Part:
    """An element that may be left out or be the core of the page, and counts of its content."""

    element: HtmlElement
    prose: int
    """Characters outside links. While the element is open, the counts are of what precedes it."""
    links: int
    link_text: int
    """Characters in links."""
    titles: int
    """Headings of level 1."""
    in_main: bool
    """Whether it stands within <main> or <article>."""
    above: bool
    """Whether it stands above all text."""


@dataclass(frozen=True, slots=True)
class MainText:
    """Where the text of a page stands."""

    root: HtmlElement
    """Element that holds it."""
    left_out: frozenset[HtmlElement]
    """Elements within the root that are no part of it."""
    doubted: frozenset[HtmlElement]
    """Elements within the root that may be no part of it."""


def main_text(body: HtmlElement) -> MainText:
    """Return the element that holds the text of a page, and the elements in it to leave out or to doubt."""
    parts, page = _survey(body)
    left_out = frozenset(part.element for part in parts if _is_frame(part, page))
    core = _core([part for part in parts if _is_main(part.element)], page, left_out)
    core = _core([part for part in parts if part.element.tag == "article"], core, left_out)
    doubted = frozenset(part.element for part in parts if _is_doubted(part, core))
    return MainText(core.element, left_out, doubted)


def _survey(body: HtmlElement) -> tuple[list[_Part], _Part]:
    """Return every part of a page, outer ones first, and the page itself, in one pass however they nest."""
    page = _Part(body, 0, 0, 0, 0, False, True)
    now = _Part(body, 0, 0, 0, 0, False, True)
    parts: list[_Part] = []
    open_parts: list[_Part] = []
    linked = mains = 0
    walker = iterwalk(body, events=("start", "end"))
    for event, element in walker:
        opens, tag = event == "start", element.tag
        step = 1 if opens else -1
        linked += step * (tag == "a")
        mains += step * (tag == "article" or _is_main(element))
        text = element.text if opens else element.tail if element is not body else None
        if opens and tag in NO_TEXT:
            walker.skip_subtree()
            continue
        if opens and _may_matter(element):
            part = _Part(element, now.prose, now.links, now.link_text, now.titles, mains > 0, now.above)
            parts.append(part)
            open_parts.append(part)
        elif open_parts and open_parts[-1].element is element:
            _close(open_parts.pop(), now)
        _count(now, text or "", bool(linked), opens and tag == "a", opens and tag == "h1")
    page.prose, page.titles, page.above = now.prose, now.titles, now.above
    return parts, page


def _count(now: _Part, text: str, linked: bool, link: bool, title: bool) -> None:
    """Add a run of text, and perhaps the link or title it begins, to the running counts."""
    length = len(text.strip())
    now.links += link
    now.titles += title
    now.link_text += length * linked
    now.prose += length * (not linked)
    if title or (not linked and length >= SENTENCE):
        now.above = False


def _close(part: _Part, now: _Part) -> None:
    """Turn the counts of what precedes a part into counts of its content."""
    part.prose, part.links = now.prose - part.prose, now.links - part.links
    part.link_text, part.titles = now.link_text - part.link_text, now.titles - part.titles


def _may_matter(element: HtmlElement) -> bool:
    role = element.get("role")
    return element.tag in PARTS or role in FRAME_ROLES or role == "main" or _asks_for_consent(element)


def _is_main(element: HtmlElement) -> bool:
    return bool(element.tag == "main" or element.get("role") == "main")


def _holds_the_text(part: _Part, whole: _Part) -> bool:
    """Return whether an element holds a title or most of the text around it, or is marked as the text."""
    element = part.element
    mostly = part.prose > MOST_LEFT_OUT * whole.prose
    return bool(part.titles or mostly or element.tag == "article" or _is_main(element))


def _is_frame(part: _Part, page: _Part) -> bool:
    """Return whether an element stands around the text; never one that holds a title or most of the text."""
    element = part.element
    if _holds_the_text(part, page):
        return False
    if element.get("role") in FRAME_ROLES or _asks_for_consent(element):
        return True
    if element.tag in NAMED_TAGS and _is_called_a_frame(part):
        return True
    if element.tag in FRAME_TAGS:
        # In an article a header holds its summary, an aside a remark.
        return not (part.in_main and element.tag in ("header", "aside"))
    return element.tag in ("ul", "ol") and not page.above and part.above and _is_menu(part)


def _is_doubted(part: _Part, core: _Part) -> bool:
    """Return whether an element may stand around the text; never one that holds a title or most of it."""
    element = part.element
    if _holds_the_text(part, core):
        return False
    if element.tag == "aside" and not part.links:  # a remark
        return False
    return element.tag in ("aside", "form") or any(DOUBTS.fullmatch(word) for word in _name_words(element))


def _asks_for_consent(element: HtmlElement) -> bool:
    name = f"{element.get('class', '')} {element.get('id', '')}".lower()
    return bool(CONSENT.search(name)) and "section" not in name and element.tag not in ("body", "section")


def _name_words(element: HtmlElement) -> list[str]:
    """Return the words in the class and id of an element.

    The id of a section does not count: programs make it of the section's title.
    """
    name = element.get("class", "")
    if element.tag != "section" and "section" not in name.lower():
        name += " " + element.get("id", "")
    return WORD.findall(CAMEL.sub(" ", name).lower())


def _is_called_a_frame(part: _Part) -> bool:
    """Return whether the class or id of an element is that of a notice or a menu."""
    words = _name_words(part.element)
    return any(NOTICES.fullmatch(word) for word in words) or (
        part.link_text > part.prose and any(MENUS.fullmatch(word) for word in words)
    )


def _is_menu(part: _Part) -> bool:
    return part.links >= MENU_LINKS and part.link_text <= MENU_LABEL * part.links and not part.prose


def _core(candidates: list[_Part], around: _Part, left_out: frozenset[HtmlElement]) -> _Part:
    """Return the one candidate that holds the text and title of the part around it, else that part."""
    if len(candidates) > MOST_CORES:
        return around
    outer = []
    for part in candidates:
        above = list(part.element.iterancestors())
        nested = any(other.element in above for other in candidates)
        if around.element in above and not nested and left_out.isdisjoint([part.element, *above]):
            outer.append(part)
    if len(outer) == 1 and outer[0].prose >= LEAST_MAIN * around.prose and outer[0].titles == around.titles:
        return outer[0]
    return around
