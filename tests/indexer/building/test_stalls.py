"""No file of some kB holds a build: every step takes time in proportion to what it is given."""

from __future__ import annotations

import base64
import random
import time
from pathlib import Path

import pytest

from indexer.building.settings import DEFAULT
from indexer.corpus import loading
from indexer.corpus.walk import walk
from indexer.passages.analysis import ANALYSES, spellings, terms, words
from indexer.passages.phrases import as_written
from indexer.records import LONGEST_HEADING, CorpusFile, Document
from tests.standin import StandInEncoder

SECONDS = 8.0
"""Seconds of the processor that each file may take here; what was mended took twenty and more."""
BASE64 = base64.b64encode(random.Random(1).randbytes(60_000)).decode()
LETTERS = "".join(random.Random(2).choices("abcdefghij", k=80_000))
LONG = "mot long " * 12_000
PARAGRAPHS = "\n\n".join("Un paragraphe de texte assez long. " * 12 for _ in range(100))
FILES = {
    "base64.csv": f"titre,image\nUn titre,{BASE64}\nDeux,{BASE64[:40_000]}\n",
    "base64.tsv": f"titre\timage\nUn titre\t{BASE64}\n",
    "base64.jsonl": f'{{"titre": "Un titre", "image": "{BASE64}"}}\n',
    "base64.txt": f"Un titre\n\n{BASE64}\n",
    "base64.md": f"# Un titre\n\n![image](data:image/png;base64,{BASE64})\n\nUn texte.\n",
    "base64.html": f'<h1>Un titre</h1><p>Un texte.</p><p>{BASE64}</p><img src="data:;base64,{BASE64}">',
    "base64.eml": f"Subject: Un titre\nContent-Type: text/plain\n\nBonjour.\n{BASE64}\n",
    "digits.csv": f"titre,nombre\nUn,{'1' * 80_000}\n",
    "dates.csv": f"titre,dates\nUn,{'12/03/' * 15_000}\n",
    "at.csv": f"titre,texte\nUn,{'a' * 80_000}@\n",
    "slashes.csv": f"titre,texte\nUn,{'a:/' * 25_000}\n",
    "wide.csv": "titre," + ",".join(f"c{at}" for at in range(20_000)) + "\nUn titre," + "x," * 20_000 + "\n",
    "letters.txt": LETTERS,
    "letters.csv": f"titre,texte\nUn,{LETTERS}\n",
    "heading.md": f"# {LONG}\n\n{PARAGRAPHS}",
    "second heading.md": f"# Un titre\n\n## {LONG}\n\n{PARAGRAPHS}",
    "one word.md": f"# {LETTERS}\n\n{PARAGRAPHS}",
    "heading.html": f"<title>{LONG}</title><h1>{LONG}</h1><p>{PARAGRAPHS}</p>",
    "points.txt": "a." * 40_000,
    "apostrophes.txt": "l'" * 40_000,
    "hyphens.txt": "a-" * 40_000,
    "at.txt": "a@" * 40_000,
    "spaces.txt": f"Un texte{' ' * 80_000}et sa fin.",
    "ideographs.txt": "漢字" * 30_000,
    "accents.txt": "é" * 80_000,
    "combining.txt": "e" + "\u0301" * 80_000,
    "acronyms.txt": "(ABC) " * 15_000,
    "stars.md": "*a " * 20_000,
    "brackets.md": "[a](" * 20_000,
}


def documents(folder: Path, name: str) -> tuple[Document, ...]:
    (folder / name).write_text(FILES[name], encoding="utf-8")
    (file,) = walk(folder)
    assert isinstance(file, CorpusFile)
    return loading.load(file).documents


@pytest.fixture(scope="module", autouse=True)
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what each step loads on first use, which is no file's doing."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "a.html").write_text("<h1>Titre</h1><p>Un texte de quelques mots.</p>", encoding="utf-8")
    (file,) = walk(folder)
    assert isinstance(file, CorpusFile)
    every_step(loading.load(file).documents)


def every_step(found: tuple[Document, ...]) -> None:
    """Do to documents what a build does after reading them."""
    encoder = StandInEncoder()
    for document in found:
        passages = DEFAULT.chunk(document, encoder.count_tokens, DEFAULT.chunks)
        DEFAULT.texts(document, passages, encoder.max_tokens)
        DEFAULT.signatures(passage.text for passage in passages)
        for passage in passages:
            heading = " ".join([document.title, *passage.section])
            assert len(document.title) <= LONGEST_HEADING
            assert all(len(each) <= LONGEST_HEADING for each in passage.section)
            as_written([passage.text, heading])
            for text in (passage.text, heading):
                for analysis in ANALYSES:
                    terms(list(words(text)), analysis)
            list(spellings(passage.text))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_no_file_holds_a_build(tmp_path: Path, name: str) -> None:
    begun = time.process_time()
    every_step(documents(tmp_path, name))
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("name", ["heading.md", "one word.md"])
def test_a_title_too_long_to_be_repeated_is_cut(tmp_path: Path, name: str) -> None:
    (document,) = documents(tmp_path, name)
    assert len(document.title) <= LONGEST_HEADING and document.title.endswith("…")
