"""The errors of building, storing and opening an index; their messages name the next step.

RepereError (models.errors)
└── IndexerError
    ├── CacheError              the place where a build keeps what it computes cannot be used
    ├── ClusterError            the cluster that is to do the work of a build cannot
    ├── CorpusError             the corpus folder cannot be indexed at all
    └── StoreError              the index on disk cannot be used
        ├── IndexMissing        there is no index in the folder
        ├── IndexRefused        the index is damaged, of another format or made by another model
        │   └── FormatRefused   another version of Repère made it, in another format
        ├── BuildUnderWay       another build holds the index
        ├── StoreUnavailable    the server that holds the index does not answer
        └── ArchiveRefused      a backup is damaged, or is no backup
"""

from models.errors import RepereError


class IndexerError(RepereError):
    """The base of all errors between a corpus and its index."""


class CacheError(IndexerError):
    """The place where a build keeps what it computes cannot be used."""


class ClusterError(IndexerError):
    """The cluster that is to do the work of a build cannot."""


class CorpusError(IndexerError):
    """The corpus folder cannot be indexed at all."""


class StoreError(IndexerError):
    """The index on disk cannot be used."""


class IndexMissing(StoreError):
    """There is no index in the folder."""


class IndexRefused(StoreError):
    """The index is damaged, of another format or made by another model."""


class FormatRefused(IndexRefused):
    """The index is of another format: another version of Repère made it."""


class BuildUnderWay(StoreError):
    """Another build holds the index."""


class StoreUnavailable(StoreError):
    """The server that holds the index does not answer just now."""


class ArchiveRefused(StoreError):
    """A backup is damaged, or is no backup."""
