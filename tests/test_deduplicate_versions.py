"""What changed between two versions of an article, and what kind of change it is."""

from __future__ import annotations

import pytest

from nightdesk.deduplicate.versions import Edit, diff_versions, is_same_article

BASE = (
    "The ferry Aldona ran aground off Larkhaven on Monday with 214 people on board.\n"
    "Captain Renske Aldaba said that nobody was hurt and that the hull was dry.\n"
    "Tugs from Port Osmund are expected at dawn, the harbour office said."
)
TITLE = "Ferry aground off Larkhaven"


def swap(*pairs: tuple[str, str]) -> str:
    text = BASE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


MORE = "\nThe company promised every passenger a free crossing before the summer."
NOTICE = "\nThis article was corrected: an earlier version misstated the day."
LINES = BASE.splitlines()

KINDS = {
    "nothing changed": (BASE, TITLE, "same", ""),
    "blanks, case and marks are no change": (
        swap(("Monday", "MONDAY"), (" on board.", " on  board!")),
        TITLE,
        "same",
        "",
    ),
    "another headline over the same text": (BASE, "Night at sea", "headline", ""),
    "the same headline in capitals": (BASE, TITLE.upper(), "same", ""),
    "a letter put right": (swap(("Captain", "Captian")), TITLE, "typo", "c"),
    "a word that was there twice": (
        swap(("the hull", "the the hull")),
        TITLE,
        "typo",
        "c",
    ),
    "letters put right in two paragraphs": (
        swap(("aground", "agruond"), ("expected", "expcted")),
        TITLE,
        "typo",
        "cc",
    ),
    "a letter put right and another headline": (
        swap(("Captain", "Captian")),
        "Night at sea",
        "typo",
        "c",
    ),
    "a number in the place of another": (
        swap(("214", "241")),
        TITLE,
        "correction",
        "c",
    ),
    "a name in the place of another": (
        swap(("Renske Aldaba", "Ottoline Brack")),
        TITLE,
        "correction",
        "c",
    ),
    "a notice at the end": (BASE + NOTICE, TITLE, "correction", "a"),
    "a notice beside more text": (BASE + MORE + NOTICE, TITLE, "correction", "aa"),
    "a denial turned round is no typo": (
        swap(("was hurt", "was not hurt")),
        TITLE,
        "update",
        "c",
    ),
    "a paragraph more": (BASE + MORE, TITLE, "update", "a"),
    "a paragraph more and a number put right": (
        swap(("214", "241")) + MORE,
        TITLE,
        "update",
        "ca",
    ),
    "a paragraph less": ("\n".join(LINES[:2]), TITLE, "update", "r"),
    "paragraphs in another order": (
        "\n".join([LINES[0], LINES[2], LINES[1]]),
        TITLE,
        "update",
        "ar",
    ),
    "a paragraph written anew": (
        "\n".join([LINES[0], "Wind kept the lifeboats in harbour.", LINES[2]]),
        TITLE,
        "update",
        "ar",
    ),
    "everything gone": ("", TITLE, "update", "rrr"),
    "a correction in German": (
        BASE + "\nKorrektur: In der ersten Fassung stand ein falscher Tag.",
        TITLE,
        "correction",
        "a",
    ),
}


@pytest.mark.parametrize(
    ("new", "title", "kind", "edits"), KINDS.values(), ids=KINDS.keys()
)
def test_a_change_has_its_kind_and_edits(
    new: str, title: str, kind: str, edits: str
) -> None:
    diff = diff_versions(BASE, new, TITLE, title)
    assert (diff.kind, "".join(edit.kind[0] for edit in diff.edits)) == (kind, edits)


WORDS = {
    "correction": (
        "Iran Iraq, Austria Australia, Niger Nigeria, Monday Sunday, Hassan Hussain,"
        " million billion, Gambia Zambia, Slovakia Slovenia, Mali Bali, Jan Juan,"
        " Juni Juli, junio julio, июня июля, Georgia Georgian-Iran, Ada Ida, six ten"
    ),
    "update": (
        "legal illegal, likely unlikely, possible impossible, satisfied dissatisfied,"
        " now not, he she, increased decreased, included excluded, can can't"
    ),
    "typo": (
        "teh the, goverment government, recieve receive, Mondy Monday, agian again,"
        " harbuor harbour, acomodation accommodation, Larkhaben Larkhaven, of off,"
        " catch catches,"
        " wether whether, Wendesday Wednesday, for-ever forever"
    ),
}
CHANGED = [
    (kind, *pair.split())
    for kind, pairs in WORDS.items()
    for pair in pairs.replace("-", "\u2010").split(",")
]


@pytest.mark.parametrize(("kind", "one", "other"), CHANGED)
def test_a_word_in_the_place_of_another(kind: str, one: str, other: str) -> None:
    texts = [f"The harbour office told us of {word} and rain." for word in (one, other)]
    assert diff_versions(texts[0], texts[1]).kind == kind
    assert diff_versions(texts[1], texts[0]).kind == kind


NOTICES = {
    "Correction: the ferry is forty years old.": "correction",
    "CORRECTION (May 6): the ferry is forty years old.": "correction",
    "Correction appended on Tuesday.": "correction",
    "Corrects the age of the ferry in the first paragraph.": "correction",
    "The headline of this story has been corrected.": "correction",
    "We have corrected the age of the ferry.": "correction",
    "Clarification: the ferry is forty years old.": "correction",
    "Two correction officers were on board.": "update",
    "Correction officers were on board.": "update",
    "The Department of Corrections had hired the ferry, a report said.": "update",
    "Analysts had seen a market correction coming.": "update",
    "Captain Renske Aldaba clarified that the hull was old.": "update",
}


@pytest.mark.parametrize(("line", "kind"), NOTICES.items())
def test_a_notice_is_told_from_a_story(line: str, kind: str) -> None:
    assert diff_versions(BASE, f"{BASE}\n{line}").kind == kind


def test_a_change_and_its_way_back_name_the_same_paragraphs() -> None:
    new = swap(("214", "241")) + MORE
    there, back = diff_versions(BASE, new), diff_versions(new, BASE)
    assert [(e.old_n, e.new_n) for e in there.edits] == [(0, 0), (None, 3)]
    assert [(e.old_n, e.new_n) for e in back.edits] == [(0, 0), (3, None)]


def test_an_old_notice_is_no_new_correction() -> None:
    old = BASE + NOTICE
    assert diff_versions(old, old + MORE).kind == "update"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("渡轮搁浅，船上有214人。", "渡轮搁浅，船上有241人。", "correction"),
        ("渡轮在雾中搁浅。", "渡轮在雾中搁浅。\n拖船将于黎明抵达。", "update"),
        ("渡轮搁浅，无人受伤。", "渡轮搁浅, 无人受伤", "same"),
    ],
    ids=["a number", "a paragraph more", "marks alone"],
)
def test_chinese_versions(old: str, new: str, kind: str) -> None:
    assert diff_versions(old, new).kind == kind


def test_an_edit_holds_both_wordings() -> None:
    assert diff_versions("Rain fell.\nAll is wel.", "All is well.").edits == (
        Edit("removed", 0, None, "Rain fell.", None),
        Edit("changed", 1, 0, "All is wel.", "All is well."),
    )


HOME = "https://hill.example/ferry-7"
OTHER = "Frost took half of the apple blossom in the upper valley, growers said."
SAME = {
    "one address whatever the text": (HOME, HOME, OTHER, True),
    "a tracker and the same text": (HOME, f"{HOME}?utm_source=x", BASE, True),
    "a mobile page with a paragraph more": (
        HOME,
        "http://m.hill.example/ferry-7",
        BASE + MORE,
        True,
    ),
    "a mobile page with another text": (
        HOME,
        "http://m.hill.example/ferry-7",
        OTHER,
        False,
    ),
    "a page without a text": (HOME, f"{HOME}?utm_source=x", "", False),
    "another article with the same text": (
        HOME,
        "https://hill.example/a-1",
        BASE,
        False,
    ),
    "a cache of another owner with the same text": (
        HOME,
        "https://hill-example.cdn.ampproject.org/c/s/hill.example/ferry-7",
        BASE,
        False,
    ),
}


@pytest.mark.parametrize(
    ("one", "other", "text", "is_same"), SAME.values(), ids=SAME.keys()
)
def test_a_lossy_address_alone_never_makes_one_article(
    one: str, other: str, text: str, *, is_same: bool
) -> None:
    assert is_same_article((one, BASE), (other, text)) is is_same
    assert is_same_article((other, text), (one, BASE)) is is_same
