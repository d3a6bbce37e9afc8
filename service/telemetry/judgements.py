"""Judgements of answers: what people say of a document that was found for a question, kept as TREC qrels.

Two files: PATH holds a line for each judgement, `question 0 document grade`, as trec_eval and ir-measures
read them; PATH.topics a line for each question: its id, its text and, where it has a name, the collection
that was asked, parted by tabs. The id is a digest of these, the document its source, percent-encoded because
spaces part the lines of qrels. Never who judged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote, unquote

from filelock import FileLock

from models.files import append_whole

MAX_BYTES = 10_000_000
"""Bytes that either file may have; then no more are taken until they are moved away."""
TOP_GRADE = 3
"""The best grade; 0 says that a document does not answer."""


class JudgementsFull(Exception):
    """Raised when there is no room for another judgement."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """What was judged."""

    questions: Mapping[str, str]
    """Id of a question → the question as it was first put."""
    grades: Mapping[str, Mapping[str, int]]
    """Id of a question → source → grade; the last one given counts."""


def question_id(question: str, collection: str | None = None) -> str:
    """Return the id of a question to a collection, None: to the one index without a name.

    It is the same for spellings that differ in case, spaces and composition.
    """
    plain = " ".join(unicodedata.normalize("NFC", question).casefold().split())
    asked = plain if collection is None else f"{plain}\t{collection}"
    return blake2b(asked.encode(), digest_size=8).hexdigest()


class JudgementLog:
    """Appends judgements to the files; several processes may share them."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._lock = FileLock(f"{path}.lock", mode=0o600)

    def add(self, question: str, source: str, grade: int, collection: str | None = None) -> str:
        """Keep a judgement of a document of a collection; return the id of its question.

        Raises JudgementsFull when the files have grown to their bound, OSError when they cannot be written.
        """
        name = question_id(question, collection)
        # The question first: a judgement whose question is not known is of no use.
        asked = [name, " ".join(question.split()), *([collection] if collection else [])]
        topic = ("\t".join(asked) + "\n").encode()
        line = f"{name} 0 {quote(source, safe='/')} {grade}\n".encode()
        with self._lock:
            known = topics(self._path)
            if not known.exists() or topic.partition(b"\t")[0] + b"\t" not in known.read_bytes():
                self._append(known, topic)
            self._append(self._path, line)
        return name

    def _append(self, path: Path, line: bytes) -> None:
        if path.exists() and path.stat().st_size + len(line) > self._max_bytes:
            raise JudgementsFull
        append_whole(path, line)


def topics(path: Path) -> Path:
    """Return the file of the questions beside a file of judgements."""
    return path.with_name(f"{path.name}.topics")


def read(path: Path, collection: str | None = None) -> Judgements:
    """Return what the files hold of a collection; lines that are none are left out.

    Raises OSError where there are no files.
    """
    questions = _questions(topics(path), collection)
    grades: dict[str, dict[str, int]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match line.split():
            case [name, _, document, grade] if name in questions and grade.isascii() and grade.isdigit():
                grades.setdefault(name, {})[unquote(document)] = int(grade)
    return Judgements(questions, grades)


def _questions(path: Path, collection: str | None) -> dict[str, str]:
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match line.split("\t"):
            case [name, question, *rest] if question and rest == ([collection] if collection else []):
                found.setdefault(name, question)
    return found
