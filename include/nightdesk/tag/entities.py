"""Put the people, organisations and metonyms that we know into the gazetteer.

Two tables: `entities` holds every name of every row and says whom a name that was found
may mean (`link.py`); `names` holds those that are looked for in a text, found or not.
A name that needs support and is no acronym ("Apple") is not looked for, nor are people:
the rules and the model find them, and `link.py` finds the full names that they miss.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from nightdesk.errors import ConfigError
from nightdesk.model import Entity
from nightdesk.tag.table import Gazetteer, Kind, Name
from nightdesk.tag.words import fold_key

_KINDS: dict[str, Kind] = {"ORG": "org", "PER": "person", "LOC": "metonym"}
_LONGEST_ACRONYM = 6
#: A state is a place of its own in "U.S. Army", and "the" is no part of a name.
_LEFT_TO_RULES = ("the ", "us ", "u s ", "united states ", "uk ")


def add_entities(
    gazetteer: Gazetteer,
    rows: Iterable[Entity],
    digest: str,
    places: Mapping[str, str],
) -> Gazetteer:
    """Return the gazetteer with these entities; their names go before its places.

    Args:
        gazetteer: stays as it is.
        rows: of all files.
        digest: of the rows; the version of the gazetteer follows it.
        places: id of a row -> where it stands, for messages.

    Raises:
        ConfigError: two rows claim a name that neither needs support for, or a name
            that needs it lacks the rule; says where the row stands and the cure.
    """
    table = _claim_names(rows, places)
    names, longest = dict(gazetteer.names), dict(gazetteer.longest)
    people: dict[str, int] = {}
    for key, found in table.items():
        wanted = tuple([name for name in found if _is_looked_for(name, key, names)])
        if wanted:
            names[key] = wanted
            _lengthen(longest, key)
        if found[0].kind == "person" or found[-1].kind == "person":
            _lengthen(people, key)
    return replace(
        gazetteer,
        names=names,
        longest=longest,
        people=people,
        entities={key: tuple(found) for key, found in table.items()},
        known={name.id: name.name for found in table.values() for name in found},
        version=_digest(gazetteer.version, digest),
    )


def add_merges(gazetteer: Gazetteer, merged: Mapping[str, str]) -> Gazetteer:
    """Return the gazetteer with what people merged: old id -> entity id."""
    if not merged:
        return gazetteer
    said = "\n".join(f"{old} {new}" for old, new in sorted(merged.items()))
    version = _digest(gazetteer.version, said)
    return replace(gazetteer, merged=dict(merged), version=version)


def _claim_names(
    rows: Iterable[Entity], places: Mapping[str, str]
) -> dict[str, list[Name]]:
    """Return key -> who bears the name."""
    table: dict[str, list[Name]] = {}
    owners: dict[tuple[bool, str], str] = {}  # who means a name without support
    problems = []
    for row in rows:
        plain = _make_name(row)
        for surface in row.names:
            key, name = fold_key(surface), plain
            exact, needs_support = find_exact(surface), surface in row.context
            if exact or needs_support:
                name = plain._replace(exact=exact, needs_support=needs_support)
            _add_claim(table, key, name)
            problem = _find_problem(row, surface, key, owners)
            if problem:
                problems.append(f"{places.get(row.id, row.id)}: {problem}")
    if problems:
        raise ConfigError("\n".join(problems))
    return table


def _make_name(row: Entity) -> Name:
    return Name(
        _KINDS[row.type],
        row.entity_id,
        row.names[0],
        (row.country,) if row.country else (),
        is_government=row.is_government,
        is_wire=row.is_wire,
    )


def _add_claim(table: dict[str, list[Name]], key: str, name: Name) -> None:
    claims = table.get(key)
    if claims is None:
        table[key] = [name]
    elif claims[-1].id != name.id or claims[-1].exact != name.exact:
        claims.append(name)  # "NATO" and "Nato" are two


def _find_problem(
    row: Entity, surface: str, key: str, owners: dict[tuple[bool, str], str]
) -> str | None:
    if surface in row.context:
        # an unsupported mention of it gets the id that is made of the name
        slug = key.removeprefix("the ").replace(" ", "-")
        if row.id != f"nd:{row.type.lower()}:{slug}":
            return None
        return f"id: is that of any {surface!r}; allowed: one made of another name"
    is_person = row.type == "PER"
    owner = owners.setdefault((is_person, key), row.id)
    if owner != row.id:
        return (
            f"names: {surface!r} is a name of {owner} as well; allowed: a name of one "
            "row, or put it into `context` of one of them"
        )
    if not key:
        return f"names: {surface!r} holds no letter"
    if is_person and " " not in key:
        return f"names: {surface!r} is one word; put it into `context` as well"
    return None


def _lengthen(longest: dict[str, int], key: str) -> None:
    first, _, rest = key.partition(" ")
    size = rest.count(" ") + 2 if rest else 1
    if size > longest.get(first, 0):
        longest[first] = size


def find_exact(surface: str) -> str | None:
    """Return the letters of an acronym, which must stand just so; None of other names.

    >>> find_exact("U.N."), find_exact("BBC News")
    ('UN', None)
    """
    if not surface.isupper():
        return None
    letters = "".join(c for c in surface if c.isalnum())
    return letters if len(letters) <= _LONGEST_ACRONYM else None


def _is_looked_for(name: Name, key: str, places: Mapping[str, object]) -> bool:
    """Is a name found where no rule and no model would find it?"""
    if name.kind == "person" or key.startswith(_LEFT_TO_RULES):
        return False
    if not name.needs_support:
        return True
    is_acronym = name.exact is not None and (len(name.exact) > 2 or name.is_wire)
    return is_acronym and key not in places


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
