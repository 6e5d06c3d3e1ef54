"""What a request asks for: its parameters, read one by one, each with its limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from nightdesk.errors import RequestError

#: Rows on the screen.
PER_PAGE = 50
_MOST_PAGES = 20_000
_LONGEST = 2000  # characters of a value; the longest query of a search is 1,000
#: What every view takes.
EVERYWHERE = ("night", "page", "format", "table")
#: The most rows of a file by format. A web server writes them: 100,000 rows of CSV take
#: it 3 seconds, and so do 30,000 of a workbook.
MOST_ROWS = {"csv": 100_000, "json": 100_000, "parquet": 100_000, "xlsx": 30_000}
FORMATS = tuple(MOST_ROWS)


@dataclass(frozen=True)
class Asked:
    """A path of the page and its parameters."""

    path: str
    values: Mapping[str, str]

    @property
    def page(self) -> int:
        """The number of the part of a long list, from 1."""
        return self.whole("page", 1, 1, _MOST_PAGES)

    @property
    def is_download(self) -> bool:
        """Whether a file is wanted and not the document."""
        return "format" in self.values

    @property
    def limits(self) -> dict[str, int]:
        """How many rows of a long list are wanted, and how many come before them."""
        if self.is_download:
            return {"limit": MOST_ROWS[self.values["format"]], "offset": 0}
        return {"limit": PER_PAGE, "offset": (self.page - 1) * PER_PAGE}

    @staticmethod
    def count_pages(n_rows: int | None) -> int:
        """Return how many pages a list of so many rows has."""
        return -(-(n_rows or 0) // PER_PAGE)

    def text(self, name: str) -> str | None:
        """Return a text; None where it is not stated or empty."""
        return self.values.get(name, "").strip() or None

    def day(self, name: str) -> date | None:
        """Return a day.

        Raises:
            RequestError: it is none.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            problem = "is not a day; wanted: YYYY-MM-DD, such as 2026-03-01"
            raise _refuse(name, text, problem) from error

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return one of several words.

        Raises:
            RequestError: it is none of them.
        """
        text = self.text(name) or default
        if text not in allowed:
            raise _refuse(name, text, f"is not one of: {', '.join(allowed)}")
        return text

    def option(self, name: str, allowed: Sequence[str]) -> str | None:
        """Return one of several words, or None where it is not stated."""
        return self.choice(name, allowed, "") if self.text(name) else None

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number between limits.

        Raises:
            RequestError: it is none, or outside.
        """
        number = self.number(name)
        if number is None:
            return default
        if not least <= number <= most:
            raise _refuse(name, str(number), f"is not between {least} and {most:,}")
        return number

    def number(self, name: str) -> int | None:
        """Return an id, or None where it is not stated.

        Raises:
            RequestError: it is no whole number of 64 bits.
        """
        text = self.text(name)
        number = None if text is None else read_id(text)
        if text is not None and number is None:
            raise _refuse(name, text, "is not a whole number")
        return number


def read_request(
    path: str, pairs: Iterable[tuple[str, str]], takes: Sequence[str]
) -> Asked:
    """Return what is asked for.

    Args:
        path: inside the page.
        pairs: names and values, as they stand in the address.
        takes: the parameters of the view beside `EVERYWHERE`.

    Raises:
        RequestError: a parameter is unknown, stated twice or too long.
    """
    known = (*EVERYWHERE, *takes)
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise _refuse(
                name, value, f"this view has no such parameter; it has: {_say(known)}"
            )
        if name in values:
            raise _refuse(name, value, "is stated twice; once is wanted")
        if len(value) > _LONGEST:
            problem = f"has more than {_LONGEST} characters"
            raise _refuse(name, value[:20] + "…", problem)
        values[name] = value
    asked = Asked(path, values)
    asked.option("format", FORMATS)
    return asked


def read_id(text: str) -> int | None:
    """Return an id of an article, text or story; None if it can be none.

    >>> read_id("-17"), read_id("1e3"), read_id("99999999999999999999")
    (-17, None, None)
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def locate(path: str, /, **values: object) -> str:
    """Return an address inside the page; what is None is left out.

    >>> locate("/articles", night=date(2026, 3, 1), source=None, lang="fr")
    '/articles?night=2026-03-01&lang=fr'
    """
    stated = {name: value for name, value in values.items() if value is not None}
    return f"{path}?{urlencode(stated)}" if stated else path


def _say(names: Sequence[str]) -> str:
    return ", ".join(names)


def _refuse(name: str, value: str, problem: str) -> RequestError:
    return RequestError(400, f"{name}: {value!r}: {problem}")
