"""What a station finds in a cache is what it would have computed; anything else is computed again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.building.build_cache import BuildCache, opened
from indexer.building.sandbox import ReaderSandbox
from indexer.building.station import Station, decoded_files, encoded_files, files_name, vectors_name
from indexer.building.workers import ListedFile, ReadFile
from indexer.corpus import loading
from indexer.corpus.loading import Loaded
from indexer.corpus.walk import walk
from indexer.passages.chunking import ChunkSettings
from indexer.records import CorpusFile
from models import background_texts
from tests.indexer.building.generation_bytes import generation_bytes
from tests.indexer.building.test_workers import SETTINGS, Neighbourly, change, write_corpus
from tests.indexer.recording import Recording
from tests.standin import StandInChoice, StandInEncoder

pytestmark = pytest.mark.slow

STORAGES = [os.environ["CACHE_URL"]] if "CACHE_URL" in os.environ else []
"""Address of a real storage, where there is one."""
DESCRIBED = """\
---
title: Le sommeil des « aînés »
authors: [Anne de la Tour, "Institut national"]
date: 2019-10
doi: 10.1000/182
tags: [sommeil, œuvre]
language: fr
---
# Un titre

## Une partie

Le sommeil n’est pas l’ennemi\N{NO-BREAK SPACE}: il s’allonge. Cœur et e\N{COMBINING ACUTE ACCENT}te.
"""


def listed(folder: Path) -> list[ListedFile]:
    files = [each for each in walk(folder) if isinstance(each, CorpusFile)]
    return [ListedFile(file, loading.digest(file)) for file in files]


@contextmanager
def station(
    encoder: StandInEncoder,
    cache: BuildCache | None = None,
    load: Callable[[CorpusFile], Loaded] = loading.load,
) -> Iterator[Station]:
    with ReaderSandbox(load) as sandbox:
        yield Station(sandbox, encoder, SETTINGS, cache, ocr=False)


def write_notes(folder: Path, count: int) -> Path:
    """The notes of write_corpus alone: they are read without starting a process."""
    for path in write_corpus(folder, count).iterdir():
        if path.suffix != ".md":
            path.unlink()
    return folder


def told(line: str) -> None:
    raise AssertionError(line)


def plain(read: Sequence[ReadFile]) -> list[object]:
    """What was read with arrays as lists, which == compares."""
    return [
        (loaded, [(list(one.passages), list(one.texts), one.signatures.tolist()) for one in cut or ()])
        for loaded, cut in read
    ]


def test_a_block_of_files_comes_back_as_it_was(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "sommeil.md").write_text(DESCRIBED, encoding="utf-8")
    (corpus / "vide.md").write_text("---\n---\n", encoding="utf-8")
    files = listed(corpus)
    with station(StandInEncoder()) as at:
        read = at.read(files)
    data = encoded_files(read)
    assert data is not None
    back = decoded_files(data, files)
    assert back is not None
    assert plain(back) == plain(read)
    assert {one.signatures.dtype for each in back for one in each.cut or ()} == {np.dtype(np.uint32)}
    assert any(document.metadata.identifiers for each in back for document in each.loaded.documents)
    assert any(each.loaded.skipped for each in back)


HARMS: dict[str, Callable[[Any], object]] = {
    "a file less": lambda files: files[:-1],
    "no file": lambda files: [["not", "one"], *files[1:]],
    "another digest": lambda files: [[{**files[0][0], "digest": "f" * 64}, files[0][1]], *files[1:]],
    "no document": lambda files: [[{**files[0][0], "documents": []}, files[0][1]], *files[1:]],
    "nothing cut": lambda files: [[files[0][0], []], *files[1:]],
    "a short signature": lambda files: [[files[0][0], [[*files[0][1][0][:2], [[1, 2]]]]], *files[1:]],
    "a negative one": lambda files: [[files[0][0], [[*files[0][1][0][:2], [[-1] * 65]]]], *files[1:]],
    "no passage": lambda files: [[files[0][0], [[[], *files[0][1][0][1:]]]], *files[1:]],
    "no list": lambda _: {},
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_is_no_block_of_these_files_is_none(tmp_path: Path, harm: Callable[[Any], object]) -> None:
    files = listed(write_notes(tmp_path / "corpus", 4))
    with station(StandInEncoder()) as at:
        data = encoded_files(at.read(files))
    assert data is not None
    assert decoded_files(data, files) is not None
    assert decoded_files(json.dumps(harm(json.loads(data))).encode(), files) is None


@pytest.mark.parametrize("data", [b"", b"[", b"[" * 5000, b"\xff", b"null"])
def test_what_is_no_json_is_no_block(data: bytes) -> None:
    assert decoded_files(data, []) is None


def test_a_text_that_has_no_form_in_utf_8_is_not_kept(tmp_path: Path) -> None:
    with station(StandInEncoder()) as at:
        (read,) = at.read(listed(write_notes(tmp_path / "corpus", 4))[:1])
    document = replace(read.loaded.documents[0], text="\ud800")
    assert encoded_files([ReadFile(replace(read.loaded, documents=(document,)), read.cut)]) is None


def test_names_tell_all_that_goes_into_a_block(tmp_path: Path) -> None:
    files, encoder = listed(write_notes(tmp_path / "corpus", 4)), StandInEncoder()
    (file, digest), *rest = files
    other_model, other_limit, other_engine = (
        StandInEncoder(fingerprint="f"),
        StandInEncoder(),
        StandInEncoder(),
    )
    other_limit.max_tokens = 60
    other_engine.engine = "another"
    chunks = replace(SETTINGS, chunks=ChunkSettings(30, 60))
    names = [
        files_name(files, encoder, SETTINGS, ocr=False),
        files_name(files, encoder, SETTINGS, ocr=True),
        files_name(files[1:], encoder, SETTINGS, ocr=False),
        files_name(files[::-1], encoder, SETTINGS, ocr=False),
        files_name([ListedFile(file, "f" * 64), *rest], encoder, SETTINGS, ocr=False),
        files_name([ListedFile(replace(file, source="a.md"), digest), *rest], encoder, SETTINGS, ocr=False),
        files_name([ListedFile(replace(file, sidecar=file), digest), *rest], encoder, SETTINGS, ocr=False),
        files_name(files, other_model, SETTINGS, ocr=False),
        files_name(files, other_limit, SETTINGS, ocr=False),
        files_name(files, encoder, chunks, ocr=False),
        files_name(files, encoder, replace(SETTINGS, version="9"), ocr=False),
        vectors_name(["a", "b"], encoder),
        vectors_name(["b", "a"], encoder),
        vectors_name(["ab"], encoder),
        vectors_name(["a"], encoder),
        vectors_name(["a", "\ud800"], encoder),
        vectors_name(["a", "b"], other_model),
        vectors_name(["a", "b"], other_engine),
    ]
    assert len(set(names)) == len(names)
    elsewhere = [ListedFile(replace(file, path=Path("/x"), modified_ns=0), digest) for file, digest in files]
    assert files_name(elsewhere, encoder, SETTINGS, ocr=False) == names[0]


def test_what_is_found_is_not_computed(tmp_path: Path) -> None:
    files, encoder = listed(write_notes(tmp_path / "corpus", 6)), Recording()
    read: list[str] = []

    def load(file: CorpusFile) -> Loaded:
        read.append(file.source)
        return loading.load(file)

    with (
        opened(str(tmp_path / "cache"), Path("index"), told) as cache,
        station(encoder, cache, load) as at,
    ):
        first, again = at.read(files), at.read(files)
        vectors = [at.embed(["un texte", "un autre"]) for _ in range(2)]
    assert plain(first) == plain(again)
    assert len(read) == len(set(read)) > 5
    assert [each.found for each in vectors] == [False, True]
    assert np.array_equal(vectors[0].vectors, vectors[1].vectors)
    assert vectors[1].vectors.dtype == np.float32
    assert encoder.texts == ["un texte", "un autre"]


def test_a_file_that_changes_or_vanishes_meanwhile_is_not_kept(tmp_path: Path) -> None:
    corpus = write_notes(tmp_path / "corpus", 4)
    files = listed(corpus)[:4]
    with (
        opened(str(tmp_path / "cache"), Path("index"), told) as cache,
        station(StandInEncoder(), cache) as at,
    ):
        (corpus / "000.md").write_text("# Autre\n\nUn texte neuf.\n", encoding="utf-8")
        at.read(files)
        (corpus / "000.md").unlink()
        at.read(files)
        assert [each.name for each in (tmp_path / "cache" / "index").iterdir()] == [cache.place.mark]


def build(corpus: Path, index: Path, encoder: StandInEncoder, cache: str | None) -> builder.BuildReport:
    return builder.build(corpus, index, StandInChoice(encoder=encoder), settings=SETTINGS, cache=cache)


@pytest.mark.parametrize("address", ["{}/cache", "memory://bucket/cache", *STORAGES])
def test_a_build_that_has_lost_its_disk_goes_on_from_the_cache(tmp_path: Path, address: str) -> None:
    corpus, cache = write_notes(tmp_path / "corpus", 120), address.format(tmp_path)
    whole = Neighbourly()
    build(corpus, tmp_path / "whole", whole, None)
    embedded = 0
    for place, most in enumerate((120, 200)):
        stopped = Neighbourly(most)
        with pytest.raises(KeyboardInterrupt):
            build(corpus, tmp_path / f"disk {place}" / "index", stopped, cache)
        embedded += len(stopped.texts)
    last, index = Neighbourly(), tmp_path / "disk 2" / "index"
    report = build(corpus, index, last, cache)
    assert generation_bytes(index) == generation_bytes(tmp_path / "whole")
    assert report.embedding.recovered > 250
    assert report.embedding.embedded == len(last.texts) - len(background_texts.TEXTS)
    assert embedded + len(last.texts) <= len(whole.texts) + 4 * SETTINGS.batches.slices.stop
    if "://" not in cache:
        assert list((tmp_path / "cache" / "index").iterdir()) == []


def test_with_a_cache_the_generation_is_the_same(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    for step in (lambda _: None, change):
        step(corpus)
        build(corpus, tmp_path / "without", Neighbourly(), None)
        report = build(corpus, tmp_path / "with", Neighbourly(), str(tmp_path / "cache"))
        assert generation_bytes(tmp_path / "with") == generation_bytes(tmp_path / "without")
    assert report.manifest.carried > 30


def test_damaged_blocks_are_computed_again(tmp_path: Path) -> None:
    corpus, cache = write_notes(tmp_path / "corpus", 40), tmp_path / "cache"
    build(corpus, tmp_path / "whole", Neighbourly(), None)
    with pytest.raises(KeyboardInterrupt):
        build(corpus, tmp_path / "a" / "index", Neighbourly(90), str(cache))
    kinds = set()
    for place, path in enumerate(sorted((cache / "index").iterdir())):
        kinds.add(path.name.partition("-")[0])
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if place % 2 else data[:-1] + bytes([data[-1] ^ 1]))
    assert kinds == {"files", "vectors"}
    report = build(corpus, tmp_path / "b" / "index", Neighbourly(), str(cache))
    assert report.embedding.recovered == 0
    assert generation_bytes(tmp_path / "b" / "index") == generation_bytes(tmp_path / "whole")


def test_what_is_up_to_date_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    corpus, cache = write_notes(tmp_path / "corpus", 4), tmp_path / "cache"
    build(corpus, tmp_path / "index", StandInEncoder(), None)
    with opened(str(cache), tmp_path / "index", told) as left:
        left.keep(vectors_name(["a"], StandInEncoder()), b"of a build killed as it had published")
    assert build(corpus, tmp_path / "index", StandInEncoder(), str(cache)).up_to_date
    assert list((cache / "index").iterdir()) == []


class Broken(StandInEncoder):
    def count_tokens(self, _: Sequence[str]) -> list[int]:
        raise AssertionError("no tokens")


def test_an_error_where_files_are_cut_ends_the_build(tmp_path: Path) -> None:
    corpus = write_notes(tmp_path / "corpus", 4)
    with pytest.raises(AssertionError, match="no tokens"):
        build(corpus, tmp_path / "index", Broken(), str(tmp_path / "cache"))


def test_a_model_that_cannot_be_loaded_ends_the_build(tmp_path: Path) -> None:
    corpus = write_notes(tmp_path / "corpus", 4)

    def load() -> StandInEncoder:
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"):
        builder.build(corpus, tmp_path / "index", StandInChoice(), load=load, cache=str(tmp_path / "cache"))
