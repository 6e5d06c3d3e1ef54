"""An article -> whom it names as the maker of its text: credit, byline, dateline.

By the form of the naming, never by a list of agencies, so that one that nobody has
heard of is found like the large ones: in brackets behind a dateline or at the end of
the text, behind "Source:" and its like, behind "first published by", or as a byline
that is no person. Known to miss: names in running text ("told X"), credits inside
images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from nightdesk.text import split_paragraphs, split_words

CreditKind = Literal["first_published", "dateline", "credit", "byline"]

#: A line of credits is short; what is longer is a paragraph of the story.
MAX_CREDIT_CHARS = 240
_HEAD, _TAIL = 3, 4  # paragraphs in which credits are looked for


@dataclass(frozen=True, slots=True)
class Credit:
    """One naming of a maker, with the words that name it."""

    kind: CreditKind
    name: str  # as stated
    key: str  # by which two spellings are one name
    evidence: str


# A name: capitalised words, with small words, "&" and initials between them.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_SMALL = r"(?:of|the|and|for|de|du|des|la|der|und|del|y|&)"
_WORD = rf"{_CAPITAL}[\w&'’.\-]*"
_NAME = rf"(?P<name>(?:[Tt]he )?{_WORD}(?: (?:{_SMALL} )?{_WORD}){{0,5}}(?:/\w+)?)"
_DASH = r"[-\u2013\u2014:]"
_BY = r"(?:by|in|on|at|with|through|bei|von|in der|im|auf|par|dans|sur|por|en)"

_DATELINES = (
    # LARKHAVEN, Maren, May 6 (KNA) - Text
    re.compile(
        rf"{_CAPITAL}[^()\n]{{1,60}}? ?\({_NAME}\)(?: ?{_DASH}| (?={_CAPITAL}))"
    ),
    # With the small initials of some agencies and of a desk: Berlin (abc/xyz) - Text
    re.compile(
        rf"{_CAPITAL}[^()\n]{{1,40}}? \((?P<name>[a-z]{{2,8}}(?:/\w+)?)\) ?{_DASH}"
    ),
    # LARKHAVEN / KNA - Text
    re.compile(rf"{_CAPITAL}[^()\n]{{1,50}}?[,/] ?(?P<name>[A-Z]{{2,8}}) ?{_DASH} ?\S"),
)
_BRACKET_END = re.compile(rf"[.!?\"”»] ?[(\[]{_NAME}[)\]]\.?$")
_BRACKET_LINE = re.compile(rf"^[(\[\u2013\u2014-] ?{_NAME}[)\]]?\.?$")
_FIRST = re.compile(
    r"\b(?i:first|originally|previously|initially|zuerst|erstmals|ursprünglich"
    r"|originalmente|initialement)"
    r"(?:\s+(?i:published|appeared|posted|ran|printed|erschienen|veröffentlicht"
    r"|publicad[oa]|publiée?|parue?))"
    rf"(?:\s+(?:on|am|le|el) [\w ,./\-]{{4,24}}?)?\s+{_BY}\s+{_NAME}"
)
_SOURCE = re.compile(
    r"^[*\[(\u2013\u2014-]?\s*(?i:sources?|credit|wire|via|agency|quelle|fuente|fonte"
    r"|kaynak|источник|المصدر|来源|來源)\s*[:：]\s*(?P<name>[^\n|:：]{2,60}?)[\])]?\.?$"
)
_SUPPLIED = re.compile(
    r"\b(?i:supplied|provided|distributed|syndicated|republished|reprinted|reproduced"
    r"|courtesy|permission)\s+"
    rf"(?:with (?:kind )?permission (?:of|from)|by|from|of|through|via)\s+{_NAME}"
)
_MATERIAL = re.compile(
    r"\b(?i:with|using|includes?|contains?|mit|avec|con)\s+(?:additional |some )?"
    r"(?i:material|copy|text|reporting|information|reports?|inputs?)\s+"
    rf"(?:from|by|of|von|de|des)\s+{_NAME}"
)
_LINES: tuple[tuple[CreditKind, re.Pattern[str]], ...] = (
    ("first_published", _FIRST),
    ("credit", _SOURCE),
    ("credit", _SUPPLIED),
    ("credit", _MATERIAL),
    ("credit", _BRACKET_LINE),
    ("credit", _BRACKET_END),
)

# What makes a byline the name of a desk: a word for it, or capitals alone.
_DESK = re.compile(
    r"\b(?:agency|agencies|agence|agentur|agencia|agenzia|ajansı|wire|newswire|newsroom"
    r"|news|press|presse|prensa|media|services?|syndicate|bureau|desk|staff|reports"
    r"|network|radio|tv|online|magazine|review|dispatch|herald|post|times|courier"
    r"|journal|gazette|tribune|observer|chronicle|telegraph|daily|today)\b"
    r"|агентство|وكالة|通讯社|通訊社|社$",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"^[A-Z]{2,8}$")
_BYLINE_PARTS = re.compile(r"\s*(?:[,/|;]|\bfor\b|\band\b|\bof\b|\bwith\b|\(|\))\s*")
# Words that are part of many names and of no help to tell them apart.
_COMMON = frozenset(
    ["the", "news", "agency", "agence", "wire", "newswire", "service", "press", "staff",
     "media", "com", "www", "inc", "ltd", "group", "agencia", "agentur", "reports"]
)  # fmt: skip


def read_credits(text: str, authors: Iterable[str] = ()) -> tuple[Credit, ...]:
    """Return whom an article names as the maker of its text, in order, each once.

    >>> [c.name for c in read_credits("OST, Maren (KNA) - Rain fell on Ost all day.")]
    ['KNA']
    >>> [c.name for c in read_credits("Rain.", ["Ada Moss, Hill News Agency"])]
    ['Hill News Agency']
    """
    found = [*_read_lines(split_paragraphs(text)), *_read_bylines(authors)]
    return tuple(dict.fromkeys(credit for credit in found if credit.key))


def make_key(name: str) -> str:
    """Return the key of a maker's name: its words without the common ones.

    >>> make_key("The Hill News Agency") == make_key("HILL")
    True
    """
    words = split_words(name.split("/")[0])
    return " ".join([word for word in words if word not in _COMMON] or words)


def is_short_for(short: str, name: str) -> bool:
    """Say whether one name is the initials of another.

    >>> is_short_for("KNA", "Kestrel News Agency")
    True
    """
    initials = "".join(w[0] for w in split_words(name) if w not in ("the", "of", "and"))
    return len(initials) > 1 and "".join(split_words(short)) == initials


def _read_lines(paragraphs: tuple[str, ...]) -> Iterator[Credit]:
    for paragraph in paragraphs[:_HEAD]:
        for pattern in _DATELINES:
            if match := pattern.match(paragraph):
                yield _make_credit("dateline", match["name"], match[0])
                break
    ends = dict.fromkeys((*paragraphs[:_HEAD], *paragraphs[-_TAIL:]))
    for paragraph in ends:
        line = paragraph[-MAX_CREDIT_CHARS:]
        for kind, pattern in _LINES:
            match = pattern.search(line)
            if match and (
                len(paragraph) <= MAX_CREDIT_CHARS or match.end() == len(line)
            ):
                yield _make_credit(kind, match["name"], match[0])
                break


def _read_bylines(authors: Iterable[str]) -> Iterator[Credit]:
    for author in authors:
        parts = [part.strip(" .") for part in _BYLINE_PARTS.split(author)]
        for part in parts:
            if part and (_DESK.search(part) or _CAPITALS.match(part)):
                yield _make_credit("byline", part, author)


def _make_credit(kind: CreditKind, name: str, evidence: str) -> Credit:
    name = name.strip(" .'’")
    return Credit(kind, name, make_key(name), " ".join(evidence.split()))
