"""From a question to ranked passages, over HTTP."""
