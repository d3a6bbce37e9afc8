"""Metadata: how two descriptions are merged, and what is derived from one."""

from indexer.metadata import Metadata, Name, PartialDate


def test_what_one_description_leaves_open_the_other_says() -> None:
    one = Metadata("Un", authors=(Name("Dupont"),), identifiers={"doi": "10.1000/1"}, tags=("a",))
    other = Metadata(
        "Deux",
        PartialDate("2019"),
        (Name("Martin"),),
        "fr",
        identifiers={"doi": "10.1000/2", "pmid": "1"},
        tags=("b",),
        abstract="Un résumé.",
    )
    assert one.over(other) == Metadata(
        "Un",
        PartialDate("2019"),
        (Name("Dupont"),),
        "fr",
        identifiers={"doi": "10.1000/1", "pmid": "1"},
        tags=("a",),
        abstract="Un résumé.",
    )


def test_the_address_is_the_own_one_or_that_of_the_doi() -> None:
    doi = {"doi": "10.1000/182"}
    assert Metadata(identifiers=doi).address == "https://doi.org/10.1000/182"
    assert Metadata(identifiers=doi, url="https://example.org").address == "https://example.org"
    assert Metadata().address is None


def test_of_many_authors_twenty_are_joined() -> None:
    authors = tuple(Name(f"Nom{at}", "A.") for at in range(21))
    assert Metadata(authors=authors[:2]).author == "A. Nom0, A. Nom1"
    joined = Metadata(authors=authors).author
    assert joined is not None and joined.endswith("A. Nom19, …")
    assert Metadata().author is None
