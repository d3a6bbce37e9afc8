"""The files that documents were read from: found in the corpus, proved to be the indexed ones, and shown."""
