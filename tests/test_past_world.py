"""Past nights of the sample world, place by place: exact counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from pastworld import ARTICLES, BY_ID, NIGHT, ONE_DAY, Desk, open_desk, stand_still

from nightdesk.landing import HostLeases, Landing
from nightdesk.model import Capture, Listing, PastRecord
from nightdesk.newsstand import crawl
from nightdesk.newsstand.crawl import UNKNOWN, list_crawled
from nightdesk.newsstand.gdelt import list_offsets, quarter_of
from nightdesk.newsstand.plan import Item
from nightdesk.urls import canonicalize_url

CRAWL, GDELT, WAYBACK = (
    "data.commoncrawl.org",
    "data.gdeltproject.org",
    "web.archive.org",
)
PAGED = ("harbour-ledger", "lagoon-post", "ghats-dispatch", "gazette-des-quais")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def paged(source_id: str) -> dict[str, str]:
    outlet = BY_ID[source_id]
    return {"url": f'"{outlet.root}/paged{outlet.feed}"'}


def past_url(source_id: str, path: str) -> dict[str, str]:
    return {"past_url": f'"{BY_ID[source_id].root}/sitemaps/{path}"'}


def found(
    desk: Desk, source_id: str, night: date = NIGHT, *, has_page: bool = False
) -> set[str]:
    """The items of an outlet's night that the desk has an entry for, by address.

    An entry that is no item of the night fails the test; with `has_page` only one
    whose page is here, as nothing else can tell a local day from the day in UTC.
    """
    entries = desk.entries(night)
    listed = {
        canonicalize_url(item.outlet.root + path): url
        for url, item in desk.planted(source_id, night).items()
        for path in item.listed
    }
    there = {
        key
        for key, row in entries.items()
        if row.source_id == source_id and (row.file or not has_page)
    }
    assert there <= listed.keys(), there - listed.keys()
    return {listed[key] for key in there}


def dated_by(desk: Desk, source_id: str) -> set[str | None]:
    rows = desk.entries().values()
    return {row.dated_by for row in rows if row.source_id == source_id and row.file}


def is_day_right(rows: dict[str, Listing], items: dict[str, Item]) -> bool:
    """Whether every entry with a page has the instant that its outlet states."""
    at = {canonicalize_url(url): item.at for url, item in items.items()}
    return all(
        row.stated_at == at[key] for key, row in rows.items() if key in at and row.file
    )


# feeds -----------------------------------------------------------------------


def test_pages_of_feeds_are_walked_once(desk: Desk) -> None:
    desk.watch(**{source_id: paged(source_id) for source_id in PAGED})
    desk.collect(PAGED)
    for source_id in PAGED:
        assert found(desk, source_id) == set(desk.planted(source_id))
        look = desk.coverage()[source_id]
        assert (look.status, look.reason, look.via) == ("ok", None, "feed_pages")
    pages = [asked for asked in desk.requests() if "/paged/" in asked[1]]
    assert len(pages) == len(set(pages)) > len(PAGED)
    desk.collect(PAGED, NIGHT + ONE_DAY)  # the walk has passed that night already
    assert [asked for asked in desk.requests() if "/paged/" in asked[1]] == []
    for source_id in PAGED:
        night = NIGHT + ONE_DAY
        assert found(desk, source_id, night) == set(desk.planted(source_id, night))
    desk.collect(PAGED, NIGHT - ONE_DAY)  # and goes on where it ended
    again = [asked for asked in desk.requests() if "/paged/" in asked[1]]
    assert not set(again) & set(pages)


def test_the_oldest_entry_of_a_page_belongs_to_its_night(desk: Desk) -> None:
    """It is no sign of how far the page reaches back, but it is an entry."""
    desk.watch(**{"lagoon-post": paged("lagoon-post")})
    for n in range(16):
        night = NIGHT - n * ONE_DAY
        desk.collect(["lagoon-post"], night)
        assert found(desk, "lagoon-post", night) == set(
            desk.planted("lagoon-post", night)
        )


def test_a_page_that_is_lost_makes_the_walk_begin_anew(desk: Desk) -> None:
    desk.watch(**{"lagoon-post": paged("lagoon-post")})
    desk.collect(["lagoon-post"])
    for file in (desk.folder / "landing" / "archive").rglob("*.zst"):
        file.unlink()
    night = NIGHT + ONE_DAY
    desk.collect(["lagoon-post"], night)
    assert [path for _, path in desk.requests() if "/paged/" in path]
    assert found(desk, "lagoon-post", night) == set(desk.planted("lagoon-post", night))


def test_a_night_that_was_read_is_not_asked_for_again(desk: Desk) -> None:
    desk.watch(**{"lagoon-post": paged("lagoon-post")})
    desk.collect(["lagoon-post"])
    desk.collect(["lagoon-post"])
    assert desk.requests() == []


def test_a_source_with_today_only_has_nothing_and_says_why(desk: Desk) -> None:
    desk.watch(**{"gulf-meridian": {}})
    desk.collect(["gulf-meridian"])
    assert desk.entries() == {}
    assert [host for host, _ in desk.requests()] == ["gulfmeridian.example"]
    look = desk.coverage()["gulf-meridian"]
    assert look.status == "no_coverage"
    assert look.reason == "no_past_source: the feed reaches back to 2026-03-19"


def test_feeds_that_we_captured_for_another_source_are_read_first(desk: Desk) -> None:
    desk.watch(**{"gulf-meridian": {}})
    today = desk.world.now
    for day, hour in ((10, 9), (11, 1)):
        then = desk.moment = datetime(2026, 3, day, hour, tzinfo=UTC)
        desk.world.now = partial(stand_still, then)
        desk.collect(["gulf-meridian"], None)  # live polls
    desk.moment, desk.world.now = today(), today
    desk.watch(gulf={"outlet": "gulf-meridian"})
    desk.collect(["gulf"])
    assert desk.coverage()["gulf"].via == "archive"
    assert desk.coverage()["gulf"].status == "ok"
    rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    mine = {row.canonical_url for row in rows if row.source_id == "gulf"}
    assert len(mine) == len(desk.planted("gulf-meridian"))
    assert all("/feed.atom" not in path for _, path in desk.requests())


# sitemaps --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source_id", "path", "rules"),
    [
        pytest.param(
            "cascade-beacon", "{yyyy}/{mm}/{dd}.xml", {"stated"}, id="one of the day"
        ),
        pytest.param(
            "savanna-courier", "month/{yyyy}-{mm}.xml", {"page"},
            id="one of the month, with the day in addresses",
        ),
        pytest.param(
            "wangjiang-daily", "month/{yyyy}-{mm}.xml", {"page"},
            id="one of the month, with changes alone",
        ),
        pytest.param(
            "indus-observer", "index.xml", {"stated"},
            id="an index of numbered ones that say when they changed",
        ),
    ],
)  # fmt: skip
def test_dated_sitemaps(desk: Desk, source_id: str, path: str, rules: set[str]) -> None:
    desk.watch(**{source_id: past_url(source_id, path)})
    desk.collect([source_id])
    look = desk.coverage()[source_id]
    assert (look.status, look.reason) == ("ok", None)
    planted = desk.planted(source_id)
    there = {url for url, item in planted.items() if item.is_article}
    assert found(desk, source_id, has_page=True) >= there
    assert dated_by(desk, source_id) == rules
    assert is_day_right(desk.entries(), planted)


def test_a_change_is_never_a_publication(desk: Desk) -> None:
    """The sitemap says 26 hours later than the pages; the pages are believed."""
    desk.watch(**{"wangjiang-daily": past_url("wangjiang-daily",
                                              "month/{yyyy}-{mm}.xml")})  # fmt: skip
    desk.collect(["wangjiang-daily"])
    changed = {row.updated_at for row in desk.entries().values()}
    stated = {row.stated_at for row in desk.entries().values()}
    assert stated
    assert not stated & changed


def test_what_pages_say_holds_for_the_next_night(desk: Desk) -> None:
    """A day at its outlet's place is of two nights: the second lists it again."""
    desk.watch(**{"savanna-courier": past_url("savanna-courier",
                                              "month/{yyyy}-{mm}.xml")})  # fmt: skip
    next_night = NIGHT + ONE_DAY
    desk.collect(["savanna-courier"])
    desk.collect(["savanna-courier"], next_night)
    rows = desk.entries(next_night)
    assert is_day_right(rows, desk.planted("savanna-courier", next_night))
    assert {row.dated_by for row in rows.values() if row.file} == {"page"}
    said = desk.landing.read_folder(f"entries/night={next_night}", Listing)
    assert len({(row.url, row.stated_at) for row in said}) == len(said)


def test_a_sitemap_is_read_once_for_all_its_nights(desk: Desk) -> None:
    desk.watch(**{"indus-observer": past_url("indus-observer", "index.xml")})
    desk.collect(["indus-observer"])
    desk.collect(["indus-observer"], NIGHT + ONE_DAY)
    assert not [path for _, path in desk.requests() if "sitemap" in path]
    assert desk.entries(NIGHT + ONE_DAY)


# Common Crawl ----------------------------------------------------------------


def crawled(desk: Desk, source_id: str, night: date = NIGHT) -> set[str]:
    items = list_crawled(desk.world.plan(night))
    return {item.url for item in items if item.outlet.id == source_id}


def part_bytes(desk: Desk) -> int:
    """Bytes of the crawl's files that the last collect asked for."""
    from nightdesk.model import Attempt

    names = desk.landing.names(f"fetch_log/night={NIGHT}")
    rows = desk.landing.read_rows(names[-1:], Attempt)
    return sum(row.bytes_wire for row in rows if ".warc.gz" in row.url)


def test_pages_come_from_the_crawl_and_others_are_passed_over(desk: Desk) -> None:
    desk.turn_on("ccnews")
    desk.watch(**{"gulf-meridian": {}, "harbour-ledger": {}, "wangjiang-daily": {}})
    desk.collect(["gulf-meridian", "harbour-ledger", "wangjiang-daily"])
    for source_id in ("gulf-meridian", "harbour-ledger"):
        assert found(desk, source_id) == crawled(desk, source_id)
        assert is_day_right(desk.entries(), desk.planted(source_id))
        look = desk.coverage()[source_id]
        assert (look.status, look.via) == ("ok", "ccnews")
        assert look.n_entries == len(crawled(desk, source_id))
    assert {row.content_via for row in desk.entries().values()} == {"ccnews"}
    assert {row.source_id for row in desk.entries().values()} == {
        "gulf-meridian",
        "harbour-ledger",
    }
    hosts = Counter(host for host, _ in desk.requests())
    assert hosts[BY_ID["gulf-meridian"].host] == 1  # its feed, and no page of it
    assert "wangjiang-daily" in UNKNOWN
    look = desk.coverage()["wangjiang-daily"]
    assert (look.status, look.reason) == ("no_coverage", "no page in 10 files")


def test_dirt_in_a_crawl_is_counted_and_passed_over(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.turn_on("ccnews")
    hosts = {source_id: {} for source_id, o in BY_ID.items() if o.weight}
    desk.watch(**hosts)
    desk.collect(list(hosts))
    said = " ".join(record.getMessage() for record in caplog.records)
    for reason, n in (("damaged", 9), ("wrong_length", 9), ("not_ok", 9)):
        assert f"{reason}={n}" in said, said
    assert "truncated=3" in said


def test_the_second_backfill_reads_what_it_needs(desk: Desk) -> None:
    desk.turn_on("ccnews")
    desk.watch(**{"gulf-meridian": {}, "bogaz-feneri": {}})
    desk.collect(["gulf-meridian"])
    whole = part_bytes(desk)
    desk.collect(["bogaz-feneri"])
    assert found(desk, "bogaz-feneri") == crawled(desk, "bogaz-feneri")
    assert 0 < part_bytes(desk) < whole / 5
    desk.collect(["bogaz-feneri"], NIGHT, refetch=True)  # all of it is here
    assert part_bytes(desk) == 0


def test_the_index_has_every_page_of_a_file(desk: Desk) -> None:
    desk.turn_on("ccnews")
    desk.watch(**{"gulf-meridian": {}})
    desk.collect(["gulf-meridian"])
    rows = [
        row
        for folder in sorted((desk.folder / "landing" / "past" / "ccnews").iterdir())
        for row in desk.landing.read_folder(f"past/ccnews/{folder.name}", PastRecord)
    ]
    urls = [row.url for row in rows]
    assert len(urls) == len(set(urls))
    planted = {item.url for item in list_crawled(desk.world.plan(NIGHT))}
    assert planted <= set(urls)
    assert sum("elsewhere" in url for url in urls) > 9


def test_a_cap_ends_cleanly_and_the_next_run_goes_on(desk: Desk) -> None:
    desk.watch(**{"gulf-meridian": {}})
    desk.turn_on("ccnews", most_requests=4)
    desk.collect(["gulf-meridian"])
    look = desk.coverage()["gulf-meridian"]
    assert "cost_cap: 4 of 4 requests" in str(look.reason)
    assert "files left" in str(look.reason)
    n_first = len([host for host, _ in desk.requests() if host == CRAWL])
    assert n_first == 4
    asked = {path for host, path in desk.requests() if path.endswith(".warc.gz")}
    desk.turn_on("ccnews", most_requests=100)
    desk.collect(["gulf-meridian"])
    again = {path for host, path in desk.requests() if path.endswith(".warc.gz")}
    assert not asked & again
    assert found(desk, "gulf-meridian") == crawled(desk, "gulf-meridian")
    assert not str(desk.coverage()["gulf-meridian"].reason).count("cost_cap")


def test_a_file_is_read_on_from_where_a_run_broke_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightdesk.pipeline.past_ccnews.PART", 16_384)
    desk.watch(**{"gulf-meridian": {}})
    desk.turn_on("ccnews", most_requests=9)
    for _ in range(20):
        desk.collect(["gulf-meridian"])
        if "cost_cap" not in str(desk.coverage()["gulf-meridian"].reason):
            break
    assert found(desk, "gulf-meridian") == crawled(desk, "gulf-meridian")
    files = [
        name
        for folder in (desk.folder / "landing" / "past" / "ccnews").iterdir()
        for name in desk.landing.names(f"past/ccnews/{folder.name}")
    ]
    assert len(files) > 9
    rows = desk.landing.read_rows(files, PastRecord)
    assert len({row.url for row in rows}) == len(rows)


def test_a_file_that_another_run_reads_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightdesk.pipeline.past_ccnews._PAUSE_S", 0.05)
    desk.turn_on("ccnews")
    desk.watch(**{"gulf-meridian": {}})
    days = crawl.begun_on(NIGHT)
    held = f"CC-NEWS-{days[1]:%Y%m%d%H%M%S}-{crawl.number_of(days[1]):05d}"
    leases = HostLeases(desk.folder / "hosts")
    assert leases.take(held) is not None
    given_back = threading.Timer(3, leases.release, [held])
    given_back.start()
    desk.collect(["gulf-meridian"])
    given_back.join()
    files = [path for _, path in desk.requests() if path.endswith(".warc.gz")]
    assert held in files[-1]  # the others first
    assert found(desk, "gulf-meridian") == crawled(desk, "gulf-meridian")


SEVEN = {
    "lagoon-post": paged("lagoon-post"),
    "indus-observer": past_url("indus-observer", "index.xml"),
    "savanna-courier": past_url("savanna-courier", "month/{yyyy}-{mm}.xml"),
    "deichbote": {},
    "fjord-examiner": {},
}


def test_a_week_of_nights_has_all_that_was_planted(desk: Desk) -> None:
    desk.turn_on("wayback")
    desk.watch(**SEVEN)
    n_planted = n_found = 0
    asked: set[str] = set()
    for n in range(7):
        night = NIGHT - n * ONE_DAY
        desk.collect(list(SEVEN), night)
        asked |= {host for host, _ in desk.requests()}
        for source_id in SEVEN:
            items = desk.planted(source_id, night).items()
            there = {url for url, item in items if item.is_article}
            n_planted += len(there)
            n_found += len(there & found(desk, source_id, night, has_page=True))
    assert n_planted > 150
    assert n_found >= 0.99 * n_planted
    assert asked <= {WAYBACK, *(BY_ID[source_id].host for source_id in SEVEN)}
    assert_no_twins(desk.landing)


def test_nothing_is_captured_twice(desk: Desk) -> None:
    desk.turn_on("ccnews")
    desk.watch(**{"gulf-meridian": {}})
    for n in (0, 1, 2):
        desk.collect(["gulf-meridian"], NIGHT + n * ONE_DAY)
    assert_no_twins(desk.landing)


def assert_no_twins(landing: Landing) -> None:
    rows = [
        row
        for day in landing.capture_days()
        for row in landing.read_folder(f"captures/day={day}", Capture)
        if not any(word in row.url for word in ("/feed", "sitemap", "/paged", "/web/"))
    ]
    twins = [url for url, n in Counter(row.url for row in rows).items() if n > 1]
    assert rows
    assert twins == []


# Wayback ---------------------------------------------------------------------


def test_feeds_are_read_as_they_stood(desk: Desk) -> None:
    ids = ("deichbote", "pacific-lantern", "stepnoy-telegraf")
    desk.turn_on("wayback")
    desk.watch(**{source_id: {} for source_id in ids})
    desk.collect(ids)
    for source_id in ids:
        assert found(desk, source_id) == set(desk.planted(source_id))
        look = desk.coverage()[source_id]
        assert (look.status, look.reason, look.via) == ("ok", None, "wayback")
    replays = [p for h, p in desk.requests() if h == WAYBACK and "id_" in p]
    # One capture has the day, but the first after it reaches back by a tenth less.
    assert len(replays) == 6


def test_pages_that_are_gone_come_from_an_archive(desk: Desk) -> None:
    dead = {
        source_id: [i for i in desk.planted(source_id).values() if i.kind == "missing"]
        for source_id in BY_ID
    }
    source_id = next(key for key, items in dead.items() if items)
    path = "{yyyy}/{mm}/{dd}.xml"
    desk.watch(**{source_id: past_url(source_id, path)})
    desk.collect([source_id])
    rows = desk.entries()
    urls = {canonicalize_url(item.url) for item in dead[source_id]}
    assert {rows[url].outcome for url in urls} == {"not_found"}
    desk.turn_on("wayback")  # and the night is built again
    desk.collect([source_id], refetch=True)
    rows = desk.entries()
    for item in dead[source_id]:
        row = rows[canonicalize_url(item.url)]
        assert (row.outcome, row.content_via) == ("ok", "wayback")
        assert row.captured_at is not None
        assert row.captured_at.replace(second=0) >= item.at.replace(second=0)
        assert row.captured_at.date() != desk.moment.date()
        body = desk.landing.read_capture(row.file or "", row.offset or 0)
        assert item.title.split()[0].encode() in body


# GDELT -----------------------------------------------------------------------


def test_article_lists_name_addresses_and_holes(desk: Desk) -> None:
    desk.turn_on("gdelt_gal")
    desk.watch(**{"sada-al-marfa": {}, "gulf-meridian": {}})
    desk.collect(["sada-al-marfa", "gulf-meridian"])
    for source_id in ("sada-al-marfa", "gulf-meridian"):
        planted = desk.planted(source_id)
        seen = {u for u, i in planted.items() if list_offsets(quarter_of(i))}
        late = {u for u in seen if quarter_of(planted[u]).date() != NIGHT}
        assert found(desk, source_id) == seen - late
        assert is_day_right(desk.entries(), planted)
    assert {row.via for row in desk.entries().values()} == {"gdelt_gal"}
    lists = [path for host, path in desk.requests() if host == GDELT]
    assert len(lists) == 768
    desk.watch(**{"lagoon-post": {}})
    desk.collect(["lagoon-post"])  # another source of the same night
    assert not [path for host, path in desk.requests() if host == GDELT]
    assert desk.entries()


@pytest.mark.parametrize(
    ("caps", "most"),
    [({"most_requests": 50}, 50), ({"most_bytes": 2000}, 300)],
    ids=["requests", "bytes"],
)
def test_a_cap_ends_the_asking_for_lists(
    desk: Desk, caps: dict[str, int], most: int
) -> None:
    desk.turn_on("gdelt_gal", **caps)
    desk.watch(**{"fjord-examiner": {}})
    desk.collect(["fjord-examiner"])
    n_first = sum(host == GDELT for host, _ in desk.requests())
    assert 0 < n_first <= most
    assert "cost_cap" in str(desk.coverage()["fjord-examiner"].reason)
    desk.turn_on("gdelt_gal")
    desk.collect(["fjord-examiner"])
    n_left = 768 - n_first  # and the one that was on its way when the cap was reached
    assert n_left <= sum(host == GDELT for host, _ in desk.requests()) <= n_left + 1


def test_quarters_without_a_list_are_no_failure(desk: Desk) -> None:
    desk.turn_on("gdelt_gal")
    desk.watch(**{"fjord-examiner": {}})  # nobody has ever seen an article of it
    desk.collect(["fjord-examiner"])
    look = desk.coverage()["fjord-examiner"]
    assert look.status == "no_coverage"
    assert "of 96 quarters have no list" in str(look.reason)


def test_the_knowledge_graph_is_checked_by_md5(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.turn_on("gdelt_gkg")
    desk.watch(**{"sada-al-marfa": {}, "gulf-meridian": {}})
    desk.collect(["sada-al-marfa", "gulf-meridian"])
    said = [record.getMessage() for record in caplog.records]
    assert sum("bad_md5" in line and "0310090000" in line for line in said) == 1
    for source_id in ("sada-al-marfa", "gulf-meridian"):
        planted = desk.planted(source_id)
        bad = {
            u for u, i in planted.items()
            if quarter_of(i).hour // 3 == 3 or quarter_of(i).date() != NIGHT
        }  # fmt: skip
        assert found(desk, source_id) == set(planted) - bad
    # FIPS AU is Austria; candidates are kept with the entry and tag nothing.
    said_of = {row.categories for row in desk.entries().values()}
    assert said_of == {("gdelt:KE", "gdelt:AT")}
    files = [path for host, path in desk.requests() if path.endswith(".zip")]
    assert len(files) == 8


def test_nobody_outside_is_asked_unless_somebody_turned_it_on(desk: Desk) -> None:
    desk.watch(**{"gulf-meridian": {}, "deichbote": {}})
    desk.collect(["gulf-meridian", "deichbote"])
    hosts = {host for host, _ in desk.requests()}
    assert not hosts & {CRAWL, GDELT, WAYBACK}
    assert desk.world.articles_per_night == ARTICLES
