"""Read the gazetteer: the files that are shipped, and the user's own laid over them.

    shipped/gazetteer/countries.tsv    countries, their names, capitals and demonyms
    shipped/gazetteer/m49.tsv          the UN M49 regions
    shipped/gazetteer/admin1.tsv       first-level divisions
    shipped/gazetteer/cities.tsv.gz    cities of GeoNames, built by build.py beside it
    shipped/gazetteer/exonyms.tsv      further English names of these cities
    shipped/gazetteer/short_states.tsv states behind a town: "Athens, Ga."
    shipped/gazetteer/given_names.txt, common_words.txt, not_places.txt,
                                       organisations.txt, certain_words.tsv
    shipped/model/names.npz, words.tsv.gz, families.tsv.gz, vectors.npy   the trained
                                       tagger and what it knows of words; the user's own
                                       model/names.npz goes before it
    topics.yaml                        the words of topics, laid over in the same way
    regions.yaml, places.yaml          shipped, then the overlay's: a row with the same
                                       id replaces, `enabled: false` removes
    languages/*.tsv                    names of other languages (`language_files`)
    entities/*.yaml                    people and organisations (`entity_list`); the
                                       overlay's entities.yaml is laid over them

An adapter: it reads files (`gazetteer_files`) and gives the pure `nightdesk.tag` its
table.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nightdesk.errors import ConfigError
from nightdesk.gazetteer_files import Reader, Rows, load_outline, split_cell
from nightdesk.language_files import name_languages
from nightdesk.tag.entities import add_entities
from nightdesk.tag.regions import Country
from nightdesk.tag.table import Gazetteer, Kind, Name
from nightdesk.tag.words import fold_key


def load_gazetteer(shipped: Path, overlay: Path | None = None) -> Gazetteer:
    """Return the gazetteer of the shipped files with the user's laid over them.

    Args:
        shipped: the folder of regions.yaml, gazetteer/ and entities/ (include/config).
        overlay: a folder that may hold regions.yaml, entities.yaml, places.yaml.

    Raises:
        ConfigError: a file is missing or wrong; says file, line or key, and the cure.
    """
    is_on = gc.isenabled()
    gc.disable()  # all that is made here stays: walking it doubles the time
    try:
        return _build(shipped, overlay)
    finally:
        if is_on:
            gc.enable()


def _build(shipped: Path, overlay: Path | None) -> Gazetteer:
    reader = Reader()
    outline = load_outline(shipped, overlay, reader)
    countries, codes, entities = outline.countries, outline.codes, outline.entities
    index = _Index()
    for country in countries:
        index.add_country(country)
    for row in reader.rows(shipped / "gazetteer" / "admin1.tsv", 4):
        index.add_division(row, codes)
    capitals = {(c.iso2, fold_key(c.capital)) for c in countries if c.capital}
    exonyms = {x[0]: x[1] for x in reader.rows(shipped / "gazetteer/exonyms.tsv", 2)}
    for row in reader.rows(shipped / "gazetteer" / "cities.tsv.gz", 6):
        index.add_city(row, capitals, exonyms.get(row[0], ""))
    index.add_sections(outline.sections)
    index.add_phrases(reader.text(shipped / "gazetteer" / "not_places.txt"))
    places = Gazetteer(
        names={key: tuple(names) for key, names in index.names.items()},
        longest=index.longest,
        given_names=reader.read_words(shipped / "gazetteer" / "given_names.txt"),
        common_words=reader.read_words(shipped / "gazetteer" / "common_words.txt"),
        subregions={country.iso2: country.m49_region for country in countries},
        regions=outline.regions,
        short_states=index.name_states(
            reader.rows(shipped / "gazetteer" / "short_states.tsv", 2)
        ),
        organisations=reader.read_words(shipped / "gazetteer" / "organisations.txt"),
        classes=reader.read_classes(shipped / "model" / "words.tsv.gz"),
        certain=reader.read_certain(shipped / "gazetteer" / "certain_words.tsv"),
        families=reader.text(shipped / "model" / "families.tsv.gz"),
        vectors=reader.raw(shipped / "model" / "vectors.npy"),
        weights=outline.weights,
        topics=outline.topics,
        version=reader.version(),
    )
    places = replace(places, languages=name_languages(outline.languages, places))
    return add_entities(places, entities.rows, entities.digest, entities.places)


class _Index:
    """The table while it is built: key -> what the name may stand for."""

    def __init__(self) -> None:
        self.names: dict[str, list[Name]] = {}
        self.longest: dict[str, int] = {}

    def add(self, surface: str, name: Name) -> None:
        self._put(fold_key(surface), name)

    def _put(self, key: str, name: Name) -> None:
        known = self.names.get(key)
        if not key:
            return
        if known is None:
            self.names[key] = [name]
            first, size = key, 1
            if " " in key:
                first, size = key[: key.index(" ")], key.count(" ") + 1
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
        for surface in (name, *split_cell(others)):
            self.add(surface, place)

    def add_city(
        self, row: list[str], capitals: set[tuple[str, str]], exonyms: str
    ) -> None:
        geonames_id, name, iso2, admin1, population, others = row
        key = fold_key(name)
        kind: Kind = "capital" if (iso2, key) in capitals else "city"
        capitals.discard((iso2, key))  # only the largest of that name
        place_id = f"geonames:{geonames_id}"
        division = f"{iso2}-{admin1}" if admin1 else None
        if not population.isdigit():
            cause = f"population {population!r} is no whole number"
            raise ConfigError(f"gazetteer file: cities.tsv.gz {name}: {cause}")
        people, where = int(population), (iso2,)
        self._put(key, Name(kind, place_id, name, where, people, division))
        if others or exonyms:
            other = Name(
                kind, place_id, name, where, people, division, is_alternate=True
            )
            for surface in split_cell(exonyms) + split_cell(others):
                self.add(surface, other)

    def name_states(self, rows: list[list[str]]) -> dict[str, Name]:
        """Return letters of a short form -> the division that it means."""
        known = {
            name.id: name
            for names in self.names.values()
            for name in names
            if name.kind == "admin1"
        }
        return {
            form.replace(".", ""): known[f"iso:{code}"]
            for code, forms in rows
            if f"iso:{code}" in known
            for form in split_cell(forms)
        }

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
