"""Texts -> the shingles that prove nothing, since unrelated texts carry them.

Disclaimers, tables and templates fill many texts with the same five words in a row.
Without those a pair is still found by what else it shares; with them every two texts
of a template would have to be looked at. The table is frozen (`landing.frozen`), never
made from the batch at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nightdesk.deduplicate.fingerprints import fingerprint_text
from nightdesk.model import HotShingle

#: Of different texts (copies count once). No story is told in so many texts that are
#: not copies of each other and still has its wording in common.
MIN_HOT_TEXTS = 50


def count_hot(texts: Iterable[str]) -> list[HotShingle]:
    """Return the shingles of at least MIN_HOT_TEXTS texts, by hash.

    Args:
        texts: one of every cluster of copies.

    >>> rain = ["It rained on the hill again.", "It snowed on the hill again."]
    >>> count_hot(rain)
    []
    """
    counts = Counter(h for text in texts for h in fingerprint_text(text))
    hot = sorted((h, n) for h, n in counts.items() if n >= MIN_HOT_TEXTS)
    return [HotShingle(h, n) for h, n in hot]
