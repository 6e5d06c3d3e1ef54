"""Trap sentences of our own: names that mean something else, or one of many things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from nightdesk.tag import Tagger

HERE = Path(__file__).parent
TRAPS = HERE / "data" / "tags" / "traps.tsv"
MOST_FAILING = 0.05


@dataclass(frozen=True)
class Trap:
    """A row of the file."""

    countries: frozenset[str]
    focus: tuple[str, ...]  # those that must be in focus, first ones first
    absent: frozenset[str]  # surfaces that are no place
    names: tuple[str, ...]  # surface:TYPE
    text: str
    fails: str  # why, if it is known to


def read_traps() -> list[Trap]:
    traps = []
    for line in TRAPS.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        cells = [*line.split("\t"), ""][:5]
        marked = cells[0].split()
        starred = tuple(code[:-1] for code in marked if code.endswith("*"))
        traps.append(
            Trap(
                countries=frozenset(code.rstrip("*") for code in marked),
                focus=starred or (tuple(marked) if len(marked) == 1 else ()),
                absent=frozenset(filter(None, cells[1].split(";"))),
                names=tuple(filter(None, cells[2].split(";"))),
                text=cells[3],
                fails=cells[4],
            )
        )
    return traps


CASES = read_traps()


def find_faults(tagger: Tagger, trap: Trap) -> list[str]:
    """Return what is wrong with the tags of a trap's sentence."""
    tags = tagger.tag(article_id=1, title=None, text=trap.text, lang="en")
    about = {s.country for s in tags.countries if s.role == "about" and s.score >= 1.0}
    focus = [s.country for s in tags.countries if s.is_focus]
    places = {
        mention.surface
        for mention in tags.mentions
        if mention.type in ("LOC", "DEMONYM")
        and not mention.rule.endswith("in organisation")
    }
    named = {f"{mention.surface}:{mention.type}" for mention in tags.mentions}
    faults = [f"{x} is a place" for x in sorted(places & trap.absent)]
    faults += [f"{x} is missing" for x in trap.names if x not in named]
    if about != trap.countries:
        faults.append(f"countries are {sorted(about)}")
    if tuple(focus[: len(trap.focus)]) != trap.focus:
        faults.append(f"focus is {focus}")
    return faults


def test_there_are_enough_traps_and_few_fail() -> None:
    assert len({trap.text for trap in CASES}) == len(CASES) >= 250
    assert sum(1 for trap in CASES if trap.fails) <= MOST_FAILING * len(CASES)


@pytest.mark.parametrize("trap", CASES, ids=lambda trap: trap.text[:60])
def test_trap(tagger: Tagger, trap: Trap) -> None:
    faults = find_faults(tagger, trap)
    if trap.fails:
        assert faults, f"no longer fails: take out of the file: {trap.fails}"
    else:
        assert not faults
