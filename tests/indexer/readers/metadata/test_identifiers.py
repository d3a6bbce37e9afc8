"""Identifiers as people and programs write them."""

import pytest

from indexer.readers.metadata.identifiers import identifier, identifiers


@pytest.mark.parametrize(
    ("scheme", "text", "found"),
    [
        ("doi", "https://doi.org/10.1000/ABC.1", "10.1000/abc.1"),
        ("doi", "doi: 10.1000/182.", "10.1000/182"),
        ("doi", "(10.1016/S0140-6736(20)30183-5)", "10.1016/s0140-6736(20)30183-5"),
        ("doi", "http://dx.doi.org/10.1000%2F182", "10.1000/182"),
        ("doi", "10.1/x", None),
        ("isbn", "978-2-07-036822-8", "9782070368228"),
        ("isbn", "ISBN 2 07 036822 X", "207036822X"),
        ("isbn", "urn:isbn:9782070368228", "9782070368228"),
        ("isbn", "978-2-07-036822-9", None),
        ("issn", "1234567X", "1234-567X"),
        ("issn", "ISSN 0028-0836 (print)", "0028-0836"),
        ("pmid", "PMID: 12345678", "12345678"),
        ("pmid", "none", None),
        ("pmcid", "PMC1234567", "PMC1234567"),
        ("pmcid", "1234567", "PMC1234567"),
        ("hal", "https://hal.science/hal-01234567v2/document", "hal-01234567"),
        ("hal", "tel-01234567", "tel-01234567"),
        ("arxiv", "arXiv:2101.00001v3", "2101.00001"),
        ("arxiv", "hep-th/9901001", "hep-th/9901001"),
    ],
)
def test_identifier(scheme: str, text: str, found: str | None) -> None:
    assert identifier(scheme, text) == found


def test_the_first_valid_one_of_each_scheme_counts() -> None:
    given = [
        ("pmid", "x"),
        ("pmid", "12"),
        ("doi", "10.1000/1"),
        ("doi", "10.1000/2"),
        ("ark", "a"),
        ("isbn", None),
    ]
    assert identifiers(given) == {"doi": "10.1000/1", "pmid": "12"}
