"""Tags of a page that describe a work: Highwire's, which Google Scholar asks for, Dublin Core, and JSON-LD.

Zotero's connector reads them by its translator "Embedded Metadata", whose rules these follow: the type is
that of DC.type, where it names one of Zotero's; a name with a comma is taken as family and given name, but
for one with a space on either side of the comma, which is taken for two people unless a semicolon ends it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from service.references.csl import Item, inverted, iso_date

ZOTERO_TYPES = {
    "article": "preprint",
    "article-journal": "journalArticle",
    "article-magazine": "magazineArticle",
    "article-newspaper": "newspaperArticle",
    "bill": "bill",
    "book": "book",
    "broadcast": "tvBroadcast",
    "chapter": "bookSection",
    "dataset": "dataset",
    "entry-dictionary": "dictionaryEntry",
    "entry-encyclopedia": "encyclopediaArticle",
    "figure": "artwork",
    "graphic": "artwork",
    "hearing": "hearing",
    "interview": "interview",
    "legal_case": "case",
    "legislation": "statute",
    "manuscript": "manuscript",
    "map": "map",
    "motion_picture": "film",
    "paper-conference": "conferencePaper",
    "patent": "patent",
    "personal_communication": "email",
    "post": "forumPost",
    "post-weblog": "blogPost",
    "report": "report",
    "review": "journalArticle",
    "review-book": "journalArticle",
    "software": "computerProgram",
    "song": "audioRecording",
    "speech": "presentation",
    "standard": "standard",
    "thesis": "thesis",
    "webpage": "webpage",
}
"""Type of CSL → Zotero's; "document" for any other."""
CONTAINERS = {
    "article-journal": "citation_journal_title",
    "article-magazine": "citation_journal_title",
    "review": "citation_journal_title",
    "review-book": "citation_journal_title",
    "paper-conference": "citation_conference_title",
    "chapter": "citation_book_title",
}
"""Type → tag of what the work appeared in; others have theirs in DC.source alone."""
GIVERS = {
    "thesis": "citation_dissertation_institution",
    "report": "citation_technical_report_institution",
}
"""Type → tag of who gave the work out."""
SCHEMA_TYPES = {
    "article-journal": "ScholarlyArticle",
    "article-newspaper": "NewsArticle",
    "article-magazine": "Article",
    "book": "Book",
    "chapter": "Chapter",
    "dataset": "Dataset",
    "paper-conference": "ScholarlyArticle",
    "post-weblog": "BlogPosting",
    "report": "Report",
    "thesis": "Thesis",
    "webpage": "WebPage",
}
"""Type → schema.org's; "CreativeWork" for any other."""

Tags = Iterator[tuple[str, str | None]]


def tags(work: Item, pdf: str | None) -> Iterator[tuple[str, str]]:
    """Yield (name, content) of the tags of a work; `pdf` is the address of its PDF, where it is one."""
    for name, content in (*_highwire(work, pdf), *_dublin_core(work)):
        if content:
            yield name, content


def _highwire(work: Item, pdf: str | None) -> Tags:
    yield "citation_title", work["title"]
    for author in work.get("author", ()):
        name = inverted(author)
        yield "citation_author", f"{name};" if re.fullmatch(r".* .*,.* .*", name.replace(", ", ",")) else name
    yield "citation_publication_date", iso_date(work).replace("-", "/")
    kind = work["type"]
    if kind in CONTAINERS:
        yield CONTAINERS[kind], work.get("container-title")
    yield GIVERS.get(kind, "citation_publisher"), work.get("publisher")
    for name in ("volume", "issue"):
        yield f"citation_{name}", work.get(name)
    first, _, last = re.sub(r"\s*[-–—]+\s*", "-", work.get("page", "")).partition("-")
    yield "citation_firstpage", first
    yield "citation_lastpage", last
    for scheme in ("DOI", "ISSN", "ISBN", "PMID"):
        yield f"citation_{scheme.lower()}", work.get(scheme)
    yield "citation_language", work.get("language")
    yield "citation_keywords", work.get("keyword", "").replace(", ", "; ")
    yield "citation_abstract", work.get("abstract")
    yield "citation_public_url", work["URL"]
    yield "citation_pdf_url", pdf


def _dublin_core(work: Item) -> Tags:
    yield "DC.title", work["title"]
    for author in work.get("author", ()):
        yield "DC.creator", inverted(author)
    yield "DC.date", iso_date(work)
    yield "DC.type", ZOTERO_TYPES.get(work["type"], "document")
    yield "DC.source", work.get("container-title")
    yield "DC.publisher", work.get("publisher")
    yield "DC.language", work.get("language")
    yield "DC.identifier", f"DOI {work['DOI']}" if "DOI" in work else work["URL"]


def json_ld(work: Item) -> str:
    """Return a work as schema.org's JSON-LD, with no sign that ends a script's element."""
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": SCHEMA_TYPES.get(work["type"], "CreativeWork"),
        "name": work["title"],
        "author": [_agent(author) for author in work.get("author", ())],
        "datePublished": iso_date(work),
        "inLanguage": work.get("language"),
        "isPartOf": work.get("container-title"),
        "publisher": work.get("publisher"),
        "identifier": f"https://doi.org/{work['DOI']}" if "DOI" in work else None,
        "url": work["URL"],
    }
    text = json.dumps({name: value for name, value in described.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _agent(author: dict[str, str]) -> dict[str, str]:
    if "literal" in author:
        return {"@type": "Organization", "name": author["literal"]}
    parts = {"familyName": author.get("family", ""), "givenName": author.get("given", "")}
    return {"@type": "Person", **{name: part for name, part in parts.items() if part}}
