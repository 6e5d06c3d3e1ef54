"""Read and check the files of the gazetteer; `nightdesk.gazetteer` names them all.

The rows of the YAML files are checked: a wrong one is named by file and key.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from nightdesk.entity_list import EntityList, load_entities
from nightdesk.errors import ConfigError
from nightdesk.language_files import Row, read_languages
from nightdesk.model import Region
from nightdesk.tag.regions import Country, build_regions
from nightdesk.tag.table import CertainWords, Kind, TopicTable
from nightdesk.tag.topics import LEAST, WEIGHTS, build_table
from nightdesk.tag.words import fold_key

log = logging.getLogger(__name__)

_OLD_WEIGHTS = (
    "learned by an earlier version, is not read, the shipped weights are; "
    "learn again with `nightdesk train`, then remove it"
)
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
#: A row of these that holds no country counts for nothing.
_MEMBERS = {"macros": ("countries",), "desks": ("countries", "m49", "macros")}
_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Outline:
    """All of the gazetteer that people write or that is small: no cities, no names."""

    countries: tuple[Country, ...]
    sections: dict[str, Rows]
    regions: tuple[Region, ...]
    topics: TopicTable
    languages: dict[str, tuple[Row, ...]]
    entities: EntityList
    weights: bytes

    @property
    def codes(self) -> frozenset[str]:
        """The ISO 3166-1 alpha-2 codes of the countries."""
        return frozenset(country.iso2 for country in self.countries)


def load_outline(
    shipped: Path, overlay: Path | None = None, reader: Reader | None = None
) -> Outline:
    """Return the outline of the gazetteer: a tenth of the time that all of it takes.

    Args:
        shipped: see `nightdesk.gazetteer.load_gazetteer`.
        overlay: the same.
        reader: what reads the files, for the digest of all that was read.

    Raises:
        ConfigError: a file is missing or wrong; says file, line or key, and the cure.
    """
    reader = reader or Reader()
    countries = tuple(_read_countries(reader, shipped))
    codes = frozenset(country.iso2 for country in countries)
    sections = _read_sections(reader, shipped, overlay, codes)
    m49 = [tuple(row) for row in reader.rows(shipped / "gazetteer" / "m49.tsv", 3)]
    return Outline(
        countries=countries,
        sections=sections,
        regions=_make_regions(countries, m49, sections),
        topics=_make_topics(sections["topics"]),
        weights=reader.weights(overlay, shipped),
        languages=read_languages((shipped, overlay), reader.text),
        entities=load_entities(shipped, overlay, codes),
    )


class Reader:
    """Reads files and remembers a digest of all that it read."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def version(self) -> str:
        """Return the digest of all that was read."""
        return self._digest.hexdigest()[:16]

    def raw(self, path: Path) -> bytes:
        """Return the bytes of a file, unpacked if it is gzip."""
        raw = path.read_bytes()
        body = gzip.decompress(raw) if path.suffix == ".gz" else raw
        self._digest.update(path.name.encode() + b"\0" + body + b"\0")
        return body

    def text(self, path: Path) -> str:
        """Return the text of a file.

        Raises:
            ConfigError: it is missing or no UTF-8.
        """
        try:
            return self.raw(path).decode("utf-8")
        except FileNotFoundError as error:
            raise ConfigError(f"gazetteer file: {path}: is missing") from error
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise ConfigError(f"gazetteer file: {path}: {error}") from error

    def rows(self, path: Path, width: int) -> list[list[str]]:
        """Return the rows of a file of tabs, each filled up to `width` cells.

        Raises:
            ConfigError: a row is wider.
        """
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
        """Return the folded lines of a file of words."""
        lines = self.text(path).split("\n")
        return frozenset(fold_key(x) for x in lines if x and x[0] != "#")

    def read_classes(self, path: Path) -> dict[str, int]:
        """Return word -> class of the words that the model was trained with."""
        cells = self.text(path).split()  # one call: it is read at every start
        return dict(zip(cells[::2], map(int, cells[1::2]), strict=True))

    def read_certain(self, path: Path) -> CertainWords:
        """Return the words that leave no doubt of a name's type.

        Raises:
            ConfigError: a row is of no kind of them.
        """
        kinds: dict[str, set[str]] = {kind.name: set() for kind in fields(CertainWords)}
        for kind, word in self.rows(path, 2):
            if kind not in kinds:
                cause = f"{kind!r}, allowed: {', '.join(kinds)}"
                raise ConfigError(f"gazetteer file: {path} {word}: {cause}")
            kinds[kind].add(word)
        return CertainWords(**{kind: frozenset(found) for kind, found in kinds.items()})

    def weights(self, *folders: Path | None) -> bytes:
        """Return the first weights that are there; none: the rules do without."""
        for folder in filter(None, folders):
            path = folder / "model" / "names.npz"
            if path.exists():
                raw = self.raw(path)
                if not raw.startswith(b"PK"):  # an archive of numpy
                    raise ConfigError(f"model file: {path}: no weights of the model")
                return raw
            old = path.with_suffix(".crfsuite")
            if old.exists():
                log.warning("model file: %s: %s", old, _OLD_WEIGHTS)
        return b""

    def yaml(self, path: Path) -> dict[str, Any]:
        """Return the sections of a YAML file.

        Raises:
            ConfigError: it is no YAML or has other sections.
        """
        try:
            data = yaml.load(self.text(path), Loader=_Loader)  # noqa: S506
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            # ValueError: of what looks like a date and is none
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


class _Loader(_SAFE):  # type: ignore[misc]
    """Makes no objects, and takes no key twice: the first one would be lost."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                problem = f"key {key!r} stands twice"
                raise yaml.constructor.ConstructorError(
                    None, None, problem, node.start_mark
                )
        return super().construct_mapping(node, deep)


def _read_countries(reader: Reader, shipped: Path) -> Iterator[Country]:
    for row in reader.rows(shipped / "gazetteer" / "countries.tsv", 8):
        iso2, iso3, m49, name, capital, m49_region, names, demonyms = row
        yield Country(
            iso2,
            iso3,
            m49,
            name,
            capital,
            m49_region,
            split_cell(names),
            split_cell(demonyms),
        )


def split_cell(cell: str) -> tuple[str, ...]:
    """Return the words of a cell: `a|b`."""
    return tuple(cell.split("|")) if cell else ()


def _read_sections(
    reader: Reader, shipped: Path, overlay: Path | None, codes: frozenset[str]
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
        key = row.get("id") if isinstance(row, dict) else None
        if not isinstance(key, str) or key.split() != [key]:
            raise ConfigError(f"{where}: needs an id that is text without blanks")
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
    _check_names(row, where)
    _check_zone(row.get("timezone", "UTC"), where)
    _check_words(row, where)
    _check_choice(row.get("kind", "area"), _KINDS, f"{where} kind")
    _check_choice(row.get("enabled", True), (True, False), f"{where} enabled")
    _check_members(row, section, where, codes)


def _check_names(row: Mapping[str, Any], where: str) -> None:
    for key, names in (("name", [row["name"]]), ("names", row.get("names", ["A"]))):
        if not names:
            raise ConfigError(f"{where} {key}: must hold one at least, or be left out")
        for name in names:
            if not fold_key(name):
                raise ConfigError(f"{where} {key}: {name!r} holds no letter")


def _check_members(
    row: Mapping[str, Any], section: str, where: str, codes: frozenset[str]
) -> None:
    for code in row.get("countries", []):
        if code not in codes:
            cause = f"{code!r} is no ISO 3166-1 alpha-2 code (put quotes round NO)"
            raise ConfigError(f"{where} countries: {cause}")
    wanted = _MEMBERS.get(section, ())
    if wanted and not any(row.get(key) for key in wanted):
        raise ConfigError(f"{where}: needs {' or '.join(wanted)}")
    is_town = row.get("kind", "area") != "area"
    if is_town and section == "places" and not row.get("countries"):
        raise ConfigError(f"{where} countries: a {row['kind']} needs its country")


def _check_zone(zone: object, where: str) -> None:
    try:
        is_known = isinstance(zone, str) and zone != "localtime" and ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        is_known = False
    if not is_known:
        cause = f"{zone!r} is no IANA name, such as Asia/Karachi"
        raise ConfigError(f"{where} timezone: {cause}")


def _check_words(row: Mapping[str, Any], where: str) -> None:
    for key in WEIGHTS:
        if not isinstance(row.get(key, ""), str):
            raise ConfigError(f"{where} {key}: must be text, words between commas")
    least = row.get("least", LEAST)
    if (
        isinstance(least, bool)
        or not isinstance(least, int | float)
        or not (0 < least < math.inf)
    ):
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
    known = {"m49": {row[0] for row in m49}, "macros": sections["macros"].keys()}
    for desk, row in sections["desks"].items():
        for key, ids in known.items():
            lost = [code for code in row.get(key, ()) if code not in ids]
            if lost:
                cause = f"{lost[0]!r} is no M49 code or macro region"
                raise ConfigError(f"config file: regions.yaml {desk} {key}: {cause}")
    return build_regions(countries, m49, sections["macros"], sections["desks"])


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
