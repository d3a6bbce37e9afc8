"""Dates as metadata write them."""

import pytest

from indexer.readers.metadata.declared_dates import declared_date


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019-10-18T15:33:00Z", "2019-10-18"),
        (" 2019-10-18 15:33", "2019-10-18"),
        ("2019/1/8", "2019-01-08"),
        ("2019-10", "2019-10"),
        ("2019", "2019"),
        ("20191018T120000Z", "2019-10-18"),
        ("18 octobre 2019", "2019-10-18"),
        ("Fri, 18 Oct 2019 15:33:00 +0100", "2019-10-18"),
        ("0101-01-01T00:00:00+00:00", None),
        ("2019-13", None),
        ("201", None),
        ("hier", None),
        ("", None),
        (None, None),
    ],
)
def test_declared_date(text: str | None, iso: str | None) -> None:
    date = declared_date(text)
    assert (date.iso if date else None) == iso
