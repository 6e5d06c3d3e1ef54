"""Read what other languages call countries, capitals and large cities.

    shipped/languages/<lang>.tsv   one file a language: what it does not have, the
                                   tagger leaves as `untagged_language`
    overlay/languages/<lang>.tsv   the user's own rows, which go before the shipped
                                   ones; or a language that is not shipped

A row: what it is, what it names, how that is written (forms with | between), and, for
people who read the file, the English name. docs/tagger.md says what the marks mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nightdesk.errors import ConfigError
from nightdesk.tag.table import Gazetteer, Kind, LanguageNames, Name

_FOLDER = "languages"
#: Rows that name something; the kind of a city is that of the gazetteer's own row.
_NAMED = ("country", "demonym", "area", "city", "phrase")
#: Rows that list words of the language.
_LISTS = ("ending", "prefix", "before", "after", "not_after", "not_before", "script")
_LARGE_CITY = 1_000_000  # people
_CAPITAL = 50_000  # people; Latin script takes over the shipped names of these
_CLEAR = 5  # times as large as any namesake


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file, and where it stands."""

    kind: str
    ids: str
    forms: tuple[str, ...]
    where: str
    is_shipped: bool


def read_languages(
    folders: Iterable[Path | None], read: Callable[[Path], str]
) -> dict[str, tuple[Row, ...]]:
    """Return language -> the rows of its files, those of the later folders first.

    Args:
        folders: shipped folder, then the user's, which may be missing.
        read: gives the text of a file.

    Raises:
        ConfigError: a line is wrong; says file, line and what is allowed.
    """
    out: dict[str, tuple[Row, ...]] = {}
    for number, folder in enumerate(folders):
        if folder is None:
            continue
        for path in sorted((folder / _FOLDER).glob("*.tsv")):
            rows = tuple(_read_rows(path, read(path), is_shipped=not number))
            out[path.stem] = rows + out.get(path.stem, ())
    return out


def name_languages(
    languages: Mapping[str, tuple[Row, ...]], gazetteer: Gazetteer
) -> dict[str, LanguageNames]:
    """Return language -> its names, each with the place of the gazetteer that it means.

    A shipped row whose place the user has taken away names nothing.

    Raises:
        ConfigError: a row of the user's names a place that the gazetteer does not have,
            or any row a country that there is not.
    """
    wanted = {row.ids for rows in languages.values() for row in rows}
    known: dict[str, Name] = {}
    for names in gazetteer.names.values():
        for name in names:
            if name.id in wanted and name.id not in known:
                known[name.id] = name
    countries = {
        r.countries[0]: r.name for r in gazetteer.regions if r.id[:4] == "iso:"
    }
    large = tuple(_list_large(gazetteer))
    return {
        lang: _name_rows(rows, known, countries, large)
        for lang, rows in languages.items()
    }


def _read_rows(path: Path, text: str, *, is_shipped: bool) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line[0] == "#":
            continue
        cells = line.rstrip("\r").split("\t")
        where = f"language file: {path} line {number}"
        if not 3 <= len(cells) <= 4:
            raise ConfigError(f"{where}: has {len(cells)} columns, allowed: 3 or 4")
        kind, ids, forms = cells[:3]
        if kind not in _NAMED and kind not in _LISTS:
            allowed = ", ".join((*_NAMED, *_LISTS))
            raise ConfigError(f"{where}: {kind!r}, allowed: {allowed}")
        listed = tuple(form for form in forms.split("|") if form)
        yield Row(kind, ids, listed, where, is_shipped)


def _name_rows(
    rows: Iterable[Row],
    known: Mapping[str, Name],
    countries: Mapping[str, str],
    large: tuple[tuple[tuple[Name, ...], tuple[str, ...]], ...],
) -> LanguageNames:
    lists: dict[str, list[str]] = {kind: [] for kind in _LISTS}
    forms = []
    for row in rows:
        if row.kind in _LISTS:
            lists[row.kind].extend(row.forms)
        elif names := _find_names(row, known, countries):
            forms.append((names, row.forms))
    if "latin" in lists["script"]:
        forms.extend(large)
    return LanguageNames(
        forms=tuple(forms),
        endings=tuple(lists["ending"]),
        prefixes=tuple(lists["prefix"]),
        before=tuple(lists["before"]),
        after=tuple(lists["after"]),
        not_after=tuple(lists["not_after"]),
        not_before=tuple(lists["not_before"]),
        is_spaced="unspaced" not in lists["script"],
    )


def _find_names(
    row: Row, known: Mapping[str, Name], countries: Mapping[str, str]
) -> tuple[Name, ...]:
    """Return what a row names: several only for signs that stand side by side."""
    if row.kind in ("area", "city"):
        if row.ids in known:
            return (known[row.ids],)
        if row.is_shipped:
            return ()
        raise ConfigError(f"{row.where}: {row.ids!r} is no place of the gazetteer")
    if row.ids == "-" and row.kind == "phrase":
        return (Name("phrase", "", ""),)
    found = []
    for code in row.ids.split(","):
        if code not in countries:
            raise ConfigError(f"{row.where}: {code!r} is no ISO 3166-1 alpha-2 code")
        kind: Kind = "demonym" if row.kind == "demonym" else "country"
        found.append(Name(kind, f"iso:{code}", countries[code], (code,)))
    return tuple(found)


def _list_large(
    gazetteer: Gazetteer,
) -> Iterator[tuple[tuple[Name, ...], tuple[str, ...]]]:
    """Yield the capitals and large cities whose name means no other and no person."""
    for key, names in gazetteer.names.items():
        first = names[0]
        least = _CAPITAL if first.kind == "capital" else _LARGE_CITY
        if first.kind not in ("capital", "city") or first.population < least:
            continue
        if first.is_alternate or key in gazetteer.given_names:
            continue
        others = [name.population for name in names[1:]]
        if all(first.population > _CLEAR * people for people in others):
            yield (first,), (first.name,)
