"""JATS and TEI: what is read of an article, and what it says of itself."""

from __future__ import annotations

import pytest

from indexer.readers import Unreadable
from indexer.readers.extraction import Extraction
from indexer.readers.scholarly import read_xml
from indexer.records import BlockKind, Metadata, Name, PartialDate

FRONT = """<front><journal-meta>
<journal-title-group><journal-title>Revue du soin</journal-title></journal-title-group>
<issn pub-type="epub">1234-567x</issn>
<publisher><publisher-name>Presses de l’école</publisher-name></publisher>
</journal-meta><article-meta>
<article-id pub-id-type="doi">10.1000/ABC</article-id><article-id pub-id-type="pmc">PMC123456</article-id>
<title-group><article-title>Former les <italic>infirmiers</italic><xref ref-type="fn">*</xref></article-title>
<subtitle>un essai</subtitle></title-group>
<contrib-group>
<contrib contrib-type="author"><name><surname>Le Gall</surname><given-names>Jean-Pierre</given-names></name>
<xref ref-type="aff">1</xref></contrib>
<contrib contrib-type="author"><collab>Groupe Soin</collab></contrib>
<contrib contrib-type="editor"><name><surname>Roe</surname><given-names>J</given-names></name></contrib>
</contrib-group>
<pub-date pub-type="collection"><year>2020</year></pub-date>
<pub-date pub-type="epub"><day>3</day><month>5</month><year>2019</year></pub-date>
<volume>12</volume><issue>3</issue><fpage>41</fpage><lpage>48</lpage>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Libre.</license-p>
</license></permissions>
<abstract><p>Le résumé de l’essai.</p></abstract>
<abstract abstract-type="graphical"><p>Une image.</p></abstract>
<kwd-group><kwd>soin</kwd><kwd>formation</kwd><kwd>soin</kwd></kwd-group>
</article-meta></front>"""
BODY = """<body><sec><label>1</label><title>Méthode</title>
<p>Nous avons suivi 120 infirmiers [<xref ref-type="bibr">1</xref>,<xref ref-type="bibr">2</xref>],
selon
<xref ref-type="bibr">Dupont (2018)</xref><sup><xref ref-type="bibr">3</xref></sup>,
soit 10<sup>3</sup> heures
(<xref ref-type="fig">figure 1</xref>).<list><list-item><p>Premier point.</p></list-item></list>Suite.</p>
<sec><title>Mesures</title>
<table-wrap><caption><p>Effectifs</p></caption>
<table><tr><th>Lieu</th><th>n</th></tr><tr><td>Lille</td><td>60</td></tr></table></table-wrap>
<p><inline-formula><alternatives><tex-math>\\alpha</tex-math><math>α</math></alternatives>
</inline-formula> vaut 2.</p>
</sec></sec></body>
<back><ack><title>Remerciements</title><p>Merci.</p></ack>
<ref-list><title>Références</title>
<ref><mixed-citation>Dupont J. Un ouvrage cité. 2018.</mixed-citation></ref></ref-list>
</back><sub-article><body><p>Lettre du relecteur.</p></body></sub-article>"""
JATS = f"""<!DOCTYPE article SYSTEM "JATS.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" xml:lang="fr"
article-type="research-article">{FRONT}{BODY}</article>"""

TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc>
<titleStmt><title type="main">Lire la ville</title><title type="sub">essai</title>
<author><persName><forename>Marie</forename><surname>de la Tour</surname></persName></author>
<author><orgName>Atelier du Nord</orgName></author></titleStmt>
<publicationStmt><publisher>Éditions du Nord</publisher><date when="2018-06-02"/>
<idno type="DOI">10.1000/xyz</idno><idno type="url">https://example.org/ville</idno>
<availability><licence target="https://creativecommons.org/licenses/by/4.0/"/></availability></publicationStmt>
<sourceDesc><biblStruct><monogr><title level="j">Villes</title><imprint><biblScope unit="volume">4</biblScope>
<biblScope unit="page">1-9</biblScope></imprint></monogr></biblStruct></sourceDesc></fileDesc>
<profileDesc><langUsage><language ident="fr"/></langUsage>
<textClass><keywords><term>ville</term></keywords></textClass>
<abstract><p>De la ville.</p></abstract></profileDesc></teiHeader>
<text><body><div><head>Marcher</head><p>On marche<note place="foot" n="1"><p>À pied.</p></note> beaucoup,
le XX<hi rend="sup">e</hi> siècle<lb/>aussi.</p><list><item>Un trajet</item></list>
<table><row><cell>Rue</cell><cell>12</cell></row></table></div></body>
<back><div type="bibliography"><listBibl><bibl>Roe J., Un livre, 2001.</bibl></listBibl></div></back>
</text></TEI>"""


def shapes(extraction: Extraction) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.content.text) for block in extraction.blocks]


def test_a_jats_article() -> None:
    extraction = read_xml(JATS.encode())
    assert shapes(extraction) == [
        ("heading", 1, "Former les infirmiers : un essai"),
        ("heading", 2, "Résumé"),
        ("paragraph", 0, "Le résumé de l’essai."),
        ("heading", 2, "Méthode"),
        (
            "paragraph",
            0,
            "Nous avons suivi 120 infirmiers, selon Dupont (2018), soit 10³ heures (figure 1). Suite.",
        ),
        ("list_item", 1, "Premier point."),
        ("heading", 3, "Mesures"),
        ("paragraph", 0, "Effectifs"),
        ("table_row", 0, "Lieu | n"),
        ("table_row", 0, "Lille | 60"),
        ("paragraph", 0, "α vaut 2."),
        ("heading", 2, "Remerciements"),
        ("paragraph", 0, "Merci."),
    ]
    assert extraction.metadata == Metadata(
        title="Former les infirmiers : un essai",
        date=PartialDate("2019-05-03"),
        authors=(Name("Le Gall", "Jean-Pierre"), Name(literal="Groupe Soin")),
        language="fr",
        type="article-journal",
        container="Revue du soin",
        publisher="Presses de l’école",
        volume="12",
        issue="3",
        pages="41-48",
        identifiers={"doi": "10.1000/abc", "issn": "1234-567X", "pmcid": "PMC123456"},
        licence="https://creativecommons.org/licenses/by/4.0/",
        tags=("soin", "formation"),
        abstract="Le résumé de l’essai.",
    )


def test_a_tei_text() -> None:
    extraction = read_xml(TEI.encode())
    assert shapes(extraction) == [
        ("heading", 1, "Lire la ville : essai"),
        ("heading", 2, "Marcher"),
        ("paragraph", 0, "On marche beaucoup, le XXe siècle\naussi."),
        ("paragraph", 0, "À pied."),
        ("list_item", 1, "Un trajet"),
        ("table_row", 0, "Rue | 12"),
    ]
    assert extraction.metadata == Metadata(
        title="Lire la ville : essai",
        date=PartialDate("2018-06-02"),
        authors=(Name("de la Tour", "Marie"), Name(literal="Atelier du Nord")),
        language="fr",
        type="article-journal",
        container="Villes",
        publisher="Éditions du Nord",
        volume="4",
        pages="1-9",
        identifiers={"doi": "10.1000/xyz"},
        url="https://example.org/ville",
        licence="https://creativecommons.org/licenses/by/4.0/",
        tags=("ville",),
        abstract="De la ville.",
    )


def test_a_record_of_hal_is_its_abstract() -> None:
    header = TEI.partition("<text>")[0].replace("teiHeader", "biblFull")
    data = (
        header.replace("<biblFull>", "<text><body><listBibl><biblFull>", 1)
        + "</listBibl></body></text></TEI>"
    )
    extraction = read_xml(data.encode())
    assert [text for _, _, text in shapes(extraction)] == ["Lire la ville : essai", "De la ville."]
    assert extraction.metadata.authors[0] == Name("de la Tour", "Marie")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "its XML (<svg>) is neither JATS nor TEI; saved as"),
        (b"<article><body>", "it is damaged: its text is no XML"),
        (b"", "it is damaged"),
    ],
)
def test_other_xml_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_xml(data)
    assert str(refused.value).startswith(reason)


def test_entities_that_hold_one_another_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(Unreadable):
        read_xml(f'<!DOCTYPE article [<!ENTITY l0 "ha">{laughs}]><article><p>&l11;</p></article>'.encode())


def test_no_entity_of_the_file_is_expanded() -> None:
    data = (
        '<!DOCTYPE article SYSTEM "JATS.dtd" [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<article><body><p>avant &l0; &f; &amp; apr&egrave;s</p></body></article>"
    )
    (block,) = read_xml(data.encode()).blocks
    assert block.kind is BlockKind.PARAGRAPH
    assert "ha" not in block.content.text and "root" not in block.content.text
    assert block.content.text.startswith("avant") and block.content.text.endswith("& après")
