"""From a folder of documents to an index: read, chunk, embed, publish."""
