"""Paragraphs that an article repeats: dropped, with a record that undoes the drop.

Content systems paste a story's paragraphs twice; readers of gold data repeat them on
purpose (interview questions, list entries). The rules that tell them apart cost 2 of
5,719 labelled paragraphs, while trafilatura's own `deduplicate` removed none of 806
repeats injected there and loses whole articles from their fourth copy on.

A paragraph repeats an earlier one if its words are equal, or differ in one: a story
that was pasted again and then corrected. Where that word is a name or a number, they
are lines of a form ("Ama Sample was elected ...") unless those beside them are repeated
in the same order. Known to miss: copies with more than one edit a paragraph, since
lists and tables look like that too.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache

from nightdesk.model import Repeat
from nightdesk.text import SOLO, split_words

RUN_CHARS = 40  # shorter lines repeat by nature: "Yes.", "* * *", a speaker's name
LONE_CHARS = 120  # a paragraph this long is not repeated on purpose
_EDITED_WORDS = 8  # one other word among fewer makes another line
_EDITED = 3  # words that an edit of one word may change
_EDGE = 4  # words at either end: one edit leaves one of the two ends whole
_MAX_TWINS = 20  # paragraphs with one beginning that are compared, in lists of a form
_WORD = re.compile(rf"[^\W_{SOLO}]+")  # as `split_words` has it, but with its capitals

Words = tuple[str, ...]
Run = list[int]


def drop_repeats(
    paragraphs: Sequence[str],
) -> tuple[tuple[str, ...], tuple[Repeat, ...]]:
    """Return the paragraphs without repeats, and which repeated which.

    A run of consecutive paragraphs that repeats an earlier run goes as a whole if two
    of it have 40 characters or more; otherwise a paragraph of 120 or more goes. Where
    the page is seen to say itself twice, and where a paragraph follows itself, 40 are
    enough. The first occurrence always stays. The record holds the text of a repeat
    that is not equal letter for letter, so that `restore_repeats` is exact.

    >>> long = "The council met on Monday and voted for the new bridge. " * 3
    >>> drop_repeats(["Why now?", long, "Why now?", long])[1]
    (Repeat(dropped=3, kept=1, text=None),)
    """
    words = [tuple(split_words(paragraph)) or (paragraph,) for paragraph in paragraphs]
    sizes = [len(paragraph) for paragraph in paragraphs]
    first, forms = _find_first(paragraphs, words)
    equal = {i for i, s in enumerate(first) if s != i and words[s] == words[i]}
    dropped = {i for run in _runs(first) for i in _droppable(run, sizes, equal, forms)}
    dropped |= set(_find_scattered(first, sizes, equal, dropped))
    kept = tuple(p for i, p in enumerate(paragraphs) if i not in dropped)
    return kept, tuple(_record(paragraphs, first, dropped))


def _record(
    paragraphs: Sequence[str], first: Sequence[int], dropped: set[int]
) -> Iterator[Repeat]:
    for index in sorted(dropped):
        source = first[index]
        while source in dropped:  # the copy of a copy that was edited
            source = first[source]
        text = paragraphs[index]
        yield Repeat(index, source, None if paragraphs[source] == text else text)


def merge_repeats(lines: Sequence[str], sequence: Sequence[str]) -> list[str]:
    """Return the lines with the repeats that the extractor dropped in silence.

    On some pages trafilatura leaves repeated paragraphs out by itself, and nothing
    tells. Where the page's own paragraphs (`sequence`) repeat a line that the text has
    only once, it is put back in its place, if `drop_repeats` takes it out again: the
    text that is kept never changes, only the record.
    """
    known: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        known.setdefault(line, []).append(index)
    told = [paragraph for paragraph in sequence if paragraph in known]
    if len(told) == len(set(told)):
        return list(lines)
    at = -1
    again: dict[int, list[str]] = {}  # what belongs behind which line
    for paragraph in told:
        places = known[paragraph]
        ahead = bisect_right(places, at)
        if ahead < len(places):
            at = places[ahead]
        else:
            again.setdefault(at, []).append(paragraph)
    merged = [
        text
        for index, line in enumerate(lines)
        for text in (line, *again.get(index, ()))
    ]
    same = drop_repeats(merged)[0] == drop_repeats(lines)[0]
    return merged if same else list(lines)


def restore_repeats(kept: Sequence[str], repeats: Sequence[Repeat]) -> tuple[str, ...]:
    """Return the paragraphs as they were before `drop_repeats`.

    Raises:
        ValueError: the record does not belong to these paragraphs.
    """
    sources = {repeat.dropped: repeat for repeat in repeats}
    rest = iter(kept)
    paragraphs: list[str] = []
    for index in range(len(kept) + len(sources)):
        source = sources.get(index)
        if source is None:
            paragraph = next(rest, None)
        elif not 0 <= source.kept < index:
            paragraph = None
        else:
            paragraph = source.text or paragraphs[source.kept]
        if paragraph is None:
            raise ValueError(f"repeats: paragraph {index}: not of this article")
        paragraphs.append(paragraph)
    return tuple(paragraphs)


def _find_first(
    paragraphs: Sequence[str], words: Sequence[Words]
) -> tuple[list[int], set[int]]:
    """Return for each paragraph the index of the first one that it repeats, or its own.

    One with equal words comes before one that differs in a word. A paragraph that
    differs in a name or number repeats only beside one that repeats what is beside the
    other; such paragraphs are returned as well.
    """
    names = cache(lambda index: _find_names(paragraphs[index]))
    known: dict[Words, int] = {}
    twins: dict[Words, list[int]] = {}
    forms: dict[int, int] = {}
    for index, own in enumerate(words):
        if own not in known:
            known[own] = index
            if len(paragraphs[index]) >= RUN_CHARS and len(own) >= _EDITED_WORDS:
                like = _find_edited(index, words, twins)
                firm = [
                    i
                    for i, edit in like.items()
                    if edit.isdisjoint(names(index) | names(i))
                ]
                known[own] = firm[0] if firm else index
                if not firm:
                    _add_twin(index, own, twins)
                    forms.update((index, i) for i in list(like)[:1])
    first = [known[own] for own in words]
    told = [forms.get(index, source) for index, source in enumerate(first)]
    beside = {i for i in forms if _is_beside(told, i)}
    between = {i for i in forms if _is_between(first, i, told[i])}
    for index in beside | between:
        first[index] = told[index]
    return first, beside - between


def _is_beside(told: Sequence[int], index: int) -> bool:
    """Do it and a neighbour follow each other in the earlier place too?"""
    here = told[index]
    return told[index - 1] == here - 1 or here + 1 in told[index + 1 : index + 2]


def _is_between(first: Sequence[int], index: int, here: int) -> bool:
    """Do both neighbours repeat what stands on either side of the earlier place?"""
    return any(
        first[index - 1] < here < after < index
        for after in first[index + 1 : index + 2]
    )


def _ends(own: Words) -> tuple[Words, Words]:
    return ("start", *own[:_EDGE]), ("end", *own[-_EDGE:])


def _find_edited(
    index: int, words: Sequence[Words], twins: dict[Words, list[int]]
) -> dict[int, set[str]]:
    """Return the earlier paragraphs that differ in one word: in which of either."""
    own = words[index]
    like = {other for end in _ends(own) for other in twins.get(end, ())}
    edits = {other: _find_edit(own, words[other]) for other in sorted(like)}
    return {other: edit for other, edit in edits.items() if edit is not None}


def _add_twin(index: int, own: Words, twins: dict[Words, list[int]]) -> None:
    for end in _ends(own):
        like = twins.setdefault(end, [])
        if len(like) < _MAX_TWINS:
            like.append(index)


def _find_names(paragraph: str) -> set[str]:
    """Return its words with a capital or a digit, case-folded."""
    words = _WORD.findall(unicodedata.normalize("NFKC", paragraph))
    return {
        word.casefold()
        for word in words
        if word[0].isupper() or any(map(str.isdigit, word))
    }


def _find_edit(one: Words, other: Words) -> set[str] | None:
    """Return the words in the one place where they differ, None if in more.

    "1.5-million" is three words to us, and so is a Chinese word of three characters.
    """
    size = max(len(one), len(other))
    most = min(_EDITED, size // _EDITED_WORDS)
    if abs(len(one) - len(other)) > most:
        return None
    pairs = zip(one, other, strict=False)
    start = next((i for i, pair in enumerate(pairs) if pair[0] != pair[1]), size)
    ends = zip(reversed(one), reversed(other), strict=False)
    end = next((i for i, pair in enumerate(ends) if pair[0] != pair[1]), size)
    if start + end < size - most:
        return None
    end = min(end, min(len(one), len(other)) - start)  # a word put in beside its like
    return {*one[start : len(one) - end], *other[start : len(other) - end]}


def _runs(first: Sequence[int]) -> Iterator[Run]:
    """Yield the maximal runs of repeated paragraphs that keep an earlier order."""
    run: Run = []
    for index, source in enumerate(first):
        if run and (source == index or not _follows(first, index)):
            yield run
            run = []
        if source != index:
            run.append(index)
    if run:
        yield run


def _follows(first: Sequence[int], index: int) -> bool:
    """Does this paragraph follow the one before it in the earlier place too?

    Looked at from both, since a separator's first occurrence may be anywhere.
    """
    before, here = first[index - 1], first[index]
    return first[before + 1] == here or (here > 0 and first[here - 1] == before)


def _droppable(run: Run, sizes: Sequence[int], equal: set[int], forms: set[int]) -> Run:
    long = [index for index in run if sizes[index] >= RUN_CHARS]
    firm = [index for index in long if index not in forms]
    if (len(long) > 1 and equal.intersection(long)) or (firm and len(long) > 2):
        return run
    return [index for index in firm if sizes[index] >= LONE_CHARS]


def _find_scattered(
    first: Sequence[int], sizes: Sequence[int], equal: set[int], dropped: set[int]
) -> Run:
    """Return equal repeats that no run holds together, but the page as a whole does.

    It does if several others went, if three paragraphs are there twice, or half of
    its text.
    """
    long = [index for index in sorted(equal) if sizes[index] >= RUN_CHARS]
    twice = {first[index] for index in long}
    texts = {source for source in first if sizes[source] >= RUN_CHARS}
    n_gone = sum(sizes[index] >= RUN_CHARS for index in dropped)
    is_half = 2 * sum(sizes[i] for i in twice) >= sum(sizes[i] for i in texts)
    if n_gone > 1 or len(twice) > 2 or (len(twice) > 1 and is_half):
        return long
    return [index for index in long if first[index - 1] == first[index]]
