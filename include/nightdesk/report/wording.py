"""How the brief says figures, dates and names: in English, everywhere the same."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlsplit

from nightdesk.model import Refusal

# Fixed here: strftime would follow the machine's locale.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_LANGUAGES = dict(
    line.split(" ", 1)
    for line in """am Amharic|ar Arabic|az Azerbaijani|be Belarusian|bg Bulgarian
|bn Bengali|bs Bosnian|ca Catalan|cs Czech|da Danish|de German|dv Dhivehi|el Greek
|en English|es Spanish|et Estonian|eu Basque|fa Persian|fi Finnish|fr French|ga Irish
|gu Gujarati|ha Hausa|he Hebrew|hi Hindi|hr Croatian|hu Hungarian|hy Armenian
|id Indonesian|is Icelandic|it Italian|ja Japanese|ka Georgian|kk Kazakh|km Khmer
|kn Kannada|ko Korean|ku Kurdish|ky Kyrgyz|lo Lao|lt Lithuanian|lv Latvian|mk Macedonian
|ml Malayalam|mn Mongolian|mr Marathi|ms Malay|my Burmese|ne Nepali|nl Dutch
|no Norwegian|pa Punjabi|pl Polish|ps Pashto|pt Portuguese|ro Romanian|ru Russian
|rw Kinyarwanda|sd Sindhi|si Sinhala|sk Slovak|sl Slovenian|so Somali|sq Albanian
|sr Serbian|sv Swedish|sw Swahili|ta Tamil|te Telugu|tg Tajik|th Thai|ti Tigrinya
|tk Turkmen|tr Turkish|uk Ukrainian|ur Urdu|uz Uzbek|vi Vietnamese|zh Chinese
|zu Zulu""".replace("\n", "").split("|")
)


def say_number(number: float) -> str:
    """Return a figure rounded to a whole with its thousands parted.

    >>> say_number(1234567)
    '1,234,567'
    """
    return f"{number:,.0f}"


def say_refusal(refusal: Refusal) -> str:
    """Return what a reader should know of a night that was refused.

    >>> from nightdesk.model import BrokenCheck
    >>> broken = (BrokenCheck("article_unique", 3, None),)
    >>> moment = datetime(2026, 3, 2, 0, 9)
    >>> said = say_refusal(Refusal(date(2026, 3, 1), "load", "r", moment, broken))
    >>> said.partition(" (load) ")[2]
    'by its checks: article_unique (3 rows). What readers see is from before.'
    """
    checks = ", ".join(
        f"{c.name} ({say_count(c.n_failed, 'row')})" for c in refusal.checks
    )
    return (
        f"The night of {refusal.night} was refused at "
        f"{refusal.refused_at:%Y-%m-%d %H:%M} ({refusal.step}) by its checks: "
        f"{checks}. What readers see is from before."
    )


def say_count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun.

    >>> say_count(1, "article"), say_count(2, "country", "countries")
    ('1 article', '2 countries')
    """
    return f"{say_number(number)} {noun if number == 1 else plural or noun + 's'}"


def say_share(share: float | None) -> str:
    """Return a share as a percentage; an en dash where there is none.

    >>> say_share(0.125), say_share(0.004), say_share(0.0), say_share(None)
    ('12 %', '<1 %', '0 %', '–')
    """
    if share is None:
        return "–"
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def say_decimal(number: float | None) -> str:
    """Return a figure with one decimal; an en dash where there is none.

    >>> say_decimal(4.06), say_decimal(0.02), say_decimal(1234.5), say_decimal(None)
    ('4.1', '<0.1', '1,234.5', '–')
    """
    if number is None:
        return "–"
    return "<0.1" if 0 < number < 0.1 else f"{number:,.1f}"


def say_date(day: date) -> str:
    """Return a day in full.

    >>> say_date(date(2026, 11, 24))
    'Tuesday 24 November 2026'
    """
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_day(day: date) -> str:
    """Return a day in short.

    >>> say_day(date(2026, 11, 24))
    '24 Nov'
    """
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


def say_period(first: date, last: date) -> str:
    """Return the days from one to another in short.

    >>> say_period(date(2026, 11, 18), date(2026, 11, 24))
    '18–24 Nov'
    >>> say_period(date(2026, 11, 28), date(2026, 12, 4))
    '28 Nov – 4 Dec'
    """
    if first.month == last.month:
        return f"{first.day}–{say_day(last)}"
    return f"{say_day(first)} – {say_day(last)}"


def say_weekday(day: date) -> str:
    """Return the first three letters of a day's weekday and its number.

    >>> say_weekday(date(2026, 11, 24))
    'Tue 24'
    """
    return f"{_DAYS[day.weekday()][:3]} {day.day}"


def say_time(at: datetime | None, night: date) -> str:
    """Return the time of an instant in UTC, with its day where that is another.

    >>> say_time(datetime(2026, 11, 23, 7, 5), date(2026, 11, 24))
    '23 Nov 07:05'
    """
    if at is None:
        return ""
    time = f"{at:%H:%M}"
    return time if at.date() == night else f"{say_day(at.date())} {time}"


def say_language(lang: str) -> str:
    """Return the English name of an ISO 639-1 code; the code where we have none.

    >>> say_language("ur"), say_language("xx"), say_language("")
    ('Urdu', 'xx', 'not known')
    """
    return _LANGUAGES.get(lang, lang) or "not known"


def say_reason(reason: str) -> str:
    """Return a reason or status as words.

    >>> say_reason("not_article")
    'not article'
    """
    return reason.replace("_", " ")


def say_list(items: list[str]) -> str:
    """Return items as one phrase.

    >>> say_list(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def check_link(url: str) -> str:
    r"""Return an address that may be linked; "" for all but http and https.

    An address comes from a feed: `javascript:` and `data:` would run in the reader's
    browser. Control characters are refused because browsers drop them before they look
    at the scheme.

    >>> check_link("https://a.test/1"), check_link("java\tscript:alert(1)")
    ('https://a.test/1', '')
    """
    if any(ord(character) <= 32 for character in url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""
