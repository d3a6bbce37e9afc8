"""Text handling that several readers share: decoding bytes, cleaning, lines, and gathering blocks."""
