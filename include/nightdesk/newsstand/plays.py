"""What a source of the newsstand may play: the ways in which real ones let us down.

Off by default. A play begins at a day (`silent@2026-03-02`), so that there are nights
before it to compare with; without a day it has always been so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from typing import Literal, get_args

from nightdesk.errors import ConfigError
from nightdesk.newsstand.outlets import BY_ID, Outlet
from nightdesk.newsstand.plan import Item, Night
from nightdesk.newsstand.texts import make_paragraphs

Play = Literal[
    "lies",  # answers 304 to whoever brings validators, whatever has changed
    "resends",  # lists the items of three days before again
    "silent",  # lists nothing new
    "layout",  # its pages are shells that a script fills
    "moves",  # its feed answers 301
    "edits",  # its pages gain a paragraph some hours after they appear
    "corrects",  # the same, and the feed has another headline
    "busy",  # its pages answer 429 with a Retry-After of two hours
]
PLAYS: tuple[str, ...] = get_args(Play)
#: How long after an item its page is edited.
EDITED_AFTER = timedelta(hours=6)
_AGO = timedelta(days=3)
_ONE_DAY = timedelta(days=1)

Listed = list[tuple[Item, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """What one source plays, and since when."""

    play: str
    since: datetime


def read_plays(plays: Mapping[str, str]) -> dict[str, Part]:
    """Return source id -> part, from `play` or `play@day`.

    Raises:
        ConfigError: no such source, play or day.
    """
    return {outlet_id: _read_part(outlet_id, text) for outlet_id, text in plays.items()}


def _read_part(outlet_id: str, text: str) -> Part:
    play, _, day = text.partition("@")
    if outlet_id not in BY_ID:
        raise ConfigError(f"newsstand: plays: {outlet_id}: no such source")
    if play not in PLAYS:
        raise ConfigError(f"newsstand: plays: {play}: none of {', '.join(PLAYS)}")
    try:
        since = date.fromisoformat(day) if day else date.min
    except ValueError as error:
        raise ConfigError(f"newsstand: plays: {day}: no day") from error
    return Part(play, datetime.combine(since, time(), UTC))


class Troupe:
    """The sources that play something; asked by the world before it answers."""

    def __init__(self, plays: Mapping[str, str]) -> None:
        self._parts = read_plays(plays)

    def played_by(self, outlet: Outlet, at: datetime) -> str | None:
        """Return what a source plays at a time; None: nothing."""
        part = self._parts.get(outlet.id)
        return part.play if part is not None and at >= part.since else None

    def list_recent(
        self,
        outlet: Outlet,
        listed: Listed,
        now: datetime,
        plan: Callable[[date], Night],
    ) -> Listed:
        """Return what the feed of a source lists instead, oldest first."""
        play = self.played_by(outlet, now)
        if play == "resends":
            old = plan(now.astimezone(UTC).date() - _AGO).list_of(outlet)
            return [*old, *listed]
        if play == "silent":
            return self._list_last(outlet, plan)
        if play == "corrects":
            return [(self._correct(item, now), path) for item, path in listed]
        return listed

    def _list_last(self, outlet: Outlet, plan: Callable[[date], Night]) -> Listed:
        since = self._parts[outlet.id].since
        if since.date() == date.min:
            return []
        return plan(since.date() - _ONE_DAY).list_of(outlet)

    def _correct(self, item: Item, now: datetime) -> Item:
        if now < item.at + EDITED_AFTER:
            return item
        return replace(item, title=f"Corrected: {item.title}")

    def version_of(self, item: Item, now: datetime) -> str:
        """Return which version of a page is shown: "", shell or edited."""
        play = self.played_by(item.outlet, item.at)
        if play == "layout":
            return "shell"
        is_late = now >= item.at + EDITED_AFTER
        return "edited" if play in ("edits", "corrects") and is_late else ""


def change_page(page: bytes, item: Item, version: str) -> bytes:
    """Return a page as a play shows it; a page without a text stays as it is."""
    text = [f"<p>{escape(p, quote=False)}</p>".encode() for p in make_paragraphs(item)]
    if not item.is_article or text[0] not in page:
        return page
    if version == "edited":
        more = (
            b"<p>This report was corrected after it first appeared: an earlier version "
            b"gave a wrong figure for the number of people who were there.</p>\n"
        )
        return page.replace(text[0], text[0] + b"\n" + more, 1)
    for paragraph in text:
        page = page.replace(paragraph, b"")
    return page.replace(b"</body>", b'<div id="app"></div><script src="/app.js">'
                        b"</script>\n</body>")  # fmt: skip
