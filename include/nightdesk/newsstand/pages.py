"""The pages of the newsstand: five layouts, and what is no article at all.

The layouts differ where publishers differ: in how a page states its date and author
and in the markup around the text. All have navigation, a cookie line, links to other
articles and a footer, which a reader of pages has to leave out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from nightdesk.newsstand.plan import Item
from nightdesk.newsstand.texts import make_author, make_paragraphs, make_summary
from nightdesk.newsstand.words import WORDS, Words

_RTL = ("ar", "ur")
_STYLE = "body{font:18px/1.5 serif;max-width:46rem;margin:auto}nav a{margin:.5em}"


def write_page(item: Item, related: Sequence[Item]) -> bytes:
    """Return the page of an item as HTML in UTF-8.

    Args:
        item: any item but a missing one.
        related: other items of the outlet, whose headlines the page links to.
    """
    if item.kind == "captcha":
        return _write_captcha(item)
    words = WORDS[item.outlet.lang]
    if item.is_article or item.kind == "members":
        body = _BODIES[item.outlet.layout](item, words)
    elif item.kind == "video":
        body = _make_video(item)
    else:
        body = _make_gallery(item)
    lang = item.outlet.lang
    direction = ' dir="rtl"' if lang in _RTL else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"{direction}>\n<head>\n'
        f'<meta charset="utf-8">\n<title>{escape(item.title)} | '
        f"{escape(item.outlet.name)}</title>\n"
        f'<link rel="canonical" href="{escape(item.url)}">\n'
        f"{_make_head(item)}<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_make_top(item, words)}{body}{_make_end(item, words, related)}"
        "</body>\n</html>\n"
    ).encode()


def write_home(name: str, lang: str, items: Sequence[Item]) -> bytes:
    """Return the front page of an outlet: links to its newest items."""
    links = "".join(
        f'<li><a href="{escape(item.path)}">{escape(item.title)}</a></li>\n'
        for item in items
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{escape(name)}</title></head>\n<body><h1>{escape(name)}</h1>\n"
        f"<ul>\n{links}</ul></body></html>\n"
    ).encode()


def _make_head(item: Item) -> str:
    """Return the metadata of the layout, one element a line."""
    layout = item.outlet.layout
    og_type = "article" if item.is_article else "website"
    lines = [_og("title", item.title), _og("url", item.url), _og("type", og_type)]
    lines.append(_og("site_name", item.outlet.name))
    lines.append(f'<meta name="description" content="{escape(make_summary(item))}">\n')
    if layout != "time":
        lines.append(_og("image", f"{item.outlet.root}/images/{item.index}.jpg"))
    if layout == "meta":
        stated = item.stated_at.isoformat()
        lines.append(
            f'<meta property="article:published_time" content="{stated}">\n'
            f'<meta property="article:section" content="{item.section}">\n'
            f'<meta name="author" content="{escape(make_author(item))}">\n'
        )
    elif layout != "time" and item.is_article:
        lines.append(_make_jsonld(item))
    return "".join(lines)


def _og(name: str, value: str) -> str:
    return f'<meta property="og:{name}" content="{escape(value)}">\n'


def _make_jsonld(item: Item) -> str:
    layout, root = item.outlet.layout, item.outlet.root
    stated = item.stated_at
    article: dict[str, object] = {
        "@type": "NewsArticle",
        "headline": item.title,
        "datePublished": (
            stated.date().isoformat() if layout == "day_only" else stated.isoformat()
        ),
        "author": [{"@type": "Person", "name": make_author(item)}],
        "publisher": {"@type": "Organization", "name": item.outlet.name},
        "mainEntityOfPage": item.url,
        "articleSection": item.section,
        "inLanguage": item.outlet.lang,
    }
    if layout == "graph":
        data: dict[str, object] = {
            "@context": "https://schema.org",
            "@graph": [
                {"@type": "WebSite", "name": item.outlet.name, "url": f"{root}/"},
                {"@type": "BreadcrumbList", "itemListElement": []},
                article,
            ],
        }
    else:
        data = {"@context": "https://schema.org", **article}
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>\n'


def _make_top(item: Item, words: Words) -> str:
    links = "".join(f'<a href="/{quote(word)}">{word}</a>' for word in words.nav)
    return (
        f'<div class="cookie-banner">{words.cookies}</div>\n'
        f'<header class="site"><a href="/">{escape(item.outlet.name)}</a>\n'
        f"<nav>{links}</nav></header>\n"
    )


def _make_end(item: Item, words: Words, related: Sequence[Item]) -> str:
    links = "".join(
        f'<li><a href="{escape(other.path)}">{escape(other.title)}</a></li>\n'
        for other in related
    )
    return (
        f'<aside class="related"><h2>{words.more}</h2>\n<ul>\n{links}</ul></aside>\n'
        f"<footer><p>© {item.at.year} {escape(item.outlet.name)}. {words.rights}</p>"
        "</footer>\n"
    )


def _wrap(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{escape(text, quote=False)}</p>\n" for text in paragraphs)


def _make_jsonld_body(item: Item, words: Words) -> str:
    return (
        f'<article class="story"><h1>{escape(item.title)}</h1>\n'
        f'<div class="byline">{words.by} {escape(make_author(item))}</div>\n'
        f'<figure><img src="/images/{item.index}.jpg" alt=""><figcaption>'
        f"{escape(item.outlet.name)} / {item.at.year}</figcaption></figure>\n"
        f'<div class="article-body">\n{_wrap(make_paragraphs(item))}</div></article>\n'
    )


def _make_graph_body(item: Item, words: Words) -> str:
    """A box that asks for an address stands in the middle of the text."""
    text = make_paragraphs(item)
    return (
        f"<main><h1>{escape(item.title)}</h1>\n"
        f'<p class="author-line">{words.by} {escape(make_author(item))}</p>\n'
        f'<section class="content__body">\n{_wrap(text[:3])}'
        f'<aside class="newsletter"><form action="/letter"><label>{words.letter}'
        '<input name="mail"></label><button>OK</button></form></aside>\n'
        f"{_wrap(text[3:])}</section></main>\n"
    )


def _make_meta_body(item: Item, words: Words) -> str:
    """Share links before the text, an empty place for an advertisement within it."""
    text = make_paragraphs(item)
    return (
        f'<div id="page"><h1 class="headline">{escape(item.title)}</h1>\n'
        '<ul class="share"><li><a href="#mail">@</a></li><li><a href="#print">P</a>'
        f'</li></ul>\n<div id="story-text">\n{_wrap(text[:2])}'
        '<div class="ad-slot" data-slot="mid"><span>Advertisement</span></div>\n'
        f"{_wrap(text[2:])}</div></div>\n"
    )


def _make_day_body(item: Item, words: Words) -> str:
    return (
        '<article itemscope itemtype="https://schema.org/NewsArticle">'
        f'<h1 itemprop="headline">{escape(item.title)}</h1>\n'
        f'<p class="meta">{words.by} {escape(make_author(item))}, '
        f"{item.stated_at:%d.%m.%Y}</p>\n"
        f'<div itemprop="articleBody">\n{_wrap(make_paragraphs(item))}</div>'
        "</article>\n"
    )


def _make_time_body(item: Item, words: Words) -> str:
    stated = item.stated_at
    return (
        f"<article><header><h1>{escape(item.title)}</h1>\n"
        f'<span class="author" rel="author">{escape(make_author(item))}</span> '
        f'<time datetime="{stated.isoformat()}">{stated:%d %B %Y, %H:%M}</time>'
        f"</header>\n{_wrap(make_paragraphs(item))}</article>\n"
    )


_BODIES = {
    "jsonld": _make_jsonld_body,
    "graph": _make_graph_body,
    "meta": _make_meta_body,
    "day_only": _make_day_body,
    "time": _make_time_body,
}


def _make_video(item: Item) -> str:
    return (
        f"<main><h1>{escape(item.title)}</h1>\n"
        f'<video controls src="/video/{item.index}.mp4"></video>\n'
        f'<p class="caption">Watch, {item.index % 4 + 1} min.</p></main>\n'
    )


def _make_gallery(item: Item) -> str:
    figures = "".join(
        f'<figure><img src="/images/{item.index}-{number}.jpg" alt="">'
        f"<figcaption>{number} of 6</figcaption></figure>\n"
        for number in range(1, 7)
    )
    return f"<main><h1>{escape(item.title)}</h1>\n{figures}</main>\n"


def _write_captcha(item: Item) -> bytes:
    """Return a check that states nothing about the article behind it."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<title>Just a moment</title></head>\n<body><h1>Checking your browser</h1>\n"
        f"<p>{escape(item.outlet.host)} has to make sure that you are human before it "
        "shows the page. Enable JavaScript and cookies to go on.</p>\n"
        f'<div id="captcha" data-ray="{item.index:08x}"></div></body></html>\n'
    ).encode()
