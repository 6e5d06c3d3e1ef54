"""Who made a text: what articles say of themselves, and what the clock says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from nightdesk.deduplicate import Document, fingerprint_text
from nightdesk.deduplicate.credits import read_credits
from nightdesk.deduplicate.origin import Member, find_origin
from nightdesk.text import hash_text

DATA = Path(__file__).parent / "data" / "duplicates"
TEXTS: dict[str, str] = yaml.safe_load((DATA / "texts.yaml").read_text("utf-8"))
NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)
CHINESE = "渡轮在雾中搁浅，船上有214人，无人受伤。"
STORY = "The ferry ran aground in fog on Monday night.\nNobody was hurt."

CREDITS = {
    "a dateline with brackets": (f"LARKHAVEN, Maren (KNA) - {STORY}", [], "KNA"),
    "a dateline with a day": (f"Larkhaven, May 6 (KNA) — {STORY}", [], "KNA"),
    "a dateline with a full name": (
        f"LARKHAVEN (Kestrel News Agency) – {STORY}",
        [],
        "Kestrel News Agency",
    ),
    "a German dateline with a desk": (f"Larkhaven (kna/mv) - {STORY}", [], "kna/mv"),
    "a dateline with a slash": (f"LARKHAVEN / KNA — {STORY}", [], "KNA"),
    "initials in brackets at the end": (f"{STORY} (KNA)", [], "KNA"),
    "a name on the last line": (
        f"{STORY}\n— Kestrel News Agency",
        [],
        "Kestrel News Agency",
    ),
    "a source line": (
        f"{STORY}\nSource: Kestrel News Agency",
        [],
        "Kestrel News Agency",
    ),
    "a German source line": (f"{STORY}\nQuelle: Kestrel", [], "Kestrel"),
    "a Spanish source line": (
        f"{STORY}\nFuente: Agencia Cormorán",
        [],
        "Agencia Cormorán",
    ),
    "a Chinese source line": ("渡轮在雾中搁浅。\n来源：望江通讯社", [], "望江通讯社"),
    "supplied by": (
        f"{STORY}\nThis report was supplied by Kestrel News Agency and shortened.",
        [],
        "Kestrel News Agency",
    ),
    "supplied by, with an i of another language": (
        f"{STORY}\nThis report was suppl\u0131ed by Kestrel News Agency and shortened.",
        [],
        "Kestrel News Agency",
    ),
    "republished with permission": (
        f"{STORY}\nRepublished with permission from The Sundew Review.",
        [],
        "The Sundew Review",
    ),
    "first published by": (
        f"{STORY}\nThis story was first published by The Sundew Review.",
        [],
        "The Sundew Review",
    ),
    "originally appeared in": (
        f"This article originally appeared in The Sundew Review.\n{STORY}",
        [],
        "The Sundew Review",
    ),
    "first published on a day": (
        f"{STORY}\nFirst published on 6 May 2031 by Tidewater Press.",
        [],
        "Tidewater Press",
    ),
    "with material from": (
        f"{STORY}\nWith material from Tidewater Press.",
        [],
        "Tidewater Press",
    ),
    "a desk as the author": (STORY, ["Kestrel News Agency"], "Kestrel News Agency"),
    "initials as the author": (STORY, ["KNA"], "KNA"),
    "a person of an agency": (STORY, ["Ada Moss, Tidewater Press"], "Tidewater Press"),
    "a person for an agency": (
        STORY,
        ["Ada Moss for Sundew Newswire"],
        "Sundew Newswire",
    ),
    "a person": (STORY, ["Ada Moss"], None),
    "no word at all": (STORY, [], None),
    "brackets within the text": (
        f"The Maren Lifeboat Service (MLS) said on Monday that all is well.\n{STORY}",
        [],
        None,
    ),
    "a country in brackets behind a place": (f"Lille (France) – {STORY}", [], None),
    "a region in brackets": (f"Bad Velda (Nieder-Maren) - {STORY}", [], None),
    "a country in brackets, then an agency": (
        f"LARKHAVEN (Maren), 6. Mai (KNA) – {STORY}",
        [],
        "KNA",
    ),
    "an agency with a name behind a place in capitals": (
        f"LARKHAVEN (Kestrel) - {STORY}",
        [],
        "Kestrel",
    ),
    "an agency with a name behind a day": (
        f"Larkhaven, 6 mai (Kestrel) - {STORY}",
        [],
        "Kestrel",
    ),
    "an agency behind a place in small letters": (
        f"Larkhaven (KestrelPress) - {STORY}",
        [],
        "KestrelPress",
    ),
    "an Arabic agency": (f"لارك (كستريل) - {STORY}", [], "كستريل"),
    "a person in brackets at the end": (f"{STORY} (Ada Moss)", [], None),
    "a person on the last line": (f"{STORY}\n— Ada Moss", [], None),
    "a person who takes photographs": (
        f"{STORY}\nPhoto by Ada Moss, courtesy of Larkhaven Zoo.",
        [],
        None,
    ),
    "who provided something else": (
        f"{STORY}\nHot meals were provided by Larkhaven Kitchen.",
        [],
        None,
    ),
    "content provided by": (
        f"{STORY}\nThis content was provided by Kestrel News Agency.",
        [],
        "Kestrel News Agency",
    ),
    "sources that are no outlets": (f"{STORY}\nSources: police, hospital", [], None),
    "an agency in small letters": (f"{STORY}\nQuelle: kna", [], "kna"),
    "a party in brackets": (
        f"Minister Ada Moss (NDP) - who won - said so.\n{STORY}",
        [],
        None,
    ),
    "a score": (f"Velda United (V) - Osmund City (H)\n{STORY}", [], None),
    **{
        f"a desk of the house, {name}": (STORY, [name], None)
        for name in ("Web Desk", "Staff Reporter", "News Desk", "Newsroom", "Staff")
    },
    "a writer of the house": (STORY, ["Ada Moss, Staff Writer"], None),
    "a doctor": (STORY, ["Ada Moss, MD"], None),
    "agencies without a name": (STORY, ["Staff and agencies"], "agencies"),
    "a place before a dash": (f"LARKHAVEN, Maren - {STORY}", [], None),
    "sources in running text": (
        f"{STORY}\nSources close to the harbour office: nobody slept that night.",
        [],
        None,
    ),
    "initials alone on the last line": (f"{STORY}\nKNA", [], "KNA"),
    "the post appeared first on": (
        f"{STORY}\nThe post Ferry aground appeared first on The Sundew Review.",
        [],
        "The Sundew Review",
    ),
    "the post appeared first on, in German": (
        f"{STORY}\nDer Beitrag Fähre fest erschien zuerst auf Sundew-Blatt.",
        [],
        "Sundew-Blatt",
    ),
    "two initials on the last line": (f"{STORY}\nAM", [], None),
    "a copyright of the house's company": (
        f"{STORY}\n© 2031 Valley Media Group",
        [],
        None,
    ),
    "a Chinese dateline": (f"望江社北京5月6日电 {CHINESE}", [], "望江社"),
    "a Chinese dateline in brackets": (
        f"（望江社北京5月6日电）{CHINESE}",
        [],
        "望江社",
    ),
    "a Chinese dateline with a reporter": (
        f"望江通讯社拉克港5月6日电（记者 阿达）{CHINESE}",
        [],
        "望江通讯社",
    ),
    "a Japanese dateline": (f"【北京共同】{CHINESE}", [], "共同"),
    "a dateline with a full stop": (f"Larkhaven, 6 may (KNA).- {STORY}", [], "KNA"),
    "a day before a name in slashes": (f"May 6. /KNA/. {STORY}", [], "KNA"),
    "a place before a name in slashes": (
        f"Larkhaven, May 6 /KNA/ - {STORY}",
        [],
        "KNA",
    ),
    "a name before the dateline": (f"(KNA) - LARKHAVEN, 06 MAG - {STORY}", [], "KNA"),
    "a copyright line": (
        f"{STORY}\n© 2031 Kestrel News Agency",
        [],
        "Kestrel News Agency",
    ),
    "a copyright line with rights": (
        f"{STORY}\nCopyright 2031 Kestrel News Agency. All rights reserved.",
        [],
        "Kestrel News Agency",
    ),
    "initials at the end of a sentence": (f"{STORY} He joined the KNA", [], None),
    "initials that are a title": (f"{STORY}\nMBE", [], None),
    "initials that end a story": (f"{STORY}\nEND", [], None),
    "a word of the house on the last line": (f"{STORY}\nTV", [], None),
    "who appeared first on a stage": (
        f"{STORY}\nThe singer appeared first on Monday in Larkhaven.",
        [],
        None,
    ),
    "a Chinese report of a call": (f"望江社5月6日在北京成立。{CHINESE}", [], None),
    "a Japanese heading in brackets": (f"【速報】{CHINESE}", [], None),
    "a Japanese place in brackets": (f"【北京】{CHINESE}", [], None),
    "a person in brackets before the text": (
        f"(Ada Moss) - Larkhaven is safe.\n{STORY}",
        [],
        None,
    ),
    "a party in slashes": (f"Ada Moss /NDP/ won the seat.\n{STORY}", [], None),
    "a copyright of a person": (f"{STORY}\n© 2031 Ada Moss", [], None),
    "a copyright of a picture": (f"{STORY}\nPhoto: © 2031 Kestrel News", [], None),
    "a copyright of nobody": (f"{STORY}\n© 2031 All rights reserved", [], None),
    "who first did something else": (
        f"{STORY}\nThe ship first sailed in June, and the yard first opened in Maren.",
        [],
        None,
    ),
}


@pytest.mark.parametrize(
    ("text", "authors", "name"), CREDITS.values(), ids=CREDITS.keys()
)
def test_an_article_names_its_maker(
    text: str, authors: list[str], name: str | None
) -> None:
    found = [credit.name for credit in read_credits(text, authors)]
    assert found == ([name] if name else [])


def make_member(
    number: int, text: str, outlet: str | None = None, authors: tuple[str, ...] = ()
) -> Member:
    document = Document(
        article_id=number,
        text=text,
        title=None,
        published_at=NOON + timedelta(hours=number),
        canonical_url=f"https://o{number}.example/{number}",
        source_id=f"o{number}",
        text_hash=hash_text(text),
        hashes=fingerprint_text(text),
    )
    return Member(document, authors, outlet)


FERRY = TEXTS["ferry"]
WIRE = f"LARKHAVEN (KNA) - {FERRY}"
OWN = "\n".join(
    f"{word} was what our reporter saw at the quay." for word in FERRY.split()[:9]
)

ORIGINS = {
    "nobody is named: the first was it": (
        [make_member(1, FERRY, "Valley Post"), make_member(2, FERRY, "Coast Daily")],
        ("Valley Post", 1, "first_seen"),
    ),
    "an agency that is not read": (
        [make_member(1, WIRE, "Valley Post"), make_member(2, FERRY, "Coast Daily")],
        ("KNA", None, "dateline"),
    ),
    "initials and full name are one agency": (
        [
            make_member(1, WIRE, "Valley Post"),
            make_member(2, f"{FERRY}\nSource: Kestrel News Agency", "Coast Daily"),
            make_member(3, FERRY, "Hill Herald", ("Tidewater Press",)),
        ],
        ("Kestrel News Agency", None, "dateline"),
    ),
    "an agency that is read, though its copy was there first": (
        [
            make_member(1, f"{FERRY}\nSource: Kestrel News Agency", "Coast Daily"),
            make_member(2, FERRY, "Kestrel News Agency"),
        ],
        ("Kestrel News Agency", 2, "credit"),
    ),
    "an outlet's word for itself counts for nothing": (
        [
            make_member(1, FERRY, "Coast Daily"),
            make_member(2, f"{FERRY}\nSource: Valley Post", "The Valley Post"),
        ],
        ("Coast Daily", 1, "first_seen"),
    ),
    "first published goes before a byline": (
        [
            make_member(1, FERRY, "Coast Daily", ("Tidewater Press",)),
            make_member(2, f"{FERRY}\nFirst published by Valley Post.", "Hill Herald"),
        ],
        ("Valley Post", None, "first_published"),
    ),
}


@pytest.mark.parametrize(("members", "expect"), ORIGINS.values(), ids=ORIGINS.keys())
def test_a_cluster_has_its_origin(
    members: list[Member], expect: tuple[str, int | None, str]
) -> None:
    origin = find_origin(members)
    assert (origin.name, origin.article_id, origin.via) == expect
    assert find_origin(members[::-1]) == origin


def test_the_evidence_is_kept_word_for_word() -> None:
    origin = find_origin([make_member(1, WIRE, "Valley Post")])
    ((article_id, credit),) = origin.evidence
    assert (article_id, credit.kind, credit.name) == (1, "dateline", "KNA")
    assert credit.evidence.startswith("LARKHAVEN (KNA)")


def test_each_member_is_origin_copy_or_edit() -> None:
    members = [
        make_member(1, FERRY, "Valley Post"),
        make_member(2, FERRY, "Coast Daily"),
        make_member(3, f"{FERRY}\n{OWN}", "Hill Herald"),
    ]
    parts = find_origin(members).parts
    assert [(part.article_id, part.role) for part in parts] == [
        (1, "origin"),
        (2, "copy"),
        (3, "edit"),
    ]
    assert parts[0].own_share == parts[1].own_share == 0.0
    assert 0.1 < parts[2].own_share < 0.5


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (WIRE, "copy"),
        (f"{FERRY}\nWith material from Kestrel News Agency.", "edit"),
        (FERRY, "origin"),
    ],
    ids=["an agency's text", "with material of an agency", "its own"],
)
def test_an_article_alone_is_what_it_says_it_is(text: str, role: str) -> None:
    (part,) = find_origin([make_member(1, text, "Valley Post")]).parts
    assert part.role == role


def test_an_article_without_a_time_is_as_old_as_its_capture() -> None:
    early = make_member(2, FERRY, "Coast Daily")
    early = replace(
        early,
        document=replace(early.document, published_at=None),
        first_seen_at=NOON - timedelta(days=1),
    )
    assert find_origin([make_member(1, FERRY, "Valley Post"), early]).article_id == 2
