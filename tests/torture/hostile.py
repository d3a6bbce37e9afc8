"""python -m tests.torture.hostile: what becomes of files made to do harm, in what time and memory."""

from __future__ import annotations

import io
import os
import signal
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread

from PIL import Image

from bench import processes
from bench.processes import BenchError, alone
from indexer.building.sandbox import SECONDS, OcrFolders, ReaderSandbox
from indexer.corpus.walk import walk
from indexer.readers.ocr import model_files
from indexer.records import CorpusFile
from models.files import cache_folder
from tests.indexer.ole_files import ole

Write = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a hostile file."""

    name: str
    said: str
    """How many documents of how many characters it gave, or why there are none."""
    seconds: float
    megabytes: float
    """Peak memory of the build's process or of the sandbox, whichever is more, in MB (10⁶ bytes)."""


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _docx(document: bytes) -> bytes:
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    relations = b'<Relationships><Relationship Type="%s" Target="word/document.xml"/></Relationships>' % kind
    return _zipped({"_rels/.rels": relations, "word/document.xml": document})


def _xlsx(rows: bytes) -> bytes:
    """Return a workbook of one sheet."""
    main = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kinds = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    relation += b'<Relationship Id="r1" Type="%s/%s" Target="%s"/></Relationships>'
    sheets = b'<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    return _zipped(
        {
            "_rels/.rels": relation % (kinds, b"officeDocument", b"xl/workbook.xml"),
            "xl/workbook.xml": b'<workbook %s xmlns:r="%s">%s</workbook>' % (main, kinds, sheets),
            "xl/_rels/workbook.xml.rels": relation % (kinds, b"worksheet", b"worksheets/a.xml"),
            "xl/worksheets/a.xml": b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (main, rows),
        }
    )


def _nested() -> bytes:
    """Return an archive of ten archives, each of ten, eight deep."""
    inner = _zipped({"a.txt": b"Un texte. " * 1000})
    for _ in range(8):
        inner = _zipped({f"{number}.zip": inner for number in range(10)})
    return inner


def _doc() -> bytes:
    """Return a Word document whose table of pieces says that it is as long as it can be."""
    header = bytearray(4096)
    struct.pack_into("<HH6xH", header, 0, 0xA5EC, 0xC1, 0x0200)
    struct.pack_into("<8i", header, 0x4C, *[2**31 - 1] * 8)
    struct.pack_into("<II", header, 0x1A2, 0, 4096)
    pieces = b"\x02" + struct.pack("<I", 2**32 - 1) + b"\xff" * 4091
    return ole({"WordDocument": bytes(header), "1Table": pieces})


def _picture(side: int) -> Image.Image:
    """Return a white page with lines of black on it."""
    picture = Image.new("1", (side, side), 1)
    for row in range(0, side, 100):
        picture.paste(0, (0, row, side, row + 10))
    return picture


def _laughs(inner: bytes) -> bytes:
    """Return nested XML entities that expand to 10⁹ words."""
    entities = b"".join(
        b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return b'<!DOCTYPE d [<!ENTITY e0 "ha ">' + entities + b"]>" + inner


def _pdf(*objects: bytes) -> bytes:
    """Return a PDF of these objects, the first its catalogue; readers rebuild the missing table."""
    numbered = (b"%d 0 obj\n%s\nendobj\n" % (number, each) for number, each in enumerate(objects, 1))
    return b"%PDF-1.4\n" + b"".join(numbered) + b"trailer<</Root 1 0 R>>\n%%EOF"


def _sparse(size: int) -> Write:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return write


def _of(make: Callable[[], bytes]) -> Write:
    return lambda path: path.write_bytes(make())


CASES: Mapping[str, Write] = {
    "DOCX: 1 GB of spaces in 1 MB.docx": _of(lambda: _docx(b" " * 2**30)),
    "DOCX: entities of a thousand million words.docx": _of(lambda: _docx(_laughs(b"<d>&e9;</d>"))),
    "EPUB: 100 000 members.epub": _of(lambda: _zipped({f"{at}.xhtml": b"" for at in range(100_000)})),
    "HTML: nested 100 000 deep.html": _of(lambda: b"<div>" * 100_000 + b"texte"),
    "HTML: 30 MB of open tags.html": _of(lambda: b"<b>x" * 7_500_000),
    "XHTML: entities of a thousand million words.xhtml": _of(
        lambda: _laughs(b"<html><body>&e9;</body></html>")
    ),
    "PDF: says it has a million pages.pdf": _of(
        lambda: _pdf(
            b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1000000/Kids[3 0 R]>>", b"<</Type/Page>>"
        )
    ),
    "PDF: pages that hold themselves.pdf": _of(
        lambda: _pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>")
    ),
    "PDF: cut off.pdf": _of(lambda: b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"),
    "E-mail: 300 000 parts.eml": _of(
        lambda: (
            b"Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n"
            + b"--a\nContent-Type: text/plain\n\nx\n" * 300_000
        )
    ),
    "ZIP: archives one in another, each of ten.zip": _of(_nested),
    "ZIP: 1 GB of spaces in 1 MB.zip": _of(lambda: _zipped({"a.txt": b" " * 2**30})),
    "XLSX: a million rows.xlsx": _of(lambda: _xlsx(b"<row><c><v>1</v></c><c><v>2</v></c></row>" * 1_000_000)),
    "XLSX: cells at the far corner.xlsx": _of(
        lambda: _xlsx(
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        )
    ),
    "RTF: 10 million open brackets.rtf": _of(lambda: b"{\\rtf1 " + b"{" * 10_000_000),
    "RTF: 30 MB of one paragraph.rtf": _of(lambda: b"{\\rtf1 " + b"mot " * 7_500_000 + b"}"),
    "DOC: a table of pieces that says it has millions.doc": _of(_doc),
    "TeX: macros one in another.tex": _of(lambda: b"\\emph{" * 100_000),
    "JSON: nested a million deep.json": _of(lambda: b"[" * 1_000_000),
    "MBOX: 300 000 messages.mbox": _of(
        lambda: b"From a@b Mon Mar  1 10:00:00 2021\nSubject: x\n\n" * 300_000
    ),
    "Picture: 10 000 pixels wide and high.png": lambda path: _picture(10_000).save(path),
    "Picture: 30 000 pixels wide and high.png": lambda path: _picture(30_000).save(path),
    "Markdown: quoted 100 000 deep.md": _of(lambda: b">" * 100_000 + b" texte"),
    "JSONL: nested a million deep.jsonl": _of(lambda: b'{"text": ' + b"[" * 1_000_000),
    "CSV: one field of 30 MB.csv": _of(lambda: b'titre,texte\nun,"' + b"mot " * 7_500_000 + b'"\n'),
    "CSV: a million rows.csv": _of(lambda: b"titre,texte\n" + b"un,deux mots\n" * 1_000_000),
    "Text: 1 GB.txt": _sparse(2**30),
    "Text: 30 MB without a space.txt": _of(lambda: b"x" * 30_000_000),
    "Text: program code.txt": _of(lambda: bytes(range(256)) * 4096),
    "A pipe.txt": os.mkfifo,
    "A link to itself.txt": lambda path: path.symlink_to(path),
}
"""File name → what makes it."""


def outcomes() -> list[Reading]:
    """Read every case in a process of its own."""
    found = []
    for name, make in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder, name))
            found.append(alone(_read, name, Path(folder)))
    found.append(alone(_growing))
    found.append(alone(_signalled, "A reader that hangs (2 s allowed here)", signal.SIGSTOP))
    found.append(alone(_signalled, "A reader that crashes", signal.SIGSEGV))
    return found


def _growing() -> Reading:
    """Read a file that another program goes on writing to."""
    with tempfile.TemporaryDirectory() as folder:
        path, done = Path(folder, "growing.txt"), Event()
        path.write_bytes(b"Un texte. " * 1_000_000)
        writing = Thread(target=_grow, args=(path, done))
        writing.start()
        while path.stat().st_size == 10_000_000:
            time.sleep(0.001)
        try:
            return _read("Text: another program goes on writing", Path(folder))
        finally:
            done.set()
            writing.join()


def _grow(path: Path, done: Event) -> None:
    with path.open("ab", buffering=0) as file:
        while not done.wait(0.0005):
            file.write(b"Encore. ")


def _signalled(name: str, by: signal.Signals) -> Reading:
    """A page whose reader is sent a signal as it begins."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.html").write_bytes(b"<p>" + b"<b>mot</b> " * 2_000_000)
        return _read(name, Path(folder), partial(_stop_soon, by), seconds=2.0)


def _stop_soon(by: signal.Signals, reading: ReaderSandbox) -> None:
    Thread(target=_stop, args=(reading, by)).start()


def _stop(reading: ReaderSandbox, by: signal.Signals) -> None:
    """Send a signal to the process that reads, as soon as there is one."""
    while reading.pid is None:
        time.sleep(0.01)
    os.kill(reading.pid, by)


def _read(
    name: str,
    folder: Path,
    beside: Callable[[ReaderSandbox], object] = lambda _: None,
    seconds: float = SECONDS,
) -> Reading:
    """Read a folder's one file as a build does."""
    begun = time.perf_counter()
    apart_peak = 0.0
    (file,) = walk(folder)
    if isinstance(file, CorpusFile):
        ocr = OcrFolders(model_files.fetch(cache_folder()), folder / ".ocr")
        with ReaderSandbox(ocr=ocr, seconds=seconds) as reading, ThreadPoolExecutor(1) as pool:
            beside(reading)
            loading = pool.submit(reading.load, file)
            while not loading.done():
                apart_peak = max(apart_peak, _peak(reading))
                wait([loading], timeout=0.02)
        loaded = loading.result()
        characters = sum(len(each.text) for each in loaded.documents)
        said = f"{len(loaded.documents)} read, {characters} characters"
        said = loaded.skipped[0].reason if loaded.skipped else said
    else:
        said = file.reason
    took = time.perf_counter() - begun
    return Reading(name, said, took, max(processes.memory_of().peak, apart_peak))


def _peak(reading: ReaderSandbox) -> float:
    """The most that the process apart has held so far; 0 where there is none, or it has just ended."""
    try:
        return processes.memory_of(reading.pid).peak if reading.pid else 0.0
    except BenchError:
        return 0.0


def main() -> None:
    """Print the table."""
    print(f"{'file':<55}{'seconds':>8}{'MB':>7}  what happened")
    for each in outcomes():
        print(f"{each.name:<55}{each.seconds:>8.2f}{each.megabytes:>7.0f}  {each.said}", flush=True)


if __name__ == "__main__":
    main()
