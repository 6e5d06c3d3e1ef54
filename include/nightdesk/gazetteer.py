"""Read the gazetteer: the files that are shipped, and the user's own laid over them.

    shipped/gazetteer/countries.tsv    countries, their names, capitals and demonyms
    shipped/gazetteer/m49.tsv          the UN M49 regions
    shipped/gazetteer/admin1.tsv       first-level divisions
    shipped/gazetteer/cities.tsv.gz    cities of GeoNames, built by build.py beside it
    shipped/gazetteer/exonyms.tsv      further English names of these cities
    shipped/gazetteer/given_names.txt, common_words.txt, not_places.txt,
                                       organisations.txt
    shipped/model/names.crfsuite, words.tsv.gz   the trained tagger and its words; the
                                       user's own model/names.crfsuite goes before it
    topics.yaml                        the words of topics, laid over in the same way
    regions.yaml, places.yaml          shipped, then the overlay's: a row with the same
                                       id replaces, `enabled: false` removes
    languages/*.tsv                    names of other languages (`language_files`)
    entities/*.yaml                    people and organisations (`entity_list`); the
                                       overlay's entities.yaml is laid over them

The rows of the YAML files are checked: a wrong one is named by file and key. An
adapter: it reads files and gives the pure `nightdesk.tag` its table.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from nightdesk.entity_list import load_entities
from nightdesk.errors import ConfigError
from nightdesk.language_files import name_languages, read_languages
from nightdesk.model import Region
from nightdesk.tag.entities import add_entities
from nightdesk.tag.regions import Country, build_regions
from nightdesk.tag.table import Gazetteer, Kind, Name, TopicTable
from nightdesk.tag.topics import LEAST, WEIGHTS, build_table
from nightdesk.tag.words import fold_key

#: section of a YAML file -> the keys that a row may have; the first two are needed
_KEYS: dict[str, tuple[str, ...]] = {
    "macros": ("id", "name", "names", "countries", "enabled"),
    "desks": ("id", "name", "countries", "m49", "macros", "timezone", "enabled"),
    "disputed": ("id", "name", "names", "countries", "enabled"),
    "places": ("id", "name", "names", "countries", "kind", "enabled"),
    "topics": ("id", "name", "least", *WEIGHTS, "enabled"),
}
_FILES: dict[str, tuple[str, ...]] = {
    "regions.yaml": ("macros", "desks", "disputed"),
    "places.yaml": ("places",),
    "topics.yaml": ("topics",),
}
_LISTS = ("names", "countries", "m49", "macros")
_KINDS: tuple[Kind, ...] = ("area", "capital", "city")
Rows = dict[str, dict[str, Any]]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_gazetteer(shipped: Path, overlay: Path | None = None) -> Gazetteer:
    """Return the gazetteer of the shipped files with the user's laid over them.

    Args:
        shipped: the folder of regions.yaml, gazetteer/ and entities/ (include/config).
        overlay: a folder that may hold regions.yaml, entities.yaml, places.yaml.

    Raises:
        ConfigError: a file is missing or wrong; says file, line or key, and the cure.
    """
    reader = _Reader()
    countries = tuple(_read_countries(reader, shipped))
    codes = frozenset(country.iso2 for country in countries)
    sections = _read_sections(reader, shipped, overlay, codes)
    m49 = [tuple(row) for row in reader.rows(shipped / "gazetteer" / "m49.tsv", 3)]
    regions = _make_regions(countries, m49, sections)
    weights = reader.weights(overlay, shipped)
    languages = read_languages((shipped, overlay), reader.text)
    index = _Index()
    for country in countries:
        index.add_country(country)
    for row in reader.rows(shipped / "gazetteer" / "admin1.tsv", 4):
        index.add_division(row, codes)
    capitals = {(c.iso2, fold_key(c.capital)) for c in countries if c.capital}
    exonyms = {x[0]: x[1] for x in reader.rows(shipped / "gazetteer/exonyms.tsv", 2)}
    for row in reader.rows(shipped / "gazetteer" / "cities.tsv.gz", 6):
        index.add_city(row, capitals, exonyms.get(row[0], ""))
    index.add_sections(sections)
    index.add_phrases(reader.text(shipped / "gazetteer" / "not_places.txt"))
    places = Gazetteer(
        names={key: tuple(names) for key, names in index.names.items()},
        longest=index.longest,
        given_names=reader.read_words(shipped / "gazetteer" / "given_names.txt"),
        common_words=reader.read_words(shipped / "gazetteer" / "common_words.txt"),
        subregions={country.iso2: country.m49_region for country in countries},
        regions=regions,
        organisations=reader.read_words(shipped / "gazetteer" / "organisations.txt"),
        classes=reader.read_classes(shipped / "model" / "words.tsv.gz"),
        weights=weights,
        topics=_make_topics(sections["topics"]),
        version=reader.version(),
    )
    places = replace(places, languages=name_languages(languages, places))
    entities = load_entities(shipped, overlay, codes)
    return add_entities(places, entities.rows, entities.digest, entities.places)


class _Reader:
    """Reads files and remembers a digest of all that it read."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def version(self) -> str:
        return self._digest.hexdigest()[:16]

    def raw(self, path: Path) -> bytes:
        raw = path.read_bytes()
        body = gzip.decompress(raw) if path.suffix == ".gz" else raw
        self._digest.update(path.name.encode() + b"\0" + body + b"\0")
        return body

    def text(self, path: Path) -> str:
        try:
            return self.raw(path).decode("utf-8")
        except FileNotFoundError as error:
            raise ConfigError(f"gazetteer file: {path}: is missing") from error
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise ConfigError(f"gazetteer file: {path}: {error}") from error

    def rows(self, path: Path, width: int) -> list[list[str]]:
        rows = []
        for number, line in enumerate(self.text(path).split("\n"), 1):
            if not line or line[0] == "#":
                continue
            row = line.split("\t")
            if len(row) > width:
                cause = f"has {len(row)} columns, allowed: {width}"
                raise ConfigError(f"gazetteer file: {path} line {number}: {cause}")
            rows.append(row + [""] * (width - len(row)))
        return rows

    def read_words(self, path: Path) -> frozenset[str]:
        lines = self.text(path).split("\n")
        return frozenset(fold_key(x) for x in lines if x and x[0] != "#")

    def read_classes(self, path: Path) -> dict[str, int]:
        cells = self.text(path).split()  # one call: it is read at every start
        return dict(zip(cells[::2], map(int, cells[1::2]), strict=True))

    def weights(self, *folders: Path | None) -> bytes:
        """Return the first weights that are there; none: the rules do without."""
        for folder in folders:
            path = (folder or Path()) / "model" / "names.crfsuite"
            if folder is not None and path.exists():
                raw = self.raw(path)
                if not raw.startswith(b"lCRF"):
                    raise ConfigError(f"model file: {path}: no weights of crfsuite")
                return raw
        return b""

    def yaml(self, path: Path) -> dict[str, Any]:
        try:
            # CSafeLoader or SafeLoader: neither makes objects
            data = yaml.load(self.text(path), Loader=_LOADER)  # noqa: S506
        except yaml.YAMLError as error:
            raise ConfigError(f"config file: {path}: {error}") from error
        if data is None:
            return {}
        allowed = _FILES[path.name]
        wrong = not isinstance(data, dict) or set(data) - set(allowed)
        if wrong:
            found = sorted(map(str, data)) if isinstance(data, dict) else data
            cause = f"holds {found!r}, allowed keys: {', '.join(allowed)}"
            raise ConfigError(f"config file: {path}: {cause}")
        return dict(data)


def _read_countries(reader: _Reader, shipped: Path) -> Iterator[Country]:
    for row in reader.rows(shipped / "gazetteer" / "countries.tsv", 8):
        iso2, iso3, m49, name, capital, m49_region, names, demonyms = row
        yield Country(
            iso2,
            iso3,
            m49,
            name,
            capital,
            m49_region,
            _split(names),
            _split(demonyms),
        )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _read_sections(
    reader: _Reader, shipped: Path, overlay: Path | None, codes: frozenset[str]
) -> dict[str, Rows]:
    """Return the rows of all YAML files by section and id, the overlay's on top."""
    sections: dict[str, Rows] = {key: {} for key in _KEYS}
    for file, keys in _FILES.items():
        paths = [shipped / file]
        if overlay is not None and (overlay / file).exists():
            paths.append(overlay / file)
        for path in paths:
            data = reader.yaml(path)
            for key in keys:
                _lay_over(sections[key], data.get(key), (path, key), codes)
    return sections


def _lay_over(
    rows: Rows, found: Any, at: tuple[Path, str], codes: frozenset[str]
) -> None:
    path, section = at
    if found is None:
        return
    if not isinstance(found, list):
        raise ConfigError(f"config file: {path} {section}: must be a list of rows")
    seen: set[str] = set()
    for number, row in enumerate(found, 1):
        where = f"config file: {path} {section}[{number}]"
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise ConfigError(f"{where}: needs an id that is text")
        where = f"{where} {row['id']}"
        if row["id"] in seen:
            raise ConfigError(f"{where}: the id stands twice in this file")
        seen.add(row["id"])
        if row.get("enabled") is False:
            rows.pop(row["id"], None)
            continue
        _check_row(row, section, where, codes)
        rows[row["id"]] = row


def _check_row(
    row: Mapping[str, Any], section: str, where: str, codes: frozenset[str]
) -> None:
    unknown = sorted(str(key) for key in row if key not in _KEYS[section])
    if unknown:
        allowed = ", ".join(_KEYS[section])
        raise ConfigError(f"{where}: unknown key {unknown[0]}, allowed: {allowed}")
    if not isinstance(row.get("name"), str):
        raise ConfigError(f"{where} name: must be text")
    for key in _LISTS:
        cell = row.get(key, [])
        if not isinstance(cell, list) or not all(isinstance(x, str) for x in cell):
            cause = "must be a list of text (put quotes round NO, on, 034)"
            raise ConfigError(f"{where} {key}: {cause}")
    for code in row.get("countries", []):
        if code not in codes:
            cause = f"{code!r} is no ISO 3166-1 alpha-2 code (put quotes round NO)"
            raise ConfigError(f"{where} countries: {cause}")
    zone = row.get("timezone", "UTC")
    if not isinstance(zone, str) or zone not in _list_zones():
        cause = f"{zone!r} is no IANA name, such as Asia/Karachi"
        raise ConfigError(f"{where} timezone: {cause}")
    _check_words(row, where)
    _check_choice(row.get("kind", "area"), _KINDS, f"{where} kind")
    _check_choice(row.get("enabled", True), (True, False), f"{where} enabled")


@cache  # 0.1 s, and the same while a process lives
def _list_zones() -> frozenset[object]:
    return frozenset(available_timezones() - {"localtime"})  # no name in DuckDB


def _check_words(row: Mapping[str, Any], where: str) -> None:
    for key in WEIGHTS:
        if not isinstance(row.get(key, ""), str):
            raise ConfigError(f"{where} {key}: must be text, words between commas")
    least = row.get("least", LEAST)
    if isinstance(least, bool) or not isinstance(least, int | float) or least <= 0:
        raise ConfigError(f"{where} least: {least!r}, allowed: a number above 0")


def _check_choice(value: Any, allowed: tuple[Any, ...], where: str) -> None:
    if value not in allowed:
        listed = ", ".join(str(choice) for choice in allowed)
        raise ConfigError(f"{where}: {value!r}, allowed: {listed}")


def _make_regions(
    countries: tuple[Country, ...],
    m49: list[tuple[str, ...]],
    sections: Mapping[str, Rows],
) -> tuple[Region, ...]:
    try:
        return build_regions(countries, m49, sections["macros"], sections["desks"])
    except KeyError as error:
        cause = f"names {error.args[0]!r}, which is no M49 code or macro region"
        raise ConfigError(f"config file: regions.yaml: {cause}") from error


def _make_topics(rows: Rows) -> TopicTable:
    terms = [
        (topic, term.strip(), weight)
        for topic, row in rows.items()
        for key, weight in WEIGHTS.items()
        for term in row.get(key, "").split(",")
        if term.strip()
    ]
    least = {topic: row["least"] for topic, row in rows.items() if "least" in row}
    names = {topic: row["name"] for topic, row in rows.items()}
    return build_table(names, terms, least)


class _Index:
    """The table while it is built: key -> what the name may stand for."""

    def __init__(self) -> None:
        self.names: dict[str, list[Name]] = {}
        self.longest: dict[str, int] = {}

    def add(self, surface: str, name: Name) -> None:
        key = fold_key(surface)
        if not key:
            return
        known = self.names.get(key)
        if known is None:
            self.names[key] = [name]
            first, _, rest = key.partition(" ")
            size = rest.count(" ") + 2 if rest else 1
            if size > self.longest.get(first, 0):
                self.longest[first] = size
        elif all(other.id != name.id for other in known):
            if name.kind == "capital":  # "New Delhi" is no other name of Delhi
                known[:] = [x for x in known if x.kind != "city" or not x.is_alternate]
            known.append(name)

    def add_exact(self, surface: str, kind: Kind, name: Name) -> None:
        """Add a name whose capitals matter if it is a short run of capitals."""
        letters = "".join(c for c in surface if c.isalnum())
        exact = letters if letters.isupper() and len(letters) < 7 else None
        kind = "abbreviation" if exact and kind == "country" else kind
        self.add(
            surface,
            Name(
                kind,
                name.id,
                name.name,
                name.countries,
                exact=exact,
                is_alternate=surface != name.name,
            ),
        )

    def add_country(self, country: Country) -> None:
        where = (country.iso2,)
        place = Name("country", f"iso:{country.iso2}", country.name, where)
        for surface in (country.name, *country.names):
            self.add_exact(surface, "country", place)
        for surface in country.demonyms:
            self.add(surface, Name("demonym", place.id, country.name, where))

    def add_division(self, row: list[str], codes: frozenset[str]) -> None:
        code, iso2, name, others = row
        if iso2 not in codes:
            raise ConfigError(f"gazetteer file: admin1.tsv {name}: {iso2!r} unknown")
        place_id = (
            f"iso:{code}" if code != "nd" else f"nd:loc:{iso2.lower()}-{_slug(name)}"
        )
        admin1 = code if code != "nd" else None
        place = Name("admin1", place_id, name, (iso2,), admin1=admin1)
        for surface in (name, *_split(others)):
            self.add(surface, place)

    def add_city(
        self, row: list[str], capitals: set[tuple[str, str]], exonyms: str
    ) -> None:
        geonames_id, name, iso2, admin1, population, others = row
        key = (iso2, fold_key(name))
        kind: Kind = "capital" if key in capitals else "city"
        capitals.discard(key)  # only the largest of that name
        place_id = f"geonames:{geonames_id}"
        division = f"{iso2}-{admin1}" if admin1 else None
        if not population.isdigit():
            cause = f"population {population!r} is no whole number"
            raise ConfigError(f"gazetteer file: cities.tsv.gz {name}: {cause}")
        people, where = int(population), (iso2,)
        self.add(name, Name(kind, place_id, name, where, people, division))
        if others or exonyms:
            other = Name(
                kind, place_id, name, where, people, division, is_alternate=True
            )
            for surface in _split(exonyms) + _split(others):
                self.add(surface, other)

    def add_sections(self, sections: Mapping[str, Rows]) -> None:
        for section in ("macros", "disputed", "places"):
            for row in sections[section].values():
                where = tuple(row.get("countries", ())) if section != "macros" else ()
                kind: Kind = row.get("kind", "area")
                people = 5_000_000 if kind != "area" else 0  # listed: well known
                place = Name(kind, row["id"], row["name"], where, people)
                for surface in row.get("names", [row["name"]]):
                    self.replace(surface, place)

    def add_phrases(self, lines: str) -> None:
        """Add the phrases that look like a place and are none."""
        for line in lines.split("\n"):
            if line and line[0] != "#":
                self.names.pop(fold_key(line), None)
                self.add(line, Name("phrase", "", line))

    def replace(self, surface: str, name: Name) -> None:
        """Add a name that people wrote down: it goes before what was there."""
        key = fold_key(surface)
        others = [x for x in self.names.get(key, []) if x.id != name.id]
        self.names.pop(key, None)
        self.add(surface, name)
        self.names[key].extend(x for x in others if x.kind not in ("city", "capital"))


def _slug(name: str) -> str:
    return fold_key(name).replace(" ", "-")
