"""The parts that sources of the newsstand can play, as their readers see them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nightdesk.errors import ConfigError
from nightdesk.newsstand import OUTLETS, Response, World

DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
OUTLET = next(outlet for outlet in OUTLETS if outlet.id == "harbour-ledger")


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


def play(name: str | None, moment: datetime = NOON) -> World:
    plays = {OUTLET.id: f"{name}@{DAY}"} if name else {}
    return World(articles_per_night=60, now=Clock(moment), plays=plays)


def get(world: World, path: str, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.respond("https", OUTLET.host, path, named)


def test_without_a_play_nothing_is_different() -> None:
    before = play("silent", NOON - 2 * ONE_DAY)
    for path in (OUTLET.feed, "/"):
        plain = play(None, NOON - 2 * ONE_DAY)
        assert get(before, path) == get(plain, path)
    assert get(play(None), f"/moved{OUTLET.feed}").status == 404


def test_a_liar_answers_304_to_any_validator() -> None:
    world, honest = play("lies"), play(None)
    assert get(world, OUTLET.feed, If_None_Match='"never seen"').status == 304
    assert get(honest, OUTLET.feed, If_None_Match='"never seen"').status == 200
    assert get(world, OUTLET.feed) == get(honest, OUTLET.feed)


@pytest.mark.parametrize(
    ("name", "days", "is_listed"),
    [
        pytest.param("resends", 3, True, id="old items again"),
        pytest.param(None, 3, False, id="no old items by default"),
        pytest.param("silent", 0, False, id="nothing of today"),
        pytest.param("silent", 1, True, id="what was there stays"),
        pytest.param(None, 0, True, id="today by default"),
    ],
)
def test_what_a_feed_lists(name: str | None, days: int, is_listed: bool) -> None:
    world = play(name)
    items = world.plan(DAY - days * ONE_DAY).list_of(OUTLET)
    path = next(path for item, path in items if item.at <= NOON or days)
    assert (path.split("?")[0].encode() in get(world, OUTLET.feed).body) == is_listed


def test_a_moved_feed_answers_at_its_new_address() -> None:
    world = play("moves")
    answer = get(world, OUTLET.feed)
    target = dict(answer.headers)["Location"]
    assert (answer.status, target) == (301, f"{OUTLET.root}/moved{OUTLET.feed}")
    moved = get(world, f"/moved{OUTLET.feed}")
    assert moved.body == get(play(None), OUTLET.feed).body


def test_a_shell_has_a_headline_and_no_text() -> None:
    item = next(i for i, _ in play(None).plan(DAY).list_of(OUTLET) if i.at < NOON)
    shell, page = get(play("layout"), item.path), get(play(None), item.path)
    assert shell.body.count(b"<p>") < page.body.count(b"<p>") - 3
    assert b"app.js" in shell.body


def test_an_edited_page_changes_once_with_its_validators() -> None:
    world = play("edits")
    item = next(i for i, _ in world.plan(DAY).list_of(OUTLET) if i.at < NOON)
    seen = []
    for hours in (0, 5, 6, 30):
        world.now.moment = item.at + timedelta(hours=hours)
        answer = get(world, item.path)
        headers = dict(answer.headers)
        seen.append((answer.body, headers["ETag"], headers["Last-Modified"]))
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert all(a != b for a, b in zip(seen[1], seen[2], strict=True))
    assert b"was corrected after" in seen[2][0]


def test_a_busy_host_says_how_long_to_wait() -> None:
    world = play("busy")
    item = next(i for i, _ in world.plan(DAY).list_of(OUTLET) if i.at < NOON)
    answer = get(world, item.path)
    assert (answer.status, dict(answer.headers)["Retry-After"]) == (429, "7200")
    assert get(world, OUTLET.feed).status == 200


def test_a_corrected_item_has_another_headline_in_its_feed() -> None:
    world = play("corrects", NOON + timedelta(hours=11))
    assert b"Corrected: " in get(world, OUTLET.feed).body


@pytest.mark.parametrize(
    ("source", "text", "words"),
    [("nobody", "lies", "no such source"), (OUTLET.id, "sings", "none of lies"),
     (OUTLET.id, "lies@monday", "no day")],
    ids=["an unknown source", "an unknown play", "no day"],
)  # fmt: skip
def test_wrong_plays_are_named(source: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        World(plays={source: text})
