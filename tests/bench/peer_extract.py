"""Run by the interpreter of the peers: pages in, what one of them makes of each out.

peer_extract.py PEER < {"id": ..., "url": ..., "html": ...} a line
prints {"id": ..., "text": ..., "title": ..., "date": ..., "author": [...]} a line
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any

Read = Callable[[str, str], dict[str, Any]]

#: Which of the evaluator's figures a peer has an answer for.
GIVES = {
    "readability-lxml": ("mF1", "low", "title~"),
    "newspaper4k": ("mF1", "low", "date", "author_F1", "title~"),
    "news-please": ("mF1", "low", "date", "author_F1", "title~"),
}


def open_readability() -> Read:
    """Return readability-lxml, its summary as text with a line a block."""
    from lxml import html
    from readability import Document

    blocks = ("p", "div", "li", "br", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6")

    def read(page: str, url: str) -> dict[str, Any]:
        document = Document(page, url=url)
        tree = html.fromstring(document.summary(html_partial=True))
        for block in tree.iter(*blocks):
            block.tail = "\n" + (block.tail or "")
        lines = (" ".join(line.split()) for line in tree.text_content().splitlines())
        text = "\n".join(line for line in lines if line)
        return {"text": text, "title": document.short_title()}

    return read


def open_newspaper() -> Read:
    """Return newspaper4k, without a look at the network."""
    from newspaper import Article, Config

    config = Config()
    config.fetch_images = False

    def read(page: str, url: str) -> dict[str, Any]:
        article = Article(url, config=config)
        article.download(input_html=page)
        article.parse()
        day = article.publish_date
        return {
            "text": article.text,
            "title": article.title,
            "date": day.isoformat() if day else None,
            "author": article.authors,
        }

    return read


def open_news_please() -> Read:
    """Return news-please, without a look at the network."""
    from newsplease import NewsPlease

    def read(page: str, url: str) -> dict[str, Any]:
        article = NewsPlease.from_html(page, url=url, fetch_images=False)
        day = article.date_publish
        return {
            "text": article.maintext or "",
            "title": article.title,
            "date": day.isoformat() if day else None,
            "author": article.authors,
        }

    return read


OPEN: dict[str, Callable[[], Read]] = {
    "readability-lxml": open_readability,
    "newspaper4k": open_newspaper,
    "news-please": open_news_please,
}


def main(peer: str) -> None:
    """Write what a peer makes of each page; one that it fails on has no text."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    read, out = OPEN[peer](), sys.stdout
    n_failed = 0
    for line in sys.stdin:
        row = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                found = read(row["html"], row["url"])
        except Exception:  # noqa: BLE001 (whatever a peer raises is its own result)
            n_failed += 1
            found = {"text": ""}
        out.write(json.dumps({"id": row["id"], **found}) + "\n")
    sys.stderr.write(f"{peer}: {n_failed} pages failed\n")


if __name__ == "__main__":
    main(sys.argv[1])
