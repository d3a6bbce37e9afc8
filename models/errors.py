"""Errors about a model, and the base of all others; their messages are sentences that a person can act on.

RepereError                 every error this project raises on purpose
└── ModelError              an error about the model
    ├── ModelUnavailable    the model is not fetched, not reachable, or not a model
    └── ModelCorrupt        the model's files do not have the expected bytes
"""


class RepereError(Exception):
    """An error whose message says what was found, what was expected and what to do next."""


class ModelError(RepereError):
    """An error about the model."""


class ModelUnavailable(ModelError):
    """The model is not fetched, not reachable, or not a model."""


class ModelCorrupt(ModelError):
    """The model's files do not have the expected bytes."""
