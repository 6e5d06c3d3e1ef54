"""The brief as JSON for programs and as Markdown for people who like plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from nightdesk.errors import ReportError
from nightdesk.report import wording
from nightdesk.report.edition import Change, Edition
from nightdesk.report.facts import Fact, Section

#: All that Markdown or the HTML in it could take for markup, in a line or at its start.
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&]|^[#+=-]|^\d+(?=[.)])")
_N_CHANGES = 30
_Facts = dict[str, dict[str, str]]


def write_json(night: date, sections: list[Section], edition: Edition) -> str:
    """Return the brief as JSON: sections of facts, each with its rows."""
    cut_off = edition.cut_off_at
    brief = {
        "night": night.isoformat(),
        "edition": {
            "number": edition.number,
            "cut_off_at": cut_off.isoformat() if cut_off else None,
            "changes": [asdict(change) for change in edition.changes],
        },
        "sections": [asdict(section) for section in sections],
    }
    return json.dumps(brief, ensure_ascii=False, indent=1) + "\n"


def read_facts(text: str) -> tuple[Edition, _Facts]:
    """Return the edition of a brief.json and its facts: id -> {name, text}.

    Raises:
        ReportError: it is no brief.
    """
    try:
        brief: Mapping[str, Any] = json.loads(text)
        stated = brief["edition"]
        cut_off = stated["cut_off_at"]
        edition = Edition(
            stated["number"],
            datetime.fromisoformat(cut_off) if cut_off else None,
            tuple(Change(**change) for change in stated["changes"]),
        )
        facts = {
            fact["id"]: {"name": fact["name"], "text": fact["text"]}
            for section in brief["sections"]
            for fact in section["facts"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(f"brief.json: no brief: {error!r}") from error
    return edition, facts


def write_markdown(night: date, sections: list[Section], edition: Edition) -> str:
    """Return the brief as CommonMark; what outlets wrote is escaped."""
    lines = [
        f"# nightdesk, {wording.say_date(night)}",
        "",
        f"{say_edition(edition)} The night is the UTC day; all times are UTC.",
        "",
    ]
    for change in edition.changes[:_N_CHANGES]:
        was = f" (was: {escape(change.was)})" if change.was else ""
        lines.append(f"- Changed: {_say_name(change.name)}{escape(change.now)}{was}")
    if more := edition.changes[_N_CHANGES:]:
        lines.append(f"- Changed: {wording.say_count(len(more), 'more sentence')}.")
    if edition.changes:
        lines.append("")
    for section in sections:
        lines += [f"## {section.title}", ""]
        lines += [_write_fact(fact) for fact in section.facts] or [section.none]
        lines.append("")
    lines.append(
        "Article: a page under one address. Unique text: its copies count once."
    )
    lines.append("Independent source: who wrote a text, however many ran it.")
    return "\n".join(lines) + "\n"


def say_edition(edition: Edition) -> str:
    """Return the number and the cut-off of an edition as a sentence.

    >>> say_edition(Edition(2, datetime(2026, 11, 25, 0, 20)))
    'Edition 2, with what was captured until 25 Nov 2026 00:20 UTC.'
    """
    if edition.cut_off_at is None:
        return f"Edition {edition.number}."
    day = wording.say_day(edition.cut_off_at.date())
    at = f"{day} {edition.cut_off_at:%Y %H:%M}"
    return f"Edition {edition.number}, with what was captured until {at} UTC."


def _say_name(name: str) -> str:
    return f"**{escape(name)}**: " if name else ""


def _write_fact(fact: Fact) -> str:
    name = f"**{_write_link(fact.name, fact.link)}**: " if fact.name else ""
    line = f"- {name}{escape(fact.text)}"
    for link in fact.why:
        line += f"\n  - {_write_link(link.title, link.link)} ({escape(link.note)})"
    return line


def _write_link(title: str, link: str) -> str:
    if not link:
        return escape(title)
    return f"[{escape(title)}](<{quote(link, safe=_URL)}>)"


_URL = "/:?#[]@!$&'()*+,;=%~-._"


def escape(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    >>> escape("<b>1*2</b>\n# x")
    '\\<b\\>1\\*2\\</b\\> # x'
    >>> escape("1. x"), escape("- x"), escape("2 - 1")
    ('1\\. x', '\\- x', '2 - 1')
    """
    return _MARKUP.sub(_escape_one, " ".join(text.split()))


def _escape_one(found: re.Match[str]) -> str:
    mark = found[0]
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"
