"""What publishers reserve (TDM), from the wire to the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from engines import connect_to
from httpworld import World, redirect, reply
from nightworld import Desk, write_feed, write_item, write_page

from nightdesk.fetch import TdmRule, add_rules, parse_tdmrep
from nightdesk.model import Capture, Listing
from nightdesk.pipeline import publish_changes
from nightdesk.warehouse.read import open_catalogue

URL = "https://a.example"


@pytest.mark.parametrize(
    ("location", "path", "fits"),
    [
        pytest.param("/", "/", True, id="the whole host"),
        pytest.param("/", "", True, id="an address without a path"),
        pytest.param("/news/", "/news/a.html", True, id="a folder"),
        pytest.param("/news/", "/newsletter", False, id="a folder and its namesake"),
        pytest.param("/*.pdf", "/a/b.pdf?c=1", True, id="a star"),
        pytest.param("/*.pdf$", "/a/b.pdf?c=1", False, id="a star and the end"),
        pytest.param("/*.pdf$", "/a.pdf/b.pdf", True, id="the last of two endings"),
        pytest.param("/a$", "/a", True, id="the very path"),
        pytest.param("/a$", "/ab", False, id="and no longer one"),
        pytest.param("/a*b*c$", "/abc", True, id="stars for nothing"),
        pytest.param("/ab*b$", "/ab", False, id="no letter counts twice"),
        pytest.param("/%7Ejoe", "/~joe", True, id="an escape that was not needed"),
        pytest.param("/caf\u00e9", "/caf%C3%A9", True, id="a letter that needs one"),
        pytest.param("/a%2fb", "/a/b", False, id="an escaped slash is none"),
        pytest.param("/foo-%24", "/foo-$", True, id="a dollar is escaped in a rule"),
        pytest.param("/News", "/news", False, id="letters count as they stand"),
        pytest.param("/?q=", "/?q=1", True, id="a query"),
        pytest.param("news", "/news", False, id="a rule that is no path"),
    ],
)
def test_rules_fit_addresses(location: str, path: str, fits: bool) -> None:
    rules = (TdmRule(location, ("tdm",)),)
    assert add_rules((), rules, f"{URL}{path}") == (("tdm",) if fits else ())


@pytest.mark.parametrize(
    ("file", "stated", "reserved"),
    [
        pytest.param(
            [("/", 1), ("/open/", 0)], (), ("tdm",), id="the first that fits counts"
        ),
        pytest.param([("/open/", 0), ("/", 1)], (), ("tdm-free",), id="and no other"),
        pytest.param([("/open/", 7), ("/", 1)], (), ("tdm",), id="a bad one is left"),
        pytest.param([("/", "1")], (), ("tdm",), id="a number written as a string"),
        pytest.param([("/", True)], (), (), id="true is no number"),
        pytest.param(
            [("/", 1)], ("tdm-free",), ("tdm-free",), id="the page goes first"
        ),
        pytest.param([("/", 0)], ("noai", "tdm"), ("noai", "tdm"), id="in both ways"),
        pytest.param([("/", 1)], ("noai",), ("noai", "tdm"), id="it joins the rest"),
        pytest.param([("/other/", 1)], (), (), id="none fits"),
    ],
)
def test_files_are_read_in_their_order(
    file: list, stated: tuple[str, ...], reserved: tuple[str, ...]
) -> None:
    rows = [{"location": place, "tdm-reservation": value} for place, value in file]
    rules = parse_tdmrep(json.dumps(rows).encode())
    assert add_rules(stated, rules, f"{URL}/open/1") == reserved


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[1, null, [], {}]", b"[" * 100_000, b"\xff\xfe",
     b'[{"location": null, "tdm-reservation": 1}]', b'[{"tdm-reservation": 1}]'],
    ids=["empty", "a page", "no list", "no rules", "deep", "no text", "no place",
         "a place left out"],
)  # fmt: skip
def test_a_file_that_is_none_has_no_rules(body: bytes) -> None:
    assert parse_tdmrep(body) == ()


# from the wire to the warehouse --------------------------------------------

RULES = json.dumps(
    [
        {"location": "/free/", "tdm-reservation": 0},
        {
            "location": "/",
            "tdm-reservation": 1,
            "tdm-policy": "https://alpha.example/tdm",
        },
    ]
)
BOATS = [
    "The ferry yard at Sample Point launched two wooden boats on Wednesday afternoon.",
    "Builders had worked on the pair for three winters in a shed without a roof.",
    "Both will carry mail to the outer islands once the ice has left the sound.",
    "A third boat is planned, but the yard says that it still lacks seasoned oak.",
]
TDMREP = "/.well-known/tdmrep.json"
ALPHA, BETA = "https://alpha.example", "https://beta.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(tmp_path, world, hosts=("alpha.example", "beta.example"))
        desk.serve(
            "/feed",
            write_feed(
                write_item("Fish", f"{ALPHA}/fish"),
                write_item("Boats", f"{ALPHA}/free/boats"),
                write_item("Nets", f"{ALPHA}/nets"),
            ),
        )
        desk.serve("/fish", reply(write_page("Fish")))
        desk.serve("/free/boats", reply(write_page("Boats", lines=BOATS)))
        desk.serve("/nets", redirect("/beta.example/nets"))
        desk.serve("/nets", reply(write_page("Nets")), "beta.example")
        desk.serve(TDMREP, reply(RULES, kind="application/json"))
        yield desk


TEXTS = (
    "SELECT a.title, held_back, t.text IS NOT NULL, a.reservations FROM article AS a "
    "LEFT JOIN article_text AS t USING (night, article_id) ORDER BY 1"
)


@pytest.mark.slow
def test_the_text_of_a_reserved_page_is_held_back_until_it_is_licensed(
    desk: Desk,
) -> None:
    desk.collect()
    desk.build()
    policy = "tdm-policy https://alpha.example/tdm"
    held = [
        ("Boats", None, True, ["tdm-free"]),
        ("Fish", "tdm", False, ["tdm", policy]),
        ("Nets", None, True, []),
    ]
    assert desk.query(TEXTS) == held
    assert desk.query("SELECT n_seen, n_loaded FROM coverage") == [(3, 3)]
    assert desk.query("SELECT count(*) FROM check_result WHERE n_failed > 0") == [(0,)]
    assert desk.query("SELECT count(*) FROM duplicate_pair") == [(0,)]
    fish = desk.query("SELECT field, surface FROM mention JOIN article USING "
                      "(night, article_id) WHERE title = 'Fish'")  # fmt: skip
    assert not {field for field, _ in fish} - {"title"}
    publish_changes(desk.job, connect_to(desk.job.settings.warehouse))
    with open_catalogue(desk.job.settings.published) as con:
        assert con.execute("SELECT count(*) FROM article_list").fetchall() == [(3,)]
        texts = con.execute("SELECT text FROM article_text").fetchall()
        assert len(texts) == 2
    desk.world.pages.clear()  # a rebuild asks nobody
    desk.build()
    assert desk.query(TEXTS) == held
    desk.options = {"tdm": "licensed"}
    desk.build()
    assert [row[1:3] for row in desk.query(TEXTS)] == [(None, True)] * 3


def test_a_host_is_asked_once_a_day_and_before_its_pages(desk: Desk) -> None:
    desk.collect()
    paths = [p for p in desk.world.paths() if p.startswith("/alpha.example")]
    assert paths[:2] == ["/alpha.example/feed", f"/alpha.example{TDMREP}"]
    assert desk.world.paths()[-1] == f"/beta.example{TDMREP}"  # a redirect led there
    asked = {(row.outcome, row.url) for row in desk.attempts("tdmrep")}
    assert asked == {("ok", f"{ALPHA}{TDMREP}"), ("not_found", f"{BETA}{TDMREP}")}
    day = desk.landing.capture_days()[0]
    kept = desk.landing.read_folder(f"captures/day={day}", Capture)
    (capture,) = [row for row in kept if row.url.endswith(TDMREP)]
    assert desk.landing.read_capture(capture.file, capture.offset) == RULES.encode()
    for hours, n_asked in ((1, 2), (24, 4)):
        desk.moment += timedelta(hours=hours)
        desk.serve("/feed", write_feed(write_item("R", f"{ALPHA}/ropes?{hours}")))
        desk.serve(f"/ropes?{hours}", reply(write_page("Ropes")))
        desk.collect(None)
        assert len(desk.attempts("tdmrep")) == n_asked


@pytest.mark.parametrize(
    ("answer", "is_held"),
    [
        pytest.param(reply("no", 404), False, id="no file, no rules"),
        pytest.param(reply("no", 403), False, id="nor where it is refused"),
        pytest.param(reply("<html>", 200), False, id="nor where it is a page"),
        pytest.param(reply("?", 500), True, id="a bad moment forgets nothing"),
        pytest.param(
            reply('[{"location": "/", "tdm-reservation": 0}]'),
            False,
            id="it may change",
        ),
        pytest.param(
            reply(" " * 600_000 + RULES), False, id="a file of over 512 KiB is none"
        ),
    ],
)
def test_what_the_next_day_says(desk: Desk, answer: bytes, is_held: bool) -> None:
    desk.collect()
    desk.moment += timedelta(days=1)
    desk.serve(TDMREP, answer)
    desk.serve("/feed", write_feed(write_item("Ropes", f"{ALPHA}/ropes", desk.moment)))
    desk.serve("/ropes", reply(write_page("Ropes")))
    desk.collect(None)
    folder = f"entries/night={desk.moment.date()}"
    (row,) = desk.landing.read_folder(folder, Listing)
    assert row.outcome == "ok"
    assert ("tdm" in row.reservations) == is_held
