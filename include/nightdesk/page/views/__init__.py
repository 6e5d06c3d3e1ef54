"""The views: one function each, from a request to values and tables."""
