"""The sources file. A bad one is named with line, key, allowed values.

The user's files live in `<data>/config` and lie over those shipped in `include/config`,
so that an upgrade never touches them: a user's sources file takes the place of the
sample sources. Entities are read by `entity_list`; what the environment states is read
in `settings`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import regex
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from nightdesk.errors import ConfigError
from nightdesk.model import BY_HAND, Source, SourceKind
from nightdesk.settings import (
    SHIPPED,
    Settings,
    load_settings,
    read_secret,
    secret_variable,
)
from nightdesk.yaml_file import Lines, explain, read_yaml

__all__ = [
    "SHIPPED",
    "Settings",
    "SourceList",
    "load_settings",
    "load_sources",
    "read_secret",
    "secret_variable",
    "sources_path",
    "sources_schema",
]

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
_PLACES = (["{yyyy}"], ["{mm}", "{yyyy}"], ["{dd}", "{mm}", "{yyyy}"])
_ID = r"^[a-z0-9][a-z0-9-]{0,62}$"


_Days = Annotated[int, Field(ge=1, le=36_500)]


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
        description="Sitemap of past days: of each day, with {yyyy}, {mm} and {dd} in "
        "its address, of a month, of a year, or one index of them all.",
    )
    keep_days: _Days | Literal["forever"] = Field(
        default=365,
        description="Days that captures are kept; what was read in them stays.",
    )
    text_days: _Days | Literal["forever"] = Field(
        default="forever",
        description="Days that texts and captures are kept; the articles' rows stay.",
    )

    @field_validator("url", "past_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            parts = _split_address(value)
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
        found = re.findall(r"\{[^{}]*\}?|\}", value or "")
        if found and sorted({*found}) not in _PLACES:
            raise ValueError(
                "may hold the places {yyyy}, {mm} and {dd}: all three, the first two, "
                f"the first, or none; not {' '.join(found)}"
            )
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


def _split_address(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        is_whole = not re.search(r"\s", value) and parts.port != 0
    except ValueError:  # of a port that is none, or half of an IPv6 address
        is_whole = False
    if not is_whole:
        raise ValueError(
            f"{value!r} is no address: it holds a space, a port that is none (allowed: "
            "1 to 65535) or half of an IPv6 address"
        )
    return parts


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
    data, lines, digest = read_yaml(path)
    if data is None:
        raise ConfigError(f"{path}: is empty: wants `sources:`")
    twins = _list_twins(path, data, lines)
    try:
        rows = _SourcesFile.model_validate(data)
    except ValidationError as error:
        problems = [explain(path, error, lines, _SourcesFile), *twins]
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
    others = {"enabled", "tags", "was", "keep_days", "text_days"}
    values = row.model_dump(exclude=others)
    return Source(
        **values,
        keep_days=0 if row.keep_days == "forever" else row.keep_days,
        text_days=None if row.text_days == "forever" else row.text_days,
        is_enabled=row.enabled,
        tags=tuple(row.tags),
        was=tuple(row.was),
    )


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
