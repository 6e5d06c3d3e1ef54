"""Types that a word beside a name, or its last one, leaves no doubt about.

The model weighs what is near a name; of a name that it has never seen it now and then
takes the wrong side against a word that has only one. These words are no features of
it: it need not be trained again for them. They are data: `gazetteer/certain_words.tsv`.
"""

from __future__ import annotations

from nightdesk.tag.lexicon import ORG_SUFFIXES, STARTERS
from nightdesk.tag.spans import Span
from nightdesk.tag.table import CertainWords
from nightdesk.tag.words import Words

_MOST_PIECES = 4


def settle_types(words: Words, named: list[Span], certain: CertainWords) -> None:
    """Put the types of a passage's names right where one word decides them.

    "passenger Ana Ruiz" is a person, "Windlass Marine" a company, and of a lone
    "Marine" behind a capitalised word the company is the whole. Misses a company that
    is called after a person ("the plumber Ana Marine").
    """
    stops = {span.stop for span in named}
    for span in named:
        last = words.keys[span.stop - 1]
        if last in certain.company and span.type != "LOC":
            if span.stop - span.first == 1 and span.first not in stops:
                _take_before(words, span)
            if span.stop - span.first > 1:
                _settle(span, "ORG", "organisation word")
        elif span.type == "ORG" and _is_human(words, span, certain):
            _settle(span, "PER", "person word")


def _settle(span: Span, type_: str, rule: str) -> None:
    if span.type != type_:
        span.type, span.rule, span.score = type_, rule, 1.0


def _take_before(words: Words, span: Span) -> None:
    """Let a name begin with the capitalised word before it."""
    before = span.first - 1
    if before < 0 or not words.caps[before] or not words.is_joint(before):
        return
    if words.keys[before] not in STARTERS:
        span.first = before
        span.full = words.surface(before, span.stop)


def _is_human(words: Words, span: Span, certain: CertainWords) -> bool:
    is_sized = 2 <= span.stop - span.first <= _MOST_PIECES
    if not is_sized or words.keys[span.stop - 1] in ORG_SUFFIXES:
        return False
    before, after = span.first - 1, span.stop
    is_led = before >= 0 and words.keys[before] in certain.person
    if is_led and not words.caps[before] and words.is_joint(before):
        return True
    is_followed = after < len(words) and words.keys[after] in certain.verb
    return is_followed and words.gap(after - 1) == " "
