"""What is measured on: a dataset's documents and questions, or some made of the seed articles' sentences."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from bench import datasets
from bench.datasets import Ask, Dataset, DatasetError, document
from indexer import progress
from indexer.building.settings import DEFAULT, BuildSettings
from indexer.corpus import loading, walk
from indexer.passages import sentences
from indexer.passages.embedding_texts import own_title
from indexer.records import CorpusFile, Document
from models import background_texts
from models.encoder import Encoder

SEEDS = Path(__file__).parent.parent / "seeds"
LEAST = 8
"""Documents, and questions, that a dataset must have."""
MADE = 300
"""Documents made when no dataset is given."""
SENTENCES = 5
"""Sentences of each document made."""
WORDS, STEP = 7, 5
"""Words of a question made of a sentence, and words from its first to the first of the next one."""
NOTE = range(5, 22)
"""Words of a sentence that a note is made of."""
PATIENCE = 100
"""Draws in a row that bring no new question before more halves are joined."""


def load(path: str) -> Dataset:
    """Return the dataset in a folder, or for no path one made of the seeds. Raises DatasetError."""
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


def made_up(documents: int = MADE) -> Dataset:
    """Make documents of shuffled sentences of the seed articles, and questions of a few of their words."""
    dice = random.Random(0)
    texts = split(read(SEEDS))
    made = [
        document(f"{number:05d}", f"Note {number}", " ".join(dice.sample(texts, SENTENCES)))
        for number in range(documents)
    ]
    windows = [
        " ".join(words[start : start + WORDS])
        for words in map(str.split, texts)
        for start in range(0, len(words) - WORDS + 1, STEP)
    ]
    questions = enumerate([*background_texts.QUESTIONS, *windows])
    return Dataset("made of the seeds", made, [Ask(str(number), text) for number, text in questions], {}, [])


def read(corpus: Path) -> list[Document]:
    """Return the documents of every file of a folder that can be read."""
    files = [file for file in walk.walk(corpus) if isinstance(file, CorpusFile)]
    return [article for file in files for article in loading.load(file).documents]


def first(data: Dataset, most: int) -> Dataset:
    """Return a dataset with at most so many of its documents."""
    return replace(data, documents=(data.documents or [])[:most])


def split(documents: Sequence[Document]) -> list[str]:
    """Return all sentences of documents, each once."""
    blocks = [block.content.text for article in documents for block in article.blocks]
    return list(dict.fromkeys(text[a:b] for text in blocks for a, b in sentences.split(text)))


def write_articles(documents: Sequence[Document], folder: Path) -> None:
    """Write each document as a file, its title first."""
    folder.mkdir(parents=True)
    for number, article in enumerate(documents):
        title = f"{article.title}\n\n" if own_title(article) else ""
        (folder / f"{number:06d}.txt").write_text(title + article.text, encoding="utf-8")


def write_notes(documents: Sequence[Document], folder: Path, notes: int) -> list[Path]:
    """Write short files, each a title of its own and one sentence, so that each is one passage."""
    folder.mkdir(parents=True)
    texts = split(documents)
    short = [text for text in texts if len(text.split()) in NOTE] or texts
    paths = [folder / f"{number:06d}.txt" for number in range(notes)]
    for number, path in enumerate(paths):
        path.write_text(f"Note {number}\n\n{short[number % len(short)]}\n", encoding="utf-8")
    return paths


@dataclass(frozen=True, slots=True)
class Texts:
    """What a build embeds, as the model is given it but for its prompt."""

    passages: list[str]
    units: list[str]
    """Sentences and headings."""


def embedded(documents: Sequence[Document], encoder: Encoder, settings: BuildSettings = DEFAULT) -> Texts:
    """Return all texts that a build of these documents embeds."""
    chunks = settings.chunks.within(encoder.max_tokens)
    texts = Texts([], [])
    for article in progress.track(documents, len(documents), "Chunking"):
        passages = settings.chunk(article, encoder.count_tokens, chunks)
        for group in settings.texts(article, passages, encoder.max_tokens):
            texts.passages.append(group.passage)
            texts.units.extend(group.units)
    return texts


def spread(texts: Sequence[str], most: int) -> list[str]:
    """Return at most `most` of the texts, taken evenly."""
    return [texts[place * len(texts) // most] for place in range(most)] if len(texts) > most else list(texts)


def distinct(texts: Sequence[str], seed: int = 0) -> Iterator[str]:
    """Yield questions without end, no two alike but for case and spaces; texts holds at least one word.

    The texts come first. Further ones are joined of the first half of one and the second half of another,
    and of more halves when those are used up: not sensible, but of real words and lengths, and in no cache.
    """
    dice = random.Random(seed)
    known: dict[str, str] = {}
    for text in filter(str.strip, texts):
        known.setdefault(_key(text), text)
    originals = list(known.values())
    dice.shuffle(originals)
    yield from originals
    for halves in count(2):
        barren = 0
        while barren < PATIENCE:
            text = " ".join(_half(dice.choice(originals), which % 2 == 0) for which in range(halves)).strip()
            if _key(text) in known:
                barren += 1
                continue
            barren = 0
            known[_key(text)] = text
            yield text


def _half(text: str, front: bool) -> str:
    words = text.split()
    middle = -(-len(words) // 2)
    return " ".join(words[:middle] if front else words[middle:])


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
