"""Entities as people write them, in YAML; a wrong row is named with allowed values."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any, Literal

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
from nightdesk.model import Entity
from nightdesk.yaml_file import explain, read_yaml

_ID = r"^nd:(per|org|loc):[^\W_]+(-[^\W_]+)*$"


class _Row(BaseModel):
    """An entity as people write it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=_ID)
    type: Literal["PER", "ORG", "LOC"] | None = None
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
    def _is_whole(self) -> _Row:
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


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    entities: list[_Row] = []


def lay_over(
    path: Path,
    countries: Collection[str],
    found: dict[str, Entity],
    places: dict[str, str],
) -> str:
    """Put the rows of a file over those found; return the digest of the file."""
    data, lines, digest = read_yaml(path)
    context = {"countries": frozenset(countries)}
    try:
        rows = _File.model_validate(data or {}, context=context).entities
    except ValidationError as error:
        raise ConfigError(explain(path, error, lines, _File)) from error
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
            found[row.id] = _make(row)
        else:
            found.pop(row.id, None)
    return digest


def _make(row: _Row) -> Entity:
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
