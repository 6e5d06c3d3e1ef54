"""Tell apart the institutions and streets that many countries have.

"The Supreme Court", "the Ministry of Health" and "Station Road" are others in Kenya
than in Pakistan. Such a name gets the country that stands beside it, or that its
sentence, its paragraph or the whole text speaks of most: "Supreme Court of Kenya", also
for "the Kenyan Supreme Court". Where no country leads, the name stays as it is. Two
streets of one name in one country are one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from nightdesk.tag.lexicon import COMMON_HEADS, COMMON_NAMES, COMMON_TAILS, STREETS
from nightdesk.tag.spans import Passage, Span
from nightdesk.tag.table import Gazetteer, Name
from nightdesk.tag.words import Words, fold_key

_NATIONAL = frozenset(("country", "demonym", "abbreviation"))
_OWNERS = 3  # pieces of "South African" or "United Arab Emirates" before a name


def tell_apart(passages: Sequence[Passage], gazetteer: Gazetteer) -> None:
    """Put the country into the full names that are common ones.

    Args:
        passages: of one document, whose places and entities have been linked.
        gazetteer: says what countries are called.
    """
    wanted = [(p, s, _find_common(p.words, s)) for p in passages for s in p.spans]
    found = [(p, s, name) for p, s, name in wanted if name]
    if not found:
        return
    countries = {r.id: r.name for r in gazetteer.regions if r.scheme == "country"}
    whole = _count(span for passage in passages for span in passage.spans)
    for passage, span, name in found:
        code = _find_owner(passage, span, name, gazetteer)
        code = code or _find_country(passage, span, whole)
        country = countries.get(f"iso:{code}")
        if country is not None:
            _rename(span, name, country, gazetteer)


def _find_common(words: Words, span: Span) -> str:
    """Return the part of a span's name that many countries have; empty: none."""
    if not span.full or (span.chosen is not None and span.chosen.id):
        return ""
    parts = span.full.split()
    if span.type == "LOC":
        is_street = len(parts) == 2 and words.keys[span.stop - 1] in STREETS
        return span.full if is_street else ""
    if span.type != "ORG":
        return ""
    for at in range(min(_OWNERS + 1, len(parts))):
        rest = " ".join(parts[at:])
        if _is_common(fold_key(rest)):
            return rest
    return ""


def _is_common(key: str) -> bool:
    if key in COMMON_NAMES:
        return True
    first, _, rest = key.partition(" of ")
    if first in COMMON_HEADS and rest and " of " not in rest:
        return True
    return key.count(" ") == 1 and key.rpartition(" ")[2] in COMMON_TAILS


def _find_owner(
    passage: Passage, span: Span, name: str, gazetteer: Gazetteer
) -> str | None:
    """Return the country in "Kenyan X", "Kenya's X", "the X of Kenya" and "X in Kenya".

    None: what stands in the name before X, or beside it, is no country.
    """
    words = passage.words
    inside = fold_key((span.full or "").removesuffix(name)).removesuffix(" s")
    if inside:
        return _find_one(gazetteer.names.get(inside, ()))
    for other in passage.spans:
        if other.stop <= span.first:
            between = words.text[words.ends[other.stop - 1] : words.starts[span.first]]
            if between in (" ", "'s ", "’s ", "' ", "’ "):
                return _find_one(_get_meanings(other))
        elif other.first >= span.stop:
            between = words.text[words.ends[span.stop - 1] : words.starts[other.first]]
            is_beside = between in (" of ", " in ", " of the ", " in the ")
            return _find_one(_get_meanings(other)) if is_beside else None
    return None


def _get_meanings(span: Span) -> tuple[Name, ...]:
    return (span.chosen,) if span.chosen is not None else ()


def _find_one(names: Iterable[Name]) -> str | None:
    found = {name.country for name in names if name.kind in _NATIONAL}
    return found.pop() if len(found) == 1 else None


def _find_country(passage: Passage, span: Span, whole: Counter[str]) -> str | None:
    """Return the country that leads in the sentence, the paragraph or the text."""
    first, stop = _find_sentence(passage.words, span.first)
    near = _count(s for s in passage.spans if first <= s.first < stop)
    for counts in (near, _count(passage.spans), whole):
        top = counts.most_common(2)
        if top and (len(top) == 1 or top[0][1] > top[1][1]):
            return top[0][0]
    return None


def _find_sentence(words: Words, index: int) -> tuple[int, int]:
    first, stop = index, index + 1
    while first and not words.firsts[first]:
        first -= 1
    while stop < len(words) and not words.firsts[stop]:
        stop += 1
    return first, stop


def _count(spans: Iterable[Span]) -> Counter[str]:
    return Counter(_iterate_countries(spans))


def _iterate_countries(spans: Iterable[Span]) -> Iterator[str]:
    """Yield the country of each place and demonym that has just one."""
    for span in spans:
        is_place = span.type in ("LOC", "DEMONYM") and span.chosen is not None
        if is_place and span.chosen is not None and span.chosen.country:
            yield span.chosen.country


def _rename(span: Span, name: str, country: str, gazetteer: Gazetteer) -> None:
    if span.type == "LOC":
        span.full = f"{name}, {country}"
        return
    name = name.removeprefix("the ").removeprefix("The ")
    span.full = f"{name} of {country}"
    said = (span.full, f"{name} of the {country}", f"{country}'s {name}")
    rows = {x.id: x for s in said for x in gazetteer.entities.get(fold_key(s), ())}
    if len(rows) == 1:
        (row,) = rows.values()
        if row.kind == "org" and not row.needs_support:
            span.chosen, span.names, span.full = row, (row,), row.name
