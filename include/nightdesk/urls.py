"""Addresses to keys: which different addresses name the same article?

A canonical URL is a key, not an address to fetch: it drops what publishers and
platforms add on the way to the reader (trackers, AMP, `www.`, `m.`, the scheme). It is
careful where a merge could be wrong, since a wrong merge loses an article while a
missed one is found again by its text: case, query values and unknown parameters stay.

Not built on courlan: its `normalize_url` drops `cid`,
`eid` and `keyword`, which are article ids at some publishers, drops empty values and
quotes `;`. Left out: what only a page can tell (rel=canonical), short links.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from urllib.parse import unquote_to_bytes, urlsplit

import tldextract

# Only the list that comes with the library: nothing is fetched, nothing written.
_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_DEFAULT_PORTS = {80, 443}
#: Servers refuse longer ones; a page may hold any.
MAX_CHARS = 8_190
MAX_HOST_CHARS = 253  # of the domain name system
_SPACES = re.compile(r"[\t\r\n]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_HIGH_ESCAPES = re.compile(r"(?:%[89a-fA-F][0-9a-fA-F])+")
_UNRESERVED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
# RFC 3986 pchar and "/", as they may stand unescaped; "%" is an escape by then.
_PATH_SAFE = _UNRESERVED | frozenset(b"!$&'()*+,;=:@/%")
_QUERY_SAFE = _PATH_SAFE | frozenset(b"?")

# Click ids and campaign parameters as the tools that add them document them: Google
# Analytics (utm_, _ga), Matomo (mtm_, pk_), AT Internet (at_, xtor), comScore (ns_),
# HubSpot (hsa_, __hs), Adobe (cmp, s_cid), Mailchimp (mc_), Marketo (mkt_tok), Vero.
_TRACKER_PREFIXES = (
    *("utm_", "at_", "mtm_", "pk_", "piwik_", "matomo_", "itm_", "hsa_", "vero_"),
    *("ns_", "sfmc_", "fb_action_", "ga_", "gad_", "oly_", "__hs", "_hs", "wt.", "wt_"),
    *("cm_mmc", "cx_test", "aspsessionid", "gaa_", "taboola", "outbrain"),
)
_TRACKER_NAMES = (
    # click ids of advertisers and platforms
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ymclid twclid ttclid igshid"
    " igsh li_fat_id rdt_cid epik irclickid rb_clickid s_kwcid _openstat cvid ig_rid"
    " sccid sfnsn srsltid ysclid yadclid mibextid tblci dicbo oborigurl"
    " obclickid srnd reflink commentsort"
    " _branch_match_id _branch_referrer spm vk_ref weibo_id"
    # newsletters and marketing suites
    " mc_cid mc_eid mkt_tok ck_subscriber_id sc_cid s_cid icid intcid ncid mbid"
    " emc smid smtyp xtor ito ftag ocid maca cmp cmpid cmp_id campaign_id"
    " _kx __s ml_subscriber ml_subscriber_hash hsctatracking pnespid sailthru_id dm_i"
    " wickedid wickedsource mailpoet_router trk_contact trk_msg trk_module trk_sid"
    " nr_email_referer sb_referer_host hootpostid wprov"
    # who linked here
    " ref_src ref_url referrer referer fb_source fb_ref soc_src soc_trk sr_share"
    " sref spref traffic_source traffic-source feedname ftcamp xg_source"
    " guccounter guce_referrer guce_referrer_sig"
    " __twitter_impression __source trk trkcampaign spm_id_from share_source"
    " taid sthisfb _ga _gl cx_artpos sharetoken unlocked_article_code"
    # the AMP cache; a reply to a comment; against caches
    " amp_js_v amp_gsa amp_r usqp replytocom fb_comment_id _"
    # sessions; not sid, which may be a story
    " phpsessid jsessionid cfid cftoken"
)
_TRACKERS = frozenset(_TRACKER_NAMES.split())
# Trackers unless their value has a digit: "ref=home" is one, "ref=BCN-204817" may be
# the article.
_WORDED = frozenset({"ref", "iid", "recruiter"})
# Sessions of readers by their long values; a short one is a session of a meeting.
_SESSION_KEYS = frozenset({"sessionid", "session_id"})
_SESSION_CHARS = 16
# Words that say where a click came from; the same keys may hold ids, which stay.
_ORIGIN_KEYS = frozenset(
    {"source", "src", "from", "via", "feed", "partner", "rss", "share", "mod"}
) | {"feedtype", "origin"}
_ORIGIN_NAMES = (
    "rss feed feeds twitter facebook fb email newsletter whatsapp telegram linkedin"
    " google googlenews yahoo flipboard app applenews reddit instagram push 1 true"
)
_ORIGIN_VALUES = frozenset(_ORIGIN_NAMES.split())
# How a page is shown: for AMP, for a printer.
_VIEWS = frozenset({"amp", "print"})
_VIEW_VALUES = _VIEWS | {"default-article"}
_VIEW_KEYS = frozenset({"view", "mode", "output", "outputtype"})
_VIEW_FLAGS = frozenset({"amp", "_amp", "isamp", "is_amp", "print", "printable"})
_LISTS = frozenset({"tag", "tags", "topic", "topics"})  # of pages about AMP, too
_YES = frozenset({"", "1", "true", "yes", "y"})
_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sid)=[^/;]*|/\((?:[A-Z]\([\w-]+\))+\)(?=/)", re.I
)
# Files that a folder opens with; index.php?id=7 may be another page than /?id=7.
_INDEX = re.compile(r"(?:index|default)\.(?:[sx]?html?|php\d?|aspx?|jsp|cfm)", re.I)
_STATIC_INDEX = re.compile(r"index\.[sx]?html?", re.I)
_AMP_FILE = re.compile(r"\.amp(\.html?)?$", re.I)
_AMP_ID = re.compile(r"(?<=\d{5})-amp(\.html?)?$", re.I)  # 48213377-amp.html
# A parameter without its question mark, as broken links have it.
_LOOSE = re.compile("([&;])")
# An address copied from HTML: "&amp;b=2", or "&amp;amp;b=2", escaped or not.
_COPIED = re.compile(r"^(?:amp(?:;|%3B))+", re.I)
_LAST_SLASHES = re.compile(r"(?:/|%2F)+$", re.I)
_AMP_CACHES = (".cdn.ampproject.org", ".amp.cloudflare.com", ".bing-amp.com")
_AMP_CACHE = re.compile(r"^/(?:[civ]|wp)/(?:s/)?([^/]+\.[^/]+)(/.*)?$")
_AMP_VIEWER = re.compile(r"^/amp/(?:s/)?([^/]+\.[^/]+)(/.*)?$")
_MOBILE = (
    *("www.", "www1.", "www2.", "www3."),
    *("m.", "mobile.", "mobil.", "touch.", "amp.", "wap."),
)


def canonicalize_url(url: str) -> str:
    """Return the key of the article that an address names: https, no trackers.

    Idempotent: the key of a key is itself.

    Raises:
        ValueError: no http(s) address; the message says why.

    >>> canonicalize_url("HTTP://www.Hill.example:80/a/../rain-7/?utm_source=x&b=2&a=1")
    'https://hill.example/rain-7?a=1&b=2'
    >>> canonicalize_url("https://hill.example/rain-7/amp#comments")
    'https://hill.example/rain-7'
    """
    name, port, path, query, fragment = _split(url)
    name, path = _leave_amp_cache(name, path)
    pairs = _clean_query(query)
    path = _clean_path(path, has_query=bool(pairs))
    netloc = _clean_host(name) + (f":{port}" if port else "")
    tail = f"?{'&'.join(pairs)}" if pairs else ""
    if fragment.startswith("!"):  # "#!" pages are told apart by it
        tail += "#" + _escape(fragment, _QUERY_SAFE)
    return f"https://{netloc}{path}{tail}"


def article_id(canonical_url: str) -> int:
    """Return the signed 64-bit id of a canonical URL: BLAKE2b, 8 bytes, big endian.

    >>> article_id("https://hill.example/rain-7")
    -7673710459104551324
    """
    digest = hashlib.blake2b(canonical_url.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def host(url: str) -> str:
    """Return the host of an address: lower case, punycode, without port.

    Raises:
        ValueError: no http(s) address.

    >>> host("https://Bücher.example:8080/a")
    'xn--bcher-kva.example'
    """
    return _split(url)[0]


def registered_domain(url: str) -> str:
    """Return the domain that somebody registered; the host where there is none.

    Names under private suffixes (`blogspot.com`) count as the suffix's: one owner.

    Raises:
        ValueError: no http(s) address.

    >>> registered_domain("https://news.hill.co.uk/a")
    'hill.co.uk'
    """
    name = host(url)
    return _registered(name) or name


def _registered(name: str) -> str:
    """Return the registered domain of a host, "" for suffixes and IP addresses."""
    extracted = _EXTRACT.extract_str(name)
    if extracted.domain and extracted.suffix:
        return f"{extracted.domain}.{extracted.suffix}"
    labels = name.split(".")
    if extracted.suffix or len(labels) < 2 or labels[-1].isdecimal() or "[" in name:
        return ""
    return ".".join(labels[-2:])  # a suffix that the list does not know: rule "*"


def _split(url: str) -> tuple[str, int | None, str, str, str]:
    """Return host, port unless default, path, query and fragment of an address."""
    text = _SPACES.sub("", url).strip()
    shown = text if len(text) <= 200 else f"{text[:200]}..."
    if not text:
        raise ValueError("url: empty")
    if len(text) > MAX_CHARS:
        raise ValueError(f"url: {shown}: longer than {MAX_CHARS} characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"url: {shown}: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"url: {shown}: scheme is not http or https")
    name = _encode_host(parts.hostname or "", shown)
    if port in _DEFAULT_PORTS or port == 0:
        port = None
    return name, port, parts.path, parts.query, parts.fragment


def _encode_host(name: str, shown: str) -> str:
    """Return a host in ASCII: IDN labels as punycode, addresses as they are."""
    if ":" in name:
        try:
            return f"[{ipaddress.ip_address(name).compressed}]"
        except ValueError as error:
            raise ValueError(f"url: {shown}: {error}") from error
    labels = unicodedata.normalize("NFKC", name).lower().rstrip(".").split(".")
    encoded = [
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
        for label in labels
    ]
    is_short = sum(map(len, encoded)) + len(encoded) <= MAX_HOST_CHARS + 1
    if not is_short or not all(_LABEL.fullmatch(label) for label in encoded):
        raise ValueError(f"url: {shown}: no valid host")
    return ".".join(encoded)


def _clean_host(name: str) -> str:
    """Return a host without `www.`, `m.` and the like, if a domain remains."""
    for prefix in _MOBILE:
        rest = name.removeprefix(prefix)
        if rest != name and _registered(rest):
            return _clean_host(rest)
    first, mark, rest = name.partition(".m.")  # en.m.example.org
    if mark and "." not in first and _registered(rest):
        return f"{first}.{rest}"
    return name


def _leave_amp_cache(name: str, path: str) -> tuple[str, str]:
    """Return host and path of the page behind an AMP cache or viewer."""
    match: re.Match[str] | None = None
    if name.endswith(_AMP_CACHES):
        match = _AMP_CACHE.match(path)
    elif re.fullmatch(r"www\.google\.[a-z.]+", name):
        match = _AMP_VIEWER.match(path)
    if match is None:
        return name, path
    try:
        inner = _encode_host(match[1].lower(), match[1])
    except ValueError:
        return name, path
    return _leave_amp_cache(inner, match[2] or "/")  # a cache may show another's page


def _clean_path(path: str, *, has_query: bool) -> str:
    """Return a path with dot segments resolved and without marks of delivery."""
    path = _SESSION.sub("", _escape(path, _PATH_SAFE).replace("%20", "+"))
    segments = _resolve_dots(path)
    index = _STATIC_INDEX if has_query else _INDEX
    while segments:
        last = _clean_file(segments.pop())
        is_mark = last in ("", ".", "..") or _is_view(last.lower(), segments)
        if is_mark or index.fullmatch(last):
            continue
        if _is_article([last]):
            for end in (0, -1):  # at the start, or before the article itself
                while segments and segments[end].lower() == "amp":
                    del segments[end]
        segments.append(last)
        break
    return "/" + "/".join(segments)


def _is_view(last: str, before: list[str]) -> bool:
    """Say whether the last segment says how a page is shown: /news/earthquake/amp."""
    if last.removesuffix(".html") in _VIEWS and _is_article(before[-1:]):
        return True
    is_listed = any(segment.lower() in _LISTS for segment in before)
    return last == "amp" and len(before) > 1 and not is_listed


def _is_article(segments: list[str]) -> bool:
    """Say whether a segment looks like an article's: /tags/amp is a page about AMP."""
    return any(c == "-" or c.isdigit() for segment in segments for c in segment)


def _clean_file(segment: str) -> str:
    """Return the last segment of a path without loose trackers and marks of AMP."""
    before = None
    while segment != before:
        before = segment
        segment = _LAST_SLASHES.sub("", segment)
        match = _AMP_FILE.search(segment) or _AMP_ID.search(segment)
        name = segment[: match.start()] if match else ""
        if match and (_is_article([name]) or (name and match[1])):
            segment = segment[: match.start()] + (match[1] or "")
        parts = _LOOSE.split(segment)
        while len(parts) > 1 and _is_loose_tracker(parts[-1]):
            del parts[-2:]
        segment = "".join(parts)
    return segment


def _is_loose_tracker(text: str) -> bool:
    key, mark, value = text.partition("=")
    return bool(mark) and _is_tracker(key, value)  # salt&print is no parameter


def _resolve_dots(path: str) -> list[str]:
    """Return the segments of a path but `.`, `..` and empty ones (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return kept


def _clean_query(query: str) -> list[str]:
    """Return the parameters that can name a page, sorted by key."""
    kept: list[tuple[str, str]] = []
    # A second question mark begins what somebody has put behind a whole address.
    for part in re.split("[&?]", query):
        part = _COPIED.sub("", part)
        key, mark, value = part.partition("=")
        key = _escape(key, _QUERY_SAFE).replace("%20", "+")
        value = _escape(value, _QUERY_SAFE).replace("%20", "+")
        if (key or value) and not _is_tracker(key, value):
            kept.append((key, f"{key}={value}" if mark and value else key))
    return [text for _, text in sorted(kept, key=lambda pair: pair[0])]


def _is_tracker(key: str, value: str) -> bool:
    """Say whether a parameter tells how one came or reads, not what the page is."""
    key, value = key.lower(), value.lower()
    if key in _WORDED:
        return not any(c.isdigit() for c in value)
    if key in _SESSION_KEYS:
        return len(value) >= _SESSION_CHARS
    return (
        key in _TRACKERS
        or key.startswith(_TRACKER_PREFIXES)
        or (key in _ORIGIN_KEYS and value in _ORIGIN_VALUES)
        or (key in _VIEW_KEYS and value in _VIEW_VALUES)
        or (key in _VIEW_FLAGS and value in _YES)
        or (key, value) in (("page", "1"), ("s", "09"))  # of a share from a phone
    )


def _escape(text: str, safe: frozenset[int]) -> str:
    """Return text with one spelling of every character: %XX in capitals, or plain."""
    text = unicodedata.normalize("NFC", _HIGH_ESCAPES.sub(_decode_letters, text))
    if text.isascii() and "%" not in text and all(b in safe for b in text.encode()):
        return text
    text = re.sub(r"%(?![0-9a-fA-F]{2})", "%25", text)
    text = _ESCAPE.sub(_unescape_unreserved, text)
    data = text.encode("utf-8", "ignore")
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in data)


def _decode_letters(match: re.Match[str]) -> str:
    """Return the letters beyond ASCII that escapes spell; what is no UTF-8 stays."""
    try:
        return unquote_to_bytes(match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _unescape_unreserved(match: re.Match[str]) -> str:
    byte = unquote_to_bytes(match[0])
    return byte.decode("ascii") if byte[0] in _UNRESERVED else match[0].upper()
