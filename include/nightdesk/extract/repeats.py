"""Paragraphs that an article repeats: dropped, with a record that undoes the drop.

Content systems paste a story's paragraphs twice; readers of gold data repeat them on
purpose (interview questions, list entries). The rule that tells them apart costs no
accuracy on 519 labelled pages, while trafilatura's own `deduplicate` removed none of
806 repeats injected there and loses whole articles from their fourth copy on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nightdesk.model import Repeat

RUN_CHARS = 40  # shorter lines repeat by nature: "Yes.", "* * *", a speaker's name
_MAX_MERGED = 2_000  # the search for lost repeats is quadratic
LONE_CHARS = 120  # a paragraph this long is not repeated on purpose


def drop_repeats(
    paragraphs: Sequence[str],
) -> tuple[tuple[str, ...], tuple[Repeat, ...]]:
    """Return the paragraphs without repeats, and which repeated which.

    A run of consecutive paragraphs that repeats an earlier run goes as a whole if two
    of it have 40 characters or more; otherwise only a paragraph of 120 or more goes.
    The first occurrence always stays. Only equal strings count as repeats, so that
    `restore_repeats` is exact.

    >>> long = "The council met on Monday and voted for the new bridge. " * 3
    >>> drop_repeats(["Why now?", long, "Why now?", long])[1]
    (Repeat(dropped=3, kept=1),)
    """
    first: dict[str, int] = {}
    for index, paragraph in enumerate(paragraphs):
        first.setdefault(paragraph, index)
    dropped = {i for run in _runs(paragraphs, first) for i in _droppable(run)}
    kept = tuple(p for i, p in enumerate(paragraphs) if i not in dropped)
    repeats = tuple(Repeat(i, first[paragraphs[i]]) for i in sorted(dropped))
    return kept, repeats


def merge_repeats(lines: Sequence[str], sequence: Sequence[str]) -> list[str]:
    """Return the lines with the repeats that the extractor dropped in silence.

    On some pages trafilatura leaves repeated paragraphs out by itself, and nothing
    tells. Where the page's own paragraphs (`sequence`) repeat a line that the text has
    only once, it is put back in its place, if `drop_repeats` takes it out again: the
    text that is kept never changes, only the record.
    """
    known = set(lines)
    told = [paragraph for paragraph in sequence if paragraph in known]
    if len(told) == len(set(told)) or len(told) > _MAX_MERGED:
        return list(lines)
    merged = list(lines)
    at = -1
    for paragraph in told:
        if paragraph in merged[at + 1 :]:
            at = merged.index(paragraph, at + 1)
        elif paragraph in merged[: at + 1]:
            at += 1
            merged.insert(at, paragraph)
    same = drop_repeats(merged)[0] == drop_repeats(lines)[0]
    return merged if same else list(lines)


def restore_repeats(kept: Sequence[str], repeats: Sequence[Repeat]) -> tuple[str, ...]:
    """Return the paragraphs as they were before `drop_repeats`.

    Raises:
        ValueError: the record does not belong to these paragraphs.
    """
    sources = {repeat.dropped: repeat.kept for repeat in repeats}
    rest = iter(kept)
    paragraphs: list[str] = []
    for index in range(len(kept) + len(sources)):
        source = sources.get(index)
        if source is None:
            paragraph = next(rest, None)
        else:
            paragraph = paragraphs[source] if 0 <= source < index else None
        if paragraph is None:
            raise ValueError(f"repeats: paragraph {index}: not of this article")
        paragraphs.append(paragraph)
    return tuple(paragraphs)


def _runs(
    paragraphs: Sequence[str], first: dict[str, int]
) -> Iterator[list[tuple[int, str]]]:
    """Yield the maximal runs of repeated paragraphs that keep an earlier order."""
    run: list[tuple[int, str]] = []
    for index, paragraph in enumerate(paragraphs):
        if first[paragraph] == index:
            if run:
                yield run
            run = []
            continue
        if run and not _follows(paragraphs, first, index):
            yield run
            run = []
        run.append((index, paragraph))
    if run:
        yield run


def _follows(paragraphs: Sequence[str], first: dict[str, int], index: int) -> bool:
    """Does this paragraph follow the one before it in the earlier place too?

    Looked at from both, since a separator's first occurrence may be anywhere.
    """
    before, here = paragraphs[index - 1], paragraphs[index]
    return paragraphs[first[before] + 1] == here or (
        first[here] > 0 and paragraphs[first[here] - 1] == before
    )


def _droppable(run: list[tuple[int, str]]) -> list[int]:
    if sum(len(paragraph) >= RUN_CHARS for _, paragraph in run) >= 2:
        return [index for index, _ in run]
    return [index for index, paragraph in run if len(paragraph) >= LONE_CHARS]
