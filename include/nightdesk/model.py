"""The values that pass between stages: frozen, plain, and free of I/O.

One article's way: Source -> Entry -> (page bytes) -> Article -> Pair -> Tags. Every
class here is also the row of one landing file, so its fields are limited to what a
Parquet column can hold: str, int, float, bool, datetime, date, tuples of those, and
tuples of another class of this module.

Times are aware datetimes in UTC. A field that ends in `_url` is absolute. Counts start
with `n_`. `None` always means "not stated"; an empty string never does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

CoverageStatus = Literal["ok", "failed", "no_coverage"]
PairKind = Literal["exact", "near", "update", "contains"]
SourceKind = Literal["rss", "atom", "jsonfeed", "sitemap", "page"]
Precision = Literal["second", "day"]
SOURCE_KINDS: tuple[str, ...] = ("rss", "atom", "jsonfeed", "sitemap", "page")
BY_HAND = "by-hand"  # the source id of pages that people bring in

#: What can become of one attempt to fetch an address. `ok` and `not_modified` are the
#: good ones; `fetch.outcomes` says which of the others are worth another try.
OUTCOMES: tuple[str, ...] = (
    "ok",
    "not_modified",
    "auth",
    "bad_url",
    "blocked",
    "connection",
    "decode",
    "dns",
    "empty_body",
    "forbidden_address",
    "gone",
    "host_busy",
    "http_error",
    "not_found",
    "rate_limited",
    "redirect_loop",
    "robots",
    "server_error",
    "timeout",
    "tls",
    "too_large",
    "truncated",
    "wrong_type",
)

#: The bins of the accounting: every distinct entry of a night is in exactly one.
BINS: tuple[str, ...] = ("loaded", "duplicate", "rejected", "failed", "pending")


@dataclass(frozen=True, slots=True)
class Source:
    """An outlet and the address at which we poll it."""

    id: str
    name: str
    kind: SourceKind
    url: str
    country: str | None = None  # ISO 3166-1 alpha-2 of the publisher
    lang: str | None = None  # ISO 639-1
    timezone: str = "UTC"  # IANA name; reads dates that state no zone
    tags: tuple[str, ...] = ()
    is_enabled: bool = True
    robots: Literal["obey", "ignore_feed"] = "obey"
    gap_s: float = 2.0  # least time between two starts on one host
    allow_private: bool = False  # may it live on a private address?
    past_url: str | None = None  # dated sitemap, with {yyyy} {mm} {dd}
    connection: str | None = None  # that holds our login as a subscriber
    tdm: Literal["obey", "licensed"] = "obey"  # may texts be used that are reserved?
    link_pattern: str | None = None  # of kind page: which links are articles
    was: tuple[str, ...] = ()  # ids that it had before; their history is its own
    keep_days: int = 365  # of what is captured; 0: for ever
    text_days: int | None = None  # of the texts of its articles; None: for ever


@dataclass(frozen=True, slots=True)
class Watched:
    """What the sources file says of a source from a night on: a row of the register.

    A source that is deleted from the file is one that is not enabled any more.
    """

    source_id: str
    since: date  # the first night of which it is true
    noted_at: datetime
    source: Source  # its `id` is the one that it had then


@dataclass(frozen=True, slots=True)
class Renamed:
    """A source that has another id from now on: a row of the register."""

    old_id: str
    new_id: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Credit:
    """Who had a part in a picture or film (Media RSS)."""

    name: str
    role: str | None = None  # as stated: "photographer", "producer"


class Entry(NamedTuple):
    """An item as a feed or sitemap states it.

    A tuple: one sitemap has 50,000, and a frozen dataclass of so many fields takes 2.6
    times as long to make.
    """

    url: str  # absolute, as stated
    title: str | None = None
    guid: str | None = None
    summary: str | None = None  # as stated, may hold markup
    content: str | None = None  # as stated, may hold markup
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str | None = None
    image_url: str | None = None
    published_at: datetime | None = None
    published_precision: Precision | None = None
    published_raw: str | None = None
    updated_at: datetime | None = None
    updated_raw: str | None = None
    credits: tuple[Credit, ...] = ()
    origin_title: str | None = None  # of the feed that it was taken from
    origin_url: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """One parsed feed or sitemap document."""

    kind: str  # rss | atom | jsonfeed | sitemap | sitemapindex
    entries: tuple[Entry, ...] = ()
    title: str | None = None
    home_url: str | None = None
    description: str | None = None
    lang: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    ttl_s: int | None = None
    children: tuple[str, ...] = ()  # of a sitemap index
    changed: tuple[datetime | None, ...] = ()  # when each child last did, as it states
    older_url: str | None = None  # of the page with the entries before these
    generator: str | None = None  # the program that wrote it, as it says
    warnings: tuple[str, ...] = ()  # what was mended or left out


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to fetch one address: a row of the fetch log."""

    url: str
    final_url: str
    outcome: str  # one of OUTCOMES
    purpose: Literal["feed", "page", "robots", "tdmrep", "file"]
    source_id: str | None = None
    status: int | None = None
    content_type: str | None = None
    started_at: datetime | None = None
    duration_ms: int = 0
    bytes_wire: int = 0
    bytes_decoded: int = 0
    digest: str | None = None  # sha256 hex of the decoded body
    error: str | None = None  # one line, secrets removed
    retry_after_s: int | None = None
    redirects: tuple[str, ...] = ()


class HostTurn(NamedTuple):
    """What those who call a host must know of each other; epoch seconds, 0.0: never."""

    last_start: float = 0.0
    closed_until: float = 0.0  # by its Retry-After


class BrokenCheck(NamedTuple):
    """What a check found in a night that it refused."""

    name: str
    n_failed: int
    sample: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A night that its checks refused; what was in force before still is."""

    night: date
    step: str  # load | publish
    run_id: str
    refused_at: datetime
    checks: tuple[BrokenCheck, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something kept that is not as it was written, and what to do about it."""

    file: str
    problem: str
    cure: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Where the bytes of a page or feed lie in the archive."""

    url: str
    final_url: str
    captured_at: datetime
    digest: str  # sha256 hex of the decoded body
    file: str  # path of the .warc.zst below the landing root
    offset: int  # of the record's zstd frame in that file
    content_type: str | None = None
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """An entry of a source in the night that it states, and what became of its page.

    The row of `entries/night=D`. Several rows of one (source_id, url) are several
    looks at the same entry; a build merges them by rule, never by order of arrival.
    """

    source_id: str
    url: str
    canonical_url: str
    article_id: int
    via: str  # feed | dated_sitemap | archive | by_hand | a kind of past place
    listed_at: datetime
    stated_at: datetime | None = None
    stated_precision: Precision | None = None
    updated_at: datetime | None = None
    title: str | None = None
    summary: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str | None = None
    outcome: str | None = None  # of the page: one of OUTCOMES; None: not tried yet
    reason: str | None = None  # a word why, where outcome does not say it
    captured_at: datetime | None = None
    final_url: str | None = None
    content_type: str | None = None
    digest: str | None = None
    file: str | None = None
    offset: int | None = None
    reservations: tuple[str, ...] = ()  # of its page: rights that are reserved
    future_at: datetime | None = None  # a date that it states and that cannot be
    guid: str | None = None
    image_url: str | None = None
    credits: tuple[Credit, ...] = ()
    origin_title: str | None = None
    origin_url: str | None = None
    dated_by: str | None = None  # what told its day; see `past.dating`
    content_via: str | None = None  # whose copy of its page: live | ccnews | wayback


@dataclass(frozen=True, slots=True)
class KnownUrl:
    """What one run learned of a canonical URL: a row of the URL index.

    The owner of the URL is the earliest `night` among its rows; rows are only added.
    One with a place (`file`, `offset`) and no `captured_at` takes back what lies there.
    """

    canonical_url: str
    article_id: int
    night: date | None = None  # that an entry states
    captured_at: datetime | None = None
    final_url: str | None = None
    content_type: str | None = None
    digest: str | None = None
    file: str | None = None
    offset: int | None = None
    reservations: tuple[str, ...] = ()

    @property
    def is_removal(self) -> bool:
        """Whether this takes back what lies at its place."""
        return self.file is not None and self.captured_at is None


@dataclass(frozen=True, slots=True)
class PastDocument:
    """A list of past entries that was archived, and the time that it tells of.

    The row of `past/documents`: what was read once is read again from the archive.
    """

    kind: str  # of the place: feed_pages | wayback | dated_sitemap | gdelt_gal | ...
    source_id: str  # "": of nobody in particular
    url: str
    seen_at: datetime  # when it stood so
    file: str | None = None  # None: there was nothing
    offset: int | None = None
    since: datetime | None = None  # how far back it names every entry
    until: datetime | None = None  # its newest entry
    oldest: datetime | None = None  # entry, though it may be a pinned one
    older_url: str | None = None  # of the page before it
    walk: str | None = None  # the address and time at which its walk began


@dataclass(frozen=True, slots=True)
class PastRecord:
    """Where a page lies in a file of somebody's crawl: a row of our index of it."""

    url: str
    captured_at: datetime
    offset: int
    size: int  # of the gzip member, in bytes
    digest: str | None = None  # as the crawl states it


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of one source for one night, as one look found it."""

    source_id: str
    status: CoverageStatus
    looked_at: datetime
    reason: str | None = None
    via: str | None = None
    n_entries: int = 0


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """A distinct entry of a night and the bin that it is in, or None: its page says."""

    source_id: str
    url: str
    canonical_url: str
    article_id: int
    via: str
    is_primary: bool  # the entry that stands for its canonical URL
    title: str | None = None
    stated_at: datetime | None = None
    stated_precision: Precision | None = None
    bin: str | None = None  # one of BINS
    reason: str | None = None
    updated_at: datetime | None = None
    future_at: datetime | None = None
    guid: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str | None = None
    image_url: str | None = None
    credits: tuple[Credit, ...] = ()
    origin_title: str | None = None
    origin_url: str | None = None
    dated_by: str | None = None
    content_via: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """A captured page that a night extracts."""

    article_id: int
    canonical_url: str
    url: str
    source_id: str
    via: str
    captured_at: datetime
    first_captured_on: date
    digest: str
    file: str
    offset: int
    is_current: bool  # the newest capture of its URL; the others are older versions
    is_dated: bool  # an entry states the day; otherwise the page decides the owner
    content_type: str | None = None
    title: str | None = None
    stated_at: datetime | None = None
    stated_precision: Precision | None = None
    timezone: str = "UTC"
    reservations: tuple[str, ...] = ()
    held_back: str | None = None  # why its text is not used; None: it is
    future_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A paragraph that was dropped because it repeats an earlier one."""

    dropped: int  # index among the paragraphs before the drop
    kept: int  # index there of the paragraph that it repeats
    text: str | None = None  # the dropped paragraph, where a word of it differs


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A line that a source puts under many of its stories: a row of what is learned."""

    source_id: str
    line: str
    n_texts: int  # that hold it
    n_of: int  # texts of the source that were looked at


@dataclass(frozen=True, slots=True)
class TermCount:
    """How many articles of a language have a term: a row of what is learned."""

    lang: str  # "": not known
    kind: Literal["text", "word", "fact"]  # text: all articles of the language
    term: str
    n_texts: int


@dataclass(frozen=True, slots=True)
class HotShingle:
    """A 5-gram hash that unrelated texts carry: a row of what is learned."""

    hash: int
    n_texts: int  # clusters of copies count once


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """A publication date that was considered."""

    via: str  # where it stood: a word of extract.dates, "jsonld" or "dateline"
    raw: str
    rejected: str | None = None  # why it lost; None: it won


@dataclass(frozen=True, slots=True)
class Article:
    """Text and metadata of one canonical URL, or the reason why there is none."""

    article_id: int
    canonical_url: str
    url: str
    source_id: str
    status: Literal["ok", "rejected", "failed"]
    reason: str | None = None  # of a rejection or failure
    title: str | None = None
    text: str = ""  # paragraphs, one a line, after the drops
    n_paragraphs: int = 0
    n_words: int = 0
    repeats: tuple[Repeat, ...] = ()
    site_lines: tuple[str, ...] = ()  # dropped: learned as furniture of its source
    lang: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_on: date | None = None  # the publisher's calendar day
    published_precision: Precision | None = None
    published_zone: str | None = None  # as stated: "+05:00", "Z"; None: not stated
    published_via: str | None = None
    date_candidates: tuple[DateCandidate, ...] = ()
    modified_at: datetime | None = None
    site_name: str | None = None
    section: str | None = None
    description: str | None = None
    image_url: str | None = None
    stated_url: str | None = None  # that the page calls its own
    article_type: str | None = None  # news | opinion | live | several | gallery | video
    is_free: bool | None = None
    reservations: tuple[str, ...] = ()  # rights that the page or its server reserves
    held_back: str | None = None  # why there is no text although the page has one
    confidence: float = 0.0  # 0..1, low for pages that need a second look
    text_hash: str | None = None  # sha256 hex of the text, normalised
    page_digest: str | None = None  # sha256 hex of the decoded page
    captured_at: datetime | None = None
    input_digest: str | None = None  # of all that extract was given
    version: str = ""  # of the extractor


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The sampled word 5-gram hashes of one article, signed 64-bit, ascending."""

    article_id: int
    text_hash: str
    hashes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles judged to carry one text; `a_id` is the smaller id."""

    a_id: int
    b_id: int
    kind: PairKind
    score: float  # 0..1
    rule: str  # name and version of the rule that joined them


@dataclass(frozen=True, slots=True)
class Mention:
    """A span that names an entity or a place."""

    field: Literal["title", "text"]
    start: int  # Python string index into that field
    end: int  # exclusive
    surface: str
    type: Literal["PER", "ORG", "LOC", "DEMONYM"]
    rule: str  # why it was tagged
    score: float = 1.0
    entity_id: str | None = None  # QID, "nd:per:..." or "nd:org:..."
    name: str | None = None  # the entity's full name
    country: str | None = None  # ISO2 of a place, demonym or metonym
    place_id: str | None = None  # "geonames:1176615", "iso:PK", "x-sahel"
    #: How the country came: place and metonym count for it; the home of an org or of a
    #: person does not.
    via: Literal["place", "metonym", "org", "person"] | None = None
    role: Literal["about", "dateline", "venue"] = "about"
    #: What it adds to the score of each country that it counts for.
    weight: float = 0.0
    counts_for: tuple[str, ...] = ()  # ISO2


@dataclass(frozen=True, slots=True)
class CountryScore:
    """How much an article is about a country."""

    country: str  # ISO2
    score: float
    share: float  # of the article's scores
    n_mentions: int
    role: Literal["about", "mentioned", "dateline", "venue"]
    is_focus: bool


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term of a topic that an article holds."""

    term: str
    n: int  # how often
    weight: float  # what all of them add to the topic's score


@dataclass(frozen=True, slots=True)
class TopicScore:
    """How much an article is about a topic, and the terms that say so."""

    topic: str  # IPTC Media Topics, top level: 01000000 ...
    score: float
    hits: tuple[TermHit, ...] = ()  # heaviest first


@dataclass(frozen=True, slots=True)
class Unmet:
    """A correction that found nothing to correct in its article as it is now."""

    surface: str
    nth: int | None
    cause: str


@dataclass(frozen=True, slots=True)
class Tags:
    """All that was tagged in one article."""

    article_id: int
    mentions: tuple[Mention, ...] = ()
    countries: tuple[CountryScore, ...] = ()
    is_tagged: bool = True  # False: a language that we cannot tag yet
    input_digest: str | None = None
    version: str = ""
    unmet: tuple[Unmet, ...] = ()
    topics: tuple[TopicScore, ...] = ()  # highest score first


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody says of one article, in the place of the machine's word for it."""

    at: datetime
    kind: Literal["tag_place", "tag_entity", "tag_none", "date", "as_found"]
    article_id: int
    who: str
    why: str
    surface: str | None = None  # the words, as they stand; None: of its date
    nth: int | None = None  # which of several, from 1, the title's first; None: all
    #: ISO2 or place id, entity id, day or time; None: of tag_none and as_found.
    value: str | None = None
    type: Literal["PER", "ORG", "LOC"] | None = None  # of an entity


@dataclass(frozen=True, slots=True)
class Region:
    """A region that an article can be about: a country list with a name."""

    id: str  # "m49:034", "x-sahel", "desk:afpak", "iso:PK"
    name: str
    scheme: Literal["country", "m49", "macro", "desk"]
    countries: tuple[str, ...] = field(default=())  # ISO2
    parent_id: str | None = None
    timezone: str | None = None  # of a desk, IANA; None: UTC


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that an article can be about."""

    id: str  # IPTC Media Topics, top level: "01000000"
    name: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A person, organisation or metonym that we know: a row of an entities file."""

    id: str  # "nd:per:...", "nd:org:...", "nd:loc:..."
    type: Literal["PER", "ORG", "LOC"]
    names: tuple[str, ...]  # the canonical one first
    context: tuple[str, ...] = ()  # names that mean it only with support in the text
    country: str | None = None  # ISO2 of its home, or of a metonym's government
    qid: str | None = None  # of Wikidata
    since: str | None = None  # of its time in office or its life: 2017, 2017-05-14
    until: str | None = None
    is_government: bool = False  # "X government" speaks of the country
    is_wire: bool = False  # signs datelines: "LAGOS (AP) -"

    @property
    def entity_id(self) -> str:
        """The id that mentions carry."""
        return self.qid or self.id


@dataclass(frozen=True, slots=True)
class Merge:
    """Two ids that somebody found to be one entity: the old one stays joinable."""

    old_id: str
    entity_id: str  # that it is from then on; never an old id itself
    who: str
    decided_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Review:
    """A name that may be an entity under a near spelling; nobody has merged them."""

    entity_id: str  # of the name
    name: str
    type: Literal["PER", "ORG"]
    candidate_id: str
    candidate: str  # the name that it is near to
    reason: Literal["spelling", "surname and initial"]
    score: float  # how alike the spellings are, 0..1
    n_articles: int  # that have the name
