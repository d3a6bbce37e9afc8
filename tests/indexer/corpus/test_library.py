"""Reference libraries of a corpus: whose metadata they give, and which entries are documents of their own."""

from __future__ import annotations

from pathlib import Path

from indexer.corpus.loading import digest, load
from indexer.corpus.walk import walk
from indexer.records import CorpusFile, Document, Name, PartialDate

BIBTEX = r"""@article{a, title = {Former les infirmiers}, author = {Dupont, Jean}, year = 2019,
  doi = {10.1000/abc}, keywords = {soin}, file = {Texte:files/12/a.txt:text/plain}}
@article{b, title = {Sans fichier}, author = {Martin, Anne}, year = 2018, abstract = {Un r{\'e}sum{\'e}.}}
@article{c, title = {Fichier absent}, year = 2017, file = {files/13/absent.pdf}}
@article{d, title = {Former encore}, year = 2016, file = {/home/x/Zotero/storage/AB12/d.txt}}
"""
RIS = "TY  - JOUR\nTI  - Sans Fichier\nPY  - 2018\nER  - \n\nTY  - JOUR\nTI  - Autre\nPY  - 2015\nER  - \n"


def corpus(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def files_of(folder: Path) -> dict[str, CorpusFile]:
    return {file.source: file for file in walk(folder) if isinstance(file, CorpusFile)}


def documents_of(folder: Path) -> dict[str, Document]:
    return {each.source: each for file in files_of(folder).values() for each in load(file).documents}


def library(folder: Path) -> Path:
    texts = {
        "lib_bib": BIBTEX,
        "files__12__a_txt": "Un texte de l’article sur la formation.",
        "storage__AB12__d_txt": "Un autre texte de la bibliothèque.",
        "ailleurs__d_txt": "Un troisième texte qui porte le même nom.",
    }
    return corpus(folder, **texts)


def test_entries_describe_their_files_or_stand_for_themselves(tmp_path: Path) -> None:
    found = documents_of(library(tmp_path))
    assert sorted(found) == [
        "ailleurs/d.txt",
        "files/12/a.txt",
        "lib.bib#2",
        "lib.bib#3",
        "storage/AB12/d.txt",
    ]
    described = found["files/12/a.txt"].metadata
    assert (described.title, described.date, described.authors) == (
        "Former les infirmiers",
        PartialDate("2019"),
        (Name("Dupont", "Jean"),),
    )
    assert (described.identifiers, described.tags, described.language) == (
        {"doi": "10.1000/abc"},
        ("soin",),
        "fr",
    )
    assert found["files/12/a.txt"].text == "Un texte de l’article sur la formation."
    assert found["storage/AB12/d.txt"].title == "Former encore"
    assert found["ailleurs/d.txt"].title != "Former encore"
    own = found["lib.bib#2"]
    assert (own.format, own.title, own.text) == ("reference", "Sans fichier", "Sans fichier\n\nUn résumé.")


def test_a_sidecar_comes_before_the_library(tmp_path: Path) -> None:
    folder = corpus(library(tmp_path), files__12__a_meta_toml='title = "Mon titre"')
    described = documents_of(folder)["files/12/a.txt"].metadata
    assert (described.title, described.identifiers) == ("Mon titre", {"doi": "10.1000/abc"})


def test_an_entry_of_two_libraries_is_one_document(tmp_path: Path) -> None:
    found = documents_of(corpus(library(tmp_path), z_ris=RIS))
    assert [source for source in found if source.startswith("z.ris")] == ["z.ris#2"]


def test_a_change_of_the_library_changes_what_it_describes(tmp_path: Path) -> None:
    before = files_of(library(tmp_path))
    (tmp_path / "lib.bib").write_text(BIBTEX.replace("Former les", "Former des"), encoding="utf-8")
    after = files_of(tmp_path)
    changed = {source for source in before if before[source].stamp != after[source].stamp}
    assert changed == {"lib.bib", "files/12/a.txt"}
    assert digest(before["files/12/a.txt"]) != digest(after["files/12/a.txt"])
    assert load(after["files/12/a.txt"]).digest == digest(after["files/12/a.txt"])


def test_an_entry_whose_file_goes_becomes_a_document(tmp_path: Path) -> None:
    folder = library(tmp_path)
    before = files_of(folder)["lib.bib"].stamp
    (folder / "files/12/a.txt").unlink()
    assert "lib.bib#1" in documents_of(folder)
    assert files_of(folder)["lib.bib"].stamp != before


def test_a_library_that_cannot_be_read_is_skipped_with_the_reason(tmp_path: Path) -> None:
    folder = corpus(tmp_path, lib_bib="@article{a, title={x", a_txt="Un texte.")
    file = files_of(folder)["lib.bib"]
    assert "no entry of this BibTeX can be read" in load(file).skipped[0].reason
    assert documents_of(folder)["a.txt"].text == "Un texte."
