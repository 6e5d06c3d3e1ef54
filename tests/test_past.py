"""Past places as pure functions, in tables: what to ask, what was answered, dirt."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from pathlib import Path

import pytest

from nightdesk.config import Settings
from nightdesk.errors import ConfigError
from nightdesk.feeds import parse_feed
from nightdesk.fips import load_fips
from nightdesk.model import Entry, PastRecord, Source
from nightdesk.newsstand.crawl import write_record, write_response
from nightdesk.past import cdx, gal, gkg
from nightdesk.past.ccnews import (
    NewsFile,
    Sites,
    choose_files,
    parse_paths,
    plan_parts,
    read_head,
)
from nightdesk.past.cost import Caps, Meter
from nightdesk.past.dating import date_entry
from nightdesk.past.members import MOST, scan_members
from nightdesk.past.paging import find_older_page
from nightdesk.past.records import BadRecord, read_page
from nightdesk.past.spans import Span, find_gap, night_span, span_of
from nightdesk.past_file import load_places
from nightdesk.settings import SHIPPED

NIGHT = date(2026, 3, 1)
DAY = night_span(NIGHT)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = Source("s", "S", "rss", "https://hill.example/feed")


# spans -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "gap"),
    [
        pytest.param([], DAY.until, id="nothing is known"),
        pytest.param([DAY], None, id="all of it"),
        pytest.param([Span(NOON, DAY.until)], NOON, id="the second half"),
        pytest.param([Span(DAY.since, NOON)], DAY.until, id="the first half"),
        pytest.param(
            [Span(DAY.since, NOON), Span(NOON - HOUR, DAY.until + HOUR)], None,
            id="two that overlap",
        ),
        pytest.param(
            [Span(DAY.since, NOON - HOUR), Span(NOON, DAY.until)], NOON,
            id="an hour between two",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_of_a_night(spans: list[Span], gap: datetime | None) -> None:
    assert find_gap(spans, DAY) == gap


def test_a_pinned_story_does_not_make_a_feed_reach_back() -> None:
    dates = [NOON - n * HOUR for n in range(15)] + [NOON - timedelta(days=400)]
    span = span_of(dates, NOON)
    assert span is not None
    assert NOON - span.since < timedelta(days=1)
    assert span_of([NOON + HOUR], NOON) is None


# paging ----------------------------------------------------------------------

_ITEM = "<item><title>A</title><link>https://hill.example/a</link></item>"
_ATOM = "http://www.w3.org/2005/Atom"
_ENTRY = "<entry><title>A</title><link href='https://hill.example/a'/></entry>"


@pytest.mark.parametrize(
    ("body", "url", "older"),
    [
        pytest.param(
            f"<feed xmlns='{_ATOM}'><link rel='next' href='?page=2'/>{_ENTRY}</feed>",
            "https://hill.example/feed", "https://hill.example/feed?page=2",
            id="RFC 5005 next",
        ),
        pytest.param(
            f"<feed xmlns='{_ATOM}'><link rel='next' href='/p2'/>"
            f"<link rel='prev-archive' href='/2026/02'/>{_ENTRY}</feed>",
            "https://hill.example/feed", "https://hill.example/2026/02",
            id="an archive document does not change, a page does",
        ),
        pytest.param(
            f"<rss xmlns:a='{_ATOM}'><channel><a:link rel='next' href='/p2'/>{_ITEM}"
            "</channel></rss>",
            "https://hill.example/feed", "https://hill.example/p2",
            id="the same in RSS",
        ),
        pytest.param(
            '{"version":"https://jsonfeed.org/version/1.1","next_url":"/f?2",'
            '"items":[{"id":"1","url":"https://hill.example/a"}]}',
            "https://hill.example/f", "https://hill.example/f?2", id="JSON next_url",
        ),
        pytest.param(
            "<rss><channel><generator>https://wordpress.org/?v=6</generator>"
            f"{_ITEM}</channel></rss>",
            "https://hill.example/feed/?cat=3&paged=4",
            "https://hill.example/feed/?cat=3&paged=5", id="WordPress counts",
        ),
        pytest.param(
            f"<rss><channel>{_ITEM}</channel></rss>", "https://hill.example/feed", None,
            id="a feed that says nothing",
        ),
        pytest.param(
            f"<rss xmlns:a='{_ATOM}'><channel>"
            f"<a:link rel='next' href='https://dale.example/'/>{_ITEM}</channel></rss>",
            "https://hill.example/feed", None, id="somebody else's address",
        ),
        pytest.param(
            f"<rss xmlns:a='{_ATOM}'><channel>"
            f"<a:link rel='next' href='https://hill.example/feed'/>{_ITEM}"
            "</channel></rss>",
            "https://hill.example/feed", None, id="itself",
        ),
        pytest.param(
            "<rss><channel><generator>WordPress</generator></channel></rss>",
            "https://hill.example/feed", None, id="an empty page is the last",
        ),
    ],
)  # fmt: skip
def test_where_older_entries_are(body: str, url: str, older: str | None) -> None:
    assert find_older_page(parse_feed(body.encode(), url=url), url) == older


# dating ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "options", "rule"),
    [
        pytest.param({"published_at": NOON}, {}, "stated", id="stated"),
        pytest.param(
            {"published_at": NOON - timedelta(days=1)}, {}, None, id="another night's"
        ),
        pytest.param(
            {"updated_at": NOON}, {"is_feed": True}, "stated", id="an update in Atom"
        ),
        pytest.param(
            {"updated_at": NOON}, {}, "lastmod", id="a change in a sitemap is a hint"
        ),
        pytest.param(
            {"updated_at": NOON - timedelta(days=1)}, {}, None, id="changed before"
        ),
        pytest.param(
            {"updated_at": NOON + timedelta(days=4)}, {}, None, id="changed long after"
        ),
        pytest.param(
            {"url": "https://hill.example/2026/03/01/a", "updated_at": NOON}, {}, "url",
            id="the address comes before a change",
        ),
        pytest.param(
            {"url": "https://hill.example/2026/03/02/a"}, {"zone": "Asia/Tokyo"}, "url",
            id="their second of March begins on the first",
        ),
        pytest.param(
            {"url": "https://hill.example/2026/03/02/a"}, {}, None, id="tomorrow in UTC"
        ),
        pytest.param({}, {"list_day": NIGHT}, "list", id="a list of the day"),
        pytest.param(
            {}, {"list_day": NIGHT - timedelta(days=1)}, None, id="of another day"
        ),
        pytest.param({}, {}, None, id="nothing at all"),
    ],
)  # fmt: skip
def test_which_rule_tells_the_day(entry: dict, options: dict, rule: str | None) -> None:
    source = replace(SOURCE, timezone=options.get("zone", "UTC"))
    dating = date_entry(
        Entry(**{"url": "https://hill.example/a", **entry}),
        source,
        NIGHT,
        is_feed=options.get("is_feed", False),
        list_day=options.get("list_day"),
    )
    assert (dating.rule if dating else None) == rule
    assert dating is None or (dating.at is not None) == (rule == "stated")


# Wayback ---------------------------------------------------------------------

_HEADER = ["timestamp", "original", "mimetype", "statuscode", "digest"]


def _row(stamp: str, digest: str = "A", status: str = "200") -> list[str]:
    return [stamp, "https://hill.example/feed", "text/xml", status, digest]


@pytest.mark.parametrize(
    ("body", "n_found", "problems"),
    [
        pytest.param(b"", 0, {}, id="an empty answer"),
        pytest.param(b"[]", 0, {}, id="no rows"),
        pytest.param(b"<html>busy", 0, {"not_json": 1}, id="a page"),
        pytest.param(b'{"a": 1}', 0, {"not_json": 1}, id="an object"),
        pytest.param(b"[" * 200_000, 0, {"not_json": 1}, id="it nests without end"),
        pytest.param(json.dumps([["a"]]).encode(), 0, {"no_header": 1}, id="no header"),
        pytest.param(
            json.dumps(
                [_HEADER, _row("20260301004000"), ["20260301064000"], "x", _row("2026"),
                 _row("20260301124000", status="404"),
                 _row("20260301184000", status="-"),
                 ["20260301190000", "ftp://x", "", "200", ""]]
            ).encode(),
            2,
            {"short_row": 2, "bad_timestamp": 1, "bad_status": 1, "bad_url": 1},
            id="some rows that are none; a revisit is a capture",
        ),
        pytest.param(
            json.dumps(
                [_HEADER, _row("20260301004000"), _row("00010101000000"),
                 _row("99991231235959"), [[[]], {}, None, [], 1],
                 ["20260301190000", "https://hill.example/\ud800", "", "200", ""]]
            ).encode(),
            1, {"bad_timestamp": 3, "bad_url": 1},
            id="times at the ends of the calendar, and half a character",
        ),
    ],
)  # fmt: skip
def test_captures_are_read_whatever_else_is_there(
    body: bytes, n_found: int, problems: dict[str, int]
) -> None:
    found, bad = cdx.parse_captures(body)
    assert (len(found), dict(bad)) == (n_found, problems)


def _snap(hours: float, digest: str = "A") -> cdx.Snapshot:
    at = DAY.since + timedelta(hours=hours)
    return cdx.Snapshot(at, f"{at:%Y%m%d%H%M%S}", "https://hill.example/feed", digest)


@pytest.mark.parametrize(
    ("hours", "spans", "tried", "choice"),
    [
        pytest.param([1, 13, 25, 37], [], [], 25, id="the first after the night"),
        pytest.param(
            [1, 13, 25], [Span(NOON + HOUR, DAY.until + HOUR)], [25], 13,
            id="the first after what is missing",
        ),
        pytest.param(
            [1, 13, 25], [Span(NOON - HOUR, DAY.until + HOUR)], [13, 25], 1,
            id="the last before, where none after helps",
        ),
        pytest.param([1, 25], [DAY], [], None, id="nothing is missing"),
        pytest.param([1, 13], [], [], 13, id="none after the night"),
        pytest.param([1], [], [1], None, id="all were read"),
    ],
)  # fmt: skip
def test_which_capture_is_read_next(
    hours: list[float], spans: list[Span], tried: list[float], choice: float | None
) -> None:
    snapshots = [_snap(h) for h in hours]
    done = frozenset(_snap(h).stamp for h in tried)
    found = cdx.choose_next(snapshots, spans, DAY, done)
    assert found == (None if choice is None else _snap(choice))


def test_a_page_is_taken_from_the_capture_nearest_after_it() -> None:
    snapshots = [_snap(1), _snap(13), _snap(40)]
    assert cdx.choose_nearest(snapshots, NOON) == _snap(13)
    assert cdx.choose_nearest(snapshots, NOON + timedelta(days=9)) == _snap(40)
    assert cdx.choose_nearest([], NOON) is None
    assert cdx.replay_url("https://w.example/", _snap(1)) == (
        "https://w.example/web/20260301010000id_/https://hill.example/feed"
    )


# Common Crawl ----------------------------------------------------------------

_PATH = "crawl-data/CC-NEWS/2026/03/CC-NEWS-{}-00001.warc.gz"
URL = "https://www.hill.example/2026/03/01/a.html"


def _file(stamp: str) -> NewsFile:
    at = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return NewsFile(at, _PATH.format(stamp))


def test_the_window_begins_with_the_file_during_which_the_night_began() -> None:
    stamps = ["20260228110000", "20260228200000", "20260228230000", "20260301040000",
              "20260303230000", "20260304000000"]  # fmt: skip
    chosen = choose_files(map(_file, stamps), NIGHT)
    assert chosen == [_file(stamp) for stamp in stamps[2:5]]


@pytest.mark.parametrize(
    ("body", "n_found", "problems"),
    [
        pytest.param(gzip.compress(b"%s\n" % _PATH.format("20260301010203").encode()),
                     1, {}, id="a list"),
        pytest.param(_PATH.format("20260301010203").encode(), 1, {}, id="not packed"),
        pytest.param(
            b"%s\n../../etc/passwd\nhttps://x.example/\n%s"
            % (_PATH.format("20260301010203").encode(),
               _PATH.format("20261301010203").encode()),
            1, {"bad_path": 3}, id="lines that are no paths",
        ),
        pytest.param(b"\x1f\x8b\x07" + bytes(20), 0, {"damaged": 1}, id="damaged"),
        pytest.param(
            b"".join(gzip.compress(b"%s\n" % _PATH.format(20260301010203 + n).encode())
                     for n in range(3)),
            3, {}, id="packed in parts",
        ),
        pytest.param(
            gzip.compress(b"%s\n" % _PATH.format("20260301010203").encode()) + b"\x1f",
            1, {"damaged": 1}, id="a good part before a bad one",
        ),
        pytest.param(
            gzip.compress(b"%s\n" % _PATH.format("20260301010203").encode())
            + gzip.compress(bytes(9 << 20)),
            1, {"truncated": 1}, id="parts without end",
        ),
    ],
)  # fmt: skip
def test_lists_of_files(body: bytes, n_found: int, problems: dict[str, int]) -> None:
    files, bad = parse_paths(body)
    assert (len(files), dict(bad)) == (n_found, problems)


def test_a_list_that_ends_early_is_used_as_far_as_it_goes() -> None:
    lines = "".join(f"{_PATH.format(20260301000000 + n)}\n" for n in range(60))
    files, bad = parse_paths(gzip.compress(lines.encode())[:-12])
    assert 0 < len(files) < 61
    assert bad == {"truncated": 1}


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[n : n + size] for n in range(0, len(data), size)]


@pytest.mark.parametrize("size", [7, 1000, 4096, 1 << 20])
def test_records_are_found_at_their_places(size: int) -> None:
    parts = [
        write_record("warcinfo", "", NOON, b"x"),
        write_record("request", URL, NOON, b"GET / HTTP/1.1\r\n\r\n"),
        write_response(URL, NOON, b"<p>one</p>" * 900),
        write_response(URL + "?2", NOON, bytes(range(256)) * 300),
    ]
    members = list(scan_members(_pieces(b"junk" + b"".join(parts), size)))
    assert [m.data for m in members] == parts
    assert members[2].offset == 4 + len(parts[0]) + len(parts[1])
    rows = [read_head(m) for m in members]
    assert [row.url if row else None for row in rows] == [None, None, URL, URL + "?2"]


def test_a_gzip_file_inside_a_page_is_no_record() -> None:
    inner = gzip.compress(b"not a record" * 50)
    page = write_response(URL, NOON, inner * 20)
    (member,) = scan_members(_pieces(page, 512))
    assert member.data == page


def test_an_address_longer_than_the_look_is_read_whole() -> None:
    url = URL + "?" + "q=1&" * 700
    (member,) = scan_members([write_response(url, NOON, b"<p>a</p>")])
    row = read_head(member)
    assert row is not None
    assert row.url == url


def test_a_file_that_is_one_member_costs_no_memory() -> None:
    piece = bytes(1 << 20)
    whole = write_response(URL, NOON, b"a")
    members = list(scan_members([whole, *[piece] * (3 + (MOST >> 20)), whole]))
    assert [member.is_whole for member in members] == [False, True]


@pytest.mark.parametrize(
    "date",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-01T12:00:00",
     "soon", ""],
)  # fmt: skip
def test_a_record_without_a_usable_date_is_no_page(date: str) -> None:
    (member,) = scan_members([_warc(f"Content-Length: 0\r\nWARC-Date: {date}")])
    assert member.field("WARC-Target-URI") == URL
    assert read_head(member) is None


def _warc(fields: str, block: str = "") -> bytes:
    """Return a record as it is written by hand."""
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {URL}\r\n{fields}"
    return gzip.compress(f"{head}\r\n\r\n{block}\r\n\r\n".encode())


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


GOOD = write_response(URL, NOON, b"<p>good</p>" * 200)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(_flip(GOOD, len(GOOD) // 2), "damaged", id="a byte is another"),
        pytest.param(GOOD[:-9], "truncated", id="cut off"),
        pytest.param(
            write_response(URL, NOON, b"a", wrong_by=5), "wrong_length", id="longer"
        ),
        pytest.param(
            write_response(URL, NOON, b"a" * 50, wrong_by=-5), "wrong_length",
            id="shorter",
        ),
        pytest.param(
            write_response(URL, NOON, b"a", status="404 No"), "not_ok", id="404"
        ),
        pytest.param(
            write_record("response", URL, NOON, b"hello"), "no_http", id="no HTTP"
        ),
        pytest.param(gzip.compress(b"WARC/1.0\r\n\r\n"), "no_length", id="no length"),
        pytest.param(gzip.compress(b"hello"), "no_warc", id="no record"),
        pytest.param(
            gzip.compress(b"WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n"), "bad_date",
            id="no date",
        ),
        pytest.param(
            _warc("Content-Length: 0\r\nWARC-Date: 0001-01-01T00:00:00+14:00"),
            "bad_date", id="a date before the calendar",
        ),
        pytest.param(_warc("Content-Length: ²"), "no_length", id="a length in raised"),
        pytest.param(
            _warc(f"Content-Length: {'9' * 5000}"), "no_length", id="a length too long"
        ),
        pytest.param(
            _warc(
                "Content-Length: 5017\r\nWARC-Date: 2026-03-01T12:00:00Z",
                f"HTTP/1.1 {'2' * 5000} OK\r\n\r\n"[:5017],
            ),
            "no_http", id="a status of thousands of digits",
        ),
    ],
)  # fmt: skip
def test_a_bad_record_has_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        read_page(data)
    assert caught.value.reason == reason


def test_a_record_of_another_address_is_not_the_page_that_was_asked_for() -> None:
    assert read_page(GOOD, URL).url == URL
    with pytest.raises(BadRecord) as caught:
        read_page(GOOD, URL + "?2")
    assert caught.value.reason == "bad_url"


def test_a_good_record_is_a_page() -> None:
    page = read_page(GOOD)
    assert (page.url, page.captured_at, page.status) == (URL, NOON, 200)
    assert page.body == b"<p>good</p>" * 200
    assert page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("body", "joined"),
    [
        ("3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n", "abcde"),
        ("1\r\na\r\n" * 200_000 + "0\r\n\r\n", "a" * 200_000),
        ("3\r\nabc\r\n9\r\nde", "3\r\nabc\r\n9\r\nde"),
        ("-1\r\nabc", "-1\r\nabc"),
        ("<p>not in chunks</p>", "<p>not in chunks</p>"),
    ],
    ids=["chunks", "very many", "cut off", "a length below none", "none"],
)
def test_a_body_in_chunks_is_joined(body: str, joined: str) -> None:
    block = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
    record = write_record("response", URL, NOON, block.encode())
    assert read_page(record).body == joined.encode()


def test_sites_are_registered_domains() -> None:
    sites = Sites({"hill.example"})
    assert sites.find("https://www.hill.example/a") == "hill.example"
    assert sites.find("https://hill.example.evil.example/a") is None
    assert sites.find("https://nothill.example/") is None
    assert sites.find("mailto:a@hill.example") is None


def test_neighbours_are_asked_for_in_one_part() -> None:
    rows = [PastRecord(URL, NOON, at, 100) for at in (5_000_000, 0, 150, 40_000)]
    parts = plan_parts(rows)
    assert [part.span for part in parts] == [(0, 40_100), (5_000_000, 5_000_100)]
    assert sum(len(part.records) for part in parts) == 4


# GDELT -----------------------------------------------------------------------


def test_every_minute_of_eight_is_asked_for() -> None:
    slots = gal.list_slots(NIGHT)
    assert len({stamp for slot in slots for stamp in slot}) == 768
    assert (slots[0][0], slots[-1][-1]) == ("20260301000000", "20260301235200")


def test_an_article_list_with_dirt() -> None:
    rows = [
        {"date": "2026-03-01T10:15:00Z", "url": URL, "title": ' He said "yes" &c '},
        {"date": "20260301101500", "url": URL + "?2"},
        {"date": "soon", "url": URL},
        {"date": "2026-03-01T10:15:00Z", "url": "javascript:1"},
        {"date": "2026-03-01T10:15:00Z"},
        [],
    ]
    text = "\n".join(map(json.dumps, rows)) + '\n{"cut'
    found, bad = gal.parse_list(gzip.compress(text.encode()))
    assert [row.url for row in found] == [URL, URL + "?2"]
    assert found[0].title == 'He said "yes" &c'
    assert bad == {"bad_date": 1, "no_url": 2, "not_json": 2}
    cut = gzip.compress("\n".join([json.dumps(rows[0])] * 500).encode())
    found, bad = gal.parse_list(cut[:-30])
    assert bad == {"truncated": 1}
    assert gal.parse_list(b"\x1f\x8b\x07" + bytes(20))[1] == {"damaged": 1}


_GAL_ROW = json.dumps({"date": "2026-03-01T10:15:00Z", "url": URL})


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f'{{"date": "0001-01-01T00:00:00+14:00", "url": "{URL}"}}', "bad_date"),
        (f'{{"date": "9999-12-31T23:59:59-14:00", "url": "{URL}"}}', "bad_date"),
        (f'{{"date": "00010101000000", "url": "{URL}"}}', "bad_date"),
        (f'{{"date": {"[" * 900}{"]" * 900}, "url": "{URL}"}}', None),
        ("[" * 200_000, "not_json"),
        (f'{{"date": {"9" * 5000}, "url": "{URL}"}}', "not_json"),
        (_GAL_ROW.replace(".html", "\\ud800"), "no_url"),
    ],
    ids=[
        "before the calendar",
        "after it",
        "its first day",
        "a date that nests",
        "it nests without end",
        "a number of thousands of digits",
        "half a character",
    ],
)
def test_a_bad_row_of_an_article_list_is_counted_and_the_next_is_read(
    row: str, problem: str | None
) -> None:
    found, bad = gal.parse_list(f"{row}\n{_GAL_ROW}".encode())
    assert [seen.url for seen in found] == [URL]
    assert bad.total() == 1
    assert problem is None or bad[problem] == 1


def test_half_a_character_in_a_title_is_no_title() -> None:
    row = json.dumps({"date": "20260301101500", "url": URL, "title": "A\ud800"})
    assert [seen.title for seen in gal.parse_list(row.encode())[0]] == [None]


def test_an_article_list_in_parts_is_read_whole() -> None:
    parts = [gzip.compress(f"{_GAL_ROW}\n".encode()) for _ in range(3)]
    found, bad = gal.parse_list(b"".join(parts))
    assert (len(found), bad) == (3, {})
    found, bad = gal.parse_list(b"".join([*parts, parts[0][:-9]]))
    assert (len(found) >= 3, bad) == (True, {"truncated": 1})
    found, bad = gal.parse_list(b"".join([*parts[:2], _flip(parts[2], -6)]))
    assert (len(found) >= 2, bad) == (True, {"damaged": 1})


FIPS = load_fips(SHIPPED)


def _gkg_row(url: str = URL, extras: str = "", **cells: str) -> str:
    values = [""] * 27
    values[1], values[2], values[4], values[26] = "20260301101500", "1", url, extras
    for key, value in cells.items():
        values[int(key[1:])] = value
    return "\t".join(values)


def _zip(text: str, packing: int = zipfile.ZIP_STORED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", packing) as archive:
        archive.writestr("a.csv", text)
    return sink.getvalue()


def _forge(size: int) -> bytes:
    """Return a ZIP file whose list of contents has another size of its file."""
    body = _zip(_gkg_row())
    at = body.rindex(b"PK\x01\x02") + 20
    return body[:at] + size.to_bytes(4, "little") * 2 + body[at + 8 :]


def _damage(packing: int) -> bytes:
    """Return a ZIP file whose packed data are damaged from the start."""
    body = _zip(_gkg_row() * 50, packing)
    start = 30 + len("a.csv")
    return body[:start] + bytes([0xFF]) * 40 + body[start + 40 :]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_damage(zipfile.ZIP_DEFLATED), id="deflate"),
        pytest.param(_damage(zipfile.ZIP_LZMA), id="LZMA"),
        pytest.param(_damage(zipfile.ZIP_BZIP2), id="bzip2"),
        pytest.param(_damage(zipfile.ZIP_STORED), id="not packed"),
        pytest.param(_forge(1 << 20), id="less than it states"),
        pytest.param(_forge(9), id="more than it states"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_damaged_file_of_the_knowledge_graph_is_counted(body: bytes) -> None:
    assert gkg.parse_rows(body, FIPS.to_iso) == ([], {"damaged": 1})


@pytest.mark.parametrize(
    ("row", "title", "problem"),
    [
        pytest.param(_gkg_row(), None, None, id="a plain row"),
        pytest.param(
            _gkg_row(extras="<PAGE_TITLE>Rain &amp; &#8220;wind&#8221;</PAGE_TITLE>"),
            "Rain & \u201cwind\u201d", None, id="entities in the title",
        ),
        pytest.param(
            _gkg_row(extras='<PAGE_TITLE>A\tB "C</PAGE_TITLE>'), 'A B "C', None,
            id="a tab and half a quotation in the title",
        ),
        pytest.param(
            _gkg_row(extras=f"<PAGE_TITLE>A &#{'9' * 5000};</PAGE_TITLE>"),
            "A \ufffd", None, id="a number of thousands of digits",
        ),
        pytest.param(_gkg_row(c1="00010101000000"), None, "bad_date", id="year one"),
        pytest.param(
            _gkg_row(c7='"THEME', c23="a\"b"), None, None, id="quotes quote nothing"
        ),
        pytest.param("20260301\tcut", None, "short_row", id="a short row"),
        pytest.param(_gkg_row(c2="2"), None, "not_web", id="no page of the web"),
        pytest.param(_gkg_row(url="a"), None, "no_url", id="no address"),
        pytest.param(_gkg_row(c1="x"), None, "bad_date", id="no date"),
    ],
)  # fmt: skip
def test_rows_of_the_knowledge_graph(
    row: str, title: str | None, problem: str | None
) -> None:
    found, bad = gkg.parse_rows(
        _zip(f"{row}\n{_gkg_row(url=URL + '?last')}"), FIPS.to_iso
    )
    assert dict(bad) == ({problem: 1} if problem else {})
    assert found[-1].url == URL + "?last"
    assert [r.title for r in found[:-1]] == ([] if problem else [title])


@pytest.mark.parametrize(
    ("cell", "countries"),
    [
        pytest.param("", (), id="no place"),
        pytest.param("1#Kenya#KE#KE#1#38#KE", ("KE",), id="one code in both lists"),
        pytest.param(
            "1#Austria#AU#AU#47.33#13.33#AU;4#Bonn, Germany#GM#GM05#50.7#7.1#-1746",
            ("AT", "DE"), id="codes that are other countries in ISO",
        ),
        pytest.param(
            "1#Kenya#KE#KE#1#38#KE;4#Nairobi, Kenya#KE#KE05#-1.2#36.8#-2", ("KE",),
            id="two places of one country",
        ),
        pytest.param(
            "1#Spratly Islands#PG#PG#8#111#PG;1#x#ZZ#ZZ#1#1#ZZ;AU;1#Austria#AU", (),
            id="no such country, and places that are cut",
        ),
    ],
)  # fmt: skip
def test_countries_of_the_knowledge_graph(
    cell: str, countries: tuple[str, ...]
) -> None:
    (seen,), _ = gkg.parse_rows(_zip(_gkg_row(c9=cell)), FIPS.to_iso)
    assert seen.countries == countries


def test_files_of_the_knowledge_graph_are_checked() -> None:
    body = _zip(_gkg_row())
    digest = md5(body, usedforsecurity=False).hexdigest()
    lines = (
        f"{len(body)} {digest} http://x.example/gdeltv2/20260301001500.gkg.csv.zip\n"
        f"9 {'0' * 32} http://x.example/gdeltv2/20260301001500.export.CSV.zip\n"
        f"9 {'0' * 32} http://x.example/gdeltv2/20260302001500.gkg.csv.zip\n"
        "nine 00 http://x.example/gdeltv2/20260301003000.gkg.csv.zip\n"
    ).encode()
    slots, bad = gkg.parse_slots(lines, NIGHT, "http://mirror.example/")
    assert [slot.url for slot in slots] == [
        "http://mirror.example/gdeltv2/20260301001500.gkg.csv.zip"
    ]
    assert bad == {"bad_line": 1}
    assert gkg.missing_slots(slots, NIGHT) == 95
    assert gkg.check_file(slots[0], body) is None
    assert gkg.check_file(slots[0], body[:-1]) == "bad_size"
    assert gkg.check_file(slots[0], _flip(body, 40)) == "bad_md5"
    assert gkg.parse_rows(body[:50], FIPS.to_iso)[1] == {"damaged": 1}


# cost and configuration ------------------------------------------------------


@pytest.mark.parametrize(
    ("spent", "reached"),
    [
        ((99, 1.0), None),
        ((100, 1.0), "cost_cap: 100 of 100 bytes"),
        ((1, 60.0), "cost_cap: 60 of 60 seconds"),
    ],
    ids=["room is left", "bytes", "seconds"],
)
def test_caps(spent: tuple[int, float], reached: str | None) -> None:
    meter = Meter(Caps(n_bytes=100, n_requests=5, seconds=60))
    meter.add(*spent)
    assert meter.reached == reached


def test_what_leaves_the_machine_is_off_until_somebody_turns_it_on(
    tmp_path: Path,
) -> None:
    settings = Settings(tmp_path, "", "")
    places = load_places(settings)
    on = {kind for kind, place in places.items() if place.is_enabled}
    assert on == {"feed_pages", "dated_sitemap"}
    (tmp_path / "config").mkdir()
    mine = tmp_path / "config" / "past.yaml"
    mine.write_text("past:\n  ccnews: {enabled: true, most_requests: 9}\n")
    changed = load_places(settings)["ccnews"]
    assert changed == replace(places["ccnews"], is_enabled=True, most_requests=9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["past:"]),
        ("past:\n  pigeon: {enabled: true}\n", [":2:", "'wayback'"]),
        ("past:\n  wayback: {base: 'ftp://x'}\n", [":2:", "past.wayback.base", "http"]),
        ("past:\n  wayback: {enabled: maybe}\n", [":2:", "past.wayback.enabled"]),
        ("past:\n  wayback: {cap: 1}\n", [":2:", "allowed keys", "most_bytes"]),
        ("past:\n  ccnews: {most_bytes: 0}\n", ["past.ccnews.most_bytes"]),
    ],
    ids=["empty", "no such place", "no address", "no yes or no", "no such key", "none"],
)
def test_a_bad_past_file_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "config").mkdir()
    mine = tmp_path / "config" / "past.yaml"
    mine.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_places(Settings(tmp_path, "", ""))
    assert all(word in str(caught.value) for word in [str(mine), *words])
