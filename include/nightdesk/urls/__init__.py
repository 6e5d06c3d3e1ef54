"""Addresses to keys: which different addresses name the same article?

`key` makes the key of an article from an address, by `hosts`, `wrappers` (addresses
that stand inside of others), `paths` and `parameters`; `known` has their words as
tables, and `escapes` the one spelling of every character.
"""

from nightdesk.urls.hosts import registered_domain
from nightdesk.urls.key import article_id, canonicalize_url, host

__all__ = ["article_id", "canonicalize_url", "host", "registered_domain"]
