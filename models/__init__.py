"""The multilingual encoder: turns texts into unit vectors, for the indexer and for the service."""

VERSION = "0.1.0"
"""Version of Repère, stamped into every index and shown by the API; pyproject.toml reads it here."""
