"""Which addresses name one article: a table of pairs, exact keys, and refusals."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from nightdesk.urls import article_id, canonicalize_url, host, registered_domain


def _read_pairs() -> list[list[str]]:
    text = (Path(__file__).parent / "data" / "urls.tsv").read_text(encoding="utf-8")
    rows = [
        line.split("\t")
        for line in text.splitlines()
        if line and not line.startswith("#")
    ]
    return [
        [cell.replace("\\t", "\t").replace("\\n", "\n") for cell in r] for r in rows
    ]


PAIRS = _read_pairs()


def test_the_table_of_pairs_is_there() -> None:
    assert len(PAIRS) >= 400
    assert {row[0] for row in PAIRS} == {"same", "different"}


@pytest.mark.parametrize(
    ("verdict", "one", "another"),
    [(row[0], row[2], row[3]) for row in PAIRS],
    ids=[f"{row[0]}: {row[1]}" for row in PAIRS],
)
def test_pairs_of_addresses(verdict: str, one: str, another: str) -> None:
    keys = canonicalize_url(one), canonicalize_url(another)
    assert (keys[0] == keys[1]) is (verdict == "same"), keys


@pytest.mark.parametrize(
    "url", [url for row in PAIRS for url in row[2:]], ids=lambda url: repr(url)[:80]
)
def test_the_key_of_a_key_is_itself(url: str) -> None:
    key = canonicalize_url(url)
    assert canonicalize_url(key) == key
    assert key.isascii()
    assert key.startswith("https://")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://hill.example", "https://hill.example/"),
        ("http://www.hill.example/a%2fb/?b=&a=1", "https://hill.example/a%2Fb?a=1&b"),
        ("https://x.example/v?x=1;y=2", "https://x.example/v?x=1;y=2"),
        ("https://x.example/ä?q=ü v", "https://x.example/%C3%A4?q=%C3%BC+v"),
        ("http://[2001:DB8::0:1]:8080/a", "https://[2001:db8::1]:8080/a"),
        ("https://x.example/#!/a b", "https://x.example/#!/a%20b"),
    ],
    ids=[
        "root path is written out",
        "escape keeps its meaning and gets capitals",
        "semicolon stays plain",
        "letters are escaped as UTF-8",
        "IPv6 is compressed and keeps its port",
        "hashbang stays",
    ],
)
def test_exact_keys(url: str, key: str) -> None:
    assert canonicalize_url(url) == key


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("hill.example/a", "scheme"),
        ("/news/rain-7", "scheme"),
        ("ftp://hill.example/a", "scheme"),
        ("mailto:desk@hill.example", "scheme"),
        ("javascript:void(0)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("tag:hill.example,2026:7", "scheme"),
        ("http://", "host"),
        ("http:///news", "host"),
        ("http://-hill-.example/", "host"),
        ("http://hill example/", "host"),
        ("http://hi<ll.example/", "host"),
        ("http://hill..example/", "host"),
        ("http://hill.example:port/", "Port|port"),
        ("http://hill.example:99999/", "Port|port"),
        ("http://[::1/", "IPv6"),
        ("http://[zz]/", "IPv"),
        ("https://hill.example/" + "a" * 8_190, "longer than 8190"),
        ("https://" + "m." * 2_000 + "hill.example/", "host"),
    ],
)
def test_what_is_no_http_address_is_refused(url: str, cause: str) -> None:
    with pytest.raises(ValueError, match=rf"^url: .*({cause})|^url: {cause}"):
        canonicalize_url(url)


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://news.hill.co.uk/a", "hill.co.uk"),
        ("https://www.hill.com.pk/a", "hill.com.pk"),
        ("https://a.b.hill.example/", "hill.example"),
        ("https://hill.blogspot.com/", "blogspot.com"),
        ("https://bücher.de/", "xn--bcher-kva.de"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://localhost:8080/a", "localhost"),
        ("http://co.uk/", "co.uk"),
    ],
    ids=[
        "second-level country suffix",
        "country suffix of Pakistan",
        "unknown suffix counts one label",
        "private suffix has one owner",
        "idn in punycode",
        "address stands for itself",
        "single label stands for itself",
        "suffix stands for itself",
    ],
)
def test_registered_domains(url: str, domain: str) -> None:
    assert registered_domain(url) == domain


def test_host_is_lower_case_punycode_without_port() -> None:
    assert host("HTTPS://me@News.Bücher.example.:8443/A") == (
        "news.xn--bcher-kva.example"
    )


def test_article_ids_are_stable_signed_64_bit() -> None:
    keys = [f"https://hill.example/{n}" for n in range(2000)]
    ids = [article_id(key) for key in keys]
    assert len(set(ids)) == len(keys)
    assert min(ids) < 0 < max(ids)
    assert all(-(2**63) <= number < 2**63 for number in ids)
    assert article_id("https://hill.example/rain-7") == -7673710459104551324


PIECES = (
    *("/", "amp", "x-7", "index.html", ".amp", ".html", "-amp", "12345", "print", ".."),
    *("%2e", "%c3%a9", "é", "ß", "&utm_source=x", ";jsessionid=1", "?", "&", "="),
    *("utm%5Fsource=1", "id=7", "page=1", "%", "%25", "#", "!", "&amp;", "ref=a", "\\"),
    *("&trk=5", "?ref=a-b", "&_=7", "#/", "%3f", "%3famp", "&pk_id=3", "&share&nb=1"),
    *("comment-page-2", "index.php", "2031", "&m=1", "&mod=hp_1", "read.php", "?cid"),
)
HOSTS = (
    *("m.en.m.hill.example", "amp.www.hill.co.uk", "www.google.com/amp/s/hill.example"),
    "x.cdn.ampproject.org/c/s/y.cdn.ampproject.org/c/hill.example",
    *("www-hill-example.translate.goog", "b%C3%BCcher。example", "bing.com/amp/s"),
    "www.google.com/url?q=http://m.hill.example/",
    "l.facebook.com/l.php?u=https://x",
)


def test_the_key_of_any_key_is_itself() -> None:
    chance = random.Random(3)
    for _ in range(8_000):
        url = f"http://{chance.choice(HOSTS)}/"
        key = canonicalize_url(url + "".join(chance.choices(PIECES, k=7)))
        assert canonicalize_url(key) == key, url


@pytest.mark.parametrize("piece", ["/amp", "/7/amp", "&utm_a=1", ";x", "7", "-", "(S("])
def test_no_address_takes_long(piece: str) -> None:
    start = time.process_time()
    canonicalize_url("https://hill.example/x-7" + piece * (8_000 // len(piece)))
    assert time.process_time() - start < 0.5
