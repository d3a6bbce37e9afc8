"""Write the files of one new generation together: catalogue, words, passage table, signatures and vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from indexer.passages.near_duplicates import Signatures
from indexer.progress import Stopwatch
from indexer.records import Document, Passage
from indexer.store import cells
from indexer.store.arrays import Floats
from indexer.store.catalogue import CatalogueWriter, FileRecord
from indexer.store.cells import CellSettings, write_cells
from indexer.store.lexical import LexicalWriter
from indexer.store.manifest import Layout, NearestRecord
from indexer.store.near_duplicate_groups import SignatureWriter, write_groups
from indexer.store.passage_table import PassageTableWriter
from indexer.store.vectors import VectorWriter


class GenerationWriter:
    """Writes one new generation, but for its manifest, in three steps.

    As a context manager it takes documents with their passages, and in the order of the passages their
    vectors, at any pace. `finish_texts` ends the documents, while vectors may still come. Once closed,
    `complete` clusters the passages.
    """

    def __init__(self, folder: Path, dim: int, stopwatch: Stopwatch | None = None) -> None:
        self.documents = self.passages = self.sentences = 0
        """Numbers of documents, passages and sentences added so far."""
        self._folder = folder
        self._stopwatch = stopwatch or Stopwatch()
        with ExitStack() as files, ExitStack() as texts:
            self._catalogue = texts.enter_context(CatalogueWriter(folder / Layout.CATALOGUE))
            self._lexical = texts.enter_context(LexicalWriter(folder))
            self._passage_table = texts.enter_context(PassageTableWriter(folder))
            self._signatures = texts.enter_context(SignatureWriter(folder))
            self.vectors = files.enter_context(VectorWriter(folder, dim))
            """Takes the vectors of the passages and of the background texts."""
            self._texts = texts.pop_all()
            files.push(self._texts)
            self._files = files.pop_all()
        self._texts_finished = False

    def add(self, document: Document, passages: Sequence[Passage], signatures: Signatures) -> None:
        """Add a document with all its passages and their near-duplicate signatures."""
        with self._stopwatch.time("words"):
            for passage in passages:
                heading = " ".join([document.title, *passage.section])
                self._lexical.add(passage.text, heading, self.documents, passage.language)
        with self._stopwatch.time("twins"):
            self._signatures.add(signatures)
        with self._stopwatch.time("catalogue"):
            languages, kinds = ([each.language for each in passages], [each.kind for each in passages])
            self._passage_table.add(self.documents, languages, kinds)
            self._catalogue.add(document, passages)
        self.documents += 1
        self.passages += len(passages)
        self.sentences += sum(len(passage.sentences) for passage in passages)

    def add_file(self, file: FileRecord) -> None:
        """Add a file of the corpus to the catalogue."""
        self._catalogue.add_file(file)

    def finish_texts(self) -> None:
        """End the words and the catalogue, and group near-duplicates: the last document has been added."""
        if not self._texts_finished:
            self._texts_finished = True
            with self._stopwatch.time("words"):
                self._texts.close()
            with self._stopwatch.time("twins"):
                write_groups(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every file; an error raised inside matters more than one raised by closing."""
        if kind is not None:
            self._files.__exit__(kind, error, trace)
            return
        with self._files:
            self.finish_texts()

    def complete(
        self,
        questions: Callable[[], Floats],
        centroids: Floats | None = None,
        settings: CellSettings = cells.DEFAULT,
    ) -> NearestRecord:
        """Cluster the passages in cells where there are many; call it once closed.

        questions() returns the vectors [q, dim] that the recall of cells is measured with. Centroids of an
        earlier build are used again where about as many are needed.
        """
        with self._stopwatch.time("cells"):
            if self.passages <= settings.exact_up_to:
                return NearestRecord()
            passages = np.load(self._folder / Layout.PASSAGES, mmap_mode="r")
            return write_cells(self._folder / Layout.CELLS, passages, questions(), centroids, settings)
