"""An article -> whom it names as the maker of its text: credit, byline, dateline.

By the form of the naming, never by a list of agencies, so that one that nobody has
heard of is found like the large ones: in brackets behind a dateline or at the end of
the text, behind "Source:" and its like, behind "first published by", below a text in
capitals, or as a byline that is no person. Known to miss: names in running text
("told X"), credits inside images, two letters alone on the last line, the owner of a
copyright without a word for an agency in the name, and agencies with a name like a
place's behind a place in small letters ("Lille (Kestrel) -", which reads as
"Lille (France) -").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nightdesk.text import split_paragraphs, split_words

CreditKind = Literal["first_published", "dateline", "credit", "byline", "material"]

#: A line of credits is short; what is longer is a paragraph of the story.
MAX_CREDIT_CHARS = 240
_HEAD, _TAIL = 3, 4  # paragraphs in which credits are looked for


@dataclass(frozen=True, slots=True)
class Credit:
    """One naming of a maker, with the words that name it."""

    kind: CreditKind
    name: str  # as stated
    key: str  # by which two spellings are one name
    evidence: str


class _Form(NamedTuple):
    """A way to name a maker."""

    kind: CreditKind
    search: Callable[[str], re.Match[str] | None]  # `match`: at the beginning alone
    stems: Sequence[str] = ("",)  # one is in all that it finds, casefolded

    def find(self, line: str, folded: str) -> re.Match[str] | None:
        """Return where a line, given casefolded as well, has the form.

        Hardly any has one: stems say so at a tenth of what the search costs.
        """
        for stem in self.stems:
            if stem in folded:
                return self.search(line)
        return None


# A name: capitalised words, with small words, "&" and initials between them.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_SMALL = r"(?:of|the|and|for|de|du|des|la|der|und|del|y|&)"
_WORD = rf"{_CAPITAL}[\w&'’.\-]*"
_NAME = rf"(?P<name>(?:[Tt]he )?{_WORD}(?: (?:{_SMALL} )?{_WORD}){{0,5}}(?:/\w+)?)"
_DASH = r"[-\u2013\u2014:]"
_BY = r"(?:by|in|on|at|with|through|bei|von|in der|im|auf|par|dans|sur|por|en)"

# A place, with the country or region that some put in brackets behind it.
_PLACE = (
    rf"(?P<place>{_CAPITAL}[^()\n]{{1,60}}?(?: ?\([^()\n]{{2,30}}\)[^()\n]{{0,20}}?)?)"
)
# Then the text begins: "Ada Moss (KNA) - who won -" is none.
_BEGIN = rf"\.? ?{_DASH}(?!{_DASH}? ?[a-zß-öø-ÿ])"

_DATELINES = tuple(
    _Form("dateline", re.compile(pattern).match, signs)
    for signs, pattern in (
        # OST, Maren, May 6 (KNA) - Text, and OST (Maren), May 6 (KNA) - Text
        ("(", rf"{_PLACE} ?\({_NAME}\)(?:{_BEGIN}| (?={_CAPITAL}))"),
        # With small initials, of some agencies and of a desk: Berlin (abc/xyz) - Text
        ("(", rf"{_PLACE} \((?P<name>[a-z]{{2,8}}(?:/\w+)?)\){_BEGIN}"),
        # LARKHAVEN / KNA - Text
        (
            "-\u2013\u2014:",
            rf"(?P<place>{_CAPITAL}[^()\n]{{1,50}}?)[,/] ?"
            rf"(?P<name>[A-Z]{{2,8}}){_BEGIN} ?\S",
        ),
        # LARKHAVEN, May 6. /KNA/. Text
        (
            "/",
            rf"(?P<place>{_CAPITAL}[^()/\n]{{1,50}}\d[^()/\n]{{0,12}}?)[,. ]+"
            rf"/(?P<name>{_WORD})/(?:\. |{_BEGIN})",
        ),
        # (KNA) - LARKHAVEN, 06 MAG - Text
        (
            "(",
            rf"\({_NAME}\) ?{_DASH} ?(?P<place>{_CAPITAL}[^()\n\d]{{1,40}}, "
            rf"\d{{1,2}} [^\W\d_]{{3,9}}){_BEGIN}",
        ),
        # 望江社北京5月6日电 and （望江社記者王芳北京6日電）
        (
            "日",
            r"[（(【]?(?P<name>[^\W\d_]{1,8}?[社网網])(?P<place>[^\W\d_]{0,14}?"
            r"(?:\d{1,2}月)?\d{1,2}日)[^\W\d_]{0,2}[电電]",
        ),
        # 【北京共同】; the words for an agency, since no blank parts it from the place
        (
            "【",
            r"【(?P<place>[^】\n]{1,12}?)[=＝・ ]?"
            r"(?P<name>共同|時事|聯合|[A-Z]{2,8}|[^】\n=＝・ ]{1,4}通信社?)】",
        ),
    )
)
_BRACKET_END = re.compile(rf"[.!?\"”»] ?[(\[]{_NAME}[)\]]\.?$")
_BRACKET_LINE = re.compile(rf"^[(\[\u2013\u2014-] ?{_NAME}[)\]]?\.?$")
_FIRST = re.compile(
    r"\b(?i:first|originally|previously|initially|zuerst|erstmals|ursprünglich"
    r"|originalmente|initialement)"
    r"(?:\s+(?i:published|appeared|posted|ran|printed|erschienen|veröffentlicht"
    r"|publicad[oa]|publiée?|parue?))"
    rf"(?:\s+(?:on|am|le|el) [\w ,./\-]{{4,24}}?)?\s+{_BY}\s+{_NAME}"
)
# As feeds of WordPress end.
_POST = re.compile(
    r"^(?:The post|Der Beitrag|La entrada|L['’]articl[eo]) .+ (?:appeared first on"
    r"|first appeared on|erschien zuerst auf|(?:se publicó|apareció) primero en"
    r"|est apparu en premier sur|proviene da) (?P<name>[^\n]{2,60}?)\.?$"
)
_COPYRIGHT = re.compile(
    r"^(?:copyright|©|\(c\))(?: ?©| ?\(c\))?[ ,]*(?:\d{4}(?:-\d{4})?)?[ ,]*(?:by )?"
    r"(?P<name>[^\W\d_][^\n.,|]{1,59}?)(?:[.,|].*|\s\d{4})?$",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"^[*\[(\u2013\u2014-]?\s*(?i:sources?|credit|wire|via|agency|quelle|fuente|fonte"
    r"|kaynak|источник|المصدر|来源|來源)\s*[:：]\s*(?P<name>[^\n|:：]{2,60}?)[\])]?\.?$"
)
_SUPPLIED = re.compile(
    # Not "meals were provided by", nor "photo courtesy of".
    r"(?:\b(?i:syndicated|republished|reprinted|reproduced)"
    r"|(?:^|\b(?i:report|story|article|text|copy|content|column|interview|piece|material"
    r"|release)\b[^.\n]{0,40}?\b)(?i:supplied|provided|distributed|courtesy|permission))"
    r"\s+(?i:with (?:kind )?permission (?:of|from)|by|from|of|through|via)\s+"
    rf"{_NAME}"
)
_PICTURE = re.compile(
    r"^\W*(?i:photo\w*|images?|pictures?|video|graphics?|fotos?|bild(?:er)?|map)\b"
)
_MATERIAL = re.compile(
    r"\b(?i:with|using|includes?|contains?|mit|avec|con)\s+(?:additional |some )?"
    r"(?i:material|copy|text|reporting|information|reports?|inputs?)\s+"
    rf"(?:from|by|of|von|de|des)\s+{_NAME}"
)
_LINES = (
    _Form("first_published", _POST.match),
    # No stem has an i: re takes the Turkish ones for it as well, casefold does not.
    _Form(
        "first_published",
        _FIRST.search,
        ("rst", "ally", "prev", "urspr", "alment", "alement"),
    ),
    _Form("credit", _SOURCE.match),
    _Form(
        "credit",
        _SUPPLIED.search,
        ("suppl", "prov", "buted", "courtesy", "perm", "synd", "republ", "repr"),
    ),
    _Form(
        "material",
        _MATERIAL.search,
        ("mater", "copy", "text", "report", "nformat", "nput"),
    ),
    _Form("credit", _COPYRIGHT.match),
    _Form("credit", _BRACKET_LINE.match),
    _Form("credit", _BRACKET_END.search, (")", "]")),
)

# What makes a byline the name of a desk: a word for it, or capitals alone.
_DESK = re.compile(
    r"\b(?:agency|agencies|agence|agentur|agencia|agenzia|ajansı|wire|newswire|newsroom"
    r"|news|press|presse|prensa|media|services?|syndicate|bureau|desk|staff|reports"
    r"|network|radio|tv|online|magazine|review|dispatch|herald|post|times|courier"
    r"|journal|gazette|tribune|observer|chronicle|telegraph|daily|today)\b"
    r"|агентство|وكالة|通讯社|通訊社|社$",
    re.IGNORECASE,
)
# What makes the owner of a copyright another than the house.
_AGENCY = re.compile(
    r"\b(?:agency|agence|agentur|agencia|agenzia|ajansı|wire|newswire|syndicate)\b"
    r"|агентство|وكالة|通讯社|通訊社|通信社",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"^[A-Z]{2,8}$")
# Capitals alone on the last line; two letters may be a writer's.
_SIGN = re.compile(r"^[A-Z]{3,8}\.?$")
_CALL_NAMES = (
    "AD ADS AUDIO CLICK COMMENTS END ENDS EXCLUSIVE FAQ FIN FOLLOW LATEST LIVE MORE"
    " NEWS NOTE OPINION PHOTO PHOTOS POLL READ SHARE SPORT SPORTS TAGS TBC TOP TOPICS"
    " UPDATE UPDATED VIDEO VIDEOS WATCH WORLD"
)
_CALLS = frozenset(_CALL_NAMES.split())  # to the reader
_BYLINE_PARTS = re.compile(r"\s*(?:[,/|;]|\bfor\b|\band\b|\bof\b|\bwith\b|\(|\))\s*")
# Words of which the names of an outlet's own desks are made, and what stands behind the
# name of a person: neither names another maker.
_HOUSE_NAMES = (
    "staff reporter reporters writer writers editor editors editorial correspondent"
    " desk newsroom news web online digital sports sport business city metro national"
    " local world foreign politics team board bureau service services media report"
    " reports tv radio our the by from and of"
)
_HOUSE = frozenset(_HOUSE_NAMES.split())
_TITLE_NAMES = (
    "MD MP MBA RN JD CEO CFO OBE MBE CBE KC QC II III IV JR SR MEP MLA UK US USA EU UAE"
    " TV PR"
)
_TITLES = frozenset(_TITLE_NAMES.split())
# Words that are part of many names and of no help to tell them apart.
_COMMON = frozenset(
    ["the", "news", "agency", "agence", "wire", "newswire", "service", "press", "staff",
     "media", "com", "www", "inc", "ltd", "group", "agencia", "agentur", "reports"]
)  # fmt: skip


def read_credits(text: str, authors: Iterable[str] = ()) -> tuple[Credit, ...]:
    """Return whom an article names as the maker of its text, in order, each once.

    >>> [c.name for c in read_credits("OST, Maren (KNA) - Rain fell on Ost all day.")]
    ['KNA']
    >>> [c.name for c in read_credits("Rain.", ["Ada Moss, Hill News Agency"])]
    ['Hill News Agency']
    """
    paragraphs = split_paragraphs(text)
    found = [
        *_read_datelines(paragraphs[:_HEAD]),
        *_read_lines(paragraphs),
        *_read_sign(paragraphs),
        *_read_bylines(authors),
    ]
    return tuple(dict.fromkeys(credit for credit in found if credit.key))


def make_key(name: str) -> str:
    """Return the key of a maker's name: its words without the common ones.

    >>> make_key("The Hill News Agency") == make_key("HILL")
    True
    """
    words = split_words(name.split("/")[0])
    return " ".join([word for word in words if word not in _COMMON] or words)


def is_short_for(short: str, name: str) -> bool:
    """Say whether one name is the initials of another.

    >>> is_short_for("KNA", "Kestrel News Agency")
    True
    """
    initials = "".join(w[0] for w in split_words(name) if w not in ("the", "of", "and"))
    return len(initials) > 1 and "".join(split_words(short)) == initials


def _read_datelines(paragraphs: tuple[str, ...]) -> Iterator[Credit]:
    for paragraph in paragraphs:
        for form in _DATELINES:
            match = form.find(paragraph, paragraph)
            if match and _is_maker(match["name"], match["place"]):
                yield _make_credit(form.kind, match["name"], match[0])
                break


def _read_lines(paragraphs: tuple[str, ...]) -> Iterator[Credit]:
    ends = dict.fromkeys((*paragraphs[:_HEAD], *paragraphs[-_TAIL:]))
    for paragraph in ends:
        line = paragraph[-MAX_CREDIT_CHARS:]
        folded = line.casefold()
        for form in _LINES:
            match = form.find(line, folded)
            if not match or _PICTURE.match(line):
                continue
            is_line = len(paragraph) <= MAX_CREDIT_CHARS or match.end() == len(line)
            if is_line and not _is_nobody(match):
                yield _make_credit(form.kind, match["name"], match[0])
                break


def _read_sign(paragraphs: tuple[str, ...]) -> Iterator[Credit]:
    last = paragraphs[-1] if len(paragraphs) > 1 else ""
    if _SIGN.match(last) and _is_initials(last.strip(".")):
        yield _make_credit("credit", last, last)


def _is_maker(name: str, place: str) -> bool:
    """Say whether a name behind a place is a maker's, not where it is, nor a score."""
    if len(name) < 2 or _is_desk(name) or not _is_plain(name):
        return len(name) > 1
    # Lille (France) - Text; agencies write in capitals, or put a day before it.
    return not any(c.islower() for c in place) or any(c.isdigit() for c in place)


def _is_nobody(match: re.Match[str]) -> bool:
    pattern, name = match.re, match["name"]
    if pattern is _SOURCE:  # Sources: police, hospital
        return name[:1].islower() and not name.isalnum() and "/" not in name
    if pattern is _COPYRIGHT:
        return not (_AGENCY.search(name) or _is_initials(name))
    return pattern in (_BRACKET_LINE, _BRACKET_END) and _is_signed(name)


def _is_signed(name: str) -> bool:
    """Say whether a name below a text may be a person's: Ada Moss."""
    return " " in name and _is_plain(name) and not _is_desk(name)


def _is_initials(name: str) -> bool:
    """Say whether a name is capitals alone, and neither a title nor a call."""
    return bool(_CAPITALS.match(name)) and name not in _TITLES | _CALLS


def _is_plain(name: str) -> bool:
    """Say whether no word of a name has capitals within."""
    words = re.findall(r"[^\W\d_]+", name)
    return name[:1].isupper() and all(word[1:] == word[1:].lower() for word in words)


def _is_desk(name: str) -> bool:
    return _DESK.search(name) is not None


def _read_bylines(authors: Iterable[str]) -> Iterator[Credit]:
    for author in authors:
        parts = [part.strip(" .") for part in _BYLINE_PARTS.split(author)]
        for part in parts:
            is_house = _HOUSE.issuperset(split_words(part))
            if part and (_is_initials(part) or (_is_desk(part) and not is_house)):
                yield _make_credit("byline", part, author)


def _make_credit(kind: CreditKind, name: str, evidence: str) -> Credit:
    name = name.strip(" .'’")
    return Credit(kind, name, make_key(name), " ".join(evidence.split()))
