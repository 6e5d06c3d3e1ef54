"""Settings: the `NIGHTDESK_*` variables; one table of them in docs/settings.md."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nightdesk.errors import ConfigError

PACKAGE = Path(__file__).parent
SHIPPED = PACKAGE.parent / "config"
CHECKOUT = PACKAGE.parents[1]
_SIZE = re.compile(r"(?i)(\d{1,15}(?:\.\d+)?)\s*(?:([KMGT])(i)?)?B?")
_TAGGER = re.compile(r"crf|rules|(?:spacy|gliner):\S.*")
_CONTACT = re.compile(r"(?:mailto:)?[\w.+-]+@[\w.-]+|https?://[\w.-]+[!-~]*")


@dataclass(frozen=True)
class Settings:
    """Where things lie and how we introduce ourselves; see docs/settings.md."""

    data: Path
    landing: str  # a path, or an fsspec address such as s3://bucket/landing
    warehouse: str  # a DuckDB connection string
    shipped: Path = SHIPPED
    mirrors: Mapping[str, str] | None = None
    contact: str | None = None
    newsstand_articles: int = 180
    disk_budget: int | None = None  # bytes that the data folder may take
    tagger: str = "crf"  # what finds names: crf, rules, spacy:MODEL, gliner:FOLDER

    @property
    def config_dir(self) -> Path:
        """The folder of the user's own configuration files."""
        return self.data / "config"

    @property
    def decisions(self) -> Path:
        """The folder of what people decided."""
        return self.data / "decisions"

    @property
    def published(self) -> Path:
        """The folder of what readers may open."""
        return self.data / "published"

    @property
    def briefs(self) -> Path:
        """The folder of the nightly briefs."""
        return self.data / "briefs"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment states, with our defaults.

    Raises:
        ConfigError: a value cannot be read; the message names the variable.
    """
    env = os.environ if environ is None else environ
    data = Path(env.get("NIGHTDESK_DATA") or CHECKOUT / "data").expanduser().resolve()
    return Settings(
        data=data,
        landing=env.get("NIGHTDESK_LANDING") or str(data / "landing"),
        warehouse=env.get("NIGHTDESK_WAREHOUSE")
        or str(data / "warehouse" / "nightdesk.duckdb"),
        mirrors=_read_mirrors(env.get("NIGHTDESK_MIRRORS")),
        contact=_read_contact(env.get("NIGHTDESK_CONTACT")),
        newsstand_articles=_read_count(env, "NIGHTDESK_NEWSSTAND_ARTICLES", 180),
        disk_budget=_read_size(env.get("NIGHTDESK_DISK_BUDGET")),
        tagger=_read_tagger(env.get("NIGHTDESK_TAGGER")),
    )


def read_secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the secret of a connection where there is no Airflow to ask for it.

    >>> read_secret("hill-login", {"NIGHTDESK_SECRET_HILL_LOGIN": "Cookie: a=b"})
    'Cookie: a=b'
    """
    env = os.environ if environ is None else environ
    return env.get(secret_variable(name))


def secret_variable(name: str) -> str:
    """Return the variable that holds a connection's secret outside Airflow."""
    return f"NIGHTDESK_SECRET_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"


def _read_contact(text: str | None) -> str | None:
    """Return whom servers may ask: what an operator can write to or open."""
    text = (text or "").strip()
    if text and not _CONTACT.fullmatch(text):
        raise ConfigError(
            f"NIGHTDESK_CONTACT: {text!r} is neither an e-mail address, such as "
            "desk@newsroom.example, nor a URL, such as https://newsroom.example/bot"
        )
    return text or None


def _read_count(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name) or str(default)
    if not raw.isdigit() or int(raw) < 1:
        raise ConfigError(f"{name}: {raw!r} is not a whole number above 0")
    return int(raw)


def _read_size(text: str | None) -> int | None:
    """Return a size in bytes: 200 GB, 1.5TiB, 500000000."""
    if not text:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise ConfigError(
            f"NIGHTDESK_DISK_BUDGET: {text!r} is no size; allowed: 500GB, 1.5TB, 200GiB"
        )
    base = 1024 if found[3] else 1000
    return int(float(found[1]) * base ** " KMGT".index((found[2] or " ").upper()))


def _read_tagger(text: str | None) -> str:
    """Return what finds names; whether it is installed is seen when it is opened."""
    text = (text or "crf").strip()
    if not _TAGGER.fullmatch(text):
        raise ConfigError(
            f"NIGHTDESK_TAGGER: {text!r}, allowed: crf, rules, "
            "spacy:<folder or package>, gliner:<folder>"
        )
    return text


def _read_mirrors(name: str | None) -> dict[str, str] | None:
    if not name:
        return None
    try:
        mirrors = json.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"NIGHTDESK_MIRRORS: {name}: {error}") from error
    if not isinstance(mirrors, dict) or not all(
        isinstance(side, str) and side.startswith(("http://", "https://"))
        for pair in mirrors.items()
        for side in pair
    ):
        raise ConfigError(
            f"NIGHTDESK_MIRRORS: {name}: want an object of URL prefix: URL prefix"
        )
    return mirrors
