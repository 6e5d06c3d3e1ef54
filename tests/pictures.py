"""`make pictures`: the brief and every view of the page, as pictures for the documents.

Eight nights of the sample newsstand, the last with a big story and a source that is
down, are built in a folder that is thrown away; a browser then looks at what they
published. Nothing asks Airflow: the page is served here as the plugin serves it. The
pictures of Airflow's own form come from tests/e2e/test_past_in_airflow.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from browsers import open_browser

from nightdesk.config import Settings
from nightdesk.newsstand import Headline, World, serve
from nightdesk.page.deciding import Person
from nightdesk.page.site import Site
from nightdesk.pipeline import Job, plan_run, run_night
from nightdesk.pipeline.decide_task import DecisionBook
from nightdesk.warehouse.connect import connect_to
from nightdesk.warehouse.read import open_catalogue

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = "gallery"
#: Made by the test of a backfill in Airflow, and by `warehouse describe`.
FROM_AIRFLOW = ("backfill-form", "backfill-runs", "backfill-gaps")

NIGHT = date(2026, 3, 12)
N_NIGHTS = 8
ARTICLES = 90
HEADLINE = Headline(NIGHT, NIGHT, "PG", "savanna-courier")
DOWN = frozenset({"deichbote"})
CORRECTS = "harbour-ledger"
ROOT = "/nightdesk"


@dataclass(frozen=True)
class Picture:
    """What is looked at, and how.

    Attributes:
        name: of the file.
        about: what there is to see, for the page of pictures.
        address: inside the page, with ids to be filled in; of the brief, a section.
        size: of the window.
        scheme: of colours.
        media: print or screen.
        is_brief: whether it is of the brief.
    """

    name: str
    about: str
    address: str = ""
    size: tuple[int, int] = (1100, 760)
    scheme: str = "light"
    media: str = "screen"
    is_brief: bool = False

    @property
    def path(self) -> str:
        """Of the file, from the documents."""
        return (
            f"{self.name}.png" if self.name == "brief" else f"gallery/{self.name}.png"
        )


def _of_brief(name: str, about: str, address: str = "", **how: Any) -> Picture:
    size = how.pop("size", (1080, 960))
    return Picture(name, about, address, size, is_brief=True, **how)


PHONE = (390, 1100)
BRIEF = (
    _of_brief("brief", "What is unusual, and why", size=(1080, 1230)),
    _of_brief("brief-dark", "The same in the dark", scheme="dark"),
    _of_brief("brief-print", "On paper", size=(794, 1123), media="print"),
    _of_brief("brief-phone", "On a telephone", size=PHONE),
    _of_brief("brief-events", "What most sources reported, and who did not", "#events"),
    _of_brief("brief-world", "The world, and the desks", "#world"),
    _of_brief(
        "brief-nights", "Hours, languages, seven nights, what is missing", "#times"
    ),
)
VIEWS = (
    Picture("overview", "The night at a glance", "/"),
    Picture("map", "Articles about each country", "/map"),
    Picture("stories", "Stories, those of most independent sources first", "/stories"),
    Picture("story", "One story: who wrote it, who ran it", "/stories/{story}"),
    Picture("article", "An article with its tags", "/articles/{article}"),
    Picture(
        "put-right",
        "A tag is put right where it is shown",
        "/articles/{article}?words={words}#correct",
        (1100, 720),
    ),
    Picture("versions", "What changed in an article", "/articles/{changed}/versions"),
    Picture(
        "beside",
        "Two texts side by side: what an edit changed",
        "/articles/{origin}/beside/{edit}",
    ),
    Picture("names", "Who was in the news", "/names"),
    Picture("name", "One name: nights, spellings, company", "/names/{entity}"),
    Picture("regions", "Countries, sub-regions, desks", "/regions"),
    Picture("region", "One country: who covers it, from where", "/regions/iso:PG"),
    Picture("desk", "A desk in days of its own clock", "/regions/desk:asia-pacific"),
    Picture("articles", "What a number leads to", "/articles?region=iso:PG"),
    Picture("search", "Search over everything published", "/search?q=minister"),
    Picture("sources", "How the sources did", "/sources"),
    Picture("source", "One source", "/sources/savanna-courier"),
    Picture(
        "entries", "Entries that were not loaded, and why", "/entries?bin=rejected"
    ),
    Picture("gaps", "What is missing, and the backfill", "/gaps?last={night}"),
)
SMALL = (
    Picture("map-dark", "The map in the dark", "/map", scheme="dark"),
    Picture("overview-phone", "The night on a telephone", "/", PHONE),
    Picture(
        "story-phone", "A story there, in the dark", "/stories/{story}", PHONE, "dark"
    ),
)
PICTURES = (*BRIEF, *VIEWS, *SMALL)

#: What addresses name -> where the catalogue has it, for the night `$1`.
IDS = {
    "night": "SELECT $1::DATE",
    "story": "SELECT story_id FROM top_stories WHERE night = $1 ORDER BY rank LIMIT 1",
    "article": "SELECT article_id FROM article_entity WHERE night = $1 AND article_id"
    " IN (SELECT story_id FROM top_stories WHERE night = $1 ORDER BY rank LIMIT 5)"
    " GROUP BY article_id ORDER BY count(*) DESC, article_id LIMIT 1",
    "changed": "SELECT article_id FROM article_version WHERE n > 1 AND night = $1"
    " ORDER BY len(edits) DESC, article_id LIMIT 1",
    "edit": "SELECT article_id FROM article_origin JOIN cluster_member USING (night,"
    " article_id) WHERE role = 'edit' AND night = $1 AND NOT is_canonical"
    " ORDER BY own_share DESC, article_id LIMIT 1",
    "origin": "SELECT cluster_id FROM cluster_member WHERE article_id = {edit}",
    "entity": "SELECT entity_id FROM entities_by_day WHERE type = 'PER' AND night = $1"
    " ORDER BY n_sources DESC, n_texts DESC, entity_id LIMIT 1",
    "words": "SELECT surface FROM mention WHERE night = $1 AND article_id = {article}"
    " AND type = 'PER' ORDER BY start_offset LIMIT 1",
}


def write_gallery() -> str:
    """Return the page of the pictures, docs/gallery.md."""
    parts = ["# What it looks like", "", _INTRODUCTION]
    for title, pictures in (
        ("The brief", BRIEF),
        ("The page in Airflow", VIEWS),
        ("In the dark, and on a telephone", SMALL),
    ):
        parts += ["", f"## {title}"]
        for picture in pictures:
            parts += [
                "",
                f"**{picture.about}**",
                "",
                f"![{picture.about}]({picture.path})",
            ]
    return "\n".join(parts) + "\n"


_INTRODUCTION = """\
Pictures of [the brief](brief.md) and [the page](page.md) over eight nights of the
sample newsstand: outlets, people and events are made up. In the last one a big story
breaks, one outlet misses it, one source is down. `make pictures` takes them again."""


# the nights -------------------------------------------------------------------


def build_nights(folder: Path) -> Settings:
    """Run the nights over their own newsstand; one outlet corrects some reports."""
    for back in range(N_NIGHTS - 1, -1, -1):
        night = NIGHT - timedelta(days=back)
        _run(folder, night, {} if back else {"broken": DOWN})
    return correct_reports(folder)


def correct_reports(folder: Path) -> Settings:
    """Run the last night again, hours later: some of its reports have changed."""
    played = {"broken": DOWN, "plays": {CORRECTS: "corrects"}}
    again = {"sources": [CORRECTS], "refetch": True}
    return _run(folder, NIGHT, played, timedelta(hours=8), **again)


def _run(
    folder: Path,
    night: date,
    played: dict[str, Any],
    late: timedelta = timedelta(),
    **options: Any,
) -> Settings:
    now = partial(_stand_still, morning_of(night) + late)
    world = World(ARTICLES, now, headline=HEADLINE, **played)
    with serve(world) as stand:
        settings = _settings_in(folder, world.mirrors(stand.base_url))
        job = Job(settings, "pictures", now)
        plan = plan_run(job, night, **options)
        run_night(job, plan, connect_to(settings.warehouse))
    return settings


def _settings_in(folder: Path, mirrors: dict[str, str]) -> Settings:
    warehouse = str(folder / "warehouse" / "nightdesk.duckdb")
    return Settings(folder, str(folder / "landing"), warehouse, mirrors=mirrors)


def morning_of(night: date) -> datetime:
    """Return when a night is run."""
    return datetime.combine(night + timedelta(days=1), time(0, 20), UTC)


def _stand_still(moment: datetime) -> datetime:
    return moment


def find_ids(settings: Settings) -> dict[str, str]:
    """Return what the addresses name."""
    found: dict[str, str] = {}
    with open_catalogue(settings.published) as con:
        for name, sql in IDS.items():
            query = sql.format(**found)
            values = [NIGHT] if "$1" in query else []
            ((value,),) = con.execute(query, values).fetchall()
            found[name] = quote(str(value), safe=":")
    return found


# the page ---------------------------------------------------------------------


@contextmanager
def serve_page(settings: Settings) -> Iterator[str]:
    """Serve the page on loopback to somebody who may decide; yield its address."""
    now = partial(_stand_still, morning_of(NIGHT) + timedelta(hours=7))
    geo = settings.shipped / "geo"
    site = Site(settings.published, geo, now, DecisionBook(settings))
    person = Person("ama", "pictures", may_decide=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            path = unquote(parts.path).removeprefix(ROOT)
            answer = site.respond(path, pairs, ROOT, person)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", answer.media_type)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *words: object) -> None:
            """Say nothing of requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{ROOT}"
        finally:
            server.shutdown()
            thread.join()


def take_pictures(settings: Settings, target: Path) -> None:
    """Look at everything, and write the pictures into a folder."""
    ids = find_ids(settings)
    brief = (settings.briefs / "latest" / "index.html").resolve().as_uri()
    with serve_page(settings) as page, open_browser() as browser:
        for picture in PICTURES:
            address = picture.address.format(**ids)
            start = brief if picture.is_brief else page
            _take(browser, picture, start + address, target)


def _take(browser: Any, picture: Picture, address: str, target: Path) -> None:
    width, height = picture.size
    tab = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=picture.scheme
    )
    tab.emulate_media(media=picture.media)
    answer = tab.goto(address)
    assert picture.is_brief or answer.status == 200, address
    if not picture.is_brief and "#" not in address:
        least = tab.evaluate("document.documentElement.scrollHeight")
        tab.set_viewport_size({"width": width, "height": min(height, least)})
    path = target / picture.path
    path.parent.mkdir(exist_ok=True)
    tab.screenshot(path=path)
    tab.close()


def main() -> None:
    """Take all pictures, and write the page that shows them."""
    with tempfile.TemporaryDirectory() as folder:
        settings = build_nights(Path(folder))
        take_pictures(settings, DOCS)
    (DOCS / "gallery.md").write_text(write_gallery(), "utf-8")


if __name__ == "__main__":
    main()
