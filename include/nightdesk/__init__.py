"""nightdesk: the night desk of a small newsroom, in software."""

__version__ = "0.1.0"
