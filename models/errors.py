"""What can go wrong with a model, as sentences a person can act on.

RepereError                 every error this project raises on purpose; str() is one or two full sentences
└── ModelError              something about the model
    ├── ModelUnavailable    it cannot be had: not fetched, not reachable, not a model
    └── ModelCorrupt        it was had, but its bytes are not the expected ones
"""


class RepereError(Exception):
    """Says what was found, what was expected and what to do next."""


class ModelError(RepereError):
    """Something about the model."""


class ModelUnavailable(ModelError):
    """The model cannot be had from where it was looked for."""


class ModelCorrupt(ModelError):
    """The bytes of the model are not the expected ones."""
