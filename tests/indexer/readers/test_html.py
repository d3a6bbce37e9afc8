"""Web pages → the blocks of their main text, title and date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.html import read_html
from indexer.records import BlockKind

H, P, LI, TR, C = (
    BlockKind.HEADING,
    BlockKind.PARAGRAPH,
    BlockKind.LIST_ITEM,
    BlockKind.TABLE_ROW,
    BlockKind.CODE,
)

LONG = "Une phrase du texte, bien assez longue pour que nul ne la prenne pour le libellé d’un menu. "
MENU = (
    "<ul>"
    + "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in ("accueil", "santé", "contact"))
    + "</ul>"
)


def page(body: str, head: str = "") -> Extraction:
    return read_html(f"<html><head>{head}</head><body>{body}</body></html>".encode())


def texts(body: str) -> list[str]:
    return [block.content.text for block in page(body).blocks]


def test_structure() -> None:
    extraction = page(
        "<h1>Un <em>titre</em></h1><div>Une <b>ligne</b>\ncoupée<br>puis une autre.<p>Suite</div>"
        "<ul><li>un<li><p>deux</p><ol><li>trois</ol></ul><dl><dt>terme<dd>sens</dl>"
        "<table><caption>Légende</caption><tr><th>a<th>b<tr><td><p>c</p><p>d</p><td>e<tr><td><td>f</table>"
        "<pre>x = 1\n  y</pre><blockquote>cité</blockquote><h3>fin</h3><p>un<br><br>deux"
    )
    assert [(block.kind, block.level, block.content.text) for block in extraction.blocks] == [
        (H, 1, "Un titre"),
        (P, 0, "Une ligne coupée\npuis une autre."),
        (P, 0, "Suite"),
        (LI, 1, "un"),
        (LI, 1, "deux"),
        (LI, 2, "trois"),
        (LI, 1, "terme"),
        (LI, 2, "sens"),
        (P, 0, "Légende"),
        (TR, 0, "a | b"),
        (TR, 0, "c d | e"),
        (TR, 0, "f"),
        (C, 0, "x = 1\ny"),
        (P, 0, "cité"),
        (H, 3, "fin"),
        (P, 0, "un"),
        (P, 0, "deux"),
    ]
    assert "- un\n- deux\n  - trois\n" in extraction.text
    assert "c d | e\nf\n\nx = 1\n  y\n\ncité" in extraction.text


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a<!-- b -->c", ["ac"]),
        ("a<script>b</script>c", ["ac"]),
        ("1<sup>er</sup> H<sub>2</sub>O", ["1er H2O"]),
        ("10<sup>9</sup>/L, 10<sup>-3</sup> mol, 5 km<sup>2</sup>", ["10⁹/L, 10⁻³ mol, 5 km2"]),
        ("Ca<sup>2+</sup>, XIX<sup>e</sup>, <sup>14</sup>C", ["Ca²⁺, XIXe, ¹⁴C"]),
        ("mot<sup><a href='#n1'>1</a></sup>.", ["mot."]),
        ("texte<sup>1</sup>. Fin.<sup>2, 3</sup>", ["texte. Fin."]),
        ("mot<a href='https://exemple.org/page#fn12'>12</a>, ici", ["mot, ici"]),
        ("mot<a href='#x1' class=noteref>*</a>, ici", ["mot, ici"]),
        ("mot <a href='page.htm#_ftn3'><span>[3]</span></a>, ici", ["mot , ici"]),
        ("mot<a href='#n3'><sup>3</sup></a>, ici", ["mot, ici"]),
        ("mot<sup>[réf. nécessaire]</sup>, ici", ["mot, ici"]),
        ("mot <span class=spip_note_ref>[<a href='#nb1' class=spip_note>1</a>]</span>, ici", ["mot , ici"]),
        ("mot<sup>*</sup>, 0,05<sup>*</sup>, 37<sup>o</sup>C, n<sup>o</sup> 5", ["mot, 0,05*, 37°C, n° 5"]),
        ("<a href='#appel1'>1</a> La note", ["1 La note"]),
        ("voir <a href='#s3'>3</a>, p. <a href='#p12'>12</a>", ["voir 3, p. 12"]),
        (f"mot<sup>{LONG}</sup>", [f"mot{LONG}".strip()]),
        ("<div><template shadowrootmode=open><p>ombre</p></template></div><template>b</template>", ["ombre"]),
        ("<h2>Titre<a class=headerlink href='#t'>¶</a></h2>", ["Titre"]),
        ("<p>un<a href='#b'>deux</a>", ["undeux"]),
        ("<p style='color: red; display:none'>a<p>b", ["b"]),
        ("<p hidden>a<div hidden=hidden>b<p>c</div>d", ["d"]),
        (
            "<p hidden=until-found>a<div role=tabpanel hidden>b</div><article hidden>c</article>",
            ["a", "b", "c"],
        ),
        ("<table><tr><td hidden>a<td>b<td>c<tr hidden><td>d<td>e</table>", ["b | c"]),
        ("<p>a<p aria-hidden=true>b</p><p aria-hidden=false>c", ["a", "c"]),
        ("&eacute;&nbsp;&#8217;&amp;", ["é ’&"]),
        ("<textarea>a</textarea><select><option>b</select>c", ["c"]),
        ("<table><tr><td>a<tr><td>b</table>", ["a", "b"]),
        ("<table role=presentation><tr><td>a<td>b</table>", ["a", "b"]),
        (f"<table><tr><td>a<td>{LONG * 30}</table>", ["a", (LONG * 30).strip()]),
        ("<table><tr><td>a<td><table><tr><td>b<td>c</table></table>", ["a", "b | c"]),
        ("<table><tr><td><h2>a</h2><td>b</table>", ["a", "b"]),
        ("<form><p>Votre nom<input></form>", []),
    ],
)
def test_what_is_read_of_an_element(body: str, kept: list[str]) -> None:
    text = f"<p>{LONG}"
    assert texts(f"<div>{body}</div>{text}") == [*kept, LONG.strip()]


FRAMES = [
    f"<nav>{MENU}</nav>",
    f"<header>Un journal {MENU}</header>",
    "<footer>Tous droits réservés</footer>",
    f"<aside>À lire {MENU}</aside>",
    "<div role=dialog>Nous utilisons des cookies</div>",
    "<div class='site-cookie-notice'>Nous utilisons des cookies</div>",
    f"<div id=main-menu>{MENU}</div>",
    f"<div class='left sidebar'>{MENU}</div>",
    "<div class=comments-area><p>Merci pour cet article</div>",
    "<ul class=breadcrumb><li><a href=/>accueil</a></ul>",
    "<div id=tarteaucitronRoot><div><p>Nous utilisons des traceurs</div></div>",
    "<div id=didomi-host><p>Avec votre accord</div>",
    "<div id=axeptio_overlay><p>Nous mesurons la visite</div>",
    "<span class=cmplz-cookiebanner>Gérer le consentement</span>",
    "<dialog-box id=CybotCookiebotDialog>Ce site mesure la visite</dialog-box>",
    "<div id=onetrust-consent-sdk><h2>Vie privée</h2></div>",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_what_stands_around_the_text_is_left_out(frame: str) -> None:
    text = f"<h1>Titre</h1><p>{LONG}"
    assert texts(f"{frame}<div>{text}</div>") == texts(f"<div>{text}</div>{frame}") == ["Titre", LONG.strip()]


def test_a_menu_without_a_name_is_left_out_above_the_text_only() -> None:
    assert texts(f"{MENU}<h1>Titre</h1><p>{LONG}{MENU}") == [
        "Titre",
        LONG.strip(),
        "accueil",
        "santé",
        "contact",
    ]


@pytest.mark.parametrize(
    "kept",
    [
        "<div class=sidebar><p>Une remarque, que certains manuels nomment ainsi.</div>",
        f"<section id=comments><h2>Commentaires</h2><p>Une section du texte. {LONG}</section>",
        f"<div class=section id=cookies><h2>Cookies</h2><p>Une section du texte. {LONG}</div>",
        "<article><header><p>Un chapeau.</header><aside>Une remarque.</aside></article>",
        f"<ul><li><a href=a>{LONG}</a><li>b</ul>",
    ],
)
def test_what_only_resembles_a_frame_is_kept(kept: str) -> None:
    without_tags = "".join(texts(f"<p>{LONG}{LONG}{kept}"))
    assert all(word in without_tags for word in ("remarque", "chapeau", "section", "libellé") if word in kept)


def test_a_form_or_a_frame_around_the_whole_page_is_no_frame() -> None:
    assert texts(f"<form class=modal><h1>Titre</h1><p>{LONG}</form>") == ["Titre", LONG.strip()]
    assert texts(f"<div class=promo>{LONG}</div><p>court") == [LONG.strip(), "court"]


@pytest.mark.parametrize(
    ("around", "kept"),
    [
        ("<main>{}</main><div>perdu</div>", False),
        ("<div role=main>{}</div><div>perdu</div>", False),
        ("<article>{}</article><div>perdu</div>", False),
        ("<main><article>{}</article><div>perdu</div></main>", False),
        ("<article>court</article><article>{}</article><div>perdu</div>", True),
        ("<main>court</main><div>{}</div><div>perdu</div>", True),
    ],
)
def test_the_core_of_a_page_is_its_text_where_there_is_one(around: str, kept: bool) -> None:
    found = texts(around.format(f"<h1>Titre</h1><p>{LONG}"))
    assert {"Titre", LONG.strip()} <= set(found)
    assert ("perdu" in found) is kept


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Un titre | Le site</title>", "<p>a", "Un titre"),
        ("<title>Le VIH – état des lieux</title>", "<p>a", "Le VIH – état des lieux"),
        ("<title>Un titre - Le site</title>", "<h1>Un titre</h1>", "Un titre"),
        (
            "<title>Un titre - Le site</title><meta property=og:site_name content='Le Site'>",
            "<p>a",
            "Un titre",
        ),
        (
            "<title>Le site : un titre</title><meta property=og:site_name content='Le Site'>",
            "<p>a",
            "un titre",
        ),
        ("<title>x</title><meta property=og:title content='Un  titre'>", "<h1>Logo</h1>", "Un titre"),
        (f"<title>{'a | ' * 400_000}</title><meta property=og:site_name content=b>", "", "a | " * 49 + "a |"),
        ("<title>Un titre</title>", "<h1>a</h1><h1>b</h1>", "Un titre"),
        ("", "<h1>Un titre</h1>", "Un titre"),
        ("<title> </title>", "<p>a", ""),
    ],
)
def test_title(head: str, body: str, title: str) -> None:
    assert page(body, head).metadata.title == title


LINKED = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    ("head", "body", "iso"),
    [
        ("<meta property=article:published_time content=2019-10-18T15:33:00+01:00>", "", "2019-10-18"),
        ("<meta name=citation_publication_date content=2019/10>", "", "2019-10"),
        ("<meta name=DC.date content=2019>", "", "2019"),
        ("<meta name=date content='18 octobre 2019'>", "", "2019-10-18"),
        ("<meta property=article:modified_time content=2019-10-18>", "", "2019-10-18"),
        ("<meta name=date content=bientôt>", "<time pubdate datetime=2019-10-18>hier</time>", "2019-10-18"),
        ("", "<time datetime=2019-10-18>hier</time>", "2019-10-18"),
        ("", f"<p>{LONG * 3}<time datetime=1789-07-14>ce jour-là</time>", None),
        ("<meta name=citation_online_date content=2019/10/18>", "", "2019-10-18"),
        ("<meta name=citation_date content=2019><meta name=DC.issued content=2019-10-18>", "", "2019-10-18"),
        ("<meta name=prism.publicationDate content=2019-10-18>", "", "2019-10-18"),
        ("<meta name=bepress_citation_date content=2019>", "", "2019"),
        (LINKED.format('{"@type": "MedicalWebPage", "datePublished": "2019-10-18"}'), "", "2019-10-18"),
        (LINKED.format('{"@type": "Comment", "datePublished": "bientôt"}'), "", None),
        (
            LINKED.format('{"@type": "schema:MedicalGuideline", "datePublished": "2019-10-18"}'),
            "",
            "2019-10-18",
        ),
        ("<meta property=og:title content=a>", "<p>Publié en octobre 2019", "2019-10"),
        (
            "<link rel=canonical href=https://exemple.org/2019/10/18/titre>"
            "<meta name=date content=2019-10-19T00:30:00Z>",
            "",
            "2019-10-18",
        ),
        (
            LINKED.replace("json", "json; charset=utf-8").format(
                '{"@type": "https://schema.org/Report", "datePublished": "2019-10-18"}'
            ),
            "",
            "2019-10-18",
        ),
        ("", "<span itemprop=datePublished>3 mars 2021</span>", "2021-03-03"),
        (
            LINKED.format('{"@graph": [{"@type": ["NewsArticle"], "datePublished": "2019-10"}]}'),
            "",
            "2019-10",
        ),
        (LINKED.format("[" * 100_000), "", None),
        (LINKED.format("{"), "", None),
    ],
)
def test_date(head: str, body: str, iso: str | None) -> None:
    date = page("<p>a" + body, head).metadata.date
    assert (date.iso if date else None) == iso


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("<meta name=author content='Jean Dupont'>", "Jean Dupont"),
        (
            "<meta property=article:author content=https://fb.com/x><meta name=DC.Creator content=UM6SS>",
            "UM6SS",
        ),
        (
            "<meta name=author content=a><meta name=citation_author content='Dupont, Jean'>"
            "<meta name=citation_author content='Marie Curie'>",
            "Jean Dupont, Marie Curie",
        ),
        (
            "<meta name=author content=admin>"
            + LINKED.format('{"@type": "Article", "author": "Jean Dupont"}'),
            "Jean Dupont",
        ),
        (
            LINKED.format(
                '{"@type": "BlogPosting", "author": [{"name": ["A. Roux"]}, "B. Blanc", {"name": 1}]}'
            ),
            "A. Roux, B. Blanc",
        ),
        (LINKED.format('{"@type": "Comment", "author": {"name": "Un lecteur"}}'), None),
        (
            LINKED.format(
                '{"@graph": [{"@type": "Article", "author": {"@id": "#p"}},'
                ' {"@type": "Person", "@id": "#p", "name": "Jean Dupont"}]}'
            ),
            "Jean Dupont",
        ),
        (
            "<meta property=og:site_name content='La Gazette'><meta name=author content='La Gazette'>"
            + LINKED.format(
                '{"@type": "NewsArticle", "author": [{"@type": "Organization", "name": "La Gazette"},'
                ' {"givenName": "Anne", "familyName": "Roux"}]}'
            ),
            "Anne Roux",
        ),
        (
            "<meta property=og:site_name content='La Gazette'><meta name=author content='La Gazette'>",
            "La Gazette",
        ),
        ("<meta name=bepress_citation_author content='Roux, Anne'>", "Anne Roux"),
        (LINKED.format('{"@type": "Article", "author": null}'), None),
        ("", None),
    ],
)
def test_author(head: str, author: str | None) -> None:
    assert page("<p>a", head).metadata.author == author


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<html lang=fr-FR><p>a", "fr"),
        ("<html xmlns='http://www.w3.org/1999/xhtml' xml:lang='en'><p>a", "en"),
        ("<html lang=''><p lang=fr>a", None),
        ("<p>a", None),
    ],
)
def test_language(html: str, language: str | None) -> None:
    assert read_html(html.encode()).metadata.language == language


FRENCH = "L’œuvre coûte 5 € à l’État."


@pytest.mark.parametrize(
    ("head", "codec", "text"),
    [
        ("", "utf-8", FRENCH),
        ("", "utf-8-sig", FRENCH),
        ("", "utf-16", FRENCH),
        ("", "cp1252", FRENCH),
        ("<meta charset=iso-8859-1>", "cp1252", FRENCH),
        ("<meta charset=iso-8859-15>", "iso-8859-15", FRENCH.replace("’", "'")),
        ("<meta charset=iso-8859-15>", "utf-8", FRENCH),
        ('<meta http-equiv=x content="text/html; charset=windows-1256">', "cp1256", "كلية الطب"),
        ("<meta charset=iso-2022-jp>", "iso-2022-jp", "医学部"),
        ("<meta charset=rot13>", "cp1252", FRENCH),
        ("<meta charset=nonsense>", "utf-8", FRENCH),
        ("<?xml version='1.0' encoding='koi8-r'?>", "koi8-r", "Медицина"),
    ],
)
def test_encodings(head: str, codec: str, text: str) -> None:
    extraction = read_html(f"{head}<p>{text}</p>".encode(codec))
    assert extraction.text == text


def test_xhtml_whose_elements_close_themselves() -> None:
    head = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title/><script src='a'/></head>"
    data = f"<?xml version='1.0'?>{head}<body><p>a<a id='z'/>b</p></body></html>"
    assert read_html(data.encode()).text == "ab"


@pytest.mark.parametrize(
    "empty", ["", " ", "<!-- a -->", "<html></html>", "<frameset><frame src=a></frameset>"]
)
def test_a_page_without_text(empty: str) -> None:
    assert read_html(empty.encode()).blocks == ()


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td"])
def test_nesting_beyond_reason(tag: str) -> None:
    with pytest.raises(Unreadable, match="its HTML is broken: more than 2 000 elements"):
        read_html((f"<{tag}>" * 100_000).encode())


def test_no_text_is_lost_in_deep_nesting() -> None:
    assert texts("<div>" * 900 + "<ul><li>" * 500 + "perdu") == ["perdu"]


TAGS = st.sampled_from(
    "<p> </p> <b> </b> <ul> </ul> <li> <table> <tr> <td> </table> <br> <h2> </h2> <pre> </pre> <main>"
    " <article> </article> <nav> </nav> <form> <a> </a> <sup> é &amp; &#xd800; <!-- --> < >".split()
)


@given(st.lists(TAGS))
def test_blocks_stand_where_their_spans_say(parts: list[str]) -> None:
    extraction = page("mot ".join(parts) + "mot")
    for block in extraction.blocks:
        cited = extraction.text[block.content.start : block.content.end]
        assert cited == block.content.text or block.kind is C
