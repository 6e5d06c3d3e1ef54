"""robots.txt by RFC 9309: who may fetch what, and how fast.

protego matches the paths. Which group is ours is decided here, since protego reads
agent names more loosely than the RFC does, and ends a group at lines that it does not
know: alone it gets 130 of Google's 142 cases right. With this step those that we know
come out right but four, in which we keep to the RFC: an escape that is not needed, an
address without the escapes that it needs (two), and an agent of two words.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from protego import Protego

from nightdesk.fetch.address import Address

# Keys are what begins with them, as Google reads them: "User-agents:", "Disallowed:".
_AGENT = re.compile(r"(?i)user-?\s?agent[^\s:]*\s*[:\s]\s*(.*)")
_DELAY = re.compile(r"(?i)crawl-?\s?delay\s*[:\s]\s*(.*)")
# With the misspellings that Google and protego know.
_RULE = re.compile(
    r"(?i)(?:(allow)|dis?s?allow|dissalow|disalow|diasllow|disallaw)[^\s:]*"
    r"\s*[:\s]\s*(.*)"
)
# `Allow: /a/index.html` is for `/a/` too, as Google reads it, and what begins so.
_INDEX = re.compile(r"(.*/)index\.htm[^/]*")
_TOKEN = re.compile(r"[A-Za-z_-]+")
_NOBODY = "~"  # in no product token, so a group of this name is nobody's
_NAMELESS = "!"  # an agent without a product token: only "*" speaks to it
_MAX_LINE = 16_663  # where Google cuts one: 8 x 2083 characters, with the end
_LINE_END = re.compile(r"\r\n|\r|\n")  # splitlines() knows more than the RFC


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one host for one agent."""

    rules: Protego
    agent: str
    delay_s: float | None = None

    def allows(self, url: str) -> bool:
        """Return whether the agent may fetch an address of this host."""
        return bool(self.rules.can_fetch(url, self.agent))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a host's robots.txt.

    Attributes:
        robots: the rules; None: nothing may be fetched.
        outcome: why not: `robots`, or `rate_limited` where the server asked to wait.
        error: the same in words.
    """

    robots: Robots | None
    outcome: str = "robots"
    error: str | None = None
    retry_after_s: int | None = None


def read_product(user_agent: str) -> str:
    """Return the product token that robots.txt knows an agent by, in lower case.

    >>> read_product("Nightdesk/1.0 (+https://a.example/)")
    'nightdesk'
    """
    token = _TOKEN.match(user_agent.strip())
    return token.group().lower() if token else ""


def parse_robots(text: str, user_agent: str) -> Robots:
    r"""Return the rules for an agent; any text is a robots.txt, if an empty one.

    >>> robots = parse_robots("user-agent: *\ndisallow: /x\n", "nightdesk/1")
    >>> robots.allows("https://a.example/x/1"), robots.allows("https://a.example/")
    (False, True)
    """
    product = read_product(user_agent)
    delays: dict[str, float] = {}
    names: set[str] = set()
    lines: list[str] = []
    group: set[str] = set()  # three names at most: ours, everybody's, nobody's
    is_open = False  # agents may still join the group
    for raw in _LINE_END.split(text.lstrip("\ufeff\ufffd")):  # half of one as well
        line = " ".join(raw[:_MAX_LINE].partition("#")[0].split())
        if agent := _AGENT.fullmatch(line):
            name = _name_agent(agent.group(1), product)
            group, is_open = group if is_open else set(), True
            if name not in group:
                group.add(name)
                names.add(name)
                lines.append(f"User-agent: {name}")
        elif delay := _DELAY.fullmatch(line):
            for name in group:
                delays.setdefault(name, _read_delay(delay.group(1)))
        elif rule := _RULE.fullmatch(line):
            is_open = False
            lines.append(f"{'Allow' if rule[1] else 'Disallow'}: {rule[2]}")
            if rule[1] and (index := _INDEX.fullmatch(rule[2])):
                lines.append(f"Allow: {index[1]}$")
    own = product if product in names else "*"
    rules = Protego.parse("\n".join(lines))
    return Robots(rules, product or _NAMELESS, delays.get(own) or None)


@dataclass(slots=True)
class RobotsCache:
    """The verdicts of one fetcher, by host.

    A verdict found over http holds for https too, and the other way round, so that the
    usual redirect between them does not cost a second look. Without a lock: a look-up
    and an entry of a dict are each one step, and two equal entries do no harm.
    """

    _verdicts: dict[tuple[str, int], Verdict] = field(default_factory=dict)

    def find(self, at: Address) -> Verdict | None:
        """Return what is known of an address's host."""
        return self._verdicts.get(_make_key(at))

    def keep(self, at: Address, verdict: Verdict) -> None:
        """Keep what was found out about an address's host."""
        self._verdicts[_make_key(at)] = verdict


def _make_key(at: Address) -> tuple[str, int]:
    return at.host, 443 if at.port == 80 else at.port


def _name_agent(value: str, product: str) -> str:
    if value == "*" or value.startswith("* "):
        return "*"
    token = _TOKEN.match(value)
    is_ours = token is not None and token.group().lower() == product
    return product if is_ours else _NOBODY


def _read_delay(value: str) -> float:
    try:
        delay = float(value)
    except ValueError:
        return 0.0
    return delay if math.isfinite(delay) and delay > 0 else 0.0
