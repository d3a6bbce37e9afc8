"""What is measured on: a dataset's documents and questions, or some made of the seed articles' sentences."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import datasets
from bench.datasets import Ask, Dataset, DatasetError, document
from indexer.corpus import loading, walk
from indexer.passages import sentences
from indexer.passages.embedding_texts import own_title
from indexer.records import CorpusFile, Document
from models import background_texts

SEEDS = Path(__file__).parent.parent / "seeds"
LEAST = 8
"""Documents and questions that a dataset must have."""
MADE = 300
"""Documents made when no dataset is given."""
SENTENCES = 5
"""Sentences of each."""
WORDS, STEP = 7, 5
"""Words of a question made of a sentence, and words on to where the next one begins."""
NOTE = range(5, 22)
"""Words of a sentence that a note is made of."""


def load(path: str) -> Dataset:
    """The dataset in a folder, or the one made of the seeds for no path. Raises DatasetError."""
    if not path:
        return made_up()
    data = datasets.load(Path(path))
    if data.documents is None:
        raise DatasetError(f"{path} has no corpus of its own; give a folder in BEIR's layout, or none.")
    if min(len(data.documents), len(data.asks)) < LEAST:
        raise DatasetError(
            f"{path} holds {len(data.documents)} documents and {len(data.asks)} questions, too few to measure"
            f" with: {LEAST} of each at the least. Give a larger dataset, or none."
        )
    return data


def made_up(count: int = MADE) -> Dataset:
    """Documents of shuffled sentences of the seed articles, and questions of a few of their words."""
    dice = random.Random(0)
    files = [each for each in walk.walk(SEEDS) if isinstance(each, CorpusFile)]
    seeds = [each for file in files for each in loading.load(file).documents]
    held = split(seeds)
    documents = [
        document(f"{number:05d}", f"Note {number}", " ".join(dice.sample(held, SENTENCES)))
        for number in range(count)
    ]
    windows = [
        " ".join(words[start : start + WORDS])
        for words in (each.split() for each in held)
        for start in range(0, len(words) - WORDS + 1, STEP)
    ]
    asks = [Ask(str(number), text) for number, text in enumerate([*background_texts.QUESTIONS, *windows])]
    return Dataset("made of the seeds", documents, asks, {}, [])


def first(data: Dataset, most: int) -> Dataset:
    """With fewer documents."""
    return replace(data, documents=(data.documents or [])[:most])


def split(documents: Sequence[Document]) -> list[str]:
    """All sentences of documents, each once."""
    blocks = [block.content.text for each in documents for block in each.blocks]
    return list(dict.fromkeys(text[a:b] for text in blocks for a, b in sentences.split(text)))


def write_articles(documents: Sequence[Document], folder: Path) -> None:
    """Each document as a file, its title first."""
    folder.mkdir(parents=True)
    for number, each in enumerate(documents):
        title = f"{each.title}\n\n" if own_title(each) else ""
        (folder / f"{number:06d}.txt").write_text(title + each.text, encoding="utf-8")


def write_notes(documents: Sequence[Document], folder: Path, count: int) -> list[Path]:
    """Short documents, each a title of its own and one sentence, so that each is one passage; their files."""
    folder.mkdir(parents=True)
    held = split(documents)
    short = [each for each in held if len(each.split()) in NOTE] or held
    paths = [folder / f"{number:06d}.txt" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(f"Note {number}\n\n{short[number % len(short)]}\n", encoding="utf-8")
    return paths
