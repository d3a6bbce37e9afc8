"""Build one index generation from a corpus, on top of the previous generation."""
