"""What somebody decides on the page: who it is, and a form that becomes a line.

A form is only taken with the token that was in it when it was shown: it is made from
the session, which no other site can read, and says nothing of it. The line itself is
judged where those of the command line are: see `Book`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from nightdesk.errors import ConfigError, RequestError
from nightdesk.page.asked import read_id

PATH = "/decide"
_LONGEST = 2000  # characters of a value; a reason is a sentence or two
_MOST = 500  # fields: the articles of a large story, each ticked
#: Fields of a form, in the order in which they are shown again if something is wrong.
FIELDS = {
    "kind": "What is decided",
    "article": "Article",
    "others": "Other articles: ids or addresses",
    "old_id": "Name",
    "id": "Is the name with the id",
    "surface": "Words, as they stand in the title or text",
    "value": "Id, or country",
    "type": "Type",
    "nth": "Only the n-th place",
    "published": "Published on",
    "why": "Why",
}
#: What may be decided, by what is in its form.
CHOICES: Sequence[Mapping[str, str]] = (
    {
        "tag_place": "name a place",
        "tag_entity": "name a person or organisation",
        "tag_none": "name nothing that should be tagged",
        "as_found": "mean what was found at first",
    },
    {
        "date": "it was published on the day below",
        "as_found": "it was published when it was found to be",
    },
    {
        "cluster_split": "it is no copy: it carries a text of its own",
        "cluster_merge": "they carry one text",
        "story_split": "they tell another story than the rest",
        "story_merge": "they tell one story",
    },
    {
        "same_entity": "it is the name with the id below",
        "own_entity": "it is a name of its own again",
    },
)
_VALUE_KEYS = {"tag_place": "place", "tag_entity": "entity"}


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in.

    Attributes:
        name: who they are.
        session: what only their browser and the server know.
        may_decide: whether more is allowed than to look.
    """

    name: str
    session: str
    may_decide: bool

    @property
    def token(self) -> str:
        """What a form that was shown in this session brings back."""
        key = self.session.encode()
        return hmac.new(key, b"nightdesk decides", hashlib.sha256).hexdigest()


class Decided(Protocol):
    """What has been written down."""

    @property
    def about(self) -> tuple[str | None, ...]:
        """Titles, or ids of names."""

    @property
    def nights(self) -> tuple[date, ...]:
        """Those that show it once they are built again."""


class Book(Protocol):
    """Where people write what they decided."""

    @property
    def is_open(self) -> bool:
        """Whether lines can be added from here."""

    def write(self, row: Mapping[str, object]) -> Decided:
        """Write down a line, or raise ConfigError and say why nothing would take it."""

    def list_said(self, article: int) -> list[dict[str, Any]]:
        """Return what holds of an article from its next build on.

        Rows have kind, surface, nth, value, who, decided_at and why.
        """


@dataclass(frozen=True)
class Form:
    """A form that was sent: its fields as they came, each with all of its values."""

    values: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """Return the value of a field; "" where it is empty or not there."""
        return (self.values.get(name) or ("",))[0].strip()

    @property
    def choices(self) -> Mapping[str, str]:
        """What may be decided in a form of this kind."""
        kind = self.text("kind")
        fits = [group for group in CHOICES if kind in group]
        is_date = kind == "as_found" and "published" in self.values
        return fits[-1 if is_date else 0] if fits else {}

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """Name, label and value of the fields that are shown again."""
        return [
            (name, label, value)
            for name, label in FIELDS.items()
            if name != "kind"
            for value in self.values.get(name, ())
        ]


def say_kind(kind: str, surface: object) -> str:
    """Return what a kind says of words, or, where none are named, of the article.

    >>> say_kind("as_found", "Accra"), say_kind("as_found", None)[:16]
    ('mean what was found at first', 'it was published')
    """
    fits = [group[kind] for group in CHOICES if kind in group]
    return fits[0 if surface else -1]


def read_form(pairs: Iterable[tuple[str, str]]) -> tuple[Form, str]:
    """Return a form that was sent, and the token that came with it.

    Raises:
        RequestError: a field is unknown, stated twice or too long.
    """
    values: dict[str, tuple[str, ...]] = {}
    for n, (name, value) in enumerate(pairs):
        if name not in FIELDS and name != "token":
            raise RequestError(400, f"{name[:40]!r}: the form has no such field")
        if name in values and name != "article":
            raise RequestError(400, f"{name}: is stated twice; once is wanted")
        if len(value) > _LONGEST or n >= _MOST:
            problem = f"allowed: {_LONGEST} characters, {_MOST} fields"
            raise RequestError(400, f"{name}: is too long; {problem}")
        values[name] = (*values.get(name, ()), value)
    token = "".join(values.pop("token", ()))
    return Form(values), token


def write_row(form: Form) -> dict[str, Any]:
    """Return the line of a form, without who says it and when.

    What is empty is left out, so that it is said to be missing by whoever reads lines.

    >>> write_row(Form({"kind": ("date",), "article": ("17",), "why": ("so",)}))
    {'kind': 'date', 'article': 17, 'why': 'so'}
    """
    kind = form.text("kind")
    if kind.startswith(("cluster_", "story_")):
        named = (*form.values.get("article", ()), *form.text("others").split())
        said: dict[str, Any] = {"articles": [_read_number(text) for text in named]}
    elif kind.endswith("_entity") and kind != "tag_entity":
        said = {"old_id": form.text("old_id")}
        said |= {"id": form.text("id")} if kind == "same_entity" else {}
    else:
        said = _write_correction(form, kind)
    row = {"kind": kind, **said, "why": form.text("why")}
    return {key: value for key, value in row.items() if value not in ("", [])}


def _write_correction(form: Form, kind: str) -> dict[str, Any]:
    """Return what a line says of one article.

    Raises:
        ConfigError: no words are named; without them the line would be about the date.
    """
    row: dict[str, Any] = {"article": _read_number(form.text("article"))}
    if "surface" not in form.values:
        return row | ({"published": form.text("published")} if kind == "date" else {})
    if not form.text("surface"):
        raise ConfigError("surface: is missing: the words as they stand in the article")
    row |= {"surface": form.text("surface"), "nth": _read_number(form.text("nth"))}
    if kind == "tag_entity":
        row["type"] = form.text("type")
    if kind in _VALUE_KEYS:
        row[_VALUE_KEYS[kind]] = form.text("value")
    return row


def _read_number(text: str) -> int | str:
    """Return an id or number as such, whatever else as it is."""
    number = read_id(text.strip())
    return text.strip() if number is None else number
