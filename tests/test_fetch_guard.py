"""Where the fetcher may connect: no private network by any road, and TLS always on."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from httpworld import Seen, World, redirect, reply

from nightdesk.errors import ConfigError
from nightdesk.fetch import Fetcher, Limits, Request
from nightdesk.model import Source

PAGE = reply("<p>The harbour froze overnight.</p>")
LIMITS = Limits(feed_s=1.0, page_s=1.0, connect_s=0.5)


def make_fetcher(**options: Any) -> Fetcher:
    defaults = {"user_agent": "nightdesk-test/1.0", "gap_s": 0.0, "limits": LIMITS}
    return Fetcher(**(defaults | options))


def answer_always(address: str, host: str) -> list[str]:
    return [address]


@pytest.fixture
def canary() -> Iterator[World]:
    """A private server that must never be called."""
    with World("127.0.0.1") as world:
        world.pages |= {"/": PAGE, "/robots.txt": PAGE}
        yield world


@pytest.fixture
def world() -> Iterator[World]:
    """A server on an address that the configuration allows."""
    with World("127.0.0.2") as world:
        yield world


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("2130706433", id="loopback as one number"),
        pytest.param("0x7f000001", id="loopback in hex"),
        pytest.param("0177.0.0.1", id="loopback in octal"),
        pytest.param("127.1", id="loopback in two parts"),
        pytest.param("[::ffff:127.0.0.1]", id="loopback mapped into IPv6"),
        pytest.param("[::1]", id="IPv6 loopback"),
        pytest.param("0", id="nought"),
        pytest.param("localhost", id="localhost"),
        pytest.param("inside.example", id="a name for a private address"),
        pytest.param("mixed.example", id="a name with one private answer of two"),
    ],
)
@pytest.mark.parametrize("road", ["directly", "by redirect", "by robots.txt"])
def test_private_addresses_are_never_called(
    world: World, canary: World, host: str, road: str
) -> None:
    names = {
        "inside.example": ["127.0.0.1"],
        "mixed.example": ["127.0.0.2", "127.0.0.1"],
        "localhost": ["127.0.0.1"],
        "2130706433": ["127.0.0.1"],
        "0x7f000001": ["127.0.0.1"],
        "0177.0.0.1": ["127.0.0.1"],
        "127.1": ["127.0.0.1"],
        "0": ["0.0.0.0"],  # noqa: S104  to be refused, never bound
    }
    inside = f"http://{host}:{canary.port}/"
    first = inside if road == "directly" else world.url("/go")
    world.pages["/go"] = redirect(inside) if road == "by redirect" else PAGE
    if road == "by robots.txt":
        world.pages["/robots.txt"] = redirect(inside)
    options = {"allowed_networks": ["127.0.0.2/32"], "resolver": names.__getitem__}
    with make_fetcher(**options) as fetcher:
        attempt = fetcher.fetch(Request(first, "page")).attempt
    assert attempt.outcome == "forbidden_address", attempt
    assert canary.seen == []


def test_the_system_resolver_is_checked_too(canary: World) -> None:
    with make_fetcher() as fetcher:
        done = fetcher.fetch(Request(f"http://localhost:{canary.port}/", "page"))
    assert done.attempt.outcome == "forbidden_address"
    assert canary.seen == []


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param("0.0.0.0 0.1.2.3 :: ::7f00:1", id="this network"),
        pytest.param("127.0.0.1 127.255.255.255 ::1", id="loopback"),
        pytest.param("10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1", id="RFC 1918"),
        pytest.param("fc00::1 fd12::1 fec0::1", id="local in IPv6"),
        pytest.param("100.64.0.1 100.127.255.255", id="carrier NAT"),
        pytest.param("169.254.1.1 fe80::1", id="link-local"),
        pytest.param("224.0.1.1 239.0.0.1 ff02::1", id="multicast"),
        pytest.param("240.0.0.1 255.255.255.255 5f00::1 4000::1", id="not given out"),
        pytest.param("192.0.2.1 198.51.100.1 203.0.113.1", id="documentation"),
        pytest.param("2001:db8::1 3fff::1", id="documentation in IPv6"),
        pytest.param("198.18.0.1 192.0.0.1 100::1", id="special purpose"),
        pytest.param("::ffff:7f00:1 ::ffff:8.8.8.8", id="IPv4 mapped into IPv6"),
        pytest.param("64:ff9b::7f00:1 64:ff9b:1::1", id="NAT64"),
        pytest.param("2002:7f00:1:: 2001::1 192.88.99.1", id="6to4 and Teredo"),
        pytest.param("169.254.169.254 168.63.129.16 fd00:ec2::254", id="metadata"),
        pytest.param("192.0.0.192 100.100.100.200", id="metadata of other clouds"),
    ],
)
def test_what_is_not_public_is_forbidden(addresses: str) -> None:
    with make_fetcher() as fetcher:
        for address in addresses.split():
            host = f"[{address}]" if ":" in address else address
            done = fetcher.fetch(Request(f"http://{host}/", "page"))
            assert done.attempt.outcome == "forbidden_address", address


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(
            "169.254.169.254 169.254.170.2 fd00:ec2::254", id="AWS and others"
        ),
        pytest.param("168.63.129.16", id="Azure"),
        pytest.param("100.100.100.200 192.0.0.192", id="Alibaba and Oracle"),
        pytest.param("::ffff:169.254.169.254", id="mapped into IPv6"),
        pytest.param("64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::", id="by NAT64 and 6to4"),
    ],
)
def test_nothing_lifts_the_metadata_services(addresses: str) -> None:
    source = Source("a", "A", "rss", "http://a.example/", gap_s=0, allow_private=True)
    for address in addresses.split():
        options = {
            "allowed_networks": ["0.0.0.0/0", "::/0"],
            "resolver": partial(answer_always, address),
            "mirrors": {"http://m.example/": "http://b.example/"},
        }
        with make_fetcher(**options) as fetcher:
            for url in ("http://a.example/", "http://m.example/"):
                done = fetcher.fetch(Request(url, "page", source))
                assert done.attempt.outcome == "forbidden_address"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_pass_the_guard(address: str) -> None:
    asked = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        if len(asked) > 1:
            raise OSError("enough")  # so that nothing leaves this machine
        return [address, "127.0.0.1"]

    with make_fetcher(resolver=resolve) as fetcher:
        done = fetcher.fetch(Request("http://a.example/", "page"))
    # The first answer passed; it is the second one that is refused.
    assert "127.0.0.1 is not public" in (done.attempt.error or "")


def test_a_source_may_be_private_by_configuration(canary: World) -> None:
    source = Source("a", "A", "rss", canary.url("/"), gap_s=0.0, allow_private=True)
    with make_fetcher() as fetcher:
        allowed = fetcher.fetch(Request(canary.url("/"), "page", source))
        again = fetcher.fetch(Request(canary.url("/"), "page"))
    assert allowed.attempt.outcome == "ok"
    # The connection that the first one left open is no way round the guard.
    assert again.attempt.outcome == "forbidden_address"


def test_only_the_sources_own_port_is_open(world: World, canary: World) -> None:
    world.pages["/go"] = redirect(f"http://127.0.0.1:{canary.port}/")
    source = Source("a", "A", "rss", world.url("/"), gap_s=0.0)
    with make_fetcher(allowed_networks=["127.0.0.0/8"]) as fetcher:
        done = fetcher.fetch(Request(world.url("/go"), "page", source))
        other = fetcher.fetch(Request(canary.url("/"), "page", source))
    outcomes = [done.attempt.outcome, other.attempt.outcome]
    assert outcomes == ["forbidden_address"] * 2
    assert "is not a web port" in (done.attempt.error or "")
    assert canary.seen == []


def test_a_name_that_changes_its_mind_gains_nothing(
    world: World, canary: World
) -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    world.pages["/a"] = reply("<p>one</p>", headers=["Connection: close"])
    url = f"http://turn.example:{world.port}/a"
    options = {
        "allowed_networks": ["127.0.0.2/32"],
        "resolver": lambda host: next(answers),
    }
    with make_fetcher(**options) as fetcher:
        first = fetcher.fetch(Request(url, "page"))
        second = fetcher.fetch(Request(url, "page"))
    assert first.attempt.outcome == "ok"
    assert second.attempt.outcome == "forbidden_address"
    assert canary.seen == []


def test_an_unknown_name_is_dns() -> None:
    def resolve(host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with make_fetcher(resolver=resolve) as fetcher:
        done = fetcher.fetch(Request("http://nowhere.example/", "page"))
    assert done.attempt.outcome == "dns"
    assert "not known" in (done.attempt.error or "")


def test_a_resolver_that_hangs_ends_with_the_deadline() -> None:
    release = threading.Event()

    def resolve(host: str) -> list[str]:
        release.wait(20)
        return ["127.0.0.2"]

    began = time.monotonic()
    try:
        limits = Limits(feed_s=0.3, page_s=0.3)
        with make_fetcher(resolver=resolve, limits=limits) as fetcher:
            done = fetcher.fetch(Request("http://slow.example/", "page"))
    finally:
        release.set()
    assert done.attempt.outcome == "timeout"
    assert time.monotonic() - began < 4


def test_a_wrong_network_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        make_fetcher(allowed_networks=["nonsense"])


def test_an_agent_without_a_name_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="user agent"):
        make_fetcher(user_agent="  ")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for harbour.example, its own authority, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine: cannot make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out"
    names = ["-subj", "/CN=harbour", "-addext", "subjectAltName=DNS:harbour.example"]
    subprocess.run(
        [*command.split(), "cert.pem", *names],
        cwd=folder,
        check=True,
        text=True,
        capture_output=True,
    )
    return folder


@pytest.mark.parametrize(
    ("host", "trusts", "outcome"),
    [
        pytest.param("harbour.example", True, "ok", id="a known authority"),
        pytest.param("harbour.example", False, "tls", id="an unknown authority"),
        pytest.param("other.example", True, "tls", id="another name"),
    ],
)
def test_certificates_are_verified(
    certificate: Path, host: str, trusts: bool, outcome: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    options = {
        "allowed_networks": ["127.0.0.2/32"],
        "resolver": lambda host: ["127.0.0.2"],
        "ca_file": certificate / "cert.pem" if trusts else None,
    }
    with World("127.0.0.2", tls=context) as world, make_fetcher(**options) as fetcher:
        world.pages["/x"] = PAGE
        url = f"https://{host}:{world.port}/x"
        outcomes = {fetcher.fetch(Request(url, "page")).attempt.outcome for _ in "ab"}
    assert outcomes == {outcome}
    assert len({seen.connection for seen in world.seen}) == (outcome == "ok")


@pytest.mark.parametrize("has_length", [True, False], ids=["a length", "no length"])
@pytest.mark.parametrize("is_cut", [True, False], ids=["cut", "ended"])
def test_a_body_that_tls_did_not_end_is_cut(
    certificate: Path, has_length: bool, is_cut: bool
) -> None:
    def answer(sock: ssl.SSLSocket, seen: Seen) -> None:
        length = "Content-Length: 4\r\n" if has_length else ""
        sock.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\nhalf".encode())
        if is_cut:
            sock.shutdown(socket.SHUT_RDWR)
        else:
            sock.unwrap()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    options = {
        "allowed_networks": ["127.0.0.2/32"],
        "resolver": lambda host: ["127.0.0.2"],
        "ca_file": certificate / "cert.pem",
    }
    with World("127.0.0.2", tls=context) as world, make_fetcher(**options) as fetcher:
        world.pages["/x"] = answer
        url = f"https://harbour.example:{world.port}/x"
        attempt = fetcher.fetch(Request(url, "page")).attempt
    is_whole = has_length or not is_cut
    assert attempt.outcome == ("ok" if is_whole else "truncated")


def test_a_dribbled_handshake_ends_with_the_deadline() -> None:
    def greet(sock: socket.socket) -> None:
        sock.sendall(b"\x16\x03\x03\x20\x00")  # a TLS record of 8 kB begins
        for _ in range(100):
            sock.sendall(b"\x02")
            time.sleep(0.05)

    with World("127.0.0.2", greeting=greet) as world:
        limits = Limits(feed_s=0.3, page_s=0.3)
        options = {"allowed_networks": ["127.0.0.2/32"], "limits": limits}
        with make_fetcher(**options) as fetcher:
            began = time.monotonic()
            url = f"https://127.0.0.2:{world.port}/"
            done = fetcher.fetch(Request(url, "page"))
    assert done.attempt.outcome == "timeout"
    assert time.monotonic() - began < 4
