"""What an answer says about its use: TDM reservation, `noai`, paywall.

Read and handed on as data, never acted on here: whether the text of a reserved page is
used is decided later, by source. Sources: TDMRep (W3C community group report,
2024-05-10), X-Robots-Tag and robots meta as Google documents them, `noai` as DeviantArt
brought it up, schema.org `isAccessibleForFree`. The declaration of a whole host is the
matter of `tdmrep`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_MAX_POLICY = 2048  # characters of an address that are kept
_HEAD = 131_072  # bytes in which a page's meta elements are looked for
_META = re.compile(rb"<[mM][eE][tT][aA]\s([^<>]{1,1000})>")
_ATTRIBUTE = re.compile(
    r"""(?i)\b(name|property|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
)
_NOT_FREE = re.compile(rb'"isAccessibleForFree"\s*:\s*"?(?:false|False)\b')
_DIRECTIVES = frozenset(
    {"noai", "noimageai", "noarchive", "noindex", "nosnippet", "none"}
)
# What has a colon in a robots directive and is no agent's name.
_VALUED = ("max-", "unavailable_after")


def read_reservations(
    product: str, status: int, headers: Mapping[str, str], body: bytes
) -> tuple[str, ...]:
    """Return what an answer reserves, sorted; empty: nothing that we know of.

    Of TDM declarations the page's own goes before the header's. A robots directive
    for another agent alone is not ours.

    Returns:
        Some of `tdm`, `tdm-policy URL`, `tdm-free` (it says that nothing is reserved),
        `paywall`, and the robots directives noai, noimageai, noarchive, noindex,
        nosnippet, none.

    >>> read_reservations("nightdesk", 200, {"tdm-reservation": "1"}, b"")
    ('tdm',)
    >>> read_reservations("nightdesk", 200, {"x-robots-tag": "other: noai, noarchive"},
    ...                   b'<meta name="robots" content="NoAI">')
    ('noai', 'noarchive')
    """
    tdm = {name: headers.get(name, "") for name in ("tdm-reservation", "tdm-policy")}
    stated = [tdm, {}]
    found = set(_read_directives(headers.get("x-robots-tag", ""), product))
    for name, content in _read_metas(body, product):
        if name in tdm:
            stated[1][name] = content
        elif name in ("robots", product):
            found |= set(_read_directives(content, product))
        elif name == "article:content_tier" and content.lower() in (
            "locked",
            "metered",
        ):
            found.add("paywall")
    if status == 402 or (b"isAccessibleForFree" in body and _NOT_FREE.search(body)):
        found.add("paywall")
    for level in reversed(stated):
        if words := name_tdm(level.get("tdm-reservation"), level.get("tdm-policy")):
            found.update(words)
            break
    return tuple(sorted(found))


def name_tdm(reservation: object, policy: object) -> tuple[str, ...]:
    """Return what a TDM declaration comes to; empty for any value but 0 and 1.

    >>> name_tdm("1", "https://a.example/tdm"), name_tdm(0, None), name_tdm("yes", None)
    (('tdm', 'tdm-policy https://a.example/tdm'), ('tdm-free',), ())
    """
    word = str(reservation).strip()
    if word != "1":
        return ("tdm-free",) if word == "0" else ()
    address = " ".join(str(policy or "").split())[:_MAX_POLICY]
    return ("tdm", f"tdm-policy {address}") if address else ("tdm",)


def _read_metas(body: bytes, product: str) -> Iterator[tuple[str, str]]:
    words = (b"robots", b"tdm-", b"content_tier", product.encode() or b"robots")
    for match in _META.finditer(body, 0, _HEAD):
        if not any(word in match[1].lower() for word in words):
            continue  # most of the hundred that a page has
        pairs = {
            key.lower(): double or single or bare
            for key, double, single, bare in _ATTRIBUTE.findall(
                match[1].decode("latin-1")
            )
        }
        name = pairs.get("name") or pairs.get("property")
        if name and "content" in pairs:
            yield name.strip().lower(), pairs["content"]


def _read_directives(value: str, product: str) -> Iterator[str]:
    for part in value.lower().split(","):
        agent, colon, directive = part.strip().rpartition(":")
        if colon and agent.startswith(_VALUED):
            continue
        if colon and agent.strip() not in ("*", product):
            continue
        if directive.strip() in _DIRECTIVES:
            yield directive.strip()
