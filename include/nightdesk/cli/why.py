"""why: an article or entity, with everything that says why it is as it is."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nightdesk.cli import Commands, add_command, say, say_json, say_table
from nightdesk.cli.decide import read_id
from nightdesk.config import load_settings
from nightdesk.decision_lines import read_article
from nightdesk.pipeline.why_task import explain_id

Row = Mapping[str, Any]
_WIDTH = 88
_OF_NAMED = (
    *("night", "article_id", "n_mentions", "surfaces", "rules", "tag_version"),
    "title",
)
_OF_MERGE = ("old_id", "entity_id", "who", "decided_at", "why")
_OF_REVIEW = ("entity_id", "candidate_id", "reason", "score")
_OF_FETCH = ("night", "started_at", "outcome", "status", "bytes_wire", "url")
_OF_ENTRY = ("source_id", "url", "stated_at", "bin", "reason", "via")
_OF_VERSION = ("n", "kind", "captured_at", "n_words", "title")


def add_commands(commands: Commands) -> None:
    """Add `why`."""
    why = add_command(
        commands,
        "why",
        _why,
        "print an article's text with every tag, score, date, copy and story, and what "
        "each comes from; or where an entity is named, and by which rules",
        "why https://a.example/fish",
    )
    about = "article id (also of a cluster or story), address, or entity id"
    why.add_argument("id", metavar="ID", help=about)
    why.add_argument("--json", action="store_true")


def _why(options: argparse.Namespace) -> int:
    found = explain_id(load_settings(), _read_id(options.id), typed=options.id)
    if options.json:
        say_json(found)
        return 0
    for row in found.get("taken_down", ()):
        _say_takedown(options.id, row)
    if "names" in found:
        _say_entity(found)
    elif "article" in found:
        _say_article(found)
    elif found["entries"]:
        say("no night loaded it; what became of it:\n")
        say_table(found["entries"], ("night", "source_id", "bin", "reason", "url"))
    return 0


def _read_id(text: str) -> int | str:
    named = read_id(text)
    is_article = isinstance(named, int) or named.startswith("http")
    return read_article(named, "ID") if is_article else named


def _say_takedown(typed: str, row: Row) -> None:
    of = f" with all of {row['source_id']}" if row["source_id"] else ""
    who, why = row["who"] or "nobody says who", row["why"] or "nobody says why"
    say(f"{typed}: taken down{of} on {row['at']:%Y-%m-%d} by {who}: {why}")


def _say_entity(found: Row) -> None:
    _say_rows("names", found["names"], ("name", "type", "first_night", "last_night"))
    _say_rows("articles", found["articles"], _OF_NAMED)
    _say_rows("merged by people", found["merges"], _OF_MERGE)
    _say_rows("near names, to be looked at", found["reviews"], _OF_REVIEW)
    _say_corrections(found["corrections"])


def _say_article(found: Row) -> None:
    article = found["article"]
    say(f"{article['title']}\n{article['canonical_url']}")
    say(f"article {article['article_id']}, night {article['night']}\n")
    _say_text(article, found["mentions"])
    _say_mentions(article, found["mentions"])
    _say_regions(found["regions"])
    _say_topics(found["topics"])
    _say_group(found, "cluster", "copies of one text")
    _say_group(found, "story", "reports of one event")
    _say_date(article)
    _say_origin(found)
    _say_corrections(found["corrections"])
    columns = ("kind", "articles", "who", "decided_at", "why")
    _say_rows("decided about its text or story", found["decisions"], columns)


def mark_text(text: str, mentions: Iterable[Row]) -> str:
    """Return a text with the number of each mention after its end.

    >>> mark_text("In Accra.", [{"n": 1, "start_offset": 3, "end_offset": 8}])
    'In [Accra]1.'
    """
    signs = []
    for mention in mentions:
        size = mention["end_offset"] - mention["start_offset"]
        signs.append((mention["end_offset"], 0, size, f"]{mention['n']}"))
        signs.append((mention["start_offset"], 1, -size, "["))
    parts, done = [], 0
    for offset, _, _, sign in sorted(signs):
        parts += [text[done:offset], sign]
        done = offset
    return "".join([*parts, text[done:]])


def _say_text(article: Row, mentions: Sequence[Row]) -> None:
    titled = [m for m in mentions if m["field"] == "title"]
    say(mark_text(article["title"] or "", titled) + "\n")
    if article["text"] is None:
        say(f"no text: {article['held_back']}\n")
        return
    marked = mark_text(article["text"], [m for m in mentions if m["field"] == "text"])
    for paragraph in marked.split("\n"):
        say("\n".join(textwrap.wrap(_plain(paragraph), _WIDTH)) + "\n")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _say_mentions(article: Row, mentions: Sequence[Row]) -> None:
    if not article["is_tagged"]:
        say(f"language {article['lang']}: not tagged, but for what people said\n")
    rows = [
        {
            **m,
            "at": f"{m['field']} {m['start_offset']}-{m['end_offset']}",
            "means": m["entity_id"] or m["place_id"],
            "country": f"{m['country'] or ''} {m['via'] or ''}".strip(),
            "adds": _add_up(m),
            "score": f"{m['score']:.2f}",
        }
        for m in mentions
    ]
    columns = (
        "n",
        "at",
        "surface",
        "type",
        "means",
        "country",
        "rule",
        "score",
        "adds",
    )
    _say_rows(f"tags, by {article['tag_version']}", rows, columns)


def _add_up(mention: Row) -> str:
    if not mention["counts_for"]:
        return ""
    role = "" if mention["role"] == "about" else f" ({mention['role']})"
    return f"{mention['weight']:.2f} to {', '.join(mention['counts_for'])}{role}"


def _say_regions(regions: Sequence[Row]) -> None:
    rows = [
        {
            "region": f"{r['region_id']} {r['name']}",
            "role": r["role"],
            "score": f"{r['score']:.2f}",
            "share": f"{r['share']:.2f}",
            "focus": "focus" if r["is_focus"] else "",
            "from": " + ".join(_name_part(part) for part in r["parts"]),
        }
        for r in regions
    ]
    columns = ("region", "role", "score", "share", "focus", "from")
    _say_rows("regions, [n]: the tag of that number", rows, columns)


def _name_part(part: Row) -> str:
    of = f"[{part['mention']}]" if "mention" in part else part["country"]
    return f"{part['adds']:.2f} {of}"


def _say_topics(topics: Sequence[Row]) -> None:
    rows = [
        {
            "topic": f"{t['topic_id']} {t['name']}",
            "score": f"{t['score']:.2f}",
            "terms": ", ".join(
                f"{h['term']} x{h['n']} {h['weight']:.1f}" for h in t["terms"]
            ),
        }
        for t in topics
    ]
    _say_rows("topics", rows, ("topic", "score", "terms"))


def _say_group(found: Row, name: str, about: str) -> None:
    group, own_id = found[name], found["article"]["article_id"]
    if group is None:
        return
    rows = []
    for member in group["members"]:
        shared = member.get("shared")
        words = [*shared["facts"], *shared["words"]] if shared else []
        rows.append(
            {
                **member,
                "like": f"{shared['similarity']:.3f}" if shared else "",
                "in common": ", ".join(words)
                or ("this article" if member["article_id"] == own_id else ""),
            }
        )
    has_shared = ("like", "in common") if name == "story" else ()
    columns = ("article_id", "night", "source_id", "title", *has_shared)
    heading = f"{name} {group[name + '_id']}: {about}"
    if name == "story":
        heading += f"; groups are joined from a mean likeness of {group['least']}"
    _say_rows(heading, rows, columns)
    columns = ("a_id", "b_id", "kind", "score", "rule")
    _say_rows("its pairs", group["pairs"], columns)


def _say_date(article: Row) -> None:
    say(
        f"date: {article['published_at']} ({article['published_precision']}), by "
        f"{article['published_via']}"
    )
    rows = article["date_candidates"] or []
    shown = [{**row, "rejected": row["rejected"] or "won"} for row in rows]
    _say_rows("what was considered", shown, ("via", "raw", "rejected"))


def _say_origin(found: Row) -> None:
    article, source = found["article"], (found["source"] or [{}])[0]
    say(f"source: {article['source_id']}, {source.get('name')}")
    say(f"  feed      {source.get('feed_url')}")
    say(f"  page      {article['url']}, found via {article['via']}")
    say(f"  captured  {article['captured_at']}, sha256 {article['page_digest']}")
    if article["archive_file"]:
        say(f"  archive   {article['archive_file']} at {article['archive_offset']}")
    say(f"  extracted by {article['extract_version']}")
    for row in found["origin"]:
        evidence = f": {row['evidence']}" if row["evidence"] else ""
        name = row["origin_name"] or row["origin_id"]
        say(f"  text of   {name} ({row['role']}, by {row['via']}{evidence})")
    for row in found["ledger"]:
        say(f"  loaded    {row['loaded_at']} in {row['run_id']}, {row['code_version']}")
    say()
    _say_rows("fetches of that page", found["fetches"], _OF_FETCH)
    _say_rows("entries", found["entries"], _OF_ENTRY)
    _say_rows("versions", found["versions"], _OF_VERSION)


def _say_corrections(rows: Sequence[Row]) -> None:
    columns = ("kind", "surface", "nth", "value", "who", "decided_at", "why", "problem")
    _say_rows("put right by people", rows, columns)


def _say_rows(heading: str, rows: Sequence[Row], columns: Sequence[str]) -> None:
    if rows:
        say(heading)
        say_table(rows, columns)
        say()
