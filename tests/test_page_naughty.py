"""The strings that break programs, on the page: shown as they are, and in its files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import html
from test_naughty import SITE, job, read_strings, squeeze
from test_page_download import read_sheet

from nightdesk.page.asked import read_request
from nightdesk.page.site import Answer, Site
from nightdesk.page.view import Desk
from nightdesk.page.views.articles import FILTERS, view_articles
from nightdesk.page.world import World
from nightdesk.pipeline import Job
from nightdesk.settings import SHIPPED
from nightdesk.warehouse.ask import open_questions

pytestmark = [pytest.mark.shared, pytest.mark.slow]

__all__ = ["job"]  # the fixture: a night whose headlines are the strings


@pytest.fixture(scope="module")
def site(job: Job) -> Site:
    return Site(job.settings.published, SHIPPED / "geo")


@pytest.fixture(scope="module")
def want(shared: Path) -> dict[str, str]:
    return {f"{SITE}/{n}": squeeze(s) or "" for n, s in enumerate(read_strings(shared))}


def ask(site: Site, path: str, **values: object) -> Answer:
    answer = site.respond(path, [(name, str(v)) for name, v in values.items()])
    assert answer.status == 200
    return answer


def test_the_lists_show_every_headline_and_run_none(
    site: Site, want: dict[str, str]
) -> None:
    shown: dict[str, str] = {}
    for n in range(1, 7):
        page = html.document_fromstring(ask(site, "/articles", page=n).body.decode())
        for row in page.xpath("//tbody/tr"):
            (address,) = row.xpath(".//a[@rel]/@href")
            shown[address] = row.xpath("string(td[2])")
        assert page.xpath("//script | //img | //style | //iframe | //object") == []
        assert page.xpath("//@*[starts-with(name(), 'on')] | //@style") == []
    assert shown == {url: text or "(no title)" for url, text in want.items()}


def test_every_article_shows_its_headline(site: Site, want: dict[str, str]) -> None:
    rows = json.loads(ask(site, "/articles", format="json").body)
    for row in rows:
        written = ask(site, f"/articles/{row['article_id']}").body.decode()
        page = html.document_fromstring(written)
        title = want[row["url"]] or "(no title)"
        assert page.xpath("string(//h1)").strip() == title
        assert page.xpath("//script | //img | //style | //iframe | //object") == []
        links = page.xpath("//a/@href[not(starts-with(., '/') or starts-with(., '#'))]")
        assert {urlsplit(link).scheme for link in links} == {"https"}


def test_every_headline_can_be_searched_for(site: Site, want: dict[str, str]) -> None:
    for text in want.values():
        answer = site.respond("/search", [("q", text)])
        assert answer.status == 200
        page = html.document_fromstring(answer.body.decode())
        (shown,) = page.xpath("//input[@name='q']/@value")
        assert " ".join(shown.split()) == text
        assert page.xpath("//script | //img | //style | //iframe | //object") == []


def test_files_hold_every_headline_and_no_formula(
    site: Site, want: dict[str, str]
) -> None:
    found = json.loads(ask(site, "/articles", format="json").body)
    assert {row["url"]: row["title"] or "" for row in found} == want
    raw = ask(site, "/articles", format="csv").body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(raw, newline="")))
    assert len(rows) == len(want)
    for row in rows:
        assert row["title"].lstrip()[:1] not in tuple("=+-@|%"), row["title"]
        assert row["title"].replace("'", "") == want[row["url"]].replace("'", "")


def test_the_workbook_holds_every_headline_as_text(
    job: Job, want: dict[str, str]
) -> None:
    asked = read_request("/articles", [("format", "xlsx")], FILTERS)
    with open_questions(job.settings.published) as con:
        published, now = job.settings.published, job.clock()
        desk = Desk(con, published, World({}, {}), now, lambda article: None)
        table = view_articles(desk, asked).tables["articles"]
    head, *rows = read_sheet(table)
    place = [text for _, text in head].index("title")
    cells = [row[place] for row in rows if len(row) > place]
    assert {kind for kind, _ in cells} == {"s"}
    assert len(rows) == len(want)
