"""What an article's page says about it: title, people, dates, outlet, kind, access.

Statements come before guesses: trafilatura's metadata pass costs a quarter of its time.
Its search for authors runs only on pages that name none in JSON-LD, and its search for
a date only on those that show none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from nightdesk.extract.authors import choose_authors, split_authors
from nightdesk.extract.body import guess_authors, guess_date
from nightdesk.extract.datelines import find_dateline
from nightdesk.extract.dates import (
    CERTAIN,
    Limits,
    Publication,
    choose_date,
    choose_modified,
    find_url_date,
    find_zone,
)
from nightdesk.extract.facts import (
    Facts,
    card_author,
    find_access,
    find_image,
    find_section,
    find_stated_url,
    linked_author,
    meta_author,
    modify_date,
    publish_dates,
    title_forms,
)
from nightdesk.extract.moments import Moment
from nightdesk.extract.page import Page
from nightdesk.extract.titles import choose_title
from nightdesk.model import Article


def add_metadata(
    article: Article, page: Page, tree: HtmlElement, facts: Facts
) -> Article:
    """Return the article with all that its page states, shows or suggests of it."""
    host = (_find_host(page.url) or "").removeprefix("www.")
    site = facts.find_meta("og:site_name", "application-name") or facts.jsonld.publisher
    outlets = [name for name in (site, host) if name]
    stated = [facts.jsonld.authors, card_author(facts)]
    dates = _state_dates(page, tree, facts)
    if choose_date(dates, _find_limits(page)).moment is None:
        limit = page.captured_at + timedelta(days=1) if page.captured_at else None
        if day := guess_date(tree, page.url, limit):
            dates.append(("trafilatura", day))
    if not _names_people(stated, outlets):
        stated.append(guess_authors(tree))
    stated.append(meta_author(facts))
    authors = choose_authors(stated, outlets[:1])
    return replace(
        add_dates(article, page, dates, modify_date(facts)),
        title=choose_title(facts) or page.stated_title,
        authors=authors or choose_authors([linked_author(tree)], ()),
        site_name=site or host or None,
        section=find_section(facts),
        description=facts.find_meta("og:description", "description")
        or facts.jsonld.description,
        image_url=find_image(facts, page.url),
        stated_url=find_stated_url(facts, page.url),
        is_free=find_access(facts),
    )


def add_dates(
    article: Article, page: Page, stated: list[tuple[str, str]], modified: str | None
) -> Article:
    """Return the article with the date that wins among (via, raw) statements."""
    limits = _find_limits(page)
    chosen = choose_date(stated, limits)
    moment = chosen.moment
    return replace(
        article,
        published_at=moment.at if moment else None,
        published_on=moment.on if moment else None,
        published_precision=moment.precision if moment else None,
        published_zone=moment.zone if moment else None,
        published_via=chosen.via,
        date_candidates=chosen.candidates,
        modified_at=choose_modified(modified, limits),
    )


def choose_publication(page: Page, tree: HtmlElement, facts: Facts) -> Publication:
    """Return the date that wins among those that a page states."""
    return choose_date(_state_dates(page, tree, facts), _find_limits(page))


def _state_dates(page: Page, tree: HtmlElement, facts: Facts) -> list[tuple[str, str]]:
    """What a page states of its date; what it shows only where that is doubtful."""
    stated = publish_dates(facts)
    chosen = choose_date(stated, _find_limits(page))
    day = find_url_date(page.url)
    if chosen.via not in CERTAIN or _is_elsewhere(chosen.moment, day):
        titles = (choose_title(facts), *title_forms(facts))
        lang = tree.get("lang")
        if shown := find_dateline(tree, [t for t in titles if t], lang):
            stated.append(("dateline", shown))
    if day:
        stated.append(("url", day))
    return stated


def _is_elsewhere(moment: Moment | None, day: str | None) -> bool:
    """Does the address name another day than the one that the instant has in UTC?"""
    return bool(moment and day and moment.zone and moment.on.isoformat() != day)


def _find_limits(page: Page) -> Limits:
    return Limits(
        page.captured_at,
        page.stated_at,
        page.stated_precision,
        find_zone(page.timezone),
    )


def _names_people(stated: list[tuple[str, ...]], outlets: list[str]) -> bool:
    known = {name.casefold() for name in outlets}
    return any(
        n.casefold() not in known for names in stated for n in split_authors(names)
    )


def _find_host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
