"""FIPS 10-4 country codes and ISO 3166-1: `include/config/geo/fips.tsv`.

GDELT and older archives name countries by FIPS 10-4. Most of its codes look like ISO
codes, and 77 of them are the ISO code of another country (CH is China, AU Austria, GM
Germany): what comes from there goes through here, or a night in Vienna is filed under
Australia.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nightdesk.errors import ConfigError

_FILE = Path("geo", "fips.tsv")


@dataclass(frozen=True)
class FipsCodes:
    """The conversion table, both ways."""

    iso2_by_fips: Mapping[str, str]  # empty text: no ISO code stands for it

    def to_iso(self, fips: str) -> str | None:
        """Return the ISO 3166-1 alpha-2 code of a FIPS 10-4 code.

        None: an unknown code, or an area without an ISO code (Spratly Islands). A part
        of a country (West Bank, Midway) gives the country or territory that ISO has.

        >>> codes = FipsCodes({"AU": "AT", "AS": "AU", "PG": ""})
        >>> codes.to_iso("AU"), codes.to_iso("as"), codes.to_iso("PG")
        ('AT', 'AU', None)
        """
        return self.iso2_by_fips.get(fips.strip().upper()) or None

    def to_fips(self, iso2: str) -> tuple[str, ...]:
        """Return the FIPS 10-4 codes of an ISO code, in order; PS has two.

        >>> FipsCodes({"GZ": "PS", "WE": "PS"}).to_fips("PS")
        ('GZ', 'WE')
        """
        wanted = iso2.strip().upper()
        pairs = self.iso2_by_fips.items()
        return tuple(fips for fips, found in pairs if found and found == wanted)


def load_fips(shipped: Path) -> FipsCodes:
    """Return the conversion table of the shipped files (include/config).

    Raises:
        ConfigError: the file is missing or a line is wrong; says which.
    """
    path = shipped / _FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"FIPS table: {path}: {error}") from error
    codes: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or cells[0] in codes:
            cause = "needs a code that stands once, its ISO code and a name"
            raise ConfigError(f"FIPS table: {path} line {number}: {cause}")
        codes[cells[0]] = cells[1]
    return FipsCodes(codes)
