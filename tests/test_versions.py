"""The versions of an article: what was captured, in order, and what each changed."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from httpworld import World, reply
from linkworld import START
from nightworld import TEXT as LINES
from nightworld import Desk, write_feed, write_item, write_page

from nightdesk.model import Article
from nightdesk.pipeline.versions import list_versions

TEXT = "The ferry sails again on Monday.\nTickets cost 12 cedi, the harbour said."

OTHER = "Frost took half of the apple blossom in the upper valley, growers said."


def capture(
    hour: int, text: str = TEXT, title: str = "Ferry sails", host: str = "a.example"
) -> Article:
    return Article(
        article_id=1,
        canonical_url="https://a.example/1",
        url=f"https://{host}/1",
        source_id="a",
        status="ok",
        title=title,
        text=text,
        text_hash=text,
        page_digest=str(hour),
        captured_at=START + timedelta(hours=hour),
    )


@pytest.mark.parametrize(
    ("captures", "found"),
    [
        ([capture(0)], [(1, None, False, [])]),
        ([capture(0), capture(1)], [(1, None, False, [])]),
        (
            [capture(0), capture(1, title="Ferry is back")],
            [(1, None, False, []), (2, "headline", True, [])],
        ),
        (
            [capture(0), capture(1, f"{TEXT}\nIt was idle for a year."), capture(2)],
            [
                (1, None, False, []),
                (2, "update", False, [("added", "It was idle for a year.")]),
                (3, "update", False, [("removed", None)]),
            ],
        ),
        (
            [capture(0), capture(1, f"{TEXT}\nIt was idle.", host="m.a.example")],
            [(1, None, False, []), (2, "update", False, [("added", "It was idle.")])],
        ),
        (
            [capture(0), capture(1, OTHER, host="m.a.example"), capture(2)],
            [(1, None, False, []), (2, "other_page", False, [])],
        ),
        (
            [capture(0), capture(1, OTHER)],
            [
                (1, None, False, []),
                (
                    2,
                    "update",
                    False,
                    [("added", OTHER), ("removed", None), ("removed", None)],
                ),
            ],
        ),
    ],
    ids=[
        "one capture",
        "the same page again is no version",
        "another headline",
        "what came and went again is three",
        "the mobile page of the same text is a version",
        "a mobile page with another text is none",
        "the same address with another text is one",
    ],
)
def test_versions(captures, found) -> None:
    for order in permutations(captures):
        assert [
            (v.n, v.kind, v.is_new_headline, [(e.kind, e.new) for e in v.edits])
            for v in list_versions(order)
        ] == found


FISH, LINK = "Fish quarrel settled", "https://alpha.example/fish"
#: What a page becomes, in its turn, and the kind of each change.
LIFE = {
    "typo": (FISH, [LINES[0], LINES[1].replace("catch", "catches"), *LINES[2:]]),
    "update": (FISH, [*LINES, "Benin asked to join the agreement late on Thursday."]),
    "correction": (
        FISH,
        [*LINES[:2], LINES[2].replace("Lome", "Tema"), LINES[3]],
    ),
    "headline": ("Ghana and Togo share their fish", LINES),
}


@pytest.mark.slow
@pytest.mark.parametrize(("title", "lines"), LIFE.values(), ids=LIFE.keys())
def test_a_page_that_has_changed_says_how_in_the_loaded_rows(
    tmp_path: Path, request: pytest.FixtureRequest, title: str, lines: list[str]
) -> None:
    kind = request.node.callspec.id
    with World() as world:
        desk = Desk(tmp_path, world)
        desk.serve("/fish", reply(write_page(FISH)))
        desk.serve("/feed", write_feed(write_item(FISH, LINK)))
        desk.collect()
        desk.serve("/fish", reply(write_page(title, lines=lines)))
        later = (
            "<atom:updated xmlns:atom='http://www.w3.org/2005/Atom'>{}</atom:updated>"
        )
        stamp = (desk.moment + timedelta(hours=2)).isoformat()
        item = write_item(title, LINK, more=later.format(stamp))
        desk.serve("/feed", write_feed(item))
        desk.moment += timedelta(hours=3)
        desk.collect(None)
        desk.build()
        rows = "SELECT n, kind, title FROM article_version ORDER BY n"
        assert desk.query(rows) == [(1, None, FISH), (2, kind, title)]
        edits = "SELECT unnest(edits).new FROM article_version WHERE n = 2"
        assert [row[0] for row in desk.query(edits)] == [
            line for line in lines if line not in LINES
        ]
        assert desk.query("SELECT title FROM article") == [(title,)]
