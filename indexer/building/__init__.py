"""Build one index generation from a corpus, taking over what has not changed since the previous one."""
