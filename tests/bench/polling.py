"""Polling rules on recorded entry times: what is missed, and at how many requests.

A rough method: every entry appears at the time that it states; the feed shows as many
entries as half of what was recorded of it, ten at least; a rule misses what enters and
leaves between two polls. One recording is too short to see a rule settle, so its days
are played again until two weeks are full; a source is added when its feed has filled.
`cold` is the same the other way: each recording once, from before its first entry, so
that a rule knows nothing of the source and its feed is empty. Only feeds with an item a
day count. Without the recorded feeds, the days of the
newsstand take their place.
"""

from __future__ import annotations

import gzip
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "feeds" / "real"
sys.path.insert(0, str(ROOT / "include"))

from nightdesk.errors import FeedError  # noqa: E402
from nightdesk.feeds import parse_feed  # noqa: E402
from nightdesk.poll_state import PollState  # noqa: E402
from nightdesk.polling import Answer, Listed, check_due, note_answer  # noqa: E402

#: The steps of the simulation, and how often the collect DAG looks what is due.
TICK, RUNS = timedelta(minutes=15), timedelta(minutes=30)
Figure = tuple[str, str, float, str, float]
#: (is it polled at this tick?, what it learns from the poll)
Rule = tuple[Callable[[datetime], bool], Callable[[datetime, list[Listed]], None]]


@dataclass
class Score:
    """What a rule cost and lost over all feeds."""

    n_items: int = 0
    n_requests: int = 0
    n_missed: int = 0
    delays_h: tuple[float, ...] = ()


def polling() -> Iterator[Figure]:
    """Yield, for each rule, the share missed and the requests per item."""
    feeds = recorded_times() if RECORDED.is_dir() else newsstand_times()
    scores = {name: simulate(feeds, make) for name, make in RULES.items()}
    fixed = scores["nightly only"]
    for name, score in scores.items():
        missed = 100 * score.n_missed / score.n_items
        other = 100 * fixed.n_missed / fixed.n_items
        against = "limit" if name == "ours" else "nightly only"
        limit = 0.7 if name == "ours" else other
        yield f"polling, {name}: items missed", "%", missed, against, limit
        cost = score.n_requests / score.n_items
        yield (
            f"polling, {name}: requests per item",
            "1",
            cost,
            "limit" if name == "ours" else "nightly only",
            1.0 if name == "ours" else fixed.n_requests / fixed.n_items,
        )
        yield f"polling, {name}: median delay", "h", median(score.delays_h), "-", 0.0
    for name, make in RULES.items():
        score = simulate(feeds, make, is_cold=True)
        missed, cost = score.n_missed, score.n_requests / score.n_items
        yield (
            f"polling cold, {name}: items missed",
            "%",
            100 * missed / score.n_items,
            "requests an item",
            cost,
        )


def simulate(
    feeds: list[list[datetime]], make: Callable[[], Rule], *, is_cold: bool = False
) -> Score:
    """Return what a rule does over all feeds."""
    score = Score()
    for times in feeds:
        run_feed(times, make(), score, is_cold=is_cold)
    return score


def run_feed(times: list[datetime], rule: Rule, score: Score, *, is_cold: bool) -> None:
    """Poll one feed until a day after its last entry."""
    is_due, learn = rule
    window = max(10, len(times) // 2)
    times = times if is_cold else repeat_times(times)
    begin = times[0] if is_cold else times[window] + 4 * TICK
    now = begin.replace(minute=0, second=0, microsecond=0)
    end, delays = times[-1] + DAY, []
    n_first = n_known = max(0, bisect_right(times, now) - window)
    is_new = True
    while now <= end:
        if is_new or is_due(now):
            is_new = False
            score.n_requests += 1
            n_there = bisect_right(times, now)
            first = max(0, n_there - window)
            score.n_missed += max(0, first - n_known)
            for place in range(max(first, n_known), n_there):
                delays.append((now - times[place]).total_seconds() / 3600)
            n_known = max(n_known, n_there)
            learn(now, [Listed(n, times[n]) for n in range(first, n_there)])
        now += TICK
    score.n_missed += len(times) - n_known
    score.n_items += len(times) - n_first
    score.delays_h += tuple(delays)


def repeat_times(times: list[datetime]) -> list[datetime]:
    """Return the recorded times over and over, in whole days, for at least `DAYS`."""
    period = DAY * ((times[-1] - times[0]) // DAY + 1)
    n_times = max(2, -(-DAYS // period))
    return [t + n * period for n in range(n_times) for t in times]


def fixed_rule(every: timedelta) -> Callable[[], Rule]:
    """Return a rule that polls at whole multiples of an interval since midnight."""

    def make() -> Rule:
        return (lambda now: (now - MIDNIGHT) % every == timedelta(0)), _forget

    return make


def our_rule() -> Rule:
    """Return the rule of the collect DAG together with the nightly last look."""
    state = PollState(url="https://feed.example/")

    def is_due(now: datetime) -> bool:
        is_last_look = (now - MIDNIGHT) % DAY == timedelta(0)
        is_run = (now - MIDNIGHT) % RUNS == timedelta(0)
        return is_last_look or (is_run and check_due(state, now) is None)

    def learn(now: datetime, listed: list[Listed]) -> None:
        nonlocal state
        answer = Answer("ok", state.url, digest=str(listed), entries=listed)
        state, _ = note_answer(state, answer, now)

    return is_due, learn


def _forget(now: datetime, listed: list[Listed]) -> None:
    """A fixed rule learns nothing."""


DAYS = timedelta(days=14)
MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RULES: dict[str, Callable[[], Rule]] = {
    "nightly only": fixed_rule(DAY),
    "every 6 h": fixed_rule(6 * DAY / 24),
    "every hour": fixed_rule(DAY / 24),
    "every 15 min": fixed_rule(DAY / 96),
    "ours": our_rule,
}


def recorded_times() -> list[list[datetime]]:
    """Return the entry times of each recorded feed with an item a day or more."""
    feeds = []
    for path in sorted(RECORDED.glob("*.gz")):
        try:
            feed = parse_feed(
                gzip.decompress(path.read_bytes()), url="https://f.example/"
            )
        except FeedError:
            continue
        stated = (e.published_at or e.updated_at for e in feed.entries)
        times = sorted(t for t in stated if t is not None)
        is_busy = len(times) >= 10 and times[-1] - times[0] <= len(times) * DAY
        if is_busy and times not in feeds:  # some were recorded twice
            feeds.append(times)
    return feeds


def newsstand_times() -> list[list[datetime]]:
    """Return the entry times of the newsstand's sources over three days."""
    from nightdesk.newsstand import OUTLETS, World

    world, first = World(articles_per_night=180), date(2026, 3, 1)
    feeds = []
    for outlet in OUTLETS:
        days = [world.plan(first + n * DAY).list_of(outlet) for n in range(3)]
        times = sorted(item.at for day in days for item, _ in day)
        if len(times) >= 10:
            feeds.append(times)
    return feeds


if __name__ == "__main__":
    for figure in polling():
        print(*figure)
