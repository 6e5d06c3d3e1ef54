"""The made-up outlets of the newsstand: who publishes what, how, and how well.

Every address lies under the reserved top-level domain `.example` (RFC 2606), so that
none can ever be somebody's. include/config/sources.yaml states the same outlets for
the pipeline; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AFRICA = ("KE", "NG", "GH", "ET", "SN", "TZ", "ZA", "ML")
SOUTH_ASIA = ("PK", "IN", "BD", "LK", "NP", "AF")
EAST_ASIA = ("JP", "KR", "VN", "ID", "MY", "TH", "CN")
AMERICAS = ("US", "CA", "MX", "CO", "PE", "BR")
EUROPE = ("GB", "DE", "FR", "PL", "ES", "IT", "NO", "UA")
GULF = ("AE", "JO", "IQ", "EG", "OM", "TR")
OCEANIA = ("AU", "NZ", "FJ", "PG")

Kind = Literal["rss", "atom", "jsonfeed", "sitemap"]
#: How the page states what it is: full JSON-LD; a @graph of it; meta tags only; a
#: JSON-LD day without a time; a <time> element and nothing else.
Layout = Literal["jsonld", "graph", "meta", "day_only", "time"]
#: Where the address has its day: /2026/11/24/name, or an id of eleven digits.
Paths = Literal["dated", "numbered"]


@dataclass(frozen=True, slots=True)
class Outlet:
    """One source of the newsstand; two sources may share a host."""

    id: str
    name: str
    kind: Kind
    host: str
    feed: str  # path of the feed
    country: str
    lang: str
    timezone: str
    tags: tuple[str, ...]
    weight: int = 0  # share of the night's pages; 0: none of its own
    cap: int | None = None  # most pages in a night
    home: tuple[str, ...] = ()  # ISO2 of the countries it writes about most
    offset_min: int = 0  # of the times that it states
    layout: Layout = "jsonld"
    paths: Paths = "dated"
    past: str | None = "/sitemaps/{yyyy}/{mm}/{dd}.xml"
    is_dead: bool = False
    delay_s: float = 0.0
    is_broken_xml: bool = False  # windows-1254 with bare ampersands
    closed: str | None = None  # a section that robots.txt disallows
    section_of: str | None = None  # id of the source whose items it lists again

    @property
    def root(self) -> str:
        """Address of the host, without a slash at the end."""
        return f"https://{self.host}"

    @property
    def feed_url(self) -> str:
        """Address of the feed."""
        return self.root + self.feed

    @property
    def past_url(self) -> str | None:
        """Address of the dated sitemaps, with {yyyy} {mm} {dd}, if it has any."""
        return self.root + self.past if self.past else None


WIRE = "harbour-ledger"

# Twenty pages at most in small languages: their banks hold fewer sentences, and more
# pages than that in one night begin to look like copies.
OUTLETS: tuple[Outlet, ...] = (
    Outlet(WIRE, "The Harbour Ledger", "rss", "www.harbourledger.example",
           "/feed.xml", "GB", "en", "Europe/London", ("europe", "wire"), 22,
           home=EUROPE + AFRICA + SOUTH_ASIA),
    Outlet("harbour-ledger-world", "The Harbour Ledger: World", "rss",
           "www.harbourledger.example", "/world/feed.xml", "GB", "en",
           "Europe/London", ("europe", "world"), section_of=WIRE,
           past="/sitemaps/world/{yyyy}/{mm}/{dd}.xml"),
    Outlet("savanna-courier", "Savanna Courier", "rss", "savannacourier.example",
           "/rss", "KE", "en", "Africa/Nairobi", ("africa",), 16, home=AFRICA,
           offset_min=180, layout="graph"),
    Outlet("lagoon-post", "The Lagoon Post", "atom", "www.lagoonpost.example",
           "/atom.xml", "NG", "en", "Africa/Lagos", ("africa",), 14, home=AFRICA,
           layout="meta", paths="numbered"),
    Outlet("indus-observer", "The Indus Observer", "rss", "indusobserver.example",
           "/feeds/all.rss", "PK", "en", "Asia/Karachi", ("south-asia",), 15,
           home=SOUTH_ASIA, offset_min=300, layout="time"),
    Outlet("ghats-dispatch", "Ghats Dispatch", "jsonfeed", "ghatsdispatch.example",
           "/feed.json", "IN", "en", "Asia/Kolkata", ("south-asia",), 14,
           home=SOUTH_ASIA, offset_min=330, paths="numbered"),
    Outlet("straits-signal", "Straits Signal", "rss", "www.straitssignal.example",
           "/rss.xml", "SG", "en", "Asia/Singapore", ("east-asia",), 8, cap=20,
           home=EAST_ASIA, offset_min=480, layout="graph", delay_s=0.3),
    Outlet("pacific-lantern", "Pacific Lantern", "sitemap", "pacificlantern.example",
           "/news-sitemap.xml", "AU", "en", "Australia/Brisbane", ("oceania",), 13,
           home=OCEANIA, offset_min=600, layout="meta"),
    Outlet("cascade-beacon", "Cascade Beacon", "rss", "www.cascadebeacon.example",
           "/index.rss", "US", "en", "America/Los_Angeles", ("north-america",), 15,
           home=AMERICAS, offset_min=-480, closed="/members/"),
    Outlet("gulf-meridian", "Gulf Meridian", "atom", "gulfmeridian.example",
           "/feed.atom", "AE", "en", "Asia/Dubai", ("middle-east",), 14, home=GULF,
           offset_min=240, layout="time", past=None),
    Outlet("fjord-examiner", "Fjord Examiner", "rss", "fjordexaminer.example",
           "/rss.xml", "NO", "en", "Europe/Oslo", ("europe",), past=None,
           is_dead=True),
    Outlet("brujula-austral", "La Brújula Austral", "rss", "brujulaaustral.example",
           "/rss.xml", "AR", "es", "America/Argentina/Buenos_Aires",
           ("latin-america",), 8, cap=20, home=("AR", "CL", "PE"),
           offset_min=-180, layout="meta"),
    Outlet("gazette-des-quais", "La Gazette des Quais", "atom",
           "www.gazettedesquais.example", "/atom.xml", "FR", "fr", "Europe/Paris",
           ("europe",), 8, cap=20, home=("FR", "CI", "TN"), layout="jsonld"),
    Outlet("deichbote", "Der Deichbote", "rss", "deichbote.example", "/feed.rss",
           "DE", "de", "Europe/Berlin", ("europe",), 8, cap=20, home=("DE", "AT"),
           layout="day_only"),
    Outlet("sada-al-marfa", "صدى المرفأ", "rss", "sadaalmarfa.example", "/rss.xml",
           "JO", "ar", "Asia/Amman", ("middle-east",), 5, cap=14,
           home=("JO", "EG", "IQ"), offset_min=180),
    Outlet("subh-e-darya", "صبحِ دریا", "rss", "subhedarya.example", "/rss.xml",
           "PK", "ur", "Asia/Karachi", ("south-asia",), 5, cap=14,
           home=("PK", "AF"), offset_min=300, layout="graph"),
    Outlet("wangjiang-daily", "望江日讯", "atom", "wangjiangdaily.example",
           "/atom.xml", "CN", "zh", "Asia/Shanghai", ("east-asia",), 5, cap=14,
           home=("CN", "MY"), offset_min=480, layout="meta", paths="numbered"),
    Outlet("stepnoy-telegraf", "Степной телеграф", "jsonfeed",
           "stepnoytelegraf.example", "/feed.json", "KZ", "ru", "Asia/Almaty",
           ("central-asia",), 5, cap=14, home=("KZ", "UZ"), offset_min=300),
    Outlet("bogaz-feneri", "Boğaz Feneri", "rss", "bogazfeneri.example", "/rss.xml",
           "TR", "tr", "Europe/Istanbul", ("middle-east", "europe"), 5, cap=14,
           home=("TR", "AZ"), offset_min=180, layout="jsonld", is_broken_xml=True),
)  # fmt: skip

BY_ID = {outlet.id: outlet for outlet in OUTLETS}
#: Hosts in the order of the outlets, each once.
HOSTS: tuple[str, ...] = tuple(dict.fromkeys(outlet.host for outlet in OUTLETS))


def list_english() -> tuple[Outlet, ...]:
    """Return the outlets that may carry a text of the wire."""
    return tuple(o for o in OUTLETS if o.lang == "en" and o.weight and o.id != WIRE)


def share_articles(n_articles: int) -> dict[str, int]:
    """Return outlet id -> pages, by weight and within caps; they add up."""
    left = [outlet for outlet in OUTLETS if outlet.weight]
    shares: dict[str, int] = {}
    rest = n_articles
    while True:  # an outlet that meets its cap leaves its share to the others
        total = sum(outlet.weight for outlet in left)
        full = [o for o in left if o.cap and rest * o.weight / total > o.cap]
        if not full:
            break
        for outlet in full:
            shares[outlet.id] = outlet.cap or 0
            rest -= shares[outlet.id]
            left.remove(outlet)
    exact = {outlet.id: rest * outlet.weight / total for outlet in left}
    shares.update({name: int(value) for name, value in exact.items()})
    short = n_articles - sum(shares.values())
    for name in sorted(exact, key=lambda n: (int(exact[n]) - exact[n], n))[:short]:
        shares[name] += 1
    return shares
