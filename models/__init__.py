"""The multilingual encoder: turns text into unit vectors, for the indexer and for the service alike."""

VERSION = "0.1.0"
"""Of Repère as a whole: stamped into every index, shown by the API."""
