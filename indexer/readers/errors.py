"""The one way a reader says that a file cannot be read."""


class Unreadable(Exception):  # noqa: N818 - it is a finding about a file, as common as a good one
    """A file holds nothing that can be indexed; the message is one clause a person understands."""
