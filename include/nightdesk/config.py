"""YAML -> values. A bad file is named with line, key, allowed values.

The user's files live in `<data>/config` and lie over those shipped in `include/config`,
so that an upgrade never touches them: a user's sources file takes the place of the
sample sources, a user's entities are laid over the shipped ones row by row. What the
environment states is read in `settings`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import regex
import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nightdesk.errors import ConfigError
from nightdesk.model import BY_HAND, Entity, Source, SourceKind
from nightdesk.settings import (
    SHIPPED,
    Settings,
    load_settings,
    read_secret,
    secret_variable,
)

__all__ = [
    "ENTITY_TABLE",
    "SHIPPED",
    "EntityList",
    "Settings",
    "SourceList",
    "encode_entities",
    "load_entities",
    "load_settings",
    "load_sources",
    "read_secret",
    "secret_variable",
    "sources_path",
    "sources_schema",
]

#: Below the shipped folder: what the YAML files of entities say, ready to be read.
ENTITY_TABLE = "entities/table.tsv"

_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # neither makes objects
_COUNTRIES = SHIPPED / "gazetteer" / "countries.tsv"
_LANGUAGES = (  # ISO 639-1; of the 7,900 codes of three letters any will do
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr "
    "cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu "
    "gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk "
    "kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms "
    "mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro "
    "ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk "
    "tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_KEY = re.compile(  # names in a query whose values are no one's business
    r"(?i)(?:(?:api|access|auth|client|private)[_-]?)?"
    r"(?:key|token|secret|signature|sig|password|passwd|pwd)|auth"
)
_ID = r"^[a-z0-9][a-z0-9-]{0,62}$"


class _SourceRow(BaseModel):
    """A source as people write it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(
        pattern=_ID,
        description="Stable name: lower-case letters, digits and hyphens. If it must "
        "change, put the old one into `was`.",
    )
    name: str = Field(
        min_length=1, max_length=200, description="The outlet, as readers know it."
    )
    kind: SourceKind = Field(
        description="What the address serves; `page` is an HTML page that lists "
        "articles and needs `link_pattern`."
    )
    url: str = Field(description="The http(s) address that is polled.")
    link_pattern: str | None = Field(
        default=None,
        validate_default=True,
        description="Of kind `page`: a regular expression that the address of an "
        "article fits (searched for, not matched in full).",
    )
    was: list[str] = Field(
        default=[], description="Ids that this source had before; it keeps their past."
    )
    country: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{2}$",
        description="ISO 3166-1 code of the publisher's country.",
    )
    lang: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}$", description="ISO 639 code."
    )
    timezone: str = Field(
        default="UTC", description="IANA name; reads dates that state no zone."
    )
    tags: list[str] = Field(default=[], description="Free words, for `--sources`.")
    enabled: bool = Field(default=True, description="false: not polled.")
    robots: Literal["obey", "ignore_feed"] = Field(
        default="obey",
        description="`ignore_feed` polls the feed itself whatever robots.txt says; "
        "pages always obey.",
    )
    gap_s: float = Field(
        default=2.0,
        ge=0,
        le=120,
        strict=False,
        description="Least seconds between two requests to one host.",
    )
    allow_private: bool = Field(
        default=False, description="May it live on a private address?"
    )
    connection: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]{1,200}$",
        description="Airflow connection whose password is our login as a subscriber: a "
        "header such as `Cookie: name=value`, or a key of the query such as "
        "`?api_key=value`; it goes to the host of `url` alone.",
    )
    tdm: Literal["obey", "licensed"] = Field(
        default="obey",
        description="`licensed`: we may use the texts that this outlet reserves (TDM); "
        "otherwise their articles are kept without the text.",
    )
    past_url: str | None = Field(
        default=None,
        description="Dated sitemap of a past day, with {yyyy}, {mm} and {dd}.",
    )

    @field_validator("url", "past_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if re.search(r"\s", value) or parts.port == 0:  # other bad ports raise
                raise ValueError(f"{value!r} holds a space or a port that is none")
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{value!r} is not an http or https address")
            if parts.username or parts.password:
                raise ValueError("an address must not hold a user name or password")
            for name, _ in parse_qsl(parts.query):
                if _KEY.fullmatch(name):
                    raise ValueError(
                        f"{name!r} looks like a secret key, and addresses are kept in "
                        f"the clear: put `?{name}=VALUE` into a connection, and the "
                        "connection's name into `connection`"
                    )
        return value

    @field_validator("past_url")
    @classmethod
    def _is_dated(cls, value: str | None) -> str | None:
        if value is not None and not all(
            part in value for part in ("{yyyy}", "{mm}", "{dd}")
        ):
            raise ValueError("wants the places {yyyy}, {mm} and {dd}")
        return value

    @field_validator("link_pattern")
    @classmethod
    def _fits_kind(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        if kind == "page" and not value:
            raise ValueError("missing; kind page needs the pattern of its articles")
        if value is not None:
            if kind not in (None, "page"):
                raise ValueError(f"only kind page has one, not kind {kind}")
            try:
                regex.compile(value)
            except regex.error as error:
                raise ValueError(f"{value!r} is no regular expression: {error}") from (
                    error
                )
        return value

    @field_validator("id", "was")
    @classmethod
    def _is_free(cls, value: str | list[str]) -> str | list[str]:
        if BY_HAND in ([value] if isinstance(value, str) else value):
            raise ValueError(f"{BY_HAND!r} is that of `nightdesk add`; choose another")
        return value

    @field_validator("was")
    @classmethod
    def _are_ids(cls, value: list[str]) -> list[str]:
        for old in value:
            if not re.fullmatch(_ID, old):
                raise ValueError(f"{old!r} does not fit the pattern {_ID}")
        return value

    @field_validator("name")
    @classmethod
    def _is_plain(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("holds a control or invisible character")
        return value

    @field_validator("country")
    @classmethod
    def _is_country(cls, value: str | None) -> str | None:
        rows = _COUNTRIES.read_text("utf-8").splitlines() if value else []
        if value and not any(row.startswith(f"{value}\t") for row in rows):
            raise ValueError(
                f"{value!r} is no ISO 3166-1 code; {_COUNTRIES} lists them "
                "(GB is the United Kingdom, GR is Greece)"
            )
        return value

    @field_validator("lang")
    @classmethod
    def _is_language(cls, value: str | None) -> str | None:
        if value and len(value) == 2 and value not in _LANGUAGES.split():
            raise ValueError(
                f"{value!r} is no ISO 639-1 code; near: {', '.join(_near(value))}; all "
                "of them: https://www.loc.gov/standards/iso639-2/php/code_list.php"
            )
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no IANA time zone name") from error
        return value

    @field_validator("tags")
    @classmethod
    def _are_tags(cls, value: list[str]) -> list[str]:
        for tag in value:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", tag):
                raise ValueError(f"{tag!r}: lower-case letters, digits and hyphens")
        return value


def _near(code: str) -> list[str]:
    """Return three languages whose codes look like a wrong one, the likest first."""
    known = _LANGUAGES.split()
    known.sort(key=lambda k: (k[0] != code[0], k[1] != code[1], k))
    return known[:3]


class _SourcesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    newsstand: bool = Field(
        default=False, description="These sources live in the sample newsstand."
    )
    sources: list[_SourceRow] = Field(min_length=1, description="What is watched.")


def sources_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a sources file, for editors and CI.

    What needs more than one key (kinds and patterns, ids used twice) is checked by
    `load_sources` alone.
    """
    schema = _SourcesFile.model_json_schema()
    schema["$defs"]["Source"] = schema["$defs"].pop("_SourceRow")
    schema["properties"]["sources"]["items"] = {"$ref": "#/$defs/Source"}
    row, head = schema["$defs"]["Source"], schema
    row["title"], row["description"] = "Source", "An outlet and where it is polled."
    head["title"], head["description"] = "nightdesk sources", "What is watched."
    row["if"] = {"properties": {"kind": {"const": "page"}}, "required": ["kind"]}
    row["then"] = {"required": ["link_pattern"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@dataclass(frozen=True)
class SourceList:
    """The sources in force, and the file that they came from."""

    path: Path
    digest: str  # sha256 hex of the file
    is_newsstand: bool  # they live in the sample world
    sources: tuple[Source, ...]

    @property
    def enabled(self) -> tuple[Source, ...]:
        """The sources that are polled, by id."""
        return tuple(s for s in self.sources if s.is_enabled)

    def select(self, wanted: list[str] | None) -> tuple[Source, ...]:
        """Return the enabled sources of these ids or tags; all for an empty list.

        Raises:
            ConfigError: a word is neither an id nor a tag; the message lists both.
        """
        if not wanted:
            return self.enabled
        ids = {s.id for s in self.enabled}
        tags = {tag for s in self.enabled for tag in s.tags}
        for word in wanted:
            if word not in ids | tags:
                raise ConfigError(
                    f"sources: {word!r} is neither a source nor a tag of {self.path}; "
                    f"sources: {', '.join(sorted(ids))}; "
                    f"tags: {', '.join(sorted(tags))}"
                )
        chosen = set(wanted)
        return tuple(s for s in self.enabled if s.id in chosen or chosen & set(s.tags))


def sources_path(settings: Settings) -> Path:
    """Return the sources file in force: the user's, else the sample one."""
    own = settings.config_dir / "sources.yaml"
    return own if own.exists() else settings.shipped / "sources.yaml"


def load_sources(path: Path) -> SourceList:
    """Return the sources of a file, sorted by id.

    Raises:
        ConfigError: names every line and key that is wrong, with the allowed values.
    """
    data, lines, digest = _read_yaml(path)
    if data is None:
        raise ConfigError(f"{path}: is empty: wants `sources:`")
    twins = _list_twins(path, data, lines)
    try:
        rows = _SourcesFile.model_validate(data)
    except ValidationError as error:
        models = (_SourceRow, _SourcesFile)
        problems = [_explain(path, error, lines, models), *twins]
        raise ConfigError("\n".join(problems)) from error
    if twins:
        raise ConfigError("\n".join(twins))
    return SourceList(
        path=path,
        digest=digest,
        is_newsstand=rows.newsstand,
        sources=tuple(
            sorted((_make_source(row) for row in rows.sources), key=lambda s: s.id)
        ),
    )


def _make_source(row: _SourceRow) -> Source:
    values = row.model_dump(exclude={"enabled", "tags", "was"})
    return Source(
        **values,
        is_enabled=row.enabled,
        tags=tuple(row.tags),
        was=tuple(row.was),
    )


Lines = dict[tuple[str | int, ...], int]
_Models = tuple[type[BaseModel], type[BaseModel]]  # of a row, of the file


def _read_yaml(path: Path, loader: Any = yaml.SafeLoader) -> tuple[Any, Lines, str]:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        node = yaml.compose(text, Loader=loader)
        data = yaml.load(text, Loader=loader)  # noqa: S506
        lines: Lines = dict(_walk(path, node, ())) if node is not None else {}
    except RecursionError as error:
        raise ConfigError(
            f"{path}: nested too deep, or an alias that holds itself"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{where}: not YAML: {problem}") from error
    return data, lines, hashlib.sha256(raw).hexdigest()


def _walk(
    path: Path, node: yaml.Node, place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise ConfigError(
                    f"{path}:{line}: key {key.value!r} is already there "
                    f"on line {seen[key.value]}"
                )
            seen[key.value] = line
            yield from _walk(path, value, (*place, key.value))
            yield (*place, key.value), line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(path, value, (*place, index))


def _explain(path: Path, error: ValidationError, lines: Lines, models: _Models) -> str:
    return "\n".join(
        f"{path}:{_line_of(lines, item['loc'])}: {_key_of(item['loc'])}: "
        f"{_cause(item, models)}"
        for item in error.errors()
    )


def _line_of(lines: Lines, loc: tuple[str | int, ...]) -> int:
    for end in range(len(loc), -1, -1):
        if loc[:end] in lines:
            return lines[loc[:end]]
    return 1


def _key_of(loc: tuple[str | int, ...]) -> str:
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc)
    return key.lstrip(".") or "file"


def _cause(item: Mapping[str, Any], models: _Models) -> str:
    given = item.get("input")
    if item["type"] == "extra_forbidden":
        fields = models[len(item["loc"]) == 1].model_fields
        keys = [field.alias or name for name, field in fields.items()]
        return f"unknown key; allowed keys: {', '.join(keys)}"
    if item["type"] == "missing":
        return "missing; this key is required"
    if item["type"] == "literal_error":
        return f"{given!r} is not one of {item['ctx']['expected']}"
    if item["type"] == "string_pattern_mismatch":
        return f"{given!r} does not fit the pattern {item['ctx']['pattern']}"
    cause = str(item["msg"]).removeprefix("Value error, ")
    return cause if item["type"] == "value_error" else f"{cause}, not {given!r}"


def _list_twins(path: Path, data: object, lines: Lines) -> list[str]:
    """Return the ids that are used twice, in a file of which the rest may be wrong."""
    rows = data.get("sources") if isinstance(data, dict) else None
    named = [
        (index, row) for index, row in enumerate(_list(rows)) if isinstance(row, dict)
    ]
    ids = {row["id"] for _, row in named if isinstance(row.get("id"), str)}
    stated = [(index, "id", [row.get("id")]) for index, row in named]
    stated += [(index, "was", _list(row.get("was"))) for index, row in named]
    first: dict[str, int] = {}
    problems = []
    for index, key, names in stated:
        line = lines.get(("sources", index, key), 1)
        for name in names:
            if not isinstance(name, str):
                continue
            if name in first:
                is_swap = key == "was" and name in ids
                why = "; two sources cannot swap ids" if is_swap else ""
                problems.append(
                    f"{path}:{line}: sources[{index}].{key}: {name!r} is already used "
                    f"on line {first[name]}{why}"
                )
            first.setdefault(name, line)
    return problems


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


# entities --------------------------------------------------------------------

_ENTITY_ID = r"^nd:(per|org|loc):[^\W_]+(-[^\W_]+)*$"


_TYPES: dict[str, Literal["PER", "ORG", "LOC"]] = {"p": "PER", "o": "ORG", "l": "LOC"}


class _EntityRow(BaseModel):
    """An entity as people write it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=_ENTITY_ID)
    type: Literal["ORG", "PER", "LOC"] | None = None
    name: str | None = None
    names: list[str] = []
    context: list[str] = []
    country: str | None = None
    qid: str | None = Field(default=None, pattern=r"^Q[1-9][0-9]*$")
    since: int | str | date | None = Field(default=None, alias="from")
    until: int | str | date | None = Field(default=None, alias="to")
    is_government: bool = False
    is_wire: bool = False
    enabled: bool = True

    @field_validator("country", mode="before")
    @classmethod
    def _is_country(cls, value: Any, info: ValidationInfo) -> Any:
        allowed = (info.context or {}).get("countries", ())
        if value is not None and not (isinstance(value, str) and value in allowed):
            raise ValueError(
                f"{value!r} is no ISO 3166-1 alpha-2 code (put quotes round NO); "
                f"allowed: {', '.join(sorted(allowed))}"
            )
        return value

    @field_validator("name", "names", "context")
    @classmethod
    def _are_names(cls, value: str | list[str] | None) -> str | list[str] | None:
        for name in [value] if isinstance(value, str) else value or []:
            if not name.strip() or not name.isprintable():
                raise ValueError(f"{name!r} is no name")
        return value

    @field_validator("since", "until")
    @classmethod
    def _is_day(cls, value: int | str | date | None) -> int | str | date | None:
        if value is not None and not re.fullmatch(r"\d{4}(-\d\d){0,2}", str(value)):
            raise ValueError(f'{value!r}; allowed: 2017, "2017-05" or 2017-05-14')
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> _EntityRow:
        if not self.enabled:
            return self
        if self.type is None:
            raise ValueError("type: missing; allowed: ORG, PER, LOC")
        if self.id.split(":")[1] != self.type.lower():
            raise ValueError(
                f"type: {self.type} has ids that begin with nd:{self.type.lower()}:"
            )
        names = self.list_names()
        if not names:
            raise ValueError("names: missing; the canonical one first")
        for name in self.context:
            if name not in names:
                raise ValueError(
                    f"context: {name!r} is none of the names; allowed: "
                    f"{', '.join(names)}"
                )
        times = [str(x) for x in (self.since, self.until) if x is not None]
        if times != sorted(times):
            raise ValueError("to: is before from")
        return self

    def list_names(self) -> tuple[str, ...]:
        """Return the names, the canonical one first, each once."""
        first = [self.name] if self.name else []
        return tuple(dict.fromkeys([*first, *self.names]))


class _EntitiesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    entities: list[_EntityRow] = []


@dataclass(frozen=True)
class EntityList:
    """The entities in force."""

    rows: tuple[Entity, ...]  # shipped ones first, in the order of their files
    digest: str  # of what the rows say
    places: Mapping[str, str]  # id -> file, line and key of the row


def load_entities(
    shipped: Path, overlay: Path | None, countries: Collection[str]
) -> EntityList:
    """Return the shipped entities with the user's own laid over them by id.

    The shipped ones are read from the table that was made of their YAML files, if it
    was made of these very files; else from the files.

    Args:
        shipped: the folder of entities/*.yaml (include/config).
        overlay: a folder that may hold entities.yaml.
        countries: ISO2 codes that there are.

    Raises:
        ConfigError: a row is wrong; names file, line, key and the allowed values.
    """
    paths = sorted((shipped / "entities").glob("*.yaml"))
    digest = _digest_files(paths)
    table = shipped / ENTITY_TABLE
    rows = _decode_entities(table, digest) if table.exists() else None
    places = dict.fromkeys((row.id for row in rows or ()), str(shipped / "entities"))
    if rows is None:
        rows = _read_entities(paths, countries, places)
    found = {row.id: row for row in rows}
    own = overlay / "entities.yaml" if overlay is not None else None
    if own is not None and own.exists():
        digest = f"{digest} {_lay_over(own, countries, found, places)}"
    return EntityList(tuple(found.values()), digest, places)


def _digest_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read_entities(
    paths: Iterable[Path], countries: Collection[str], places: dict[str, str]
) -> tuple[Entity, ...]:
    found: dict[str, Entity] = {}
    for path in paths:
        before = set(found)
        _lay_over(path, countries, found, places)
        twice = before & {
            i for i, place in places.items() if place.startswith(f"{path}:")
        }
        if twice:
            first = min(twice)
            raise ConfigError(f"{places[first]}: {first}: this id has a row elsewhere")
    return tuple(found.values())


def _lay_over(
    path: Path,
    countries: Collection[str],
    found: dict[str, Entity],
    places: dict[str, str],
) -> str:
    """Put the rows of a file over those found; return the digest of the file."""
    data, lines, digest = _read_yaml(path, _FAST_LOADER)
    context = {"countries": frozenset(countries)}
    try:
        rows = _EntitiesFile.model_validate(data or {}, context=context).entities
    except ValidationError as error:
        models = (_EntityRow, _EntitiesFile)
        raise ConfigError(_explain(path, error, lines, models)) from error
    seen: dict[str, int] = {}
    for index, row in enumerate(rows):
        line = lines.get(("entities", index), 1)
        if row.id in seen:
            raise ConfigError(
                f"{path}:{line}: entities[{index}].id: {row.id!r} is already used "
                f"on line {seen[row.id]}"
            )
        seen[row.id] = line
        places[row.id] = f"{path}:{line}: entities[{index}] {row.id}"
        if row.enabled:
            found[row.id] = _make_entity(row)
        else:
            found.pop(row.id, None)
    return digest


def _make_entity(row: _EntityRow) -> Entity:
    return Entity(
        id=row.id,
        type=row.type or "ORG",
        names=row.list_names(),
        context=tuple(row.context),
        country=row.country,
        qid=row.qid,
        since=str(row.since) if row.since is not None else None,
        until=str(row.until) if row.until is not None else None,
        is_government=row.is_government,
        is_wire=row.is_wire,
    )


def encode_entities(shipped: Path, countries: Collection[str]) -> str:
    """Return the table of the shipped YAML files: a digest of them, then the rows."""
    paths = sorted((shipped / "entities").glob("*.yaml"))
    lines = [_digest_files(paths)]
    for row in _read_entities(paths, countries, {}):
        flags = "g" * row.is_government + "w" * row.is_wire
        cells = (row.id, row.country, row.qid, row.since, row.until, flags)
        names = ("|".join(row.names), "|".join(row.context))
        lines.append("\t".join([*(cell or "" for cell in cells), *names]))
    return "\n".join(lines) + "\n"


def _decode_entities(table: Path, digest: str) -> tuple[Entity, ...] | None:
    """Return the rows of the table; None if it was made of other files."""
    head, *lines = table.read_text("utf-8").rstrip("\n").split("\n")
    if head != digest:
        return None
    return tuple(_decode_entity(line.split("\t")) for line in lines)


def _decode_entity(cells: list[str]) -> Entity:
    key, country, qid, since, until, flags, names, context = cells
    return Entity(
        key,
        _TYPES[key[3]],
        tuple(names.split("|")),
        tuple(context.split("|")) if context else (),
        country or None,
        qid or None,
        since or None,
        until or None,
        "g" in flags,
        "w" in flags,
    )
