"""One look at an outlet, for people: which feeds, sitemaps or pages does it have?

Nothing is archived and no state is written; every guard of the fetcher is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urljoin

from nightdesk.cli.asking import (
    check_address,
    make_request,
    name_failure,
    open_fetcher,
)
from nightdesk.cli.progress import show_progress, warn
from nightdesk.cli.source_file import write_rows
from nightdesk.config import Settings, SourceList
from nightdesk.discover import (
    Candidate,
    Proposal,
    add_children,
    judge,
    list_candidates,
    propose_page,
)
from nightdesk.errors import ConfigError, NightdeskError
from nightdesk.fetch import Fetched, Fetcher, Request
from nightdesk.model import Source
from nightdesk.opml import make_id
from nightdesk.pipeline.job import utc_now
from nightdesk.urls import host

_MOST_CHILDREN = 10  # requests for the children of all indexes of one outlet
_UNREACHED = ("dns", "connection", "forbidden_address", "tls")


def discover(
    settings: Settings, sources: SourceList, url: str, *, allow_private: bool = False
) -> list[Proposal]:
    """Return what an outlet can be watched by, the most trusted first.

    Feeds of comments come last.

    Raises:
        ConfigError: no http(s) address, or a server that cannot be reached.
        NightdeskError: the address is refused, and nothing else was found.
    """
    if "://" not in url:
        url = f"https://{url}"
    check_address(url)
    with open_fetcher(settings, sources) as fetcher:
        look = _Look(fetcher, sources, allow_private=allow_private)
        warn(f"discover: asking {host(url)} for its page and its robots.txt")
        front, candidates = look.find_candidates(url)
        found = look.judge_all(front, candidates)
        is_there = front.attempt.outcome == "ok"
        if not found and is_there:
            attempt = front.attempt
            page = propose_page(attempt.final_url, front.body, attempt.content_type)
            found = [page] if page else []
        if not found and not is_there:
            raise NightdeskError(
                f"discover: {url}: {name_failure(front.attempt)}; nor is a feed at the "
                "usual addresses"
            )
        found = look.read_indexes(_drop_twins(found))
    return sorted(found, key=lambda proposal: proposal.is_comments)


class _Look:
    """The requests of one look at an outlet."""

    def __init__(
        self, fetcher: Fetcher, sources: SourceList, *, allow_private: bool
    ) -> None:
        self._fetcher = fetcher
        self._sources = sources
        self._allow_private = allow_private
        self._night = utc_now().date()

    def find_candidates(self, url: str) -> tuple[Fetched, tuple[Candidate, ...]]:
        """Return what the outlet's page is, and the addresses to try; itself first."""
        front = self._fetcher.fetch(self._request(url))
        attempt = front.attempt
        if attempt.outcome in _UNREACHED:
            raise ConfigError(f"discover: {url}: {name_failure(attempt)}")
        robots = self._fetcher.fetch(self._request(urljoin(url, "/robots.txt")))
        return front, list_candidates(
            url,
            front.body if attempt.outcome == "ok" else None,
            attempt.content_type,
            robots.body if robots.attempt.outcome == "ok" else None,
            page_url=attempt.final_url,
        )

    def judge_all(
        self, front: Fetched, candidates: Sequence[Candidate]
    ) -> list[Proposal]:
        """Return the proposals of the candidates that give entries, in their order."""
        warn(f"discover: {len(candidates) - 1} addresses to try, one after the other")
        answers = {candidates[0].url: front}
        answers |= self._ask("discover", [c.url for c in candidates[1:]])
        found = (self._judge(c, answers[c.url]) for c in candidates)
        return [proposal for proposal in found if proposal is not None]

    def read_indexes(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        """Return the proposals, those of indexes with what their children list."""
        left, done = _MOST_CHILDREN, []
        for proposal in proposals:
            asked = proposal.children[:left]
            left -= len(asked)
            answers = self._ask("children", asked)
            read, lines = [], []
            for url in asked:
                child = self._judge(Candidate(url, "index"), answers[url])
                outcome = answers[url].attempt.outcome
                gives = f"{child.n_entries} entries" if child else "no entries"
                lines.append(f"{url}: {gives if outcome == 'ok' else outcome}")
                read += [child] if child else []
            if asked:
                proposal = replace(add_children(proposal, read), reads=tuple(lines))
            done.append(proposal)
        return done

    def _ask(self, what: str, urls: Sequence[str]) -> dict[str, Fetched]:
        answers: dict[str, Fetched] = {}
        with show_progress(what) as progress:
            requests: Iterator[Request] = map(self._request, urls)
            for request, fetched in self._fetcher.fetch_all(requests):
                answers[request.url] = fetched
                progress(len(answers), len(urls), "addresses asked")
        return answers

    def _request(self, url: str) -> Request:
        return make_request(url, self._sources, allow_private=self._allow_private)

    def _judge(self, candidate: Candidate, fetched: Fetched) -> Proposal | None:
        attempt = fetched.attempt
        if attempt.outcome != "ok":
            return None
        return judge(
            candidate,
            fetched.body,
            attempt.content_type,
            attempt.final_url,
            night=self._night,
        )


def proposal_rows(
    proposals: Sequence[Proposal], sources: SourceList, *, allow_private: bool = False
) -> list[dict[str, Any]]:
    """Return proposals as rows for people and programs, with their YAML.

    No two of them have one id, nor has one the id of a source.
    """
    taken = {name for s in sources.sources for name in (s.id, *s.was)}
    rows = []
    for proposal in proposals:
        outlet = host(proposal.url)
        name = " ".join((proposal.title or outlet).split())[:200]
        source = Source(
            id=make_id(name, outlet, taken),
            name=name,
            kind=proposal.kind,
            url=proposal.url,
            link_pattern=proposal.link_pattern,
            allow_private=allow_private,
        )
        taken.add(source.id)
        rows.append({**asdict(proposal), "id": source.id, "yaml": write_rows([source])})
    return rows


def _drop_twins(proposals: list[Proposal]) -> list[Proposal]:
    """Return proposals without those that list the same first entries."""
    kept: dict[object, Proposal] = {}
    for proposal in proposals:
        key = (proposal.kind, proposal.examples) if proposal.examples else proposal.url
        kept.setdefault(key, proposal)
    return list(kept.values())
