"""What was written down, and from when on it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from nightdesk.gaps import Backfill
from nightdesk.page import places
from nightdesk.page.deciding import Decided, say_kind
from nightdesk.page.view import View

_MEANT = ("place", "entity", "published", "id")


def view_decided(row: Mapping[str, Any], done: Decided) -> View:
    """Return what somebody decided, with the builds that bring it into the nights.

    Args:
        row: the line that was written.
        done: what it is about, and the nights that it touches.
    """
    values = {
        "row": row,
        "said": say_kind(row["kind"], row.get("surface")),
        "surface": row.get("surface"),
        "meant": next((row[key] for key in _MEANT if key in row), None),
        "about": [title or "(no title)" for title in done.about],
        "back": _find_back(row),
        "builds": [(night, _build(night)) for night in done.nights],
    }
    return View("decided.html", "Written down", values)


def _build(night: date) -> Backfill:
    return Backfill(night, night, ())


def _find_back(row: Mapping[str, Any]) -> str:
    """Return the path of what it was said of."""
    if "old_id" in row:
        return places.to_entity(row["old_id"])
    article = row.get("article", next(iter(row.get("articles", ())), None))
    return places.to_article(article) if isinstance(article, int) else "/"
