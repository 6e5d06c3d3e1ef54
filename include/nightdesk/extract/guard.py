"""Markup that would cost the parser minutes or gigabytes, refused before it starts.

libxml2 compares each attribute of a tag with all before it: 200,000 attributes on one
tag (3.3 MB) ran past 60 s of CPU. Long attribute *values* (images as data addresses,
JSON) are common and harmless, so they do not count. Depth: libxml2 cuts a tree at 256
levels in silence, which would lose the text below.
"""

from __future__ import annotations

import re

from lxml.etree import XPath
from lxml.html import HtmlElement

MAX_TAG_CHARS = 65_536
_MAX_ATTRIBUTES = 1_000  # minified scripts look like long tags, but hold few blanks
#: 60,000 paragraphs of 4 letters took 13 s; the largest of 430 real pages has 4,100
#: elements of every kind.
MAX_ELEMENTS = 40_000
MAX_DEPTH = 255  # libxml2 stops at 256

_CROWDED = XPath(f"count(//*) > {MAX_ELEMENTS}")
_DEEP = XPath("boolean(" + "/*" * MAX_DEPTH + ")")
_TAG = re.compile(r"""<[A-Za-z](?:[^"'>]++|"[^"]*+"|'[^']*+')*+""")
_QUOTED = re.compile(r""""[^"]*+"|'[^']*+'""")


def has_bomb(html: str) -> bool:
    """Does one tag hold more than 64 KiB of attributes, quoted values left out?

    Possessive throughout, so that quotes that never close cost one scan each.
    """
    if max(map(len, html.split(">"))) <= MAX_TAG_CHARS:
        return False
    return any(map(_is_bomb, _TAG.findall(html)))


def _is_bomb(tag: str) -> bool:
    if len(tag) <= MAX_TAG_CHARS:
        return False
    bare = _QUOTED.sub("", tag)
    return len(bare) > MAX_TAG_CHARS and len(bare.split()) > _MAX_ATTRIBUTES


def has_too_many_tags(tree: HtmlElement) -> bool:
    """Would trafilatura, which is quadratic in siblings, take more than seconds?"""
    return bool(_CROWDED(tree))


def is_too_deep(tree: HtmlElement) -> bool:
    """Is the tree as deep as the parser goes, so that text may be missing?"""
    return bool(_DEEP(tree))
