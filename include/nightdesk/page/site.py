"""The page as a whole: a path goes in, a document, file or style sheet comes out.

The catalogue is opened for each request and closed after it: an answer is of one
catalogue, the next one of the newest. The writer's file is never touched; what somebody
decides goes into the book that the page was given.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from nightdesk.errors import ConfigError, NightdeskError, QueryError, RequestError
from nightdesk.page.asked import Asked, read_request
from nightdesk.page.deciding import PATH, Book, Form, Person, read_form, write_row
from nightdesk.page.download import write_file
from nightdesk.page.render import Frame, render_view
from nightdesk.page.view import Desk, View
from nightdesk.page.views import (
    article,
    articles,
    decided,
    names,
    news,
    regions,
    searching,
    sources,
)
from nightdesk.page.world import World, draw_world
from nightdesk.report import load_shapes, read_style
from nightdesk.warehouse.ask import open_questions

log = logging.getLogger(__name__)

#: Of every answer. What a title may smuggle in finds nothing that it could load or run.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; "
    "img-src data: 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STYLE = Path(__file__).parent / "templates" / "page.css"


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    media_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Route:
    """A path, the view behind it and the parameters that it takes."""

    pattern: str
    view: Callable[..., View]
    takes: Sequence[str] = ()


_ID = "(?P<article>-?[0-9]+)"
ROUTES = (
    Route("/", news.view_overview),
    Route("/stories", news.view_stories),
    Route("/stories/(?P<story>-?[0-9]+)", news.view_story),
    Route("/map", regions.view_map, ("unit",)),
    Route("/regions", regions.view_regions, ("scheme", "role")),
    Route("/regions/(?P<region>[^/]+)", regions.view_region, ("role",)),
    Route("/names", names.view_names, ("type",)),
    Route("/names/(?P<entity>.+)", names.view_entity),
    Route("/articles", articles.view_articles, articles.FILTERS),
    Route(f"/articles/{_ID}", article.view_article, ("words",)),
    Route(f"/articles/{_ID}/versions", article.view_versions),
    Route(f"/articles/{_ID}/beside/(?P<other>-?[0-9]+)", article.view_beside),
    Route("/search", searching.view_search, searching.FILTERS),
    Route("/sources", sources.view_sources, ("status",)),
    Route("/sources/(?P<source>[^/]+)", sources.view_source),
    Route("/entries", sources.view_entries, ("source", "bin", "reason")),
    Route("/gaps", sources.view_gaps, ("first", "last")),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Site:
    """Answers requests from what is published."""

    def __init__(
        self,
        published: Path,
        geo: Path,
        clock: Callable[[], datetime] = _utc_now,
        book: Book | None = None,
    ) -> None:
        """Take where the catalogue and the map's shapes are, a clock, and a book.

        Without a book nobody can decide anything here.
        """
        self._published, self._geo, self._clock = published, geo, clock
        self._book = book

    @cached_property
    def _world(self) -> World:
        return draw_world(load_shapes(self._geo))

    @cached_property
    def _style(self) -> bytes:
        return (read_style() + _STYLE.read_text("utf-8")).encode()

    @cached_property
    def _style_digest(self) -> str:
        return hashlib.sha256(self._style).hexdigest()[:12]

    def respond(
        self,
        path: str,
        pairs: Iterable[tuple[str, str]],
        root: str = "",
        person: Person | None = None,
    ) -> Answer:
        """Return the answer to a request; whatever is wrong is a document that says so.

        Args:
            path: inside the page, decoded, such as /stories.
            pairs: the parameters of the address, decoded.
            root: what stands before the path in links.
            person: who asks; None: somebody who decides nothing here.
        """
        if path == "/style.css":
            return self._answer_style()
        frame = self._frame(root, path, person)
        try:
            route, ids = _find_route(path)
            asked = read_request(path, pairs, route.takes)
            frame = replace(frame, asked=asked)
            with open_questions(self._published) as con:
                now, said = self._clock(), self._list_said
                desk = Desk(con, self._published, self._world, now, said)
                view = route.view(desk, asked, **ids)
                nights = tuple(desk.nights)
            if asked.is_download:
                return _answer_file(view, asked)
            return _answer_document(200, view, replace(frame, nights=nights))
        except NightdeskError as error:
            return self._answer_problem(error, frame)

    def decide(
        self, pairs: Iterable[tuple[str, str]], root: str, person: Person
    ) -> Answer:
        """Return the answer to a form; what it says is written down if it may be.

        Args:
            pairs: names and values of its fields, decoded.
            root: what stands before the path in links.
            person: who sends it.
        """
        frame = self._frame(root, PATH, person)
        form = Form({})
        try:
            form, token = read_form(pairs)
            if not person.may_decide:
                raise RequestError(403, "your login may look, and decide nothing")
            if not hmac.compare_digest(token.encode(), person.token.encode()):
                raise RequestError(
                    403, "the form is older than your login; nothing was written down"
                )
            if self._book is None or not frame.is_open:
                raise RequestError(503, "decisions cannot be written from here")
            at = self._clock().isoformat(timespec="milliseconds")
            row = {**write_row(form), "who": person.name, "at": at}
            done = self._book.write(row)
        except OSError as error:
            problem = f"decisions cannot be written from here: {error.strerror}"
            return self._answer_form(503, problem, form, frame)
        except RequestError as error:
            return self._answer_form(error.status, str(error), form, frame)
        except ConfigError as error:
            return self._answer_form(400, str(error), form, frame)
        except NightdeskError as error:
            return self._answer_problem(error, frame)
        log.info("decided kind=%s who=%r", row["kind"], person.name)
        return _answer_document(200, decided.view_decided(row, done), frame)

    def _answer_form(
        self, status: int, problem: str, form: Form, frame: Frame
    ) -> Answer:
        """Return a form that was not taken, with why, to be mended where it can be."""
        values = {"problem": problem, "form": form, "can_mend": status == 400}
        view = View("decide.html", "Nothing was written down", values)
        return _answer_document(status, view, frame)

    def _list_said(self, article: int) -> list[dict[str, Any]] | None:
        return self._book.list_said(article) if self._book else None

    def _frame(self, root: str, path: str, person: Person | None) -> Frame:
        is_open = self._book is not None and self._book.is_open
        asked = Asked(path, {})
        return Frame(root, self._style_digest, asked, person=person, is_open=is_open)

    def _answer_problem(self, error: NightdeskError, frame: Frame) -> Answer:
        is_empty = not (self._published / "current.duckdb").exists()
        if isinstance(error, RequestError):
            status = error.status
        elif isinstance(error, QueryError):
            status = 400
        else:
            status = 404 if is_empty else 503
            log.log(logging.INFO if is_empty else logging.ERROR, "page %s", error)
        title = "Nothing is published yet" if is_empty else HTTPStatus(status).phrase
        values = {"status": status, "problem": str(error), "is_empty": is_empty}
        return _answer_document(status, View("problem.html", title, values), frame)

    def refuse(self, root: str = "", status: int = 401) -> Answer:
        """Return the answer to somebody who is not logged in, or not any more."""
        frame = Frame(root, "", Asked("/", {}))
        return _answer_document(status, View("login.html", "Log in"), frame)

    def _answer_style(self) -> Answer:
        headers = {**HEADERS, "Cache-Control": "private, max-age=86400"}
        return Answer(200, self._style, "text/css; charset=utf-8", headers)


def _find_route(path: str) -> tuple[Route, dict[str, str]]:
    for route in ROUTES:
        if found := re.fullmatch(route.pattern, path):
            return route, found.groupdict()
    raise RequestError(404, f"{path}: there is no such view")


def _answer_document(status: int, view: View, frame: Frame) -> Answer:
    body = render_view(view, frame).encode("utf-8", "replace")
    return Answer(status, body, "text/html; charset=utf-8", HEADERS)


def _answer_file(view: View, asked: Asked) -> Answer:
    """Return a table of a view as a file.

    Raises:
        RequestError: the view has no table of that name.
    """
    kind = asked.values["format"]
    if not view.tables:
        raise RequestError(400, f"format: {kind!r}: this view has no table")
    name = asked.choice("table", tuple(view.tables), next(iter(view.tables)))
    body, media_type = write_file(view.tables[name], kind)
    file = "-".join(filter(None, ("nightdesk", name, str(view.night or ""))))
    disposition = f'attachment; filename="{file}.{kind}"'
    headers = {**HEADERS, "Content-Disposition": disposition}
    return Answer(200, body, media_type, headers)
