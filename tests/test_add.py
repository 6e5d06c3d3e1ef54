"""Pages brought in by hand: captured, listed, loaded by the next build, counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from engines import connect_to, name_warehouse
from httpworld import World as Server
from httpworld import reply

from nightdesk.__main__ import main
from nightdesk.config import Settings
from nightdesk.errors import ConfigError, NightdeskError
from nightdesk.model import Coverage, Listing
from nightdesk.newsstand import Truth, World, serve
from nightdesk.pipeline import Job, collect_sources, plan_run, run_night
from nightdesk.pipeline.add_task import SOURCE_ID, add_page, read_address
from nightdesk.pipeline.remove_task import remove_page
from nightdesk.warehouse.connect import open_warehouse

pytestmark = pytest.mark.slow

NIGHT = date(2026, 3, 1)
MORNING = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
AT = {"url": "https://b.example/x"}
LINES = [
    "Ferry crews in Piraeus and Chios ended a nine day strike early in the morning.",
    "Harbour Minister Nikos Sample said that sailings to the islands begin at noon.",
    "Farmers on Lesbos had thrown away oranges which they could not bring to market.",
    "The unions will be paid for six of the nine days and keep the right to return.",
    "Hoteliers asked the ministry for an answer about the summer before the holidays.",
]


def write_page(folder: Path, *, head: str = "", name: str = "saved page.html") -> Path:
    body = "".join(f"<p>{line} {line[::-1]}</p>" for line in LINES)
    path = folder / name
    path.write_text(
        f"<html><head><title>Ferries sail again</title>{head}</head>"
        f"<body><article><h1>Ferries sail again</h1>{body}</article></body></html>",
        "utf-8",
    )
    return path


def dated(day: str) -> str:
    return f'<meta property="article:published_time" content="{day}T09:30:00Z">'


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return make_job(tmp_path)


def make_job(folder: Path, mirrors: dict[str, str] | None = None) -> Job:
    settings = Settings(
        data=folder / "data",
        landing=str(folder / "data" / "landing"),
        warehouse=name_warehouse(folder / "data" / "warehouse" / "nightdesk.duckdb"),
        mirrors=mirrors or World().mirrors("http://127.0.0.1:9"),
    )
    return Job(settings, "test", partial(tell, MORNING))


def named(job: Job, run_id: str) -> Job:
    """Return another run on the same desk."""
    return replace(job, run_id=run_id)


def tell(moment: datetime) -> datetime:
    return moment


def query(job: Job, sql: str) -> list[tuple]:
    with open_warehouse(connect_to(job.settings.warehouse)) as con:
        return con.execute(sql).fetchall()


def build(job: Job, night: date) -> dict:
    """Build a night from the archive; return its account, which must add up."""
    plan = plan_run(job, night, offline=True)
    accounts = run_night(job, plan, connect_to(job.settings.warehouse))
    (account,) = (a for a in accounts if a["night"] == str(night))
    bins = ("n_loaded", "n_duplicate", "n_rejected", "n_failed", "n_pending")
    assert account["n_seen"] == sum(account[name] for name in bins)
    return account


# a night with pages added to it --------------------------------------------


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Job, Truth]]:
    """A small night that was collected, and the truth about it; its world is there."""
    world = World(now=partial(tell, MORNING), articles_per_night=60)
    with serve(world) as stand:
        folder = tmp_path_factory.mktemp("desk")
        job = make_job(folder, world.mirrors(stand.base_url))
        collect_sources(job, NIGHT, [s.id for s in job.load_sources().enabled])
        yield job, world.truth(NIGHT)


def test_added_pages_are_loaded_by_the_next_build(
    collected: tuple[Job, Truth], tmp_path: Path
) -> None:
    """A saved page that is new, and one that a source has listed: a duplicate."""
    job, truth = collected
    new = "https://www.by-hand.example/ferries"
    old = next(a.url for a in truth.articles if a.is_article and a.kind == "original")
    added = add_page(named(job, "one"), str(write_page(tmp_path)), url=new, night=NIGHT)
    assert (added.night, added.owner, added.former) == (NIGHT, None, None)
    again = add_page(named(job, "two"), old, night=NIGHT)
    record = job.landing.read_record(again.listing.file, again.listing.offset)
    assert record.origin is not None  # the body was in the archive already
    account = build(job, NIGHT)
    assert account["n_seen"] == truth.n_entries + 2
    assert account["n_loaded"] == truth.n_articles + 1
    assert account["n_duplicate"] == truth.n_duplicate_entries + 1
    assert query(job, "SELECT title FROM article WHERE url = '" + new + "'") == [
        ("Ferries sail again",)
    ]
    assert query(
        job,
        "SELECT status, via, n_seen, n_loaded + n_duplicate FROM coverage "
        f"WHERE night = '{NIGHT}' AND source_id = '{SOURCE_ID}'",
    ) == [("ok", "by_hand", 2, 2)]


def test_a_page_that_is_not_there_says_what_to_do(
    collected: tuple[Job, Truth],
) -> None:
    job, _ = collected
    names = job.landing.names(f"entries/night={NIGHT}")
    with pytest.raises(NightdeskError, match=r"not_found.*nightdesk add FILE --url"):
        add_page(job, "https://www.harbourledger.example/no/such/page")
    assert job.landing.names(f"entries/night={NIGHT}") == names


# which night ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "asked", "expected", "precision"),
    [
        ("", None, date(2026, 3, 2), None),
        ("", date(2026, 2, 20), date(2026, 2, 20), "day"),
        (dated("2026-02-27"), None, date(2026, 2, 27), "second"),
        (dated("2026-02-27"), date(2026, 2, 27), date(2026, 2, 27), "second"),
        (dated("2026-02-27"), date(2026, 2, 26), date(2026, 2, 26), "day"),
        (dated("2029-01-01"), None, date(2026, 3, 2), None),
    ],
    ids=[
        "a page without a date is today's",
        "the night asked for",
        "the day that the page states",
        "both the same: the time of the page is kept",
        "the night asked for wins over the page",
        "a page from the future is today's",
    ],
)
def test_the_night_of_a_page(
    job: Job,
    tmp_path: Path,
    head: str,
    asked: date | None,
    expected: date,
    precision: str | None,
) -> None:
    path = write_page(tmp_path, head=head)
    added = add_page(job, str(path), night=asked, url="https://b.example/x")
    assert (added.night, added.listing.stated_precision) == (expected, precision)
    folder = f"entries/night={expected}" if precision else f"undated/day={expected}"
    (row,) = job.landing.read_folder(folder, Listing)
    assert (row.source_id, row.outcome) == (SOURCE_ID, "ok")
    assert job.landing.read_capture(row.file, row.offset) == path.read_bytes()
    (look,) = job.landing.read_folder(f"coverage/night={expected}", Coverage)
    assert (look.source_id, look.status) == (SOURCE_ID, "ok")


def test_a_page_without_a_date_is_loaded_on_its_day_once(
    job: Job, tmp_path: Path
) -> None:
    path, url = str(write_page(tmp_path)), "https://b.example/x"
    first = add_page(job, path, url=url)
    second = add_page(named(job, "again"), path, url=url)
    record = job.landing.read_record(second.listing.file, second.listing.offset)
    assert record.origin == (first.listing.file, first.listing.offset)
    account = build(job, MORNING.date())
    assert (account["n_seen"], account["n_loaded"]) == (1, 1)
    assert account["n_sources_ok"] == 0  # what is added by hand is no source's work
    assert query(job, "SELECT night, bin FROM entry") == [(MORNING.date(), "loaded")]
    assert query(
        job, f"SELECT status FROM coverage WHERE source_id = '{SOURCE_ID}'"
    ) == [("ok",)]


def test_another_night_that_has_the_address_is_named(job: Job, tmp_path: Path) -> None:
    path, url = str(write_page(tmp_path)), "https://b.example/x"
    add_page(job, path, url=url, night=date(2026, 2, 20))
    later = add_page(named(job, "two"), path, url=url, night=NIGHT)
    assert (later.owner, later.former) == (date(2026, 2, 20), None)
    earlier = add_page(named(job, "three"), path, url=url, night=date(2026, 2, 10))
    assert (earlier.owner, earlier.former) == (None, date(2026, 2, 20))


# files ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<!-- saved from url=(0021)https://a.example/1 -->", "https://a.example/1"),
        (b'<link rel="canonical" href="https://a.example/1">', "https://a.example/1"),
        (b"<LINK HREF='https://a.example/1' REL=canonical>", "https://a.example/1"),
        (
            b'<meta property="og:url" content="https://a.example/1?a=1&amp;b=2">',
            "https://a.example/1?a=1&b=2",
        ),
        (b'<link rel="canonical" href="/1">', None),
        (b'<a href="https://a.example/1">canonical</a>', None),
        (b'<link rel="stylesheet" href="https://a.example/1">', None),
    ],
    ids=[
        "as browsers note it",
        "a canonical link",
        "in capitals, the other way round",
        "og:url",
        "a relative address is none",
        "a link in the text is none",
        "a style sheet is none",
    ],
)
def test_the_address_that_a_saved_page_states(page: bytes, expected: str) -> None:
    assert read_address(b"<html><head>" + page) == expected


def test_what_a_page_reserves_is_kept_with_it(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "reserved.html"
    path.write_text(
        "<html><meta name='tdm-reservation' content='1'><title>Fish</title></html>"
    )
    listing = add_page(job, str(path), url="https://b.example/x").listing
    assert listing.reservations == ("tdm",)
    (known,) = job.landing.find_urls({listing.article_id})[listing.article_id]
    assert known.reservations == ("tdm",)


@pytest.mark.parametrize(
    ("text", "options", "cause"),
    [
        (None, {}, "No such file"),
        (" \n", {}, "is empty"),
        ("x" * (6 << 20), {}, "at most"),
        ("<p>x</p>", {"url": "ftp://a.example/"}, "ftp://a.example/"),
        ("<p>x</p>", {"night": date(2026, 3, 3)}, "still to come"),
        ("<p>x</p>", {}, "states no address of its own; say it: --url"),
        ("<rss><channel><item/></channel></rss>", AT, "no page.*wrong_type"),
        ("WARC/1.1\r\nWARC-Type: response\r\n\r\n<html><p>x</p>", AT, "a WARC file"),
        ("UklGRiQAAABXQVZF" * 400, AT, "base64"),
        ("UklGRiQAAABXQVZF" * 4 + "\n" + "UklGRiQAAABXQVZF" * 4, AT, "base64"),
        ('{"title": "<p>x</p>"}', AT, "JSON"),
        (
            "From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
            " type='text/html'\r\n\r\n<p>x</p>",
            AT,
            "in MIME parts",
        ),
        ("%PDF-1.7 x", AT, "no page"),
    ],
    ids=[
        "no file",
        "nothing in it",
        "too large",
        "no web address",
        "a future night",
        "no address at all",
        "a feed",
        "a WARC file",
        "a blob",
        "a blob in lines",
        "JSON",
        "a page in MIME parts",
        "a PDF",
    ],
)
def test_what_cannot_be_added_says_why(
    job: Job, tmp_path: Path, text: str | None, options: dict, cause: str
) -> None:
    path = tmp_path / "page.html"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=cause):
        add_page(job, str(path), **options)
    assert job.landing.capture_days() == []


# the command line ----------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANDING", "WAREHOUSE", "MIRRORS", "CONTACT"):
        monkeypatch.delenv(f"NIGHTDESK_{name}", raising=False)
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path / "data"))
    return tmp_path


def test_add_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, url = write_page(home), "https://b.example/x"
    assert main(["add", str(path), "--url", url, "--night", str(NIGHT)]) == 0
    told = capsys.readouterr().out
    assert f"{url}: captured, Ferries sail again" in told
    assert f"nightdesk run --offline --night {NIGHT}" in told
    assert main(["add", str(path), "--url", url, "--night", "2026-02-20"]) == 0
    told = capsys.readouterr().out
    assert f"run --offline --night 2026-02-20 --until {NIGHT}" in told
    assert main(["archive", "verify"]) == 0
    assert "2 records are good" in capsys.readouterr().out


def test_add_an_address(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://www.harbourledger.example/"
    assert main(["add", url, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["listing"]
    assert (row["source_id"], row["url"], row["outcome"]) == (SOURCE_ID, url, "ok")
    assert main(["archive", "get", url]) == 0
    assert "<html" in capsys.readouterr().out
    assert main(["add", url, "--url", url]) == 2


@pytest.mark.parametrize(
    ("text", "words", "wants"),
    [
        ("<p>x</p>", [], "--url"),
        ("<rss><channel/></rss>", ["--url", AT["url"]], "is no page"),
        (None, [], "--allow-private"),
    ],
    ids=["no address", "a feed", "a private address"],
)
def test_what_is_refused_writes_nothing(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    words: list[str],
    wants: str,
) -> None:
    path = home / "page.html"
    path.write_text(text or "")
    where = str(path) if text else "http://127.0.0.1/x"
    assert main(["add", where, *words]) == (2 if text else 1)
    assert wants in capsys.readouterr().err
    assert not (home / "data" / "landing" / "archive").exists()


def test_add_works_beside_a_sources_file_with_mistakes(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTDESK_CONTACT", "desk@hill.example")
    path = home / "data" / "config" / "sources.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("sources: 7")
    assert main(["add", str(write_page(home)), "--url", AT["url"]]) == 0
    with Server() as server:
        server.pages["/x"] = reply(write_page(home).read_text())
        assert main(["add", server.url("/x"), "--allow-private"]) == 0
    assert "left aside, for its mistakes" in capsys.readouterr().err


# taken back ------------------------------------------------------------------


@pytest.mark.parametrize("night", [NIGHT, None], ids=["dated", "without a date"])
def test_a_page_that_is_taken_back_is_rejected_by_the_next_build(
    job: Job, tmp_path: Path, night: date | None
) -> None:
    path, own = str(write_page(tmp_path)), night or MORNING.date()
    add_page(job, path, night=night, **AT)
    assert build(job, own)["n_loaded"] == 1
    assert remove_page(named(job, "back"), AT["url"]) == [own]
    account = build(named(job, "two"), own)
    assert (account["n_seen"], account["n_rejected"]) == (1, 1)
    assert query(job, "SELECT bin, reason FROM entry") == [
        ("rejected", "removed_by_hand")
    ]
    assert query(job, "SELECT count(*) FROM article") == [(0,)]
    with pytest.raises(ConfigError, match="no page was added by hand"):
        remove_page(named(job, "again"), AT["url"])
    add_page(named(job, "three"), path, night=night, **AT)
    assert build(named(job, "four"), own)["n_loaded"] == 1


def test_an_address_that_is_given_back_is_its_sources_again(
    collected: tuple[Job, Truth], tmp_path: Path
) -> None:
    """Added under an earlier night, it took the article of a source away."""
    job, truth = collected
    url = next(a.url for a in truth.articles if a.is_article and a.kind == "original")
    n_loaded = build(named(job, "before"), NIGHT)["n_loaded"]
    early = date(2026, 2, 20)
    add_page(named(job, "hand"), str(write_page(tmp_path)), url=url, night=early)
    assert build(named(job, "with"), NIGHT)["n_loaded"] == n_loaded - 1
    assert remove_page(named(job, "back"), url) == [early, NIGHT]
    assert build(named(job, "early"), early)["n_rejected"] == 1
    assert build(named(job, "after"), NIGHT)["n_loaded"] == n_loaded


def test_remove_on_the_command_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(
            ["add", str(write_page(home)), *("--night", str(NIGHT)), "--url", AT["url"]]
        )
        == 0
    )
    assert main(["add", "--remove", AT["url"]]) == 0
    assert f"nightdesk run --offline --night {NIGHT}" in capsys.readouterr().out
    assert main(["add", "--remove", "https://else.example/"]) == 2
    assert main(["archive", "verify"]) == 0
