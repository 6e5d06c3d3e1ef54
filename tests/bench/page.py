"""How quick the views of the page are, beside how many articles are published.

    python tests/bench/page.py --articles 1000000 [--published FOLDER]

A night of 10,000 articles is made up by the engine and published; the other nights are
its parts with dates and ids moved on. Each view is asked for many times, of nights,
stories, names, regions and articles drawn at random, as a server asks: the catalogue is
opened for each. Measured is a whole answer: CPU of all threads together, which a busy
machine changes little, and the time that somebody waits. Search is in `search.py`.
With --published, what lies there is measured instead.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

PER_NIGHT = 10_000
START = date(2020, 1, 1)
N_TURNS = 40
_MOVED = 1_000_000  # what the ids of a night are above those of the night before
_IDS = frozenset(
    {"article_id", "text_id", "cluster_id", "story_id", "a_id", "b_id"},
)


def page(n_articles: int = 100_000) -> Iterator[Figure]:
    """CPU and wall time of the slowest view (p95); those of each view go to stderr."""
    sys.path[:0] = [str(ROOT / "include")]
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), n_articles)
        yield from measure(Path(folder), f"{n_articles:,} articles")


def build(folder: Path, n_articles: int) -> None:
    """Publish as many nights as hold the articles."""
    from nightdesk.warehouse import publish
    from nightdesk.warehouse.catalogue import write_catalogue
    from nightdesk.warehouse.connect import connect_to, open_warehouse

    n_nights = max(n_articles // PER_NIGHT, 1)
    with open_warehouse(connect_to(str(folder / "warehouse.duckdb"))) as con:
        con.execute(
            "CREATE TEMP TABLE made AS SELECT i, ?::DATE AS night, "
            "1000000 + i AS article_id FROM range(?) AS r(i)",
            [START, min(n_articles, PER_NIGHT)],
        )
        con.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
        publish.publish_nights(con, folder)
        manifest = publish.read_manifest(folder)
        first = manifest["nights"][str(START)]["parts"]
        for n in range(1, n_nights):
            night = START + timedelta(days=n)
            parts = {
                table: move_part(con, folder, part, (table, night, n))
                for table, part in first.items()
            }
            manifest["nights"][str(night)] = {"load": str(n + 1), "parts": parts}
    manifest["number"] = 2
    write_catalogue(folder, manifest)


def move_part(con: Any, folder: Path, part: str, where: tuple[str, date, int]) -> str:
    """Write a part of the first night as that of another; return its path."""
    table, night, n = where
    source = folder / part
    columns = con.execute(
        "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)",
        [str(source)],
    ).fetchall()
    replaced = move_columns(columns, str(n))
    name = f"parts/{table}/night={night}/made.parquet"
    rows = ", ROW_GROUP_SIZE 2048" if table == "article_text" else ""  # as publish
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT {replaced} FROM read_parquet("
        f"'{source}', hive_partitioning = false)) "
        f"TO '{folder / name}' (FORMAT parquet, COMPRESSION zstd{rows})"
    )
    return name


def move_columns(columns: list[tuple[Any, ...]], n: str) -> str:
    """Return what to select of columns (name, type) for a night that is n days later.

    >>> move_columns([("night", "DATE"), ("url", "VARCHAR")], "2")
    '(night + 2 * INTERVAL 1 DAY)::DATE AS night, "url"'
    """
    moved = []
    for name, kind, *_ in columns:
        if name in _IDS:
            moved.append(f"{name} + {n} * {_MOVED} AS {name}")
        elif name != "loaded_at" and (kind == "DATE" or kind.startswith("TIMESTAMP")):
            moved.append(f"({name} + {n} * INTERVAL 1 DAY)::{kind} AS {name}")
        else:
            moved.append(f'"{name}"')
    return ", ".join(moved)


def measure(folder: Path, beside: str) -> Iterator[Figure]:
    """Ask for every view of what is published in a folder."""
    from nightdesk.page.site import Site

    site = Site(folder, ROOT / "include" / "config" / "geo")
    worst: dict[str, tuple[float, str]] = {"CPU ms": (0.0, ""), "ms": (0.0, "")}
    for view, addresses in sorted(draw_addresses(folder).items()):
        took: dict[str, list[float]] = {"CPU ms": [], "ms": []}
        for path, values in [addresses[0], *addresses]:
            started = time.process_time(), time.perf_counter()
            answer = site.respond(path, values.items(), "/nightdesk")
            took["CPU ms"].append(1000 * (time.process_time() - started[0]))
            took["ms"].append(1000 * (time.perf_counter() - started[1]))
            assert answer.status == 200, (path, values, answer.body)
        for unit, every in took.items():
            every = sorted(every[1:])  # the first asks for files that nobody has read
            p95 = every[int(len(every) * 0.95)]
            worst[unit] = max(worst[unit], (p95, view))
            print(
                f"  {view:22} median {every[len(every) // 2]:7.1f}  p95 {p95:7.1f}"
                f"  worst {every[-1]:7.1f} {unit}",
                file=sys.stderr,
            )
    for unit, (p95, view) in worst.items():
        what = f"page: p95 of its slowest view ({view}), {beside}"
        yield what, unit, p95, "goal", 300


def draw_addresses(folder: Path) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Return what is asked for by view: paths with their parameters."""
    from nightdesk.warehouse.read import fetch_rows, open_catalogue

    chance = random.Random(4)
    with open_catalogue(folder) as con:
        rows = fetch_rows(
            con,
            "SELECT night, article_id, text_id, source_id, is_copy FROM article_list "
            "USING SAMPLE reservoir(4000 ROWS) REPEATABLE (1) ORDER BY ALL",
        )
        names = fetch_rows(
            con,
            "SELECT night, entity_id FROM entities_by_day "
            "USING SAMPLE reservoir(200 ROWS) REPEATABLE (1) ORDER BY ALL",
        )
        regions = fetch_rows(
            con,
            "SELECT night, region_id FROM articles_by_region WHERE role = 'about' "
            "USING SAMPLE reservoir(200 ROWS) REPEATABLE (1) ORDER BY ALL",
        )
        stories = fetch_rows(
            con,
            "SELECT story_id FROM top_stories "
            "USING SAMPLE reservoir(200 ROWS) REPEATABLE (1) ORDER BY ALL",
        )
    copies = [row for row in rows if row["article_id"] != row["text_id"]]
    found: dict[str, list[tuple[str, dict[str, str]]]] = {}

    def add(view: str, path: str, **values: object) -> None:
        said = {name: str(value) for name, value in values.items()}
        found.setdefault(view, []).append((path, said))

    for _ in range(N_TURNS):
        row, copy = chance.choice(rows), chance.choice(copies)
        name, region = chance.choice(names), chance.choice(regions)
        night, article = row["night"], f"/articles/{row['article_id']}"
        add("overview", "/", night=night)
        add("stories", "/stories", night=night)
        add("story", f"/stories/{chance.choice(stories)['story_id']}")
        add("map", "/map", night=night)
        add("regions", "/regions", night=night)
        add("region", f"/regions/{region['region_id']}", night=region["night"])
        add("names", "/names", night=night)
        add("name", f"/names/{name['entity_id']}", night=name["night"])
        add("articles", "/articles", night=night)
        add("articles, page 40", "/articles", night=night, page=40)
        add("articles of a region", "/articles", **region_filter(region))
        add("articles of a name", "/articles", **name_filter(name))
        add("texts of a night", "/articles", night=night, per="text")
        add("article", article)
        add("versions", f"{article}/versions")
        add("side by side", f"/articles/{copy['text_id']}/beside/{copy['article_id']}")
        add("sources", "/sources", night=night)
        add("source", f"/sources/{row['source_id']}", night=night)
        add("entries", "/entries", night=night)
        add("gaps", "/gaps", night=night)
    return found


def region_filter(region: dict[str, Any]) -> dict[str, object]:
    return {"night": region["night"], "region": region["region_id"]}


def name_filter(name: dict[str, Any]) -> dict[str, object]:
    """The articles of a name in the 28 nights up to one."""
    night = name["night"]
    return {
        "first": night - timedelta(days=27),
        "last": night,
        "entity": name["entity_id"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--published", type=Path)
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "include")]
    figures = (
        measure(options.published, "what is published")
        if options.published
        else page(options.articles)
    )
    for what, unit, ours, against, theirs in figures:
        print(f"{what}: {ours:.3f} {unit}, {against} {theirs:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
