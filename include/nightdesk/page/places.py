"""Where things are: the addresses inside the page, one function for each kind."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from nightdesk.page.asked import locate


def to_article(article_id: object) -> str:
    """Return the address of an article."""
    return f"/articles/{article_id}"


def to_story(story_id: object) -> str:
    """Return the address of a story, or of a text with its copies."""
    return f"/stories/{story_id}"


def to_region(region_id: object, night: date | None = None) -> str:
    """Return the address of a region.

    >>> to_region("iso:PK")
    '/regions/iso:PK'
    """
    return locate(f"/regions/{quote(str(region_id), safe=':')}", night=night)


def to_entity(entity_id: object, night: date | None = None) -> str:
    """Return the address of an entity."""
    return locate(f"/names/{quote(str(entity_id), safe=':')}", night=night)


def to_source(source_id: object, night: date | None = None) -> str:
    """Return the address of a source."""
    return locate(f"/sources/{quote(str(source_id), safe=':')}", night=night)


def to_articles(night: date | None = None, **filters: object) -> str:
    """Return the address of the articles that meet some conditions."""
    return locate("/articles", night=night, **filters)


def to_entries(night: date, **filters: object) -> str:
    """Return the address of the entries that meet some conditions."""
    return locate("/entries", night=night, **filters)
