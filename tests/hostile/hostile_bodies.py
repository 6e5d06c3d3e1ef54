"""The documents that the hostile server serves, made when they are asked for."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import struct
import zlib

import zstandard

ITEM = "<item><title>{title}</title><link>http://hill.example/{n}</link></item>"


def rss(*titles: str, head: str = "", more: str = "") -> str:
    """A feed with an item for each title; `head` stands before the root."""
    items = "".join(ITEM.format(title=title, n=n) for n, title in enumerate(titles))
    channel = f"<channel><title>Hill News</title>{items}{more}</channel>"
    return f'<?xml version="1.0"?>{head}<rss version="2.0">{channel}</rss>'


FEED = rss("Rain on the hill", "The ferry stays in port")


@functools.cache
def gzip_of_spaces(mib: int) -> bytes:
    """One gzip stream of so many MiB of spaces, without ever holding them."""
    block = b" " * (1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # After a full flush a block stands for itself, so that it can be repeated.
    part = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(mib):
        crc = zlib.crc32(block, crc)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    tail = b"\x03\x00" + struct.pack("<II", crc, (mib << 20) & 0xFFFFFFFF)
    return head + part * mib + tail


@functools.cache
def gzip_twice() -> bytes:
    return gzip.compress(gzip_of_spaces(512))


@functools.cache
def zstd_of_zeros() -> bytes:
    """1 GiB in 64 frames."""
    return zstandard.compress(bytes(1 << 24)) * 64


def billion_laughs() -> str:
    names = [f"l{n}" for n in range(10)]
    entities = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY {name} "{f"&{below};" * 10}">'
        for below, name in itertools.pairwise(names)
    )
    return rss("&l9;", head=f"<!DOCTYPE rss [{entities}]>")


def quadratic() -> str:
    return rss("&a;" * 30_000, head=f'<!DOCTYPE rss [<!ENTITY a "{"a" * 100_000}">]>')


def external_entity() -> str:
    doctype = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return rss("Rain &x;", head=doctype)


def remote_doctype(canary: str) -> str:
    return rss("Rain", head=f'<!DOCTYPE rss SYSTEM "{canary}">')


def deep() -> str:
    return rss("Rain", more="<a>" * 200_000 + "</a>" * 200_000)


def many_attributes() -> str:
    attributes = " ".join(f'a{n}="{n % 10}"' for n in range(200_000))
    return rss("Rain", more=f"<a {attributes}/>")


@functools.cache
def many_items() -> str:
    return rss(*(f"t{n:05d}" for n in range(200_000)))


def json_feed() -> str:
    item = {"id": 7, "url": "http://hill.example/7", "title": "Rain"}
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "Hill News", "items": [item]})


def evil_links() -> str:
    links = ("javascript:alert(1)", "http://169.254.169.254/latest/meta-data/")
    return rss(
        more="".join(f"<item><title>x</title><link>{to}</link></item>" for to in links)
    )


def same_guid(*titles: str, link: str = "a") -> str:
    return rss(
        more="".join(
            f"<item><guid isPermaLink='false'>g1</guid><title>{title}</title>"
            f"<link>http://hill.example/{link}{n}</link></item>"
            for n, title in enumerate(titles)
        )
    )


def future_date() -> str:
    return rss(
        more="<item><title>Rain</title><link>http://hill.example/1</link>"
        "<pubDate>Tue, 01 Jan 2041 00:00:00 GMT</pubDate></item>"
    )
