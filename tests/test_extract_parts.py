"""The rules of extraction one by one: bytes, bylines, furniture, language."""

from __future__ import annotations

import pytest

from nightdesk.extract.authors import split_authors
from nightdesk.extract.boilerplate import drop_boilerplate, is_boilerplate
from nightdesk.extract.decode import decode_page, sniff_kind
from nightdesk.extract.language import find_language
from nightdesk.extract.scripts import load_values

WORDS = "Größe, Straße, naïve café, señor, façade"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (WORDS.encode(), "text/html; charset=iso-8859-1", WORDS),
        (WORDS.encode("cp1252"), "text/html; charset=ISO-8859-1", WORDS),
        (WORDS.encode("cp1252"), "text/html; charset=utf-8", WORDS),
        (b"\xef\xbb\xbf" + WORDS.encode(), None, WORDS),
        (b"\xff\xfe" + WORDS.encode("utf-16-le"), None, WORDS),
        (b"<meta charset=gb2312>" + "新闻".encode("gb18030"), None, "新闻"),
        (b"<meta charset='shift_jis'>" + "記事①".encode("cp932"), None, "記事①"),
        ("ニュース".encode("iso2022_jp"), "text/html; charset=iso-2022-jp", "ニュース"),
        ("Straße ".encode() * 99 + b"\xff", "text/html", "Straße " * 99 + "\ufffd"),
        (b"it\x92s", "text/html; charset=utf-8", "it’s"),
        (b"caf\xe9", "text/html; charset=no-such-thing", "café"),
    ],
)
def test_bytes_are_read_as_a_browser_would(
    body: bytes, content_type: str | None, text: str
) -> None:
    assert decode_page(body, content_type).endswith(text)


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"<!DOCTYPE html><p>x", None, "html"),
        (b"<!DOCTYPE html><p>x", "text/plain", "html"),
        (b"\n  <html><p>x", "application/xhtml+xml", "html"),
        (b"A line of text < another.", "text/plain", "text"),
        (b"A line of text.", None, "text"),
        (b"\x1b$B9A$N66\x1b(B", None, "text"),
        (b"k\x9d\x02\xf1 noise \x0e\xc3", None, "other"),
        (b"k\x9d\x02\xf1 noise \x0e\xc3", "text/plain", "other"),
        (b"k\x9d\x02\xf1 noise \x0e\xc3", "text/html", "other"),
        (b'{"headline": "x"}', None, "other"),
        (b"<p>x", "application/json", "other"),
        (b"\x89PNG\r\n", "text/html", "other"),
        (b"PK\x03\x04", None, "other"),
        (b'<?xml version="1.0"?><urlset >', "application/xml", "other"),
    ],
)
def test_kind_is_read_from_the_bytes_first(
    body: bytes, content_type: str | None, kind: str
) -> None:
    assert sniff_kind(body, content_type) == kind


@pytest.mark.parametrize(
    ("bylines", "names"),
    [
        (["Mirela Castellan"], ["Mirela Castellan"]),
        (["By Mirela Castellan"], ["Mirela Castellan"]),
        (
            ["Von Mirela Castellan und Jan de Vrees"],
            ["Mirela Castellan", "Jan de Vrees"],
        ),
        (
            ["Ana Soto, Li Wei Chen & Tom Arden"],
            ["Ana Soto", "Li Wei Chen", "Tom Arden"],
        ),
        (["Mirela Castellan (mca)"], ["Mirela Castellan"]),
        (["Mirela Castellan, mc@ledger.example"], ["Mirela Castellan"]),
        (["Mirela Castellan | Harbour editor"], ["Mirela Castellan", "Harbour editor"]),
        (["River and Harbour Trust"], ["River and Harbour Trust"]),
        (["Castellan, Mirela"], ["Castellan, Mirela"]),
        (["Mirela Castellan, Head of the harbour desk"], ["Mirela Castellan"]),
        (["Ana Soto und Tom Arden, Pell"], ["Ana Soto", "Tom Arden"]),
        (["Ministry of Works, Pell"], ["Ministry of Works, Pell"]),
        (["Recipe by Mirela Castellan"], ["Mirela Castellan"]),
        (["https://social.example/ledger", "admin", "", "  "], []),
        (["Mirela Castellan", "mirela castellan"], ["Mirela Castellan"]),
        (["x" * 2_000_000], []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_byline_becomes_names(bylines: list[str], names: list[str]) -> None:
    assert list(split_authors(bylines)) == names


FURNITURE = [
    "Advertisement", "ADVERTISEMENT", "READ MORE: The ferry that sank", "Related:",
    "More on this story", "Sign up for our morning newsletter", "* * *", "___",
    "© 2026 Quayside Print Ltd.", "Published 4 March 2026 at 10:15",
    "Lesen Sie auch: Die Fähre", "Lire aussi : Le bac", "Lea también: La barca",
    "Leggi anche: Il traghetto", "Leia também: A balsa", "Lees ook: De veerboot",
    "Läs också: Färjan", "Les også: Ferga",
    "আরও পড়ুন: নৌকা", "Czytaj też: Prom", "Читайте также: Паром",
    "Baca juga: Kapal feri", "اقرأ أيضا: العبارة", "یہ بھی پڑھیں: کشتی", "ये भी पढ़ें: नाव",
    "延伸阅读：旧渡船", "関連記事", "관련기사",
]  # fmt: skip
PROSE = [
    "Read more than one report and they disagree about the bridge.",
    "More ferries will run on Monday, the harbour office said.",
    "Related species of heron nest on both banks of the river.",
    "Photo archives of the town were moved to the library in May.",
    "The council published 4 reports on the bridge in one year.",
    "Comments by the mayor on Tuesday did not settle the matter.",
    "Save the bridge, said the banner over the road to the quay.",
    "Tags on the herons showed that they had come from the delta.",
    "Реклама на мосту запрещена с прошлого года, сказал мэр.",
    "Copyright law was changed by parliament on Monday.",
    "Follow the money and you find the sawmill, the auditor said.",
    "Published in 1931, the report named all four of the bearings.",
    "Comment: the council is wrong about the bridge.",
    "Share prices of the sawmill fell by a tenth after the news.",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_between_paragraphs_is_known(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_begins_like_furniture_stays(line: str) -> None:
    assert not is_boilerplate(line)


def test_headline_goes_only_from_the_top() -> None:
    title = "Council closes swing bridge to lorries"
    near = "Council closes the swing bridge to lorries"
    lines = [near, *(f"Paragraph number {n} of the story." for n in range(9)), title]
    assert list(drop_boilerplate(lines, [title])) == lines[1:]


def test_line_that_is_one_link_goes() -> None:
    links = frozenset({"The ferry that would not sink"})
    lines = ["- The ferry that would not sink", "The ferry sank."]
    assert drop_boilerplate(lines, [], links) == ("The ferry sank.",)


@pytest.mark.parametrize(
    ("text", "stated", "lang"),
    [
        (
            "Der Rat hat die Brücke gesperrt, weil die Lager Risse haben. " * 4,
            "en",
            "de",
        ),
        ("Rådet har stengt broen for lastebiler etter en kontroll. " * 4, "nb", "no"),
        ("Short.", "fr", "fr"),
        ("", None, None),
    ],
)
def test_language_is_of_the_words_unless_they_are_few(
    text: str, stated: str | None, lang: str | None
) -> None:
    assert find_language(text, stated) == lang


NEWS = {"@type": "NewsArticle", "headline": "The bridge is shut"}
LINE = '"@type": "NewsArticle", "headline": "The bridge is shut"'


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param(f"{{{LINE}}}", [NEWS], id="sound"),
        pytest.param(f"<!-- {{{LINE},}} -->;", [NEWS], id="comma and comment marks"),
        pytest.param(f"{{{LINE}}}}}", [NEWS], id="a brace too many"),
        pytest.param(f"{{{LINE}}}, {{}} []", [NEWS, {}, []], id="one after the other"),
        pytest.param(f"{{\n// ours\n{LINE}}}", [NEWS], id="a line of comment"),
        pytest.param(
            f"{{{LINE}, \"description\": 'shut'}}", [NEWS], id="another quote"
        ),
        pytest.param(
            f'{{{LINE}, "text": "so "shut" it is", "datePublished": "2026-03-04", '
            '"author": [{"name": "Ines Oakfield"}, {"name": "Tom \\u00c5rden"}]}',
            [
                {
                    **NEWS,
                    "datePublished": "2026-03-04",
                    "author": ["Ines Oakfield", "Tom Ården"],
                }
            ],
            id="quotes inside a text",
        ),
        pytest.param(
            '{"@type": "NewsArticle", "headline": "The "old" bridge", "x": }',
            [{"@type": "NewsArticle"}],
            id="a headline that cannot be told is left out",
        ),
        pytest.param("{" * 9_000, [], id="nothing to be told"),
        pytest.param("", [], id="empty"),
    ],
)
def test_script_gives_what_can_be_told_of_it(text: str, values: list[object]) -> None:
    assert list(load_values(text)) == values
