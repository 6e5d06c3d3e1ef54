"""Two pages of one address -> one article? What changed, and what kind of change is it?

A change is a correction when the article says so, or when facts were exchanged in
place; a typo when no more than spelling changed; an update when text came, went or was
rewritten. Known to miss: a toll that is raised in place reads as a correction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from nightdesk.deduplicate.profiles import GRAM
from nightdesk.deduplicate.scan import count_shared, distinct, hash_grams, hash_words
from nightdesk.deduplicate.slips import FACTS, SHORT, TURNS, is_slip
from nightdesk.text import TOKEN, hash_text, split_paragraphs, split_words
from nightdesk.urls import canonicalize_url, registered_domain

VersionKind = Literal["same", "typo", "headline", "correction", "update"]
EditKind = Literal["added", "removed", "changed"]

#: Share of the shorter text's runs of words that two addresses must have in common.
MIN_CONTAINMENT = 0.3
MIN_ALIKE = 0.5  # share of words that two wordings of one paragraph have in common
MAX_FACTS_CHANGED = 0.3  # of the words of a paragraph in which a fact was put right

# How newsrooms announce a correction, not "correction officers"; stems, since a
# headline may use any form.
_NOTICE = re.compile(
    r"\b(?:correction|clarification)s?(?::| appended| to (?:this|the|an)\b)"
    r"|^\W*(?:correction|clarification)s?\W*(?:$|[(\[\d|\u2013\u2014-])"
    r"|^\W*(?:correct(?:s|ed|ing)|clarif(?:ies|ied))\b|[(\[]correct(?:ed|ion)[)\]]"
    r"|\b(?:article|story|report|headline|version|post|piece|text|page|caption|note)\b"
    r"[^.\n]{0,60}\b(?:corrected|clarified)\b|\bwe(?: have|['’]ve)? corrected\b"
    r"|\berrat(?:um|a)\b"
    r"|\b(?:an )?earlier version of\b|\bamended\b|\bin an earlier version\b"
    r"|\bkorrektur|\bberichtig|\bkorrigiert\b|\brectif|\bcorrecci|\bcorrige|\berrata\b"
    r"|\bdüzeltme|исправлен|поправк|تصحيح|تصحیح|更正|勘误|訂正",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One paragraph that is not as it was; `old_n` and `new_n` count from 0."""

    kind: EditKind
    old_n: int | None  # None: added
    new_n: int | None  # None: removed
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """How one version of an article became the next."""

    kind: VersionKind
    is_new_headline: bool
    edits: tuple[Edit, ...]  # in the order of the text


def diff_versions(
    old: str, new: str, old_title: str | None = None, new_title: str | None = None
) -> VersionDiff:
    r"""Return the edits between two texts of one article and the kind of change.

    Paragraphs that differ in blanks, case or marks alone are the same. `headline`:
    nothing but the title changed.

    >>> diff_versions("Rain fell.\nAll is wel.", "Rain fell.\nAll is well.").kind
    'typo'
    """
    edits = tuple(_find_edits(old, new))
    is_new_headline = split_words(old_title or "") != split_words(new_title or "")
    if not edits:
        kind: VersionKind = "headline" if is_new_headline else "same"
    elif _count_notices(new, new_title) > _count_notices(old, old_title):
        kind = "correction"
    elif all(_is_typo(edit) for edit in edits):
        kind = "typo"
    else:
        in_place = all(_is_fact_exchanged(edit) or _is_typo(edit) for edit in edits)
        kind = "correction" if in_place else "update"
    return VersionDiff(kind, is_new_headline, edits)


def _count_notices(text: str, title: str | None) -> int:
    return len(_NOTICE.findall(f"{title or ''}\n{text}"))


def is_same_article(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Say whether two pages, each (address, text), are versions of one article.

    One address is one article, whatever its text has become. Two addresses are one
    only if they have one canonical URL, one owner, and a text in common: the canonical
    URL leaves things out, and a page of another owner can claim any.

    Raises:
        ValueError: no http(s) address.
    """
    addresses, texts = zip(one, other, strict=True)
    if addresses[0] == addresses[1]:
        return True
    if len({registered_domain(address) for address in addresses}) > 1:
        return False
    if len({canonicalize_url(address) for address in addresses}) > 1:
        return False
    return share_text(*texts)


def share_text(one: str, other: str) -> bool:
    """Say whether two texts have enough in common to be versions of one."""
    grams = [distinct(hash_grams(hash_words(text), GRAM)) for text in (one, other)]
    fewer = min(grams[0].size, grams[1].size)
    return count_shared(grams[0], grams[1]) >= max(1, MIN_CONTAINMENT * fewer)


class _Paragraph(NamedTuple):
    n: int
    text: str
    words: frozenset[str]


def _find_edits(old: str, new: str) -> Iterator[Edit]:
    olds, news = _read_paragraphs(old), _read_paragraphs(new)
    keys = [[hash_text(p.text) for p in side] for side in (olds, news)]
    if keys[0] == keys[1]:
        return
    matcher = SequenceMatcher(None, keys[0], keys[1])
    for name, a, a_end, b, b_end in matcher.get_opcodes():
        if name != "equal":
            yield from _pair_edits(olds[a:a_end], news[b:b_end])


def _read_paragraphs(text: str) -> list[_Paragraph]:
    paragraphs = enumerate(split_paragraphs(text))
    return [_Paragraph(n, p, frozenset(split_words(p))) for n, p in paragraphs]


def _pair_edits(
    olds: Sequence[_Paragraph], news: Sequence[_Paragraph]
) -> Iterator[Edit]:
    """Yield the edits of one block: who is alike in order, the rest came or went."""
    first = 0
    for new in news:
        later = range(first, len(olds))
        place = next((i for i in later if _is_alike(olds[i].words, new.words)), None)
        if place is None:
            yield Edit("added", None, new.n, None, new.text)
            continue
        for gone in olds[first:place]:
            yield Edit("removed", gone.n, None, gone.text, None)
        yield Edit("changed", olds[place].n, new.n, olds[place].text, new.text)
        first = place + 1
    for gone in olds[first:]:
        yield Edit("removed", gone.n, None, gone.text, None)


def _is_alike(a: frozenset[str], b: frozenset[str]) -> bool:
    return len(a & b) >= MIN_ALIKE * min(len(a), len(b))


def _find_changes(edit: Edit) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the runs of words that differ in a changed paragraph."""
    a, b = TOKEN.findall(edit.old or ""), TOKEN.findall(edit.new or "")
    matcher = SequenceMatcher(None, a, b)
    for name, i, i_end, j, j_end in matcher.get_opcodes():
        if name != "equal":
            yield a[i:i_end], b[j:j_end]


def _is_typo(edit: Edit) -> bool:
    return edit.kind == "changed" and all(
        _is_respelt(a, b) for a, b in _find_changes(edit)
    )


def _is_respelt(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether no more than spelling or a small word differs."""
    if any(token[0].isdigit() for token in (*a, *b)):
        return False
    if not a or not b:
        extra = [token.casefold() for token in (*a, *b)]
        return len(extra) == 1 and len(extra[0]) <= SHORT and extra[0] not in TURNS
    if len(a) == len(b):
        return all(is_slip(*pair) for pair in zip(a, b, strict=True))
    return "".join(a).casefold() == "".join(b).casefold()


def _is_fact_exchanged(edit: Edit) -> bool:
    """Say whether numbers or names were put in the place of others, and little else."""
    if edit.kind != "changed":
        return False
    changes = list(_find_changes(edit))
    n_changed = sum(max(len(a), len(b)) for a, b in changes)
    n_tokens = len(TOKEN.findall(edit.new or ""))
    has_fact = any(_states_fact(a) and _states_fact(b) for a, b in changes)
    return has_fact and n_changed <= MAX_FACTS_CHANGED * n_tokens


def _states_fact(tokens: Sequence[str]) -> bool:
    return any(
        token[0].isdigit() or token[0].isupper() or token.casefold() in FACTS
        for token in tokens
    )
