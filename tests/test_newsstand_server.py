"""The sample world over real loopback HTTP, and the files that name its sources."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
import yaml

from nightdesk.errors import ConfigError
from nightdesk.newsstand import OUTLETS, Stand, World, serve

NIGHT = date(2026, 11, 24)
ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "include" / "config"


def at_next_noon() -> datetime:
    return datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(now=at_next_noon)


@pytest.fixture(scope="module")
def stand(world: World) -> Iterator[Stand]:
    with serve(world) as stand:
        yield stand


class Client:
    """One connection that is kept alive, and the mirrors of the world."""

    def __init__(self, world: World, stand: Stand) -> None:
        self._mirrors = world.mirrors(stand.base_url)
        self._base = stand.base_url
        self._line = HTTPConnection("127.0.0.1", stand.port, timeout=10)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def get(
        self, url: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        for prefix, ours in self._mirrors.items():
            if url.startswith(prefix):
                path = (ours + url.removeprefix(prefix)).removeprefix(self._base)
                break
        else:
            path = url
        self._line.request(method, path, headers=headers or {})
        answer = self._line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


@pytest.fixture(scope="module")
def client(world: World, stand: Stand) -> Iterator[Client]:
    with Client(world, stand) as client:
        yield client


def test_every_listed_page_answers_as_the_truth_says(
    world: World, client: Client
) -> None:
    robots: dict[str, RobotFileParser] = {}
    for article in world.truth(NIGHT).articles:
        if article.source_id == "straits-signal":
            continue  # slow on purpose; it has a test of its own
        root = "/".join(article.url.split("/", 3)[:3])
        if root not in robots:
            robots[root] = RobotFileParser()
            text = client.get(f"{root}/robots.txt")[2].decode()
            robots[root].parse(text.splitlines())
        allowed = robots[root].can_fetch("nightdesk", article.url)
        assert allowed == (article.outcome != "robots")
        status, headers, _ = client.get(article.url)
        if article.url != article.canonical_url:
            assert status == 301
            assert headers["Location"] == article.canonical_url
            status, _, _ = client.get(article.canonical_url)
        assert status == (404 if article.outcome == "not_found" else 200)


def test_the_slow_host_is_slow_and_no_other_is(client: Client) -> None:
    slow = next(outlet for outlet in OUTLETS if outlet.delay_s)
    started = time.monotonic()
    assert client.get(f"{slow.root}/robots.txt")[0] == 200
    assert time.monotonic() - started >= 0.3
    assert [outlet.id for outlet in OUTLETS if outlet.delay_s] == ["straits-signal"]


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        pytest.param("If-None-Match", "{etag}", 304, id="its own tag"),
        pytest.param("If-None-Match", 'W/{etag}, "x"', 304, id="a weak tag in a list"),
        pytest.param("If-None-Match", '"other"', 200, id="another tag"),
        pytest.param("If-Modified-Since", "{changed}", 304, id="the same time"),
        pytest.param(
            "If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT", 200, id="long before"
        ),
        pytest.param("If-Modified-Since", "yesterday", 200, id="no date at all"),
    ],
)
@pytest.mark.parametrize("kind", ["rss", "atom", "jsonfeed", "sitemap"])
def test_a_feed_is_not_sent_again(
    kind: str, name: str, value: str, status: int, client: Client
) -> None:
    outlet = next(outlet for outlet in OUTLETS if outlet.kind == kind)
    first, headers, body = client.get(outlet.feed_url)
    asked = value.format(etag=headers["ETag"], changed=headers["Last-Modified"])
    again, _, rest = client.get(outlet.feed_url, {name: asked})
    assert (first, again) == (200, status)
    assert rest == (b"" if status == 304 else body)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/", id="nothing"),
        pytest.param("/https/nobody.example/", id="a host that is not ours"),
        pytest.param("/http/www.harbourledger.example/feed.xml", id="the wrong scheme"),
        pytest.param("/https/indusobserver.example/../../etc/passwd", id="dots"),
        pytest.param(
            "/https/indusobserver.example/world/2026/13/45/x-1", id="a day there is not"
        ),
        pytest.param(
            "/https/indusobserver.example/world/9999/12/31/x-1", id="the last day"
        ),
        pytest.param(
            "/https/www.lagoonpost.example/world/x-00000000001.html", id="no day at all"
        ),
        pytest.param(
            "/https/indusobserver.example/sitemaps/2026/02/30.xml", id="a bad sitemap"
        ),
    ],
)
def test_an_address_that_is_not_there_answers_404(path: str, client: Client) -> None:
    assert client.get(path)[0] == 404


def test_head_has_the_length_and_no_body(client: Client) -> None:
    url = OUTLETS[0].feed_url
    _, _, body = client.get(url)
    status, headers, nothing = client.get(url, method="HEAD")
    assert (status, nothing) == (200, b"")
    assert int(headers["Content-Length"]) == len(body)


def test_the_broken_feed_is_no_xml_but_can_be_read(client: Client) -> None:
    outlet = next(outlet for outlet in OUTLETS if outlet.is_broken_xml)
    _, headers, body = client.get(outlet.feed_url)
    assert b"Feneri & Liman" in body
    assert "charset" not in headers["Content-Type"]
    assert "Boğaz" in body.decode("windows-1254")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_requests_are_remembered(world: World) -> None:
    with serve(world) as stand, Client(world, stand) as client:
        client.get("https://www.harbourledger.example/robots.txt")
        [asked] = stand.log
    assert (asked.host, asked.path) == ("www.harbourledger.example", "/robots.txt")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", stand.port), timeout=5)


def write_folder(folder: Path, rows: list[dict[str, str]]) -> Path:
    (folder / "pages").mkdir()
    (folder / "pages" / "a.html").write_bytes(b"<p>plain</p>")
    (folder / "pages" / "b.html.gz").write_bytes(gzip.compress(b"<p>packed</p>"))
    (folder / "pages" / "feed.xml").write_bytes(b"<rss/>")
    lines = [json.dumps(row) for row in rows]
    (folder / "index.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_a_folder_of_pages_is_served_under_real_addresses(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        [
            {"url": "https://news.test/a?id=1", "file": "pages/a.html"},
            {"url": "http://old.test/é", "file": "pages/b.html.gz"},
            {
                "url": "https://news.test/feed",
                "file": "pages/feed.xml",
                "content_type": "application/rss+xml",
            },
        ],
    )
    world = World(folder=folder, now=at_next_noon)
    with serve(world) as stand, Client(world, stand) as client:
        mirrors = world.mirrors(stand.base_url)
        assert mirrors["http://old.test/"] == f"{stand.base_url}/http/old.test/"
        assert client.get("https://news.test/a?id=1")[2] == b"<p>plain</p>"
        assert client.get("http://old.test/%C3%A9")[2] == b"<p>packed</p>"
        status, headers, body = client.get("https://news.test/feed")
        assert (status, body) == (200, b"<rss/>")
        assert headers["Content-Type"] == "application/rss+xml"
        assert client.get("https://news.test/a")[0] == 404
        assert client.get("https://news.test/../index.jsonl")[0] == 404
        assert client.get(OUTLETS[0].feed_url)[0] == 200
        (folder / "pages" / "a.html").unlink()
        assert client.get("https://news.test/a?id=1")[0] == 500


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"url": "https://a.test/", "file": "../secret"}, id="above it"),
        pytest.param({"url": "https://a.test/", "file": "/etc/hostname"}, id="at root"),
        pytest.param({"url": "https://a.test/", "file": "link"}, id="behind a link"),
        pytest.param({"url": "https://a.test/", "file": "pages/none"}, id="nowhere"),
        pytest.param({"url": "https://a.test/"}, id="not named"),
        pytest.param(["https://a.test/"], id="in a list"),
    ],
)
def test_a_file_outside_the_folder_is_refused(row: object, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("no", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    write_folder(folder, [row])  # type: ignore[list-item]
    with pytest.raises(ConfigError, match=r"index\.jsonl:1"):
        World(folder=folder)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_run_forever_ends_cleanly_on(name: str) -> None:
    code = (
        "from nightdesk.newsstand import World, run_forever;"
        "run_forever(World(), ready=lambda s: print(s.port, flush=True));"
        "print('ended')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "include")},
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            process.send_signal(getattr(signal, name))
            rest, _ = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait(timeout=10)
    assert (process.returncode, rest) == (0, "ended\n")


def test_the_command_lets_sources_play() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nightdesk", "newsstand", "--port", "0"]
        + ["--plays", "harbour-ledger=moves@2026-01-01,indus-observer=silent"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "include")},
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        outlet = next(o for o in OUTLETS if o.id == "harbour-ledger")
        line = HTTPConnection("127.0.0.1", port, timeout=10)
        line.request("GET", f"/https/{outlet.host}{outlet.feed}")
        answer = line.getresponse()
        assert (answer.status, answer.headers["Location"]) == (
            301,
            f"{outlet.root}/moved{outlet.feed}",
        )
        line.close()
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_the_sources_file_names_these_outlets() -> None:
    data = yaml.safe_load((CONFIG / "sources.yaml").read_text(encoding="utf-8"))
    assert data["newsstand"] is True
    wanted = [
        {
            "id": outlet.id,
            "name": outlet.name,
            "kind": outlet.kind,
            "url": outlet.feed_url,
            "country": outlet.country,
            "lang": outlet.lang,
            "timezone": outlet.timezone,
            "tags": list(outlet.tags),
            "gap_s": 0,
        }
        | ({"past_url": outlet.past_url} if outlet.past_url else {})
        for outlet in OUTLETS
    ]
    assert data["sources"] == wanted


def test_no_outlet_has_a_real_address() -> None:
    assert all(outlet.host.endswith(".example") for outlet in OUTLETS)


def test_the_starter_list_covers_the_world() -> None:
    path = CONFIG / "starter" / "sources.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = data["sources"]
    assert "newsstand" not in data
    assert len(rows) >= 36
    assert len({row["id"] for row in rows}) == len({row["url"] for row in rows})
    assert len({row["id"] for row in rows}) == len(rows)
    for region in (
        "africa",
        "south-asia",
        "east-asia",
        "south-east-asia",
        "latin-america",
        "north-america",
        "europe",
        "middle-east",
        "oceania",
    ):
        assert sum(region in row["tags"] for row in rows) >= 4, region
    for row in rows:
        assert row["url"].startswith("https://")
        assert {"country", "lang", "timezone", "tags"} <= set(row)
