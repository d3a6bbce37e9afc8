"""The one way a reader says that a file cannot be read."""


class Unreadable(Exception):  # not …Error: it is a finding about a file, as common as a good one
    """A file holds nothing that can be indexed; the message is one clause a person understands."""
