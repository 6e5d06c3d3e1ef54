"""What the hostile server answers: one page a case of hostile_cases.jsonl, by its id.

Each case has a host of its own, `<id>.example`; `robots.txt` is missing everywhere but
where a case is about it.
"""

from __future__ import annotations

import gzip
import itertools
import random
import socket
import struct
import time
from collections.abc import Iterator

import hostile_bodies as bodies
from hostile_bodies import FEED
from httpworld import Answer, Seen, World, redirect, reply

RSS = "application/rss+xml"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
OK = reply(FEED, kind=RSS)
N_ENDLESS = 8  # hops of the redirect that never ends; five are followed


def list_pages(port: int) -> dict[str, Answer]:
    """The pages of all cases but TLS and DNS, by path; `port` is the canary's."""
    plain = {"/ok": OK, "/robots.txt": answer_robots}
    cases = (
        list_bombs()
        | list_documents(port)
        | list_slow()
        | list_framing()
        | list_statuses()
        | list_redirects()
        | list_forgeries(port)
        | list_contents()
        | list_states()
    )
    return plain | {f"/{name}": answer for name, answer in cases.items()}


def answer_robots(sock: socket.socket, seen: Seen) -> None:
    is_broken = seen.headers["host"].startswith("robots500.")
    sock.sendall(reply("?", 500 if is_broken else 404, ["Connection: close"]))


def say(data: bytes) -> Answer:
    """Send these bytes and hang up."""
    return lambda sock, seen: sock.sendall(data)


def forever(
    start: bytes, drop: bytes, every_s: float = 0.0, for_s: float = 40.0
) -> Answer:
    """Send `start`, then `drop` again and again until the client has enough."""

    def answer(sock: socket.socket, seen: Seen) -> None:
        sock.sendall(start)
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            sock.sendall(drop)
            time.sleep(every_s)

    return answer


def in_turn(*answers: bytes) -> Answer:
    """One answer after the other, the last one for ever."""
    line = itertools.chain(answers, itertools.repeat(answers[-1]))

    def answer(sock: socket.socket, seen: Seen) -> None:
        sock.sendall(next(line))

    return answer


def feed(text: str | bytes, *headers: str, kind: str = RSS) -> bytes:
    return reply(text, headers=headers, kind=kind)


def list_bombs() -> dict[str, Answer]:
    bomb = bodies.gzip_of_spaces(512)
    coded = "Content-Encoding: "
    return {
        "gzbomb1g": feed(bomb, coded + "gzip"),
        "gzgz": feed(bodies.gzip_twice(), coded + "gzip, gzip"),
        "gz8": feed(bomb, coded + ", ".join(["gzip"] * 200)),
        # What matters is the name of the coding: it must be refused unread.
        "brbomb": feed(b"\x8b\xff\xff\x83" * 64_000, coded + "br"),
        "zstbomb": feed(bodies.zstd_of_zeros(), coded + "zstd"),
        "redirbomb": redirect("/ok", 302, bomb, coded + "gzip"),
        "sitemapgz": feed(bomb, kind="application/x-gzip"),
        "huge": forever(HEAD + b"\r\n", b"x" * 65_536),
        "hugecl": reply(b"x", kind=RSS, length=99_999_999_999),
    }


def list_documents(port: int) -> dict[str, Answer]:
    return {
        "billion": feed(bodies.billion_laughs()),
        "quad": feed(bodies.quadratic()),
        "xxe": feed(bodies.external_entity()),
        "dtdremote": feed(bodies.remote_doctype(f"http://127.0.0.1:{port}/canary")),
        "deep": feed(bodies.deep()),
        "attrbomb": feed(bodies.many_attributes()),
        "manyitems": feed(bodies.many_items()),
        "jsondeep": feed("[" * 200_000, kind="application/feed+json"),
    }


def list_slow() -> dict[str, Answer]:
    whole = CHUNKED + b"%x\r\n%b\r\n0\r\n" % (len(FEED), FEED.encode())
    return {
        "dribblebody": forever(HEAD + b"\r\n", b"<rss>......", 1.0),
        "dribblehead": forever(b"HTTP/1.1 200 OK\r\nX: ", b"x", 1.0),
        "nohead": forever(b"", b"", 1.0),
        "cont100": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        "trailers": forever(whole, b"X-More: 1\r\n", 0.5),
    }


def reset(sock: socket.socket, seen: Seen) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def list_framing() -> dict[str, Answer]:
    packed = gzip.compress(FEED.encode() * 40)
    noise = random.Random(7).randbytes(4_000)  # the same each time
    return {
        "headflood": forever(HEAD, b"X-More: 1\r\n" * 100),
        "headline": forever(HEAD + b"X-More: ", b"x" * 10_000),
        "chunkline": forever(CHUNKED, b"0" * 10_000),
        "chunkext": forever(CHUNKED + b"5;", b"x" * 10_000),
        "chunkbad": say(CHUNKED + b"zz\r\n" + FEED.encode()),
        "chunktrunc": say(CHUNKED + b"%x\r\n%b\r\n" % (len(FEED), FEED.encode())),
        "cllong": say(reply(FEED, kind=RSS, length=5_000)),
        "clshort": reply(FEED, kind=RSS, length=60),
        "clneg": say(HEAD + b"Content-Length: -5\r\n\r\n" + FEED.encode()),
        "cldup": feed(FEED, "Content-Length: 60"),
        "gztrunc": feed(packed[:-20], "Content-Encoding: gzip"),
        "gzliar": feed(FEED, "Content-Encoding: gzip"),
        "gzunlabeled": feed(gzip.compress(FEED.encode())),
        "empty": feed(b""),
        "204": reply(status=204),
        "close": say(b""),
        "reset": reset,
        "garbage": say(noise),
        "http09": say(FEED.encode()),
        "badstatus": say(b"HTTP/1.1 999999 Because\r\n\r\n"),
    }


def list_statuses() -> dict[str, Answer]:
    wait = "Retry-After: "
    return {
        "status999": reply("no", 999),
        "304un": reply(status=304),
        "304body": reply(FEED, 304),
        "429": reply("?", 429, [wait + "7200"]),
        "429date": reply("?", 429, [wait + "Thu, 01 Jan 2099 00:00:00 GMT"]),
        "429bad": reply("?", 429, [wait + "soon"]),
        "503ra": reply("?", 503, [wait + "86400"]),
        "410": reply("gone", 410),
        "404": reply("?", 404),
        "soft404": reply("<html><body><p>Nothing is here.</p></body></html>"),
        "401": reply("?", 401, ['WWW-Authenticate: Basic realm="hill"']),
        "451": reply("no", 451),
        "cfchallenge": reply("?", 403, ["cf-mitigated: challenge"]),
        "robots500": OK,
    }


def list_redirects() -> dict[str, Answer]:
    hops = {f"endless{n or ''}": redirect(f"/endless{n + 1}") for n in range(N_ENDLESS)}
    return hops | {
        "301perm": redirect("/ok", 301),
        "308": redirect("/ok", 308),
        "loop": redirect("/loop"),
        "loop2": redirect("/loop2b"),
        "loop2b": redirect("/loop2"),
        "cookiewall": redirect("/cookiewall", 302, b"", "Set-Cookie: seen=1; Path=/"),
        "noloc": reply("?", 302),
        "badloc": redirect("http://[::1"),
        "fileloc": redirect("file:///etc/passwd"),
        "ftploc": redirect("ftp://ftp.example/feed"),
        "crlf": redirect("/nowhere%0d%0aSet-Cookie:%20evil=1"),
    }


def list_forgeries(port: int) -> dict[str, Answer]:
    hosts = {
        "ssrf": "127.0.0.1",
        "ssrfdec": "2130706433",
        "ssrfhex": "0x7f000001",
        "ssrfoct": "0177.0.0.1",
        "ssrfv6": "[::ffff:127.0.0.1]",
        "ssrfzero": "0",
        "ssrflocal": "localhost",
        "ssrfuser": "example.org@127.0.0.1",
        "ssrfrebind": "rebind.example",
    }
    canary = f"http://127.0.0.1:{port}/canary"
    refresh = f'<meta http-equiv="refresh" content="0;url={canary}">'
    return {
        name: redirect(f"http://{host}:{port}/canary") for name, host in hosts.items()
    } | {
        "refresh": reply(f"<html><head>{refresh}</head><body>...</body></html>"),
        "evilid": feed(bodies.evil_links()),
    }


def list_contents() -> dict[str, Answer]:
    nul, control = (bodies.rss(f"Ra{it}in", "Ferry") for it in ("\0", "\x07 & \x1b"))
    wide = bodies.rss("Regen", "Fähre").replace('"1.0"', '"1.0" encoding="utf-16"')
    page = "<html><head><title>Hill</title></head><body><p>...</p></body></html>"
    lie = bodies.rss("Статья дня").encode("cp1251")
    return {
        "charsetlie": feed(lie, kind=f"{RSS}; charset=utf-8"),
        "charsetunk": feed(FEED, kind=f"{RSS}; charset=x-hill-9"),
        "utf16": feed(b"\xff\xfe" + wide.encode("utf-16-le")),
        "nul": feed(nul),
        "ctrl": feed(control.encode().replace(b"Ferry", b"Fer\xed\xa0\x80ry")),
        "etaglie": feed(
            FEED, 'ETag: "1"', "Last-Modified: Thu, 01 Jan 2099 00:00:00 GMT"
        ),
        "etagcrlf": feed(FEED, 'ETag: "\xfc\x01\r\n x"'),
        "cookieflood": feed(
            FEED, *(f"Set-Cookie: c{n}={'x' * 4_000}" for n in range(90))
        ),
        "utf7": feed(FEED.replace('"1.0"', '"1.0" encoding="utf-7"')),
        "htmlfeed": reply(page),
        "jsonfeed": feed(bodies.json_feed(), kind="application/feed+json"),
        "binary": feed(b"\x89PNG\r\n\x1a\n" + bytes(200)),
        "pdf": feed(b"%PDF-1.7\n1 0 obj\n", kind="application/pdf"),
    }


def list_states() -> dict[str, Answer]:
    def stuck(sock: socket.socket, seen: Seen) -> None:
        if "if-none-match" in seen.headers:
            sock.sendall(reply(status=304, headers=['ETag: "1"']))
        else:
            sock.sendall(feed(next(versions), 'ETag: "1"'))

    versions: Iterator[str] = (bodies.rss(f"Version {n}") for n in itertools.count())
    full, empty = (feed(bodies.rss(*map(str, range(n)))) for n in (100, 0))
    hold = iter([True])

    def crash(sock: socket.socket, seen: Seen) -> None:
        if next(hold, False):
            time.sleep(10)  # the first client is killed meanwhile
        sock.sendall(OK)

    return {
        "etag_stuck": stuck,
        "crash_mid": crash,
        "run_dead_host": forever(b"", b"", 1.0),
        "feed_shrinks": in_turn(full, empty),
        "guid_reuse": in_turn(
            feed(bodies.same_guid("Rain")), feed(bodies.same_guid("Sun", link="b"))
        ),
        "guid_dupes": feed(bodies.same_guid("Rain", "Sun")),
        "future_date": feed(bodies.future_date()),
        "idn": OK,
    }


def open_canary(world: World) -> World:
    """A private server at the port of the hostile one, which nobody may call."""
    answers = {"/": OK, "/canary": OK, "/robots.txt": OK}
    return World("127.0.0.1", wanted_port=world.port, pages=answers)
