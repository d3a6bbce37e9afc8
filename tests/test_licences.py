"""Licences: all that Repère runs on may be used, changed and passed on, in programs of any licence."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
DEVELOPMENT = "# For development"
PERMISSIVE = re.compile(
    r"0BSD|Apache([ -]2\.0( License| WITH LLVM-exception)?| Software License)|BSD( License|-[23]-Clause)?"
    r"|3-Clause BSD License"
    r"|BSL-1\.0|CC0-1\.0|CNRI-Python|ISC License \(ISCL\)|MIT( License|-0|-CMU)?|Unlicense|Zlib"
    r"|PSF-2\.0|Python Software Foundation License"
    r"|MPL-(1\.1|2\.0)|Mozilla Public License 2\.0 \(MPL 2\.0\)|dependency licenses"
)
"""Licences that ask for no more than that they are named; MPL binds changes to its own files alone."""


def packages() -> list[str]:
    """The names of what Repère runs on, without what only its development needs."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").split(DEVELOPMENT)[0].splitlines()
    return [match[0] for line in lines if (match := re.match(r"[A-Za-z0-9._-]+(?===)", line))]


def licence(name: str) -> str:
    """What a distribution says of its licence, in the best form that it says it in."""
    said = metadata.metadata(name)
    classifiers = [each for each in said.get_all("Classifier") or [] if each.startswith("License :: OSI")]
    named = "; ".join(each.rpartition(" :: ")[2] for each in classifiers)
    expression, text = ((said.get_all(field) or [""])[0] for field in ("License-Expression", "License"))
    return str(expression or named or text.partition("\n")[0])


def is_permissive(expression: str) -> bool:
    """Whether all licences of an expression are permissive, or one of those that one may choose among."""
    return any(
        all(
            PERMISSIVE.fullmatch(
                part.strip(" ()") if "(MPL" not in part and "ISCL" not in part else part.strip()
            )
            for part in re.split(r" AND |; |, ", choice)
        )
        for choice in expression.split(" OR ")
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT AND (Apache-2.0 WITH LLVM-exception)", True),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("AGPL-3.0", False),
        ("", False),
        ("MIT License; GNU General Public License (GPL)", False),
    ],
)
def test_an_expression_is_understood(expression: str, expected: bool) -> None:
    assert is_permissive(expression) is expected


def test_all_that_repere_runs_on_is_permissive() -> None:
    assert len(packages()) > 50
    found = {}
    for name in packages():
        try:
            found[name] = licence(name)
        except metadata.PackageNotFoundError:
            continue  # of another platform
    assert {name: said for name, said in found.items() if not is_permissive(said)} == {}
