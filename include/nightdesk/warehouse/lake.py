"""A DuckLake as the warehouse: Parquet files, and a catalogue in a file or in Postgres.

A connection string is DuckDB's own, with the options of its ATTACH and of its secrets
for S3 in parentheses, in any order:

    ducklake:/srv/news/catalogue.ducklake
    ducklake:postgres:host=db dbname=news (DATA_PATH 's3://news/', S3_REGION 'eu')

The extensions of DuckDB that this needs are installed as Python packages and loaded
from there; none is ever downloaded. Passwords have no place in it: libpq has files and
variables for that of Postgres, and the key of S3 comes beside the string.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from nightdesk.errors import WarehouseError, WarehouseMissing

PREFIX = "ducklake:"
#: What the lake is attached as.
NAME = "warehouse"
INSTALL = "pip install --require-hashes -r requirements-lake.txt"

_POSTGRES = "postgres:"
_STRING = re.compile(r"(?P<catalogue>.*?)(?:\s*\((?P<options>[^()]*)\))?", re.DOTALL)
_OPTION = re.compile(r"\s*(?P<key>\w+)\s+'(?P<value>[^']*)'\s*(?:,|$)")
_ATTACHED = frozenset({"DATA_PATH", "METADATA_SCHEMA"})
_OF_S3 = frozenset({"S3_ENDPOINT", "S3_REGION", "S3_URL_STYLE", "S3_USE_SSL"})
_S3 = "s3://"
_VALUES = {"S3_USE_SSL": ("true", "false"), "S3_URL_STYLE": ("path", "vhost")}
#: What DuckLake says of a catalogue that is not there.
_NOT_THERE = "creating a new DuckLake is explicitly disabled"
_NO_PLACE = "data_path is not set"
_OTHER_PLACE = "does not match existing data path"
NO_WAREHOUSE = (
    "no warehouse at {where}: nothing has been loaded yet, or the address is wrong "
    "(NIGHTDESK_WAREHOUSE; in Airflow, the connection nightdesk_warehouse)"
)
_PASSWORD = re.compile(
    r"(?i)((?:password|token)\s*=\s*)('[^']*'|[^\s'&]+)|(://[^:/@\s]+:)[^@\s]+(?=@)"
)


@dataclass(frozen=True)
class Lake:
    """A parsed connection string."""

    catalogue: str  # as ATTACH wants it
    options: Mapping[str, str]

    @property
    def file(self) -> Path | None:
        """The catalogue, if that is a file."""
        place = self.catalogue.removeprefix(PREFIX)
        return None if place.startswith(_POSTGRES) else Path(place)

    def at(self, place: Path) -> Lake:
        """Return the same lake with its catalogue in another file."""
        options = {"DATA_PATH": f"{self.file}.files/", **self.options}
        return Lake(f"{PREFIX}{place}", options)

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions of DuckDB that it needs, in the order of loading."""
        is_remote = self.options.get("DATA_PATH", "").startswith(_S3)
        return (
            *(("httpfs",) if is_remote else ()),
            *(() if self.file else ("postgres_scanner",)),
            "ducklake",
        )


def parse_lake(uri: str) -> Lake:
    """Return what a connection string says.

    >>> parse_lake("ducklake:/a/b.ducklake (DATA_PATH '/c')").options
    {'DATA_PATH': '/c'}

    Raises:
        WarehouseError: an option or a catalogue that is not known.
    """
    found = _STRING.fullmatch(uri.strip())
    catalogue, text = (found["catalogue"], found["options"]) if found else (uri, "")
    options, at = {}, 0
    while text and at < len(text):
        option = _OPTION.match(text, at)
        if option is None or option["key"].upper() not in _ATTACHED | _OF_S3:
            allowed = ", ".join(sorted(_ATTACHED | _OF_S3))
            raise WarehouseError(
                f"warehouse: {text[at:].strip()!r}: want options such as "
                f"(DATA_PATH 's3://news/'); allowed: {allowed}"
            )
        options[option["key"].upper()] = option["value"]
        at = option.end()
    for key, value in options.items():
        _check_option(key, value, options)
    lake = Lake(catalogue, options)
    place = catalogue.removeprefix(PREFIX)
    is_other = lake.file is not None and ":" in place.split("/", 1)[0]
    if lake.file is not None and ("(" in place or ")" in place):
        raise WarehouseError(
            f"warehouse: {place!r}: options stand in one pair of parentheses, such as "
            "(DATA_PATH 's3://news/')"
        )
    if is_other or not place:
        raise WarehouseError(
            f"warehouse: {hide_passwords(catalogue)}: a catalogue is a file or "
            f"{_POSTGRES}..."
        )
    return lake


def _check_option(key: str, value: str, options: Mapping[str, str]) -> None:
    allowed = _VALUES.get(key)
    if allowed and value not in allowed:
        raise WarehouseError(
            f"warehouse: {key} {_quote(value)}: allowed: "
            + ", ".join(map(_quote, allowed))
        )
    if not value.strip():
        raise WarehouseError(
            f"warehouse: {key} '': is empty; name one, or leave it out"
        )
    if key in _OF_S3 and not options.get("DATA_PATH", "").startswith(_S3):
        raise WarehouseError(
            f"warehouse: {key}: is of an object store: it wants a DATA_PATH "
            "'s3://...' beside it"
        )


def attach_lake(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    key: str | None,
    *,
    must_exist: bool = False,
) -> None:
    """Attach a lake to a connection to memory, and use it.

    Args:
        con: the connection.
        lake: which.
        key: of S3, as `ID:SECRET`; None: those buckets are open to all.
        must_exist: one that is not there is not made.

    Raises:
        WarehouseMissing: it is not there, and must be.
        WarehouseError: a new one has no place for its files, its extensions are not
            installed, or the key is none.
        duckdb.Error: it cannot be attached.
    """
    for name in lake.extensions:
        con.execute(f"LOAD {_quote(str(find_extension(name)))}")
    # A commit that finds another one before it is tried again by DuckLake itself.
    con.execute("SET ducklake_max_retry_count = 100")
    if "httpfs" in lake.extensions:
        _use_key(con, lake, key)
    options = [
        f"{name} {_quote(value)}"
        for name, value in lake.options.items()
        if name in _ATTACHED
    ]
    if lake.file is None and (schema := lake.options.get("METADATA_SCHEMA")):
        # Else each attach reads the columns of all schemas of that Postgres.
        options.append(f"META_SCHEMA {_quote(schema)}")
    how = ", ".join([*options, f"CREATE_IF_NOT_EXISTS {not must_exist}"])
    try:
        con.execute(f"ATTACH {_quote(lake.catalogue)} AS {NAME} ({how})")
    except duckdb.Error as error:
        where = hide_passwords(lake.catalogue)
        if _NOT_THERE in str(error):
            raise WarehouseMissing(NO_WAREHOUSE.format(where=where)) from None
        if _NO_PLACE in str(error):
            raise WarehouseError(
                f"warehouse: {where}: a new lake wants DATA_PATH, the place of its "
                "files: (DATA_PATH '/mnt/news/') or (DATA_PATH 's3://news/lake/')"
            ) from None
        if _OTHER_PLACE in str(error):
            told = str(error).partition("\n")[0].rstrip(".")
            raise WarehouseError(
                f"warehouse: {where}: {told}: name that, or leave DATA_PATH out"
            ) from None
        raise
    con.execute(f"USE {NAME}")


def name_lake(con: duckdb.DuckDBPyConnection) -> str | None:
    """Return what a lake is attached as; None for what is no lake."""
    row = con.execute(
        "SELECT database_name FROM duckdb_databases() "
        "WHERE database_name = current_database() AND type = 'ducklake'"
    ).fetchone()
    return row[0] if row else None


def find_catalogue(con: duckdb.DuckDBPyConnection, lake: str) -> str:
    """Return the schema that the tables of a lake's catalogue are in."""
    ((path, schema),) = con.execute(
        "SELECT path, options['metadata_schema'] FROM duckdb_databases() "
        "WHERE database_name = ?",
        [lake],
    ).fetchall()
    default = "public" if path.startswith("postgres:") else "main"
    return f'"__ducklake_metadata_{lake}"."{schema or default}"'


def find_extension(name: str) -> Path:
    """Return the file of an extension of DuckDB that is installed as a package.

    Raises:
        WarehouseError: it is not; the message names the command.
    """
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        folder = Path(place) / "extensions" / f"v{duckdb.__version__}"
        file = folder / f"{name}.duckdb_extension"
        if file.is_file():
            return file
    raise WarehouseError(
        f"warehouse: a lake wants the DuckDB extension {name} for DuckDB "
        f"{duckdb.__version__}, which is not installed: {INSTALL}"
    )


def _use_key(con: duckdb.DuckDBPyConnection, lake: Lake, key: str | None) -> None:
    key_id, _, secret = (key or "").partition(":")
    if key and not secret:
        raise WarehouseError("warehouse: the key of S3 is wanted as KEY_ID:SECRET")
    told = {"SCOPE": lake.options["DATA_PATH"]}
    if key:
        told |= {"KEY_ID": key_id, "SECRET": secret}
    told |= {
        name.removeprefix("S3_"): value
        for name, value in lake.options.items()
        if name in _OF_S3
    }
    pairs = ", ".join(f"{name} {_quote(value)}" for name, value in told.items())
    con.execute(f"CREATE OR REPLACE TEMPORARY SECRET nightdesk (TYPE s3, {pairs})")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def hide_passwords(text: str) -> str:
    """Return a text without the passwords that connection strings in it may have.

    >>> hide_passwords("ducklake:postgres:host=db password=secret dbname=news")
    'ducklake:postgres:host=db password=*** dbname=news'
    >>> hide_passwords("postgresql://desk:secret@db/news")
    'postgresql://desk:***@db/news'
    """
    return _PASSWORD.sub(lambda m: (m[1] or m[3]) + "***", text)
