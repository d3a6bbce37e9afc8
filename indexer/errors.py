"""What can go wrong between a corpus and its index, as sentences a person can act on.

RepereError (models.errors)
└── IndexerError
    ├── CorpusError         the corpus folder cannot be indexed at all
    └── StoreError          something about the index on disk
        ├── IndexMissing    there is none where it was looked for
        ├── IndexRefused    it is there, but damaged, of another format or made by another model
        │   └── FormatRefused   of another format
        ├── BuildUnderWay   another build holds the index
        └── ArchiveRefused  a backup is damaged, or is none
"""

from models.errors import RepereError


class IndexerError(RepereError):
    """Something between a corpus and its index."""


class CorpusError(IndexerError):
    """The corpus folder cannot be indexed at all."""


class StoreError(IndexerError):
    """Something about the index on disk."""


class IndexMissing(StoreError):
    """There is no index where it was looked for."""


class IndexRefused(StoreError):
    """The index is damaged, of another format or made by another model."""


class FormatRefused(IndexRefused):
    """The index is of another format: another version of Repère made it."""


class BuildUnderWay(StoreError):
    """Another build holds the index."""


class ArchiveRefused(StoreError):
    """A backup is damaged, or is none."""
