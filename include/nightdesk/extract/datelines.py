"""The date that a page shows beside its headline, in some thirty languages.

Readers find it there also where no markup states it. Only short texts near the headline
count, so that dates which the story itself tells are left alone. Solar Hijri years
become Gregorian. Leaves out: dates without a year, relative ones ("yesterday", which
would need a clock), and 04/05/2026 where the language does not say which number is the
month.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from lxml.etree import XPath
from lxml.html import HtmlElement

from nightdesk.calendar_words import MONTHS, SOLAR_MONTHS, fold_words
from nightdesk.text import split_words

_LONG = 140  # a text this long is the story, not a line beside the headline
_MAX_LONG = 2  # decks and captions; after them it is the story
_MAX_HEADINGS = 20
_MIN_KEY = 15  # a headline behind its kicker
_MAX_TITLE = 500
_MAX_NEAR = 600  # characters from the headline
_GAP = "\n"  # stands for a long text; no date is read across it

_SHOWN = (
    "text()[normalize-space() and not(parent::script or parent::style"
    " or parent::noscript or parent::template or parent::option)]"
)
_AFTER: Callable[..., Any] = XPath(f"following::{_SHOWN}[position() <= 50]")
_BEFORE: Callable[..., Any] = XPath(f"preceding::{_SHOWN}[position() <= 12]")

_WORD = r"([^\W\d_]{2,14})"
_DAY = r"(?<![\d.,:/-])(\d\d?)"
_YEAR = r"(\d{4})(?!\d)"
#: Patterns of folded text and the order of their groups; "?" where language decides.
_FORMS = tuple(
    (re.compile(form), order)
    for form, order in (
        (rf"(?<!\d){_YEAR} ?[-/.年년] ?(\d\d?) ?[-/.月월] ?(\d\d?)(?!\d)", "ymd"),
        (rf"{_DAY} ?\. ?(\d\d?) ?\. ?(\d{{4}}|\d\d)(?![\d.:])", "dmy"),
        (rf"{_DAY} ?[/-] ?(\d\d?) ?[/-] ?{_YEAR}", "dmy?"),
        (
            rf"{_DAY}(?:st|nd|rd|th|er|[.ºª])?[ ,-]{{0,3}}(?:de |of |ta |i )?"
            rf"{_WORD}[.,]?[ ,-]{{1,3}}(?:de |del )?{_YEAR}",
            "dmy",
        ),
        (rf"{_WORD}\.? (\d\d?)(?:st|nd|rd|th)?,? {_YEAR}", "mdy"),
        (rf"(?<!\d){_YEAR}[.,]? (?:m\. |\. gada )?{_WORD} (\d\d?)(?!\d)", "ymd"),
        (rf"{_DAY} thang (\d\d?),? (?:nam )?{_YEAR}", "dmy"),
    )
)
_STATED = re.compile(r"\d{4}-\d\d-\d\d")
_CHANGED = re.compile(
    r"(?:updat|modif|aktuali|geandert|bearbeitet|actuali|mis a jour|aggiornat|atualiz"
    r"|bijgewerkt|uppdater|oppdater|opdater|paivitet|frissit|обновл|измен|оновл|guncel"
    r"|diperbarui|تحديث|更新|수정)[^\n\d]{0,25}$"
)
_NOROUZ = date(1964, 3, 21)  # 1 Farvardin 1343, the start of a cycle of leap years
_LEAPS = (3, 7, 11, 15, 19, 23, 27, 32)  # its leap years; the next starts after 33


def find_dateline(
    tree: HtmlElement, titles: Sequence[str], lang: str | None
) -> str | None:
    """Return the day shown beside the headline as YYYY-MM-DD.

    Args:
        tree: the page.
        titles: forms of the headline, best first.
        lang: the page's stated language with its region, "en-us".
    """
    heading = _find_heading(tree, titles)
    if heading is None:
        return None
    is_american = (lang or "").lower().replace("_", "-") == "en-us"
    keys = frozenset(" ".join(split_words(title)) for title in titles)
    return find_day(_join(_AFTER(heading), keys), is_american=is_american) or find_day(
        _join(_BEFORE(heading)[::-1], keys), is_american=is_american
    )


def _find_heading(tree: HtmlElement, titles: Sequence[str]) -> HtmlElement | None:
    """The h1 or h2 that shows the best of the titles; else the only h1."""
    h1s = list(islice(tree.iter("h1"), _MAX_HEADINGS))
    shown = [
        (" ".join(split_words(heading.text_content())), heading)
        for heading in (*h1s, *islice(tree.iter("h2"), _MAX_HEADINGS))
    ]
    for title in titles:
        key = " ".join(split_words(title))
        for text, heading in shown:
            if key and (text == key or (text.endswith(key) and len(key) >= _MIN_KEY)):
                return heading
    return h1s[0] if len(h1s) == 1 else None


def _join(texts: Iterable[Any], titles: frozenset[str]) -> str:
    """Texts near a heading as one folded line, up to the story.

    Of a `time` element what it states. Without the headline, which may name a day.
    """
    parts = []
    for text in texts:
        parent = text.getparent()
        stated = parent.get("datetime") or "" if text.is_text else ""
        shown = stated if _STATED.match(stated) else str(text)
        if " ".join(split_words(shown[:_MAX_TITLE])) in titles:
            continue
        parts.append(_GAP if len(shown) > _LONG else " ".join(shown.split()))
        if parts.count(_GAP) > _MAX_LONG:
            break
    return fold_words(" ".join(parts)[:_MAX_NEAR])


def find_day(line: str, *, is_american: bool = False) -> str | None:
    """Return the first date of a folded line as YYYY-MM-DD.

    One that is said to be of a change only where there is no other.

    >>> find_day(fold_words("Actualizado: 5 de marzo de 2026 | 4 de marzo de 2026"))
    '2026-03-04'
    """
    found = [
        (bool(_CHANGED.search(line[: match.start()])), match.start(), day)
        for form, order in _FORMS
        for match in form.finditer(line)
        if (day := _read_day(match, order, is_american=is_american))
    ]
    return min(found)[2] if found else None


def _read_day(match: re.Match[str], order: str, *, is_american: bool) -> str | None:
    """The Gregorian day of a match; None where its numbers are none."""
    if order == "dmy?":
        if int(match[1]) <= 12 and int(match[2]) <= 12 and match[1] != match[2]:
            order = "mdy" if is_american else "dmy"
        elif int(match[2]) > 12:
            order = "mdy"
    parts = dict(zip(order, match.groups(), strict=False))
    year, day = int(parts["y"]), int(parts["d"])
    is_solar = 1300 <= year < 1500
    names = SOLAR_MONTHS if is_solar else MONTHS
    month = int(parts["m"]) if parts["m"].isdecimal() else names.get(parts["m"], 0)
    try:
        if is_solar:
            return _from_solar(year, month, day).isoformat()
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except ValueError:
        return None


def _from_solar(year: int, month: int, day: int) -> date:
    """A day of the Solar Hijri calendar by its 33-year rule, right for 1343-1472.

    >>> _from_solar(1399, 4, 12).isoformat()
    '2020-07-02'
    """
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError("no such day")
    cycles, rest = divmod(year - 1343, 33)
    leaps = cycles * 8 + sum(leap < rest for leap in _LEAPS)
    months = 31 * (month - 1) - max(0, month - 7)
    return _NOROUZ + timedelta(365 * (year - 1343) + leaps + months + day - 1)
