"""The versions of an article: what was captured, in order, and what each changed."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from linkworld import START

from nightdesk.model import Article
from nightdesk.pipeline.versions import list_versions

TEXT = "The ferry sails again on Monday.\nTickets cost 12 cedi, the harbour said."


def capture(hour: int, text: str = TEXT, title: str = "Ferry sails") -> Article:
    return Article(
        article_id=1,
        canonical_url="https://a.example/1",
        url="https://a.example/1",
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
    ],
    ids=[
        "one capture",
        "the same page again is no version",
        "another headline",
        "what came and went again is three",
    ],
)
def test_versions(captures, found) -> None:
    for order in permutations(captures):
        assert [
            (v.n, v.kind, v.is_new_headline, [(e.kind, e.new) for e in v.edits])
            for v in list_versions(order)
        ] == found
