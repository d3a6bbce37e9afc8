"""ASGI middleware: each file holds one check that a request passes before its route."""
