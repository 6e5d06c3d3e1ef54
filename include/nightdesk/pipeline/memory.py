"""What collect remembers between runs: sources, hosts that said wait, young articles.

    sources/<id>.json    the poll state (`polling.PollState`)
    pages/<id>.json      young articles, to ask for them again (`collect.PageMemo`)
    hosts/<host>.json    until when a host wants no request (Retry-After), and what it
                         reserves as a whole (tdmrep.json)

Read at need and written by `save`, as the last thing of a run: what a lost run had
learned of a source is learned again, but a wait is kept at once. A file that is damaged
is as good as none, and named in the log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from nightdesk.collect import (
    PageMemo,
    choose_due,
    is_due,
    is_young,
    read_memos,
    write_memos,
)
from nightdesk.errors import LandingError
from nightdesk.fetch import RETRYABLE, Fetched, Request, TdmRule
from nightdesk.landing import Landing
from nightdesk.model import Feed, Listing, Source
from nightdesk.nights import stated_night
from nightdesk.poll_state import Answer, Listed, PollState, read_state, write_state
from nightdesk.polling import LOGIN_AGAIN, note_answer, note_resent
from nightdesk.urls import host

log = logging.getLogger(__name__)

#: How long the rules of a host are taken as read: as long as those of robots.txt.
_RULES_FOR = timedelta(hours=24)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})", re.IGNORECASE)


@dataclass
class Memory:
    """State of the sources of one run, and of the hosts that they live on."""

    landing: Landing
    clock: Callable[[], datetime]
    before: dict[str, PollState] = field(default_factory=dict)  # as this run found it
    _states: dict[str, PollState] = field(default_factory=dict)
    _memos: dict[str, dict[int, PageMemo]] = field(default_factory=dict)
    _hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _changed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def read(self, name: str) -> dict[str, Any]:
        """Return a state file; {} where it is not there or not whole."""
        try:
            return self.landing.read_json(name)
        except LandingError as error:
            log.warning("state: begun anew: %s", error)
            return {}

    # sources ---------------------------------------------------------------

    def state_of(self, source: Source) -> PollState:
        """Return what is known of a source now."""
        if source.id not in self._states:
            state = read_state(self.read(f"sources/{source.id}.json"), source.url)
            self._states[source.id] = self.before[source.id] = state
        return self._states[source.id]

    def note_poll(
        self,
        source: Source,
        request: Request,
        fetched: Fetched,
        feed: Feed | None = None,
        listed: Iterable[Listing] = (),
    ) -> None:
        """Take in what a poll of a source's feed brought; None: it was no feed."""
        attempt, now = fetched.attempt, self.clock()
        is_bad = attempt.outcome == "ok" and feed is None
        age = _MAX_AGE.search(fetched.headers.get("cache-control", ""))
        answer = Answer(
            outcome="not_a_feed" if is_bad else attempt.outcome,
            final_url=attempt.final_url,
            redirects=attempt.redirects,
            etag=fetched.headers.get("etag"),
            last_modified=fetched.headers.get("last-modified"),
            digest=attempt.digest,
            max_age_s=int(age[1]) if age else None,
            ttl_s=feed.ttl_s if feed else None,
            retry_after_s=attempt.retry_after_s,
            entries=[Listed(row.article_id, row.stated_at) for row in listed],
            was_conditional=bool(request.etag or request.last_modified),
            source_id=source.id,
        )
        state, reasons = note_answer(self.state_of(source), answer, now)
        for reason in reasons:
            log.warning("source=%s %s", source.id, reason)
        self._put(source.id, state)

    def note_resent(self, source_id: str, ids: set[int]) -> None:
        """Take in how many old entries a source listed again."""
        state = note_resent(self._states[source_id], ids, self.clock())
        if state is not self._states[source_id]:
            log.warning("source=%s resends %d old entries", source_id, len(ids))
            self._put(source_id, state)

    def note_login(self, source: Source, *, is_missing: bool) -> None:
        """Take in whether the login of a source is there."""
        state = self.state_of(source)
        if is_missing:
            self._lose_login(source.id, "missing")
        elif state.login_lost == "missing":
            self._lose_login(source.id, None)

    def note_login_use(self, source_id: str, *, is_refused: bool) -> None:
        """Take in whether the login of a source opens its pages."""
        if is_refused or self._states[source_id].login_lost:
            self._lose_login(source_id, "refused" if is_refused else None)

    def _lose_login(self, source_id: str, how: str | None) -> None:
        state, now = self._states[source_id], self.clock()
        if how:
            log.warning("source=%s login=%s", source_id, how)
        changes = replace(state, login_lost=how, login_lost_at=now if how else None)
        self._put(source_id, changes)

    def may_log_in(self, source: Source) -> bool:
        """Say whether pages that were refused are worth another try with a login."""
        state = self.state_of(source)
        at = state.login_lost_at
        is_rested = at is None or self.clock() - at >= LOGIN_AGAIN
        return source.connection is not None and is_rested

    def _put(self, source_id: str, state: PollState) -> None:
        self._states[source_id] = state
        self._changed[f"sources/{source_id}.json"] = write_state(state)

    # hosts -----------------------------------------------------------------

    def wait_until(self, url: str) -> datetime | None:
        """Return the time before which the host of an address wants no request."""
        raw = self._host_state(url).get("retry_at")
        until = datetime.fromisoformat(raw) if raw else None
        return until if until is not None and until > self.clock() else None

    def note_wait(self, fetched: Fetched) -> None:
        """Keep the Retry-After of an answer, for all sources on its host."""
        attempt = fetched.attempt
        if attempt.outcome != "rate_limited" or not attempt.retry_after_s:
            return
        until = self.clock() + timedelta(seconds=attempt.retry_after_s)
        self._put_host(attempt.final_url, {"retry_at": until.isoformat()})
        name = _host_file(attempt.final_url)
        self.landing.write_json(name, self._changed.pop(name))  # a kill may come now
        log.info("host=%s retry_at=%s", host(attempt.final_url), until)

    def rules_of(self, url: str) -> tuple[TdmRule, ...]:
        """Return what the host of an address reserves, as last read."""
        rows = self._host_state(url).get("tdm", {}).get("rules", ())
        return tuple(TdmRule(location, tuple(words)) for location, words in rows)

    def wants_rules(self, url: str) -> bool:
        """Say whether the host of an address is to be asked what it reserves."""
        raw = self._host_state(url).get("tdm", {}).get("until")
        return raw is None or datetime.fromisoformat(raw) <= self.clock()

    def note_rules(self, url: str, rules: Iterable[TdmRule]) -> None:
        """Keep what the host of an address reserves."""
        rows = [[rule.location, list(rule.words)] for rule in rules]
        until = (self.clock() + _RULES_FOR).isoformat()
        self._put_host(url, {"tdm": {"until": until, "rules": rows}})

    def _host_state(self, url: str) -> dict[str, Any]:
        name = _host_file(url)
        if name not in self._hosts:
            self._hosts[name] = self.read(name)
        return self._hosts[name]

    def _put_host(self, url: str, news: dict[str, Any]) -> None:
        self._host_state(url).update(news)
        self._changed[_host_file(url)] = self._host_state(url)

    # young articles --------------------------------------------------------

    def memos_of(self, source_id: str) -> dict[int, PageMemo]:
        """Return the young articles of a source."""
        if source_id not in self._memos:
            raw = self.read(f"pages/{source_id}.json")
            self._memos[source_id] = read_memos(raw, self.clock())
        return self._memos[source_id]

    def choose_due(self, source_ids: Iterable[str]) -> dict[int, PageMemo]:
        """Return the articles of these sources that the policy asks for again."""
        found = {}
        for source_id in source_ids:
            memos = self.memos_of(source_id)
            found.update({i: memos[i] for i in choose_due(memos, self.clock())})
        return found

    def note_page(self, row: Listing, fetched: Fetched, *, is_known: bool) -> None:
        """Keep the validators of a captured page, and that it was asked for again.

        Args:
            row: its entry.
            fetched: what became of it now.
            is_known: an earlier run has captured it.
        """
        memos = self.memos_of(row.source_id)
        memo = memos.get(row.article_id)
        attempt, headers, now = fetched.attempt, fetched.headers, self.clock()
        is_done = memo is not None and (memo.is_done or is_due(memo, now))
        if attempt.outcome == "ok" and (memo or is_young(row, now)):
            memo = PageMemo(
                captured_at=memo.captured_at if memo else now,
                night=stated_night(row),
                digest=attempt.digest or "",
                etag=headers.get("etag"),
                last_modified=headers.get("last-modified"),
                is_done=is_done,
            )
        elif memo is not None:
            is_owed = attempt.outcome in RETRYABLE
            is_done = memo.is_done if is_owed else is_done
            memo = replace(memo, is_done=is_done, is_owed=is_owed)
        elif is_known and attempt.outcome in RETRYABLE:
            # An old article that has changed: owed, for as long as a young one is.
            memo = PageMemo(now, stated_night(row), "", is_done=True, is_owed=True)
        if memo is not None and memo != memos.get(row.article_id):
            memos[row.article_id] = memo
            self._changed[f"pages/{row.source_id}.json"] = {}

    def save(self) -> None:
        """Write down what has changed."""
        for name, value in self._changed.items():
            if name.startswith("pages/"):
                value = write_memos(self._memos[name[6:].removesuffix(".json")])
            self.landing.write_json(name, value)
        self._changed.clear()


def _host_file(url: str) -> str:
    return f"hosts/{re.sub(r'[^a-z0-9.-]', '_', host(url))}.json"


def move_state(landing: Landing, old_id: str, new_id: str) -> None:
    """Put what is remembered of a source under another id; again does no harm."""
    for folder in ("sources", "pages"):
        name = f"{folder}/{old_id}.json"
        if landing.exists(name):
            landing.put(f"{folder}/{new_id}.json", landing.get(name))
            landing.drop(name)
