"""The index on disk, which builds write and searches read; no other package knows its file names."""
