"""The title, date, author and language of a document, as declared in its file or found in its text."""
