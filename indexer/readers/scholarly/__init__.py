"""JATS and TEI, the XML of articles (PubMed Central, HAL, OpenEdition) → text by sections, and what it says
of itself."""

from __future__ import annotations

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.scholarly.jats import article_blocks, article_metadata
from indexer.readers.scholarly.tei import tei_blocks, tei_metadata
from indexer.readers.scholarly.walk import local
from indexer.readers.text.gathering import gather
from indexer.readers.zip_archive import parse_xml


def read_xml(data: bytes) -> Extraction:
    """Read an article in JATS or TEI. Raises Unreadable when it is damaged, or XML of another kind."""
    root = parse_xml(data, "its text")
    if local(root) in ("article", "TEI", "TEI.2"):
        found = root
    else:
        found = next((each for each in root.iter("{*}article", "{*}TEI") if local(each) != local(root)), None)
    if found is None:
        kind = local(root)[:40]
        raise Unreadable(f"its XML (<{kind}>) is neither JATS nor TEI; {ADVICE}")
    if local(found) == "article":
        metadata = article_metadata(found)
        name, text_blocks = "jats", article_blocks(found, metadata.title)
    else:
        metadata = tei_metadata(found)
        name, text_blocks = "tei", tei_blocks(found, metadata)
    text, blocks = gather(text_blocks)
    return Extraction(name, text, blocks, metadata)


ADVICE = "saved as HTML, PDF or plain text it can be read"
