"""Sources and what is missing: health with its mend, entries, gaps, backfill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from nightdesk.errors import RequestError
from nightdesk.gaps import choose_nights, find_gaps, list_backfills
from nightdesk.health import LOOK_BACK, STATUSES, Health, NightCounts, judge_source
from nightdesk.page import places
from nightdesk.page.asked import Asked
from nightdesk.page.columns import name_source
from nightdesk.page.drawing import draw_series
from nightdesk.page.table import Column, Row, Table, count, count_all
from nightdesk.page.view import Desk, View, begin_series
from nightdesk.poll_state import PollState
from nightdesk.warehouse.read import count_nights

_STATUSES = ("ok", "failed", "no_coverage", "not_collected")
_BINS = ("loaded", "duplicate", "rejected", "failed", "pending")


def view_sources(desk: Desk, asked: Asked) -> View:
    """Return how each source did in a night, and what a person can do about it."""
    night = desk.pick_night(asked)
    status = asked.option("status", _STATUSES)
    health = _judge(desk, night)
    rows = [
        {**row, "health": h.status, "why": h.reason, "mend": h.mend}
        for row in desk.ask("sources", night=night)
        if status in (None, row["status"])
        for h in (health.get(row["source_id"]) or Health(row["source_id"], "new"),)
    ]
    rows.sort(key=lambda row: STATUSES.index(row["health"]))
    table = _list_sources(rows, night)
    values = {
        "status": status,
        "statuses": _STATUSES,
        "n_ok": sum(row["health"] == "ok" for row in rows),
        "ill": [row for row in rows if row["health"] != "ok"],
    }
    return View("sources.html", "Sources", values, {"sources": table}, night)


def _judge(desk: Desk, night: date) -> dict[str, Health]:
    """Return the health of every source by what its published nights say.

    What its polls say is not published: `nightdesk health` knows that too.
    """
    counts: dict[str, list[NightCounts]] = {}
    for row in count_nights(desk.con, night - timedelta(days=LOOK_BACK), night):
        counts.setdefault(row.pop("source_id"), []).append(NightCounts(**row))
    return {
        source_id: judge_source(source_id, PollState(url=""), nights, night)
        for source_id, nights in counts.items()
    }


def _list_sources(rows: Sequence[Row], night: date) -> Table:
    def link(kind: str) -> Any:
        return lambda row: places.to_entries(night, source=row["source_id"], bin=kind)

    columns = (
        name_source("name", night),
        Column("country", "Country"),
        Column("status", "Night"),
        Column("health", "Health"),
        count(
            "n_seen",
            "Seen",
            lambda row: places.to_entries(night, source=row["source_id"]),
        ),
        *(count(f"n_{name}", name.capitalize(), link(name)) for name in _BINS),
        count(
            "n_own",
            "Own",
            lambda row: places.to_articles(night, source=row["source_id"], made="own"),
        ),
        Column("wire_share", "Wire", "share"),
        Column("median_words", "Words", "rounded"),
        Column("why", "", "name"),
        Column("mend", "", "name"),
        Column("source_id", "", "name"),
        Column("reason", "", "name"),
        Column("feed_url", "", "url"),
    )
    empty = "No source has this status in this night."
    return Table("Sources", columns, rows, empty=empty)


def view_source(desk: Desk, asked: Asked, source: str) -> View:
    """Return a source: its nights, its entries, its own reporting, and what to try.

    Raises:
        RequestError: it is not known.
    """
    night = desk.pick_night(asked)
    row = desk.find("source", source=source)
    if row is None:
        raise RequestError(
            404, f"source {source}: is not known; see the list of sources for their ids"
        )
    source_id = str(row["source_id"])
    first = begin_series(night)
    days = desk.ask("source_days", source=source_id, first=first, last=night)
    values = {
        "source": row,
        "health": _judge(desk, night).get(source_id),
        "series": draw_series("Articles a night", days, "n_articles", (first, night)),
    }
    tables = {
        "entries": _list_bins(
            desk.ask("source_reasons", night=night, source=source_id), night, source_id
        ),
        "nights": _list_days(days),
    }
    return View("source.html", str(row["name"]), values, tables, night)


def _list_bins(rows: Sequence[Row], night: date, source_id: str) -> Table:
    def link(row: Row) -> str:
        reason = row["reason"] or None
        return places.to_entries(night, source=source_id, bin=row["bin"], reason=reason)

    columns = (
        Column("bin", "What became of them"),
        Column("reason", "Reason"),
        count("n_entries", "Entries", link),
    )
    empty = "No entry of this night."
    return Table("Its entries in this night", columns, rows, empty=empty)


def _list_days(rows: Sequence[Row]) -> Table:
    def link(**more: str) -> Any:
        return lambda row: places.to_articles(
            row["night"], source=row["source_id"], **more
        )

    columns = (
        Column(
            "night",
            "Night",
            "day",
            lambda row: places.to_source(row["source_id"], row["night"]),
        ),
        Column("status", "Status"),
        Column("reason", "Reason"),
        Column("via", "Read from"),
        count(
            "n_seen",
            "Seen",
            lambda row: places.to_entries(row["night"], source=row["source_id"]),
        ),
        count("n_articles", "Articles", link()),
        count("n_own", "Own", link(made="own")),
        count("n_edited", "Edited", link(made="edited")),
        count("n_copied", "Copied", link(made="copied")),
        Column("median_words", "Words", "rounded"),
        Column("source_id", "", "name"),
    )
    return Table("Night by night", columns, rows)


def view_entries(desk: Desk, asked: Asked) -> View:
    """Return entries as their feeds state them, and what became of each."""
    night = desk.pick_night(asked)
    filters = {
        "source": asked.text("source"),
        "bin": asked.option("bin", _BINS),
        "reason": asked.text("reason"),
    }
    rows = desk.ask("entries", night=night, **filters, **asked.limits)
    columns = (
        name_source("source_name", night),
        Column("title", "Title", "name", _link_entry),
        Column("stated_at", "UTC", "clock"),
        Column("bin", "Became"),
        Column("reason", "Reason"),
        Column("via", "Found in"),
        Column("url", "Address", "url"),
        Column("article_id", "", "id"),
        Column("source_id", "", "name"),
    )
    empty = "No entry of this night meets these conditions."
    table = Table("Entries", columns, rows, count_all(rows), empty)
    values = {"filters": {n: v for n, v in filters.items() if v}}
    return View("entries.html", "Entries", values, {"entries": table}, night)


def _link_entry(row: Row) -> str | None:
    return places.to_article(row["article_id"]) if row["bin"] == "loaded" else None


def view_gaps(desk: Desk, asked: Asked) -> View:
    """Return what is missing in some nights, and the backfill that may bring it."""
    last = asked.day("last") or asked.day("night")
    first, last = choose_nights(asked.day("first"), last, desk.now)
    if last < first:
        raise RequestError(400, f"first: '{first}': no whole night from then to {last}")
    rows = desk.ask("coverage", first=first, last=last)
    watched = [row["source_id"] for row in desk.ask("watched")]
    gaps = find_gaps(rows, watched, first, last)
    columns = (
        Column("night", "Night", "day"),
        Column("source", "Source", "name", _link_gap),
        Column("status", "Status"),
        Column("reason", "Reason"),
        Column("can_close", "Another run may help", "flag"),
    )
    empty = "Nothing is missing in these nights."
    table = Table("Gaps", columns, gaps, empty=empty)
    values = {"first": first, "last": last, "backfills": list_backfills(gaps)}
    return View("gaps.html", "Gaps", values, {"gaps": table})


def _link_gap(row: Row) -> str | None:
    if row["is_whole"]:
        return None
    return places.to_source(row["source"], row["night"])
