"""Bylines -> names.

A byline states several people in one string, with a role, an office or an agency behind
them. Splits only where every part can be a name, so that "Le Monde with AFP" and "The
Bay and Valley Courier" stay whole, or where a comma parts names from what is none.
Known to miss: family-name-first lists with commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nightdesk.text import split_words

_BY = re.compile(
    r"^(?:(?:(?:written|reported|posted|story|text|recipe) )?by|von|par|por|di|door|av"
    r"|af|autore?|author|от|автор)\b\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"\s*[(\[][^)\]]{0,60}[)\]]")
_CONTACT = re.compile(r"\S+@\S+|https?:\S*|www\.\S+|(?<!\w)@\w+")
_HARD = re.compile(r"\s*[;|/•·\n]\s*|\s+[-–—]\s+")
_AND = re.compile(
    r"\s*,\s*(?:(?:and|und|og|och|et|y|e|en|&|and)\s+)?"
    r"|\s+(?:and|und|og|och|et|y|ja|&|и|і|ve|dan|im Gespräch mit"
    r"|in conversation with)\s+",
)
_PARTICLE = re.compile(
    r"^(?:al|bin|da|de|del|den|der|di|do|dos|du|el|ibn|la|le|van|von|y|zu)$",
    re.IGNORECASE,
)
_AGENCY = re.compile(
    r"^(?:afp|ap|reuters|dpa|efe|ansa|apa|sda|pti|ani|upi|tass|anp)$", re.I
)
_NOBODY = re.compile(
    r"^(?:admin|administrator|author|editor|follow|guest|n/?a|none|null|red|staff"
    r"|unknown|user|webmaster|by)$",
    re.IGNORECASE,
)
_MAX_NAME = 100
_MAX_BYLINE = 1_000


def split_authors(bylines: Iterable[str]) -> tuple[str, ...]:
    """Return the names in bylines, in order, each once.

    >>> split_authors(["By Asha Venn and Tomas Ruiz Leal, AFP"])
    ('Asha Venn', 'Tomas Ruiz Leal', 'AFP')
    >>> split_authors(["Bay and Valley Courier", "https://example.org/people/7"])
    ('Bay and Valley Courier',)
    """
    names: dict[str, str] = {}
    for byline in bylines:
        for name in _split(byline):
            names.setdefault(_key(name), name)
    return tuple(names.values())


def choose_authors(
    stated: Sequence[Sequence[str]], outlets: Sequence[str]
) -> tuple[str, ...]:
    """Return the names of the first statement that names somebody but the outlet.

    Where none does, the first statement that names anybody.

    Args:
        stated: bylines by their source, the most reliable first.
        outlets: the site's names: stated, and its host.

    >>> choose_authors([["The Ledger"], ["By Asha Venn", "ledger.example"]],
    ...     ["The Ledger", "ledger.example"])
    ('Asha Venn',)
    """
    site = {_key(name) for name in outlets}
    found = [split_authors(bylines) for bylines in stated]
    for names in found:
        if people := tuple(name for name in names if _key(name) not in site):
            return people
    return next((names for names in found if names), ())


def _key(name: str) -> str:
    return "".join(split_words(name))


def _split(byline: str) -> list[str]:
    bare = _CONTACT.sub(" ", _BRACKET.sub("", byline[:_MAX_BYLINE]))
    bare = _BY.sub("", " ".join(bare.split()).strip(" ,;:|-"))
    found: list[str] = []
    for piece in _HARD.split(bare):
        head, comma, _ = piece.partition(",")
        names = _split_names(piece) or (_split_names(head) if comma else [])
        found += names or [piece.strip(" ,")]
    return [n for n in found if 1 < len(n) <= _MAX_NAME and not _NOBODY.match(n)]


def _split_names(piece: str) -> list[str]:
    """Return what commas and conjunctions part, if each can be a name; else nothing."""
    parts = [part.strip(" ,.") for part in _AND.split(piece) if part.strip(" ,.")]
    return parts if all(map(_may_be_name, parts)) else []


def _may_be_name(part: str) -> bool:
    """An agency, or two to five words with capitals; one is half of "Smith, Jo"."""
    words = part.split()
    if _AGENCY.match(part):
        return True
    capital = [w for w in words if not _PARTICLE.match(w)]
    return 2 <= len(words) <= 5 and all(w[0].isupper() for w in capital)
