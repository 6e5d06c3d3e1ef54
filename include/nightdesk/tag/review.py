"""List names that may be a known entity, or one another, under a near spelling.

Nothing is merged here: a person looks at the list and decides (`same_entity`). Two
names are near if their spellings are very alike, or if two people share surname and
initial. Missed: other transliterations ("Zelensky", "Selenskyj") and other first names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from nightdesk.model import Review, Tags
from nightdesk.tag.lexicon import GENERATIONS
from nightdesk.tag.table import Gazetteer
from nightdesk.tag.words import fold_key

_LEAST_CHARS = 6  # of a key: shorter ones are alike by chance
_ALIKE = 0.88  # of the whole spelling
_ALIKE_PIECE = 0.75  # of each piece that differs: "Bank of Ghana", "Bank of Guyana"
_MOST = 200  # names under one block; a larger one says nothing
_DIGITS = re.compile(r"\d+")
Reason = Literal["spelling", "surname and initial"]


@dataclass(frozen=True, slots=True)
class _Bearer:
    """A name and whose it is."""

    id: str
    name: str
    type: str
    key: str
    n_articles: int  # that have it; 0 of one that only the table has

    @property
    def blocks(self) -> Iterator[tuple[str, str]]:
        """What two near names have in common, to compare few of them."""
        pieces = [piece for piece in self.key.split() if piece not in GENERATIONS]
        yield self.type, "<" + self.key[:4]
        if pieces:
            yield self.type, ">" + pieces[-1]


def find_reviews(rows: Iterable[Tags], gazetteer: Gazetteer) -> list[Review]:
    """Return the names of articles that are near to another one, by id and candidate.

    Args:
        rows: tags of articles.
        gazetteer: its entities are candidates too, and never reviewed themselves.
    """
    own = _collect_names(rows, gazetteer)
    blocks: dict[tuple[str, str], list[_Bearer]] = defaultdict(list)
    for bearer in (*own.values(), *_iterate_known(gazetteer)):
        for block in set(bearer.blocks):
            blocks[block].append(bearer)
    found: dict[tuple[str, str], Review] = {}
    for bearer in own.values():
        for block in set(bearer.blocks):
            for other in blocks[block] if len(blocks[block]) <= _MOST else ():
                if other.id in own and _rank(other) >= _rank(bearer):
                    continue  # the shorter of two names is the one to look at
                review = _compare(bearer, other)
                at = (bearer.id, other.id)
                if review and (at not in found or review.score > found[at].score):
                    found[at] = review
    return [found[at] for at in sorted(found)]


def _collect_names(rows: Iterable[Tags], gazetteer: Gazetteer) -> dict[str, _Bearer]:
    """Return the people and organisations of the articles that no table has, by id."""
    names: dict[str, tuple[str, str]] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        found = {
            (m.entity_id, m.name, m.type)
            for m in row.mentions
            if m.entity_id and m.name and m.type in ("PER", "ORG")
        }
        for key, name, type_ in found:
            if key not in gazetteer.known:
                names[key] = min((name, str(type_)), names.get(key, (name, type_)))
        counts.update({key for key, _, _ in found})
    return {
        i: _Bearer(i, name, type_, fold_key(name), counts[i])
        for i, (name, type_) in sorted(names.items())
    }


def _iterate_known(gazetteer: Gazetteer) -> Iterator[_Bearer]:
    types = {"org": "ORG", "person": "PER"}
    for key, names in gazetteer.entities.items():
        for name in names:
            if name.kind in types and name.exact is None and not name.needs_support:
                yield _Bearer(name.id, name.name, types[name.kind], key, 0)


def _rank(bearer: _Bearer) -> tuple[int, str]:
    return -len(bearer.key), bearer.id


def _compare(bearer: _Bearer, other: _Bearer) -> Review | None:
    if bearer.id == other.id or bearer.type != other.type or bearer.key == other.key:
        return None
    score = _weigh_spelling(bearer.key, other.key)
    reason: Reason = "spelling"
    if score < _ALIKE:
        if bearer.type != "PER" or not _share_initial(bearer.key, other.key):
            return None
        reason = "surname and initial"
    return Review(
        entity_id=bearer.id,
        name=bearer.name,
        type="PER" if bearer.type == "PER" else "ORG",
        candidate_id=other.id,
        candidate=other.name,
        reason=reason,
        score=round(score, 3),
        n_articles=bearer.n_articles,
    )


def _weigh_spelling(a: str, b: str) -> float:
    """Return how alike two keys are, 0 to 1.

    >>> _weigh_spelling("ataullah tarar", "attaullah tarar") > 0.95
    True
    >>> _weigh_spelling("brigade 12", "brigade 13")
    0.0
    """
    if min(len(a), len(b)) < _LEAST_CHARS or _DIGITS.findall(a) != _DIGITS.findall(b):
        return 0.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    pieces = list(zip(a.split(), b.split(), strict=False))
    if a.count(" ") == b.count(" "):
        for one, two in pieces:
            if one != two and SequenceMatcher(None, one, two).ratio() < _ALIKE_PIECE:
                return 0.0
    return matcher.ratio()


def _share_initial(a: str, b: str) -> bool:
    """Do two people share the last name and the first letter?"""
    one, two = (
        [piece for piece in key.split() if piece not in GENERATIONS] for key in (a, b)
    )
    if min(len(one), len(two)) < 2:
        return False
    return one[-1] == two[-1] and one[0][0] == two[0][0]
