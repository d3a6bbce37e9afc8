"""The passage table gives back the document and the language of every passage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.records import PassageKind
from indexer.store.passage_table import PassageTable, PassageTableWriter, kind_code, language_of
from tests.limits import files_up_to

KINDS = [PassageKind.BODY, PassageKind.REFERENCES, PassageKind.CONTENTS, *[PassageKind.GLOSSARY] * 3]


def test_every_row_comes_back(tmp_path: Path) -> None:
    with PassageTableWriter(tmp_path) as writer:
        writer.add(0, ["fr", None, "ar"], KINDS[:3])
        writer.add(1, [], [])
        writer.add(2, ["fil", "é", "FR"], KINDS[3:])
    table = PassageTable(tmp_path)
    assert [table.documents.dtype, table.languages.dtype] == [np.dtype(np.int32), np.dtype(np.uint16)]
    assert table.kinds.dtype == np.dtype(np.uint8)
    assert table.kinds.tolist() == [kind_code(kind) for kind in KINDS]
    assert table.documents.tolist() == [0, 0, 0, 2, 2, 2]
    assert [language_of(code) for code in table.languages.tolist()] == ["fr", None, "ar", None, None, "FR"]


def test_no_passage_at_all(tmp_path: Path) -> None:
    with PassageTableWriter(tmp_path):
        pass
    assert PassageTable(tmp_path).documents.shape == PassageTable(tmp_path).languages.shape == (0,)


def test_a_full_disk_hides_no_earlier_error(tmp_path: Path) -> None:
    def interrupted() -> None:
        with files_up_to(1), PassageTableWriter(tmp_path):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
