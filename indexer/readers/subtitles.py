"""SRT and VTT → what is said in a film or recording, as paragraphs without the times."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.readers.extraction import Extraction, Unreadable
from indexer.readers.text.decoding import decode
from indexer.readers.text.gathering import RawBlock, gather
from indexer.records import BlockKind

TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
CUE = re.compile(rf"(?m)^[^\S\n]*{TIME}[^\S\n]*-->[^\S\n]*{TIME}[^\n]*\n((?:[^\n]*\S[^\n]*(?:\n|\Z))*)")
"""The times of a caption, and its lines up to the next empty one."""
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
TAG = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")
PAUSE = 4.0
"""Seconds of silence from which another paragraph begins."""
LONG = 600
"""Characters from which a paragraph ends with the next sentence."""
SENTENCE_END = re.compile(r"[.!?…][\"'»”’)]*\s*\Z")


def read_subtitles(data: bytes) -> Extraction:
    """Read captions. Raises Unreadable when there are none."""
    source = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    text, blocks = gather(RawBlock(BlockKind.PARAGRAPH, part) for part in _paragraphs(source))
    if not blocks:
        raise Unreadable('it holds no captions: no line of two times with "-->" between them')
    return Extraction("subtitles", text, blocks)


def _paragraphs(source: str) -> Iterator[str]:
    """Yield the paragraphs: they end at pauses, where another person speaks, and when they are long."""
    spoken: list[str] = []
    speaker, ended, last = "", 0.0, ""
    for cue in CUE.finditer(source):
        begins, ends = _seconds(cue.groups()[:4]), _seconds(cue.groups()[4:8])
        voice = VOICE.search(cue.group(9))
        name = voice.group(1).strip() if voice else ""
        line = " ".join(TAG.sub("", cue.group(9)).split())
        if not line or line == last:  # captions that roll up repeat the line before
            continue
        full = sum(map(len, spoken)) > LONG and SENTENCE_END.search(spoken[-1])
        if spoken and (begins - ended > PAUSE or name != speaker or full):
            yield _said(speaker, spoken)
            spoken = []
        spoken.append(line)
        speaker, ended, last = name, ends, line
    if spoken:
        yield _said(speaker, spoken)


def _said(speaker: str, spoken: list[str]) -> str:
    return (f"{speaker} : " if speaker else "") + " ".join(spoken)


def _seconds(time: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (int(part or 0) for part in time)
    return hours * 3600 + minutes * 60 + seconds + fraction / 1000
