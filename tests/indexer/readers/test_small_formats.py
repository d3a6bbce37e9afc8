"""Saved pages, captions, TeX, JSON and archives of documents → text and blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.readers import read
from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.mhtml import read_mhtml
from indexer.readers.subtitles import read_subtitles
from indexer.readers.tables import read_json
from indexer.readers.tex import read_tex
from indexer.readers.zip_folder import read_zip
from indexer.records import BlockKind, CorpusFile
from tests.indexer.archives import zipped

H, P, LI = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM


def blocks(found: Extraction) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.content.text) for block in found.blocks]


def test_a_saved_page() -> None:
    data = (
        b"From: <Saved by a browser>\nSnapshot-Content-Location: https://exemple.fr/page\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="x"\n\n--x\n'
        b"Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"<html><body><h1>L'=E9tude</h1><p>Le texte de l'=E9tude.</p></body></html>\n--x\n"
        b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--x--\n"
    )
    found = read_mhtml(data)
    assert blocks(found) == [(H, 1, "L'étude"), (P, 0, "Le texte de l'étude.")]
    assert found.metadata.url == "https://exemple.fr/page"
    with pytest.raises(Unreadable, match="it holds no web page; saved as HTML or PDF it can be read"):
        read_mhtml(b"Bonjour")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "1\n00:00:01,000 --> 00:00:02,000\nLe <i>cœur</i>\nbat.\n\n"
            "2\n00:00:02,500 --> 00:00:03,000\nPuis il cesse.\n\n"
            "3\n00:00:09,000 --> 00:00:10,000\n{\\an8}Après un silence.",
            ["Le cœur bat. Puis il cesse.", "Après un silence."],
        ),
        (
            "WEBVTT\r\n\r\nNOTE rien\r\n\r\n00:01.000 --> 00:02.000 align:left\r\n<v Amélie>Bonjour.\r\n\r\n"
            "00:02.000 --> 00:03.000\r\n<v Jean>Bonsoir.</v>\r\n\r\n"
            "00:03.000 --> 00:04.000\r\n<v Jean>Bonsoir.",
            ["Amélie : Bonjour.", "Jean : Bonsoir."],
        ),
    ],
    ids=["srt", "vtt"],
)
def test_captions(source: str, expected: list[str]) -> None:
    assert [text for _, _, text in blocks(read_subtitles(source.encode()))] == expected


TEX = rb"""
\documentclass{article}\title{L'\oe uvre du c\oe ur}\author{Am\'elie Roux\thanks{Lyon} \and Jean Dupont}
\date{mars 2021}\newcommand{\x}{y}
\begin{document}\maketitle
\section{M\'ethodes}\label{a} On a mesur\'e~: \og un texte\fg{} (voir~\cite{b})\footnote{Une note.}
et $E=mc^2$. % non

\begin{itemize}\item un \item deux\end{itemize}
\subsection*{Suite} Fin.
\begin{thebibliography}{9}\bibitem{b} Un ouvrage.\end{thebibliography}
\end{document}
"""


def test_tex() -> None:
    found = read_tex(TEX)
    assert blocks(found) == [
        (H, 1, "L'œuvre du cœur"),
        (P, 0, "mars 2021"),
        (H, 2, "Méthodes"),
        (P, 0, "On a mesuré : « un texte » (voir ) (Une note.) et E=mc^2."),
        (LI, 1, "un"),
        (LI, 1, "deux"),
        (H, 3, "Suite"),
        (P, 0, "Fin."),
    ]
    assert [name.spoken for name in found.metadata.authors] == ["Amélie Roux", "Jean Dupont"]
    (document,) = read(CorpusFile("a.tex", Path("a.tex"), 1, 0, 0), TEX)
    assert (document.title, document.date and document.date.iso) == ("L'œuvre du cœur", "2021-03")


@pytest.mark.parametrize(
    ("source", "titles"),
    [
        ('[{"titre": "Un", "texte": "Le cœur."}, {"titre": "Deux", "texte": "La main."}]', ["Un", "Deux"]),
        ('{"total": 1, "tags": ["a"], "articles": [{"titre": "Un", "texte": "Le cœur."}]}', ["Un"]),
        ('{"titre": "Un", "texte": "Le cœur.", "lieux": ["Évry"]}', ["Un"]),
    ],
)
def test_json(source: str, titles: list[str]) -> None:
    assert [row.metadata.title for row in read_json(source.encode())] == titles


@pytest.mark.parametrize(
    ("read_rows", "data", "reason"),
    [
        (
            read_json,
            b'{"a": 1}\n{"a": 2}',
            "it is no valid JSON; a file of one object a line is named .jsonl",
        ),
        (read_json, b"[" * 100_000, "it is no valid JSON; a file of one object a line is named .jsonl"),
        (read_json, b"[1, 2]", "its rows cannot be told apart: it holds no list of JSON objects"),
        (read_subtitles, b"Bonjour", 'it holds no captions: no line of two times with "-->" between them'),
        (read_zip, b"PK\x03\x04", "it is damaged: its ZIP archive cannot be opened"),
        (read_tex, b"{" * 50_000, "its TeX cannot be followed; the PDF made of it can be read"),
    ],
)
def test_what_cannot_be_read(read_rows: Callable[[bytes], object], data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        list(read_rows(data))  # type: ignore[call-overload]
    assert str(caught.value) == reason


def test_an_archive_of_documents() -> None:
    inner = zipped({"c.txt": "Un texte dans une archive dans une archive."})
    data = zipped(
        {
            "dossier/a.txt": "Le cœur du sujet.",
            "__MACOSX/dossier/._a.txt": "rien",
            "b.xyz": "rien",
            "table.csv": "titre,texte\nUn,Le texte\n",
            "d.zip": inner,
        }
    )
    documents = read(CorpusFile("a.zip", Path("a.zip"), len(data), 0, 0), data)
    assert [document.source for document in documents] == [
        "a.zip#dossier/a.txt",
        "a.zip#table.csv#1",
        "a.zip#d.zip#c.txt",
    ]


def test_archives_nest_no_deeper_than_attachments() -> None:
    data = zipped({"a.txt": "Le cœur du sujet."})
    for _ in range(10):
        data = zipped({"b.zip": data})
    with pytest.raises(Unreadable, match="it holds no text"):
        read(CorpusFile("a.zip", Path("a.zip"), len(data), 0, 0), data)
