"""What kind of article a page is: news, opinion, live, several, gallery or video.

What the page states comes first; many live blogs state "NewsArticle", so their address
or headline says it too. A page of several stories (briefs, a newsletter, a front page
in disguise) has each of them in an `article` element of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nightdesk.extract.facts import Facts
from nightdesk.extract.places import Places

_STATED = (
    ("live", re.compile(r"LiveBlogPosting")),
    ("opinion", re.compile(r"Opinion|Review|Analysis")),
    ("gallery", re.compile(r"Gallery")),
    ("news", re.compile(r"Article|Posting|Report")),
    ("video", re.compile(r"VideoObject")),
)
_LIVE_URL = re.compile(
    r"/live(?:blog|ticker|-updates?|-news)?(?:/|$)|[/-]live-?(?:blog|ticker|updates?)\b"
    r"|[/-](?:newsblog|minuto-a-minuto|en-direct|in-diretta)\b",
    re.IGNORECASE,
)
_LIVE_TITLE = re.compile(
    r"\bLIVE\b|(?i:\blive(?:[ -]?(?:blog|ticker|updates?)|\s*[:|–-])|\bas it happened\b"
    r"|\bnews-?(?:blog|ticker)\b|\bminuto a minuto\b|^en direct\b|\bin diretta\b"
    r"|онлайн-трансляция|canlı (?:anlatım|blog)|بث مباشر|لحظة بلحظة|实时更新|即時更新)"
)
_OPINION_URL = re.compile(
    r"/(?:opinions?|editorials?|commentary|comment|columns?|meinung|kommentare?|kolumnen?"
    r"|opinion(?:e|i|es)|debates?|ledare|tribunes?|editoriali?)/",
    re.IGNORECASE,
)
_MIN_STORIES = 3
_MIN_STORY = 200  # characters; less is a teaser
_STORIES_SHARE = 0.6  # of the text in them


def find_kind(
    facts: Facts, url: str, lines: Sequence[str], places: Places
) -> str | None:
    """Return the article type; None: unknown."""
    stated = " ".join(facts.jsonld.article_types)
    kind = next((kind for kind, mark in _STATED if mark.search(stated)), None)
    titles = (facts.jsonld.headline, facts.meta.get("og:title"), *facts.headings[:1])
    if _LIVE_URL.search(url) or any(_LIVE_TITLE.search(t) for t in titles if t):
        return "live"
    if kind in (None, "news") and _has_stories(lines, places):
        return "several"
    og_type = facts.meta.get("og:type", "").lower()
    if kind is None and og_type.startswith(("article", "video")):
        kind = "video" if og_type.startswith("video") else "news"
    if kind == "news" and _OPINION_URL.search(url):
        return "opinion"
    return kind


def _has_stories(lines: Sequence[str], places: Places) -> bool:
    """Is most of the text in three or more articles that stand side by side?"""
    sizes: dict[object, int] = {}
    for line in lines:
        element = places.find(line)
        above = () if element is None else element.iterancestors("article")
        for article in above:
            if article not in places.spine:
                sizes[article] = sizes.get(article, 0) + len(line)
                break
    enough = [size for size in sizes.values() if size >= _MIN_STORY]
    return len(enough) >= _MIN_STORIES and sum(enough) >= _STORIES_SHARE * sum(
        map(len, lines)
    )
