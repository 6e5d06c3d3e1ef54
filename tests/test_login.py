"""A subscriber's login: where it goes, where it never does, and when it has run out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard
from httpworld import Seen, World, redirect, reply
from nightworld import NIGHT, Desk, write_feed, write_item, write_page

from nightdesk.cli.health import judge_sources
from nightdesk.fetch import Fetched, Request, parse_login
from nightdesk.fetch.logins import hide_login
from nightdesk.health import Health
from nightdesk.landing import Landing
from nightdesk.model import Attempt, Listing

PHRASE = "s3cret-of-a-subscriber"
COOKIE = f"Cookie: session={PHRASE}"
ALPHA, BETA = "https://alpha.example", "https://beta.example"


def door(page: str, refused: bytes) -> object:
    """Answer a page to who brings the login, and something else to anybody else."""

    def answer(sock: socket.socket, seen: Seen) -> None:
        is_known = PHRASE in seen.headers.get("cookie", "")
        sock.sendall(reply(page) if is_known else refused)

    return answer


@pytest.fixture
def secrets() -> dict[str, str]:
    return {"hill": COOKIE}


@pytest.fixture
def desk(tmp_path: Path, secrets: dict[str, str]) -> Iterator[Desk]:
    with World() as world:
        desk = Desk(
            tmp_path,
            world,
            hosts=("alpha.example", "beta.example"),
            options={"connection": "hill"},
            job_options={"read_secret": secrets.get},
        )
        desk.serve(
            "/feed",
            write_feed(
                write_item("Fish", f"{ALPHA}/fish"),
                write_item("Nets", f"{BETA}/nets"),
                write_item("Ropes", f"{ALPHA}/ropes"),
            ),
        )
        desk.serve("/fish", door(write_page("Fish"), reply("Members only", 403)))
        desk.serve("/nets", reply(write_page("Nets")), "beta.example")
        desk.serve("/ropes", redirect("/beta.example/ropes"))
        desk.serve("/ropes", reply(write_page("Ropes")), "beta.example")
        yield desk


def health_of(desk: Desk) -> Health:
    _, (health,) = judge_sources(desk.job.settings, NIGHT)
    return health


def outcomes(desk: Desk) -> dict[str, str]:
    rows = desk.landing.read_folder(f"entries/night={NIGHT}", Listing)
    rows.sort(key=lambda row: row.listed_at)
    return {row.title: row.outcome for row in rows if row.outcome}


def all_bytes(landing: Landing) -> Iterator[bytes]:
    """Yield every file of a landing area, and what its packed ones hold."""
    for path in sorted(Path(str(landing.root)).rglob("*")):
        if path.is_file():
            name = str(path.relative_to(str(landing.root)))
            yield path.read_bytes()
            if name.endswith(".parquet"):
                yield repr(pq.read_table(path).to_pylist()).encode()
            if name.endswith(".warc.zst"):
                with path.open("rb") as stream:
                    reader = zstandard.ZstdDecompressor().stream_reader(
                        stream, read_across_frames=True
                    )
                    yield reader.read()


def test_a_login_goes_to_its_source_and_to_nobody_else(desk: Desk) -> None:
    desk.collect()
    sent = {seen.path: seen.headers.get("cookie") for seen in desk.world.seen}
    mine = f"session={PHRASE}"
    assert sent["/alpha.example/feed"] == sent["/alpha.example/fish"] == mine
    assert sent["/alpha.example/ropes"] == mine
    others = {value for path, value in sent.items() if path.startswith("/beta")}
    assert others == {None}
    for name in ("robots.txt", ".well-known/tdmrep.json"):
        assert sent[f"/alpha.example/{name}"] is None
    assert outcomes(desk) == {"Fish": "ok", "Nets": "ok", "Ropes": "ok"}
    assert health_of(desk).status == "ok"


def test_a_key_of_the_query_goes_along_and_is_nowhere_kept(
    desk: Desk, secrets: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secrets["hill"] = f"?api_key={PHRASE}"
    for path in ("/feed", "/fish"):
        desk.serve(f"{path}?api_key={PHRASE}", reply(write_page("Fish")))
    feed = write_feed(write_item("Fish", f"{ALPHA}/fish"))
    desk.serve(f"/feed?api_key={PHRASE}", feed)
    desk.serve("/feed", reply("no", 401))
    desk.collect()
    assert outcomes(desk) == {"Fish": "ok"}
    assert not [d for d in all_bytes(desk.landing) if PHRASE.encode() in d]
    assert PHRASE not in caplog.text


def test_words_of_a_cookie_stay_in_the_text(
    desk: Desk, secrets: dict[str, str]
) -> None:
    secrets["hill"] = f"Cookie: edition=international; consent=accepted; s={PHRASE}"
    line = f"The international court accepted the appeal of {PHRASE} on Monday."
    desk.serve("/fish", reply(write_page("Fish", lines=[line])))
    desk.collect()
    found = b"".join(all_bytes(desk.landing))
    assert b"The international court accepted the appeal of *** on Monday" in found
    assert PHRASE.encode() not in found


@pytest.mark.parametrize(
    "written",
    [
        "c2VjcmV0LW1lOnRoZS1wYXNzLXdvcmQtNDI=",
        "secret-me:the-pass-word-42",
        "the-pass-word-42",
    ],
)
def test_what_a_basic_login_says_is_hidden_too(written: str) -> None:
    login = parse_login("Authorization: Basic c2VjcmV0LW1lOnRoZS1wYXNzLXdvcmQtNDI=")
    done = Fetched(Attempt("u", "u", "ok", "page"), f"<p>{written}</p>".encode())
    assert hide_login(login, done).body == b"<p>***</p>"


def test_no_trace_of_a_login_is_left(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    echo = write_page("Fish", f'<meta name="me" content="{PHRASE}">')
    desk.serve(
        "/fish",
        reply(echo, headers=[f"Set-Cookie: session={PHRASE}", f"X-You: {PHRASE}"]),
    )
    desk.serve("/ropes", redirect(f"/alpha.example/ropes2?sid={PHRASE}"))
    desk.serve(f"/ropes2?sid={PHRASE}", reply(write_page("Ropes")))
    desk.collect()
    assert outcomes(desk) == {"Fish": "ok", "Nets": "ok", "Ropes": "ok"}
    found = list(all_bytes(desk.landing))
    assert any(b"Togo met in Accra" in data for data in found)  # we do look inside
    assert not [data for data in found if PHRASE.encode() in data]
    assert PHRASE not in caplog.text
    request = Request(ALPHA, "page", secrets=parse_login(COOKIE))
    assert PHRASE not in repr(request)


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(reply("Members only", 401), id="401"),
        pytest.param(reply("Members only", 403), id="403"),
        pytest.param(redirect("/alpha.example/login?next=/fish"), id="a login page"),
        pytest.param(redirect("/beta.example/sign-in"), id="a login page elsewhere"),
    ],
)
def test_a_login_that_has_run_out_is_named_and_its_pages_wait(
    desk: Desk, secrets: dict[str, str], refused: bytes
) -> None:
    for path in ("/fish", "/ropes"):
        desk.serve(path, door(write_page(path), refused))
    for path, host in (("/login?next=/fish", "alpha"), ("/sign-in", "beta")):
        desk.serve(path, reply(write_page("Log in")), f"{host}.example")
    secrets["hill"] = "Cookie: session=run-out"
    desk.collect()
    assert outcomes(desk) == {"Fish": "auth", "Nets": "ok", "Ropes": "auth"}
    health = health_of(desk)
    assert health.status == "auth"
    assert health.mend == "renew the cookie in connection hill"
    secrets["hill"] = COOKIE
    n_asked = len(desk.world.paths())
    desk.collect(None)  # too soon: only the feed is asked
    assert desk.world.paths()[n_asked:] == ["/alpha.example/feed"]
    desk.moment = desk.moment.replace(hour=8)
    desk.collect(None)
    assert outcomes(desk) == {"Fish": "ok", "Nets": "ok", "Ropes": "ok"}
    assert health_of(desk).status == "ok"


@pytest.mark.parametrize(
    "refused",
    [reply("?", 403), redirect("/alpha.example/accounts/login")],
    ids=["403", "a login page"],
)
def test_a_feed_that_refuses_a_login(desk: Desk, refused: bytes) -> None:
    desk.serve("/feed", refused)
    desk.serve("/accounts/login", reply(write_page("Log in")))
    desk.collect()
    health = health_of(desk)
    assert (health.status, health.mend) == (
        "auth",
        "renew the cookie in connection hill",
    )
    assert "feed" in health.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(None, "empty", id="no such connection"),
        pytest.param("session=1", "neither a header", id="neither a header"),
        pytest.param("Cookie: a=b\nHost: beta.example", "not for a login", id="ours"),
    ],
)
def test_without_a_login_a_source_is_not_asked(
    desk: Desk,
    secrets: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    text: str | None,
    words: str,
) -> None:
    secrets.pop("hill")
    if text is not None:
        secrets["hill"] = text
    desk.collect()
    assert desk.world.paths() == []
    assert words in caplog.text
    assert "wants `Cookie: name=value`" in caplog.text
    assert "Airflow connection hill, or NIGHTDESK_SECRET_HILL" in caplog.text
    health = health_of(desk)
    assert health.status == "auth"
    assert health.reason == "connection hill holds no login that can be read"
    secrets["hill"] = COOKIE
    desk.collect()
    assert outcomes(desk)["Fish"] == "ok"
    assert health_of(desk).status == "ok"


def test_a_backend_that_breaks_says_nothing_of_what_it_holds(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def read(name: str) -> str:
        raise LookupError(f"vault: {PHRASE}")

    desk.job_options = {"read_secret": read}
    desk.collect()
    assert "LookupError" in caplog.text
    assert PHRASE not in caplog.text


def test_without_a_login_403_is_a_refusal_like_any_other(desk: Desk) -> None:
    desk.options = {}
    desk.collect()
    assert outcomes(desk) == {"Fish": "blocked", "Nets": "ok", "Ropes": "ok"}
    assert health_of(desk).status == "ok"
