"""Text -> sampled hashes of its word 5-grams (FracMinHash), the keys of candidates.

A gram is kept when its 64-bit hash is below 2**61, so that two texts keep the same
eighth of what they share, whatever their lengths: containment can be seen, which
MinHash of a fixed size cannot show for a cut or a framed copy. (Method: Irber et al.,
doi.org/10.1101/2022.01.11.475838; measured on news in our notes at .999 recall.)
"""

from __future__ import annotations

import numpy as np

from nightdesk.deduplicate.scan import distinct, hash_grams, hash_words

GRAM = 5  # words
_KEEP_BELOW = np.uint64(1 << 61)  # an eighth of all hashes


def fingerprint_text(text: str) -> tuple[int, ...]:
    """Return the sampled word 5-gram hashes of a text, signed 64-bit, ascending.

    About one in eight grams is kept, and the smallest of all where that leaves none,
    so that only a text without words has no fingerprint. A text of fewer than five
    words is one gram. Each hash is given once.

    >>> fingerprint_text("")
    ()
    >>> fingerprint_text("Rain, again.") == fingerprint_text("rain again")
    True
    """
    grams = hash_grams(hash_words(text), GRAM)
    if not grams.size:
        return ()
    kept = grams[grams < _KEEP_BELOW]
    if not kept.size:
        kept = grams.min(keepdims=True)
    signed: list[int] = distinct(kept).view(np.int64).tolist()
    return tuple(signed)
