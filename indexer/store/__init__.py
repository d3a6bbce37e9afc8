"""The index on disk: written by the indexer, read by the service; nothing else knows its file names."""
