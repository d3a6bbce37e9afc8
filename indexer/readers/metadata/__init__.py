"""Find what a document says of itself: title, date, authors and language."""
