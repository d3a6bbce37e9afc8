"""Find the files of a corpus, with what stands beside them, and load each one into documents."""
