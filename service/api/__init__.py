"""The HTTP API: its routes, its request and response schemas, and its OpenAPI description."""
