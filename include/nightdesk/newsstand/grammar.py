"""Sentence patterns with choices and facts, and the files that hold them.

`[a|b]` is a choice, `{name}` a fact; choices hold facts but no other choices. A bank
file is plain text: `= topic`, `- role`, then one pattern a line; `#` starts a comment.
Kept apart from the stories so that a new language or topic is a text file, no code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random

Bank = Mapping[str, Mapping[str, tuple[str, ...]]]

LANGUAGES = ("en", "es", "fr", "de", "ar", "ur", "zh", "ru", "tr")
_CONTRACTED = re.compile(r"\b(de|a) el ")  # Spanish: "de el Chaco" is "del Chaco"
_PIECE = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence taken apart: literal text, facts and choices in order."""

    pieces: tuple[str | tuple[str, ...] | Fact, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """The name of a fact that a pattern asks for."""

    name: str


@lru_cache(maxsize=8192)  # as many as there are patterns and choices, so bounded
def parse_pattern(pattern: str) -> Pattern:
    """Return a pattern taken apart.

    >>> parse_pattern("[No|Yes], {who}").pieces
    (('No', 'Yes'), ', ', Fact(name='who'))
    """
    pieces: list[str | tuple[str, ...] | Fact] = []
    end = 0
    for match in _PIECE.finditer(pattern):
        if match.start() > end:
            pieces.append(pattern[end : match.start()])
        choices, name = match.groups()
        pieces.append(Fact(name) if name else tuple(choices.split("|")))
        end = match.end()
    if end < len(pattern):
        pieces.append(pattern[end:])
    return Pattern(tuple(pieces))


def render_pattern(pattern: str, facts: Mapping[str, str], rng: Random) -> str:
    """Return a sentence: one choice each, facts put in, its first letter a capital.

    Raises:
        KeyError: a fact that the pattern names is missing.

    >>> render_pattern("{who} [sang|sang].", {"who": "they"}, Random(1))
    'They sang.'
    """
    text = _CONTRACTED.sub(r"\1l ", _fill(pattern, facts, rng))
    return text[:1].upper() + text[1:]


def _fill(pattern: str, facts: Mapping[str, str], rng: Random) -> str:
    out: list[str] = []
    for piece in parse_pattern(pattern).pieces:
        if isinstance(piece, str):
            out.append(piece)
        elif isinstance(piece, Fact):
            out.append(facts[piece.name])
        else:
            choice = piece[int(rng.random() * len(piece))]
            out.append(_fill(choice, facts, rng) if "{" in choice else choice)
    return "".join(out)


def parse_bank(text: str) -> Bank:
    """Return topic -> role -> lines of a bank file.

    >>> parse_bank("= a" + chr(10) + "- lead" + chr(10) + "One." + chr(10))
    {'a': {'lead': ('One.',)}}
    """
    bank: dict[str, dict[str, list[str]]] = {}
    topic, role = "", ""
    for line in text.splitlines():
        if line.startswith("= "):
            topic = line[2:]
            bank[topic] = {}
        elif line.startswith("- "):
            role = line[2:]
            bank[topic][role] = []
        elif line and not line.startswith("#"):
            bank[topic][role].append(line)
    return {
        topic: {role: tuple(lines) for role, lines in roles.items()}
        for topic, roles in bank.items()
    }


@lru_cache(maxsize=len(LANGUAGES))  # our own files, which do not change
def load_bank(lang: str) -> Bank:
    """Return the bank of one of LANGUAGES: topics, "any" and "names"."""
    folder = files("nightdesk.newsstand") / "text"
    bank: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for item in sorted(folder.iterdir(), key=lambda found: found.name):
        stem = item.name.removesuffix(".txt").removeprefix("names-")
        if stem.split("-")[0] == lang:
            bank.update(parse_bank(item.read_text(encoding="utf-8")))
    return bank


@lru_cache(maxsize=1)  # one file of ours, which does not change
def load_events() -> Mapping[str, tuple[Mapping[str, tuple[str, ...]], ...]]:
    """Return topic -> its events that several writers report; they are in English.

    Of every three lines of a role each says the same as the others in other words.
    """
    path = files("nightdesk.newsstand") / "text" / "events-en.txt"
    events: dict[str, list[Mapping[str, tuple[str, ...]]]] = {}
    for name, roles in parse_bank(path.read_text(encoding="utf-8")).items():
        events.setdefault(name.split(" ")[0], []).append(roles)
    return {topic: tuple(told) for topic, told in events.items()}


def list_topics(lang: str) -> tuple[str, ...]:
    """Return the topics of a language, in the order of its files."""
    return tuple(name for name in load_bank(lang) if name not in ("any", "names"))
