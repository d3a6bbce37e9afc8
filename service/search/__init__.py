"""The search core: a question in, ranked passages out. Nothing here knows about HTTP."""
