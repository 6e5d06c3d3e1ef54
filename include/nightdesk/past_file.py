"""The past file: where past nights may be read from, and what that may cost.

The user's `<data>/config/past.yaml` lies over the shipped one, key by key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nightdesk.errors import ConfigError
from nightdesk.settings import Settings
from nightdesk.yaml_file import explain, read_yaml

Kind = Literal[
    "feed_pages", "dated_sitemap", "wayback", "ccnews", "gdelt_gal", "gdelt_gkg"
]
_NAME = "past.yaml"


class _Row(BaseModel):
    """A place as people write it; what is left out stays as it is shipped."""

    model_config = ConfigDict(extra="forbid", strict=True)

    enabled: bool | None = None
    base: str | None = None
    gap_s: float | None = Field(default=None, ge=0, le=120, strict=False)
    most_requests: int | None = Field(default=None, ge=1)
    most_bytes: int | None = Field(default=None, ge=1)
    most_s: float | None = Field(default=None, gt=0, strict=False)

    @field_validator("base")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{value!r} is not an http or https address")
            if parts.username or parts.password or parts.query or parts.fragment:
                raise ValueError("a base is an address without login, query and mark")
        return value


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    past: dict[Kind, _Row]


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place where past nights can be read, as configured."""

    kind: Kind
    is_enabled: bool
    base: str  # "" where the address is that of each source
    gap_s: float | None  # None: that of each source
    most_requests: int
    most_bytes: int
    most_s: float


def load_places(settings: Settings) -> dict[Kind, Place]:
    """Return the places in force, in the order of the shipped file.

    Raises:
        ConfigError: names every line and key that is wrong, with the allowed values.
    """
    shipped = _read(settings.shipped / _NAME)
    own = settings.config_dir / _NAME
    mine = _read(own) if own.exists() else {}
    return {
        kind: _make_place(kind, {**values, **mine.get(kind, {})})
        for kind, values in shipped.items()
    }


def _read(path: Path) -> dict[Kind, dict[str, Any]]:
    data, lines, _ = read_yaml(path)
    if data is None:
        raise ConfigError(f"{path}: is empty: wants `past:`")
    try:
        rows = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigError(explain(path, error, lines, _File)) from error
    return {
        kind: {k: v for k, v in row.model_dump().items() if v is not None}
        for kind, row in rows.past.items()
    }


def _make_place(kind: Kind, values: dict[str, Any]) -> Place:
    return Place(
        kind=kind,
        is_enabled=values["enabled"],
        base=values.get("base", ""),
        gap_s=values.get("gap_s"),
        most_requests=values["most_requests"],
        most_bytes=values["most_bytes"],
        most_s=values["most_s"],
    )
