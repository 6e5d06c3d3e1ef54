"""The headline among the forms in which a page states it.

JSON-LD's headline is the one that readers see on 85 % of labelled news pages; og:title
is often written for search engines. So is the title element: where JSON-LD only says
the same as that, and h1 and og:title agree on another form, readers see theirs. Without
JSON-LD of an article, the h1 that agrees with og:title or the title element wins over
both. A kicker ("Council: ...") that the markup or og:title sets apart is no part of the
headline; one that is in the headline's own line stays, as most labels have it.
"""

from __future__ import annotations

import difflib

from nightdesk.extract.facts import Facts
from nightdesk.text import split_words

_MIN_HEADLINE = 10  # shorter headings are section names
_MIN_TAIL = 3  # words of a headline that follow a kicker
_AGREES = 0.75


def choose_title(facts: Facts) -> str | None:
    """Return the page's headline; None where it states none."""
    shared = facts.find_meta("og:title", "twitter:title")
    title = _choose_form(facts, shared)
    if title and shared and _is_tail(shared, title):
        return shared
    return title


def _choose_form(facts: Facts, shared: str | None) -> str | None:
    if facts.jsonld.is_article and facts.jsonld.headline:
        return _find_seen(facts, shared) or facts.jsonld.headline
    others = [t for t in (shared, facts.head_title, facts.jsonld.headline) if t]
    for heading in facts.headings:
        key = _key(heading)
        if len(key) >= _MIN_HEADLINE and any(_agree(key, _key(o)) for o in others):
            return heading
    return next(iter((*others, *facts.headings)), None)


def _find_seen(facts: Facts, shared: str | None) -> str | None:
    """Return the h1 that og:title confirms, if JSON-LD has the title element's words.

    The title element may end with the site's name.
    """
    stated, searched = (
        _key(text or "") for text in (facts.jsonld.headline, facts.head_title)
    )
    if not shared or not searched.startswith(stated) or _key(shared) == stated:
        return None
    return next((h for h in facts.headings if _key(h) == _key(shared)), None)


def _is_tail(short: str, long: str) -> bool:
    """Is one the other without the words before its last colon, dash or blank?"""
    tail = split_words(short)
    words = split_words(long)
    return _MIN_TAIL <= len(tail) < len(words) and words[-len(tail) :] == tail


def _key(text: str) -> str:
    return " ".join(split_words(text))[:300]


def _agree(heading: str, other: str) -> bool:
    """Equal but for a tail such as the site's name, or nearly so."""
    if other and (other.startswith(heading) or heading.startswith(other[:60])):
        return True
    matcher = difflib.SequenceMatcher(None, heading, other)
    return matcher.quick_ratio() > _AGREES and matcher.ratio() > _AGREES
