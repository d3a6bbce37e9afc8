"""Find the files of a corpus and their sidecars, and load each file into documents."""
