"""One article: its tags and why, its versions, and beside another one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date
from typing import Any

from nightdesk.errors import RequestError
from nightdesk.page import places
from nightdesk.page.asked import Asked, read_id
from nightdesk.page.columns import TITLE, name_source
from nightdesk.page.compare import MOST_PARAGRAPHS, compare_texts, compare_words
from nightdesk.page.deciding import say_kind
from nightdesk.page.marks import mark_mentions
from nightdesk.page.table import Column, Row, Table, count
from nightdesk.page.view import Desk, View
from nightdesk.page.views.articles import WHICH

_MOST_COPIES = 1000
_WAITS = "waits for the next build of its night"
_GONE = "taken back, from the next build of its night on"


def find_article(desk: Desk, text: str) -> tuple[date, dict[str, Any]]:
    """Return the night that owns an article, and all that is known of it.

    Raises:
        RequestError: it is not published.
    """
    article = read_id(text)
    night = desk.find_night(article)
    if night is None:
        raise RequestError(
            404,
            f"article {text}: is not published. An id is a whole number, as search and "
            "every list show it; an article that was taken down has none",
        )
    (row,) = desk.ask("article", night=night, article=article)
    return night, row


def view_article(desk: Desk, asked: Asked, article: str) -> View:
    """Return an article with its tags marked, and why each of them was given."""
    night, row = find_article(desk, article)
    which = {"night": night, "article": row["article_id"]}
    mentions = desk.ask("mentions", **which)
    text = desk.find("article_text", **which)
    story = desk.find("story_of", **which)
    copies = [
        copy | {"this": row["article_id"]}
        for copy in _list_copies(desk, row)
        if copy["article_id"] != row["article_id"]
    ]
    spellings = list(dict.fromkeys(row["surface"] for row in mentions))
    values = {
        "article": row,
        "title": mark_mentions(row["title"] or "(no title)", mentions, "title"),
        "paragraphs": mark_mentions(str(text["text"]), mentions, "text")
        if text
        else [],
        "mentions": mentions,
        "story": story and story["story_id"],
        "repeats": desk.ask("repeats", **which),
        "words": asked.text("words"),
        "is_name": any(
            row["surface"] == asked.text("words") and row["type"] in ("PER", "ORG")
            for row in mentions
        ),
        "spellings": spellings,
        "surfaces": [shlex.quote(surface) for surface in spellings],
        "n_versions": len(desk.ask("versions", **which)),
    }
    tables = {
        "tags": _list_tags(mentions, night),
        "regions": _list_regions(desk.ask("article_regions", **which), night),
        "copies": _list_carriers(copies),
        "decided": _list_decided(
            desk.ask("decided", **which), desk.list_said(row["article_id"])
        ),
    }
    title = str(row["title"] or "(no title)")
    return View("article.html", title, values, tables, night)


def _list_copies(desk: Desk, row: Row) -> list[dict[str, Any]]:
    """Return the articles that carry the text of an article, itself among them."""
    night = desk.find_night(row["text_id"]) or row["night"]
    nights = desk.ask("cluster_range", night=night, cluster=row["text_id"])
    if not nights:
        return []
    filters = dict.fromkeys(WHICH) | {"text": row["text_id"]}
    return desk.ask("articles", **nights[0], **filters, limit=_MOST_COPIES, offset=0)


def _list_carriers(rows: Sequence[Row]) -> Table:
    columns = (
        Column("published_at", "Published (UTC)", "time"),
        name_source("source_name"),
        TITLE,
        Column("role", "Role"),
        Column(
            "beside",
            "Compare",
            "text",
            lambda row: f"/articles/{row['this']}/beside/{row['article_id']}",
        ),
        Column("article_id", "", "id"),
        Column("url", "Address", "url"),
    )
    rows = [{**row, "beside": "side by side"} for row in rows]
    empty = "No other article carries this text."
    return Table("Other articles with this text", columns, rows, empty=empty)


def _list_tags(mentions: Sequence[Row], night: date) -> Table:
    columns = (
        Column("surface", "Words", "name"),
        Column("type", "Type"),
        Column(
            "name",
            "Means",
            "name",
            lambda row: (
                places.to_entity(row["entity_id"], night) if row["entity_id"] else None
            ),
        ),
        Column(
            "country",
            "Country",
            "text",
            lambda row: places.to_region(f"iso:{row['country']}", night),
        ),
        Column("rule", "Rule"),
        Column("via", "Country by"),
        Column("score", "Score", "share"),
        Column("field", "In"),
        Column("entity_id", "", "name"),
        Column("place_id", ""),
        count("start_offset", ""),
        count("end_offset", ""),
    )
    return Table("Tags and why", columns, mentions, empty="Nothing was tagged.")


def _list_decided(built: Sequence[Row], said: Sequence[Row] | None) -> Table:
    """Return what people decided, and from when on each of it holds.

    Args:
        built: what the published build took.
        said: what the next one takes; None: not known, so the same.
    """

    def key(row: Row) -> tuple[object, ...]:
        return tuple(row[name] for name in ("kind", "surface", "nth", "decided_at"))

    said = built if said is None else said
    kept, known = {key(row) for row in said}, {key(row) for row in built}
    rows = [
        {**row, "state": row["problem"] or ("holds" if key(row) in kept else _GONE)}
        for row in built
    ] + [{**row, "state": _WAITS} for row in said if key(row) not in known]
    for row in rows:
        row["said"] = say_kind(row["kind"], row["surface"])
    columns = (
        Column("decided_at", "When (UTC)", "time"),
        Column("who", "Who", "name"),
        Column("surface", "Words", "name"),
        Column("said", "It was decided that"),
        Column("value", "Id, country or day", "name"),
        Column("why", "Why", "name"),
        Column("state", "Now"),
        Column("kind", ""),
    )
    rows.sort(key=lambda row: row["decided_at"])
    return Table("What people decided", columns, rows)


def _list_regions(rows: Sequence[Row], night: date) -> Table:
    columns = (
        Column("role", "Role"),
        Column(
            "name",
            "Region",
            "name",
            lambda row: places.to_region(row["region_id"], night),
        ),
        Column("score", "Weight", "figure"),
        Column("share", "Share", "share"),
        Column("is_focus", "In focus", "flag"),
        count("n_mentions", ""),
        Column("region_id", ""),
    )
    return Table("Regions", columns, rows, empty="It was given no region.")


def view_versions(desk: Desk, asked: Asked, article: str) -> View:
    """Return what each version of an article changed of the one before it."""
    night, row = find_article(desk, article)
    rows = desk.ask("versions", night=night, article=row["article_id"])
    versions = [
        {
            **version,
            "changes": [
                {
                    "kind": edit["kind"],
                    "words": compare_words(edit["old"] or "", edit["new"] or ""),
                }
                for edit in version["edits"] or ()
            ],
        }
        for version in rows
    ]
    columns = (
        count("n", "Version"),
        Column("captured_at", "Captured (UTC)", "time"),
        Column("kind", "Change"),
        Column("is_new_headline", "New headline", "flag"),
        Column("title", "Title", "name"),
        count("n_words", "Words"),
        Column("text_hash", "", "id"),
    )
    values = {"article": row, "versions": versions}
    tables = {"versions": Table("Versions", columns, rows)}
    title = f"Versions of {row['title'] or '(no title)'}"
    return View("versions.html", title, values, tables, night)


def view_beside(desk: Desk, asked: Asked, article: str, other: str) -> View:
    """Return two articles beside each other, paragraph by paragraph."""
    sides = [find_article(desk, text) for text in (article, other)]
    texts = [
        desk.find("article_text", night=night, article=row["article_id"])
        for night, row in sides
    ]
    said = [str(text["text"]) if text else "" for text in texts]
    pairs = compare_texts(*said)
    rows = [
        {
            "kind": pair.kind,
            "left": "".join(word.text for word in pair.left) or None,
            "right": "".join(word.text for word in pair.right) or None,
        }
        for pair in pairs
    ]
    columns = tuple(Column(n, n, "name") for n in ("kind", "left", "right"))
    values = {
        "sides": [{**row, "night": night} for night, row in sides],
        "has_text": [text is not None for text in texts],
        "pairs": pairs,
        "n_same": sum(pair.kind == "same" for pair in pairs),
        "is_cut": max(text.count("\n") for text in said) >= MOST_PARAGRAPHS,
    }
    tables = {"paragraphs": Table("Paragraphs", columns, rows)}
    return View("beside.html", "Side by side", values, tables, sides[0][0])
