"""The headline among the forms in which a page states it.

JSON-LD's headline is the one that readers see on 85 % of labelled news pages; og:title
is often written for search engines. Without JSON-LD, the h1 that agrees with og:title
or the title element wins over both.
"""

from __future__ import annotations

import difflib

from nightdesk.extract.facts import Facts
from nightdesk.text import split_words

_MIN_HEADLINE = 10  # shorter headings are section names
_AGREES = 0.75


def choose_title(facts: Facts, guessed: str | None) -> str | None:
    """Return the page's headline; trafilatura's guess where it states none."""
    if facts.jsonld.headline and facts.jsonld.article_types:
        return facts.jsonld.headline
    others = [t for t in (facts.meta.get("og:title"), facts.head_title) if t]
    for heading in facts.headings:
        key = _key(heading)
        if len(key) >= _MIN_HEADLINE and any(_agree(key, _key(o)) for o in others):
            return heading
    return others[0] if others else guessed


def _key(text: str) -> str:
    return " ".join(split_words(text))[:300]


def _agree(heading: str, other: str) -> bool:
    """Equal but for a tail such as the site's name, or nearly so."""
    if other and (other.startswith(heading) or heading.startswith(other[:60])):
        return True
    matcher = difflib.SequenceMatcher(None, heading, other)
    return matcher.quick_ratio() > _AGREES and matcher.ratio() > _AGREES
