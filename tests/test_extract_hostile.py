"""Pages that break extractors: named or read, in seconds, without a wrong letter.

Beside the bombs of test_extract: what is broken about the bytes of a page that has a
story all the same, and pages under data/junk that hold text but no story.
"""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nightdesk.extract import Page, extract_article
from nightdesk.extract.decode import decode_page
from nightdesk.model import Article

DATA = Path(__file__).parent / "data"
JUNK = json.loads((DATA / "junk" / "reasons.json").read_text("utf-8"))
RUSSIAN = (DATA / "languages" / "ru.html").read_text("utf-8")
GERMAN = (DATA / "languages" / "de.html").read_text("utf-8")
TEXTS = {
    lang: json.loads((DATA / "languages" / f"{lang}.expect.json").read_text("utf-8"))
    for lang in ("de", "ru")
}
STORY = "".join(
    f"<p>Paragraph {n} of the story says that the ferry ran again on Monday, three "
    f"days after the storm of number {n} had broken two jetties.</p>"
    for n in range(8)
)


def extract(
    body: bytes, content_type: str | None = "text/html", **facts: str
) -> Article:
    url = facts.get("url", "https://ledger.example/local/the-swing-bridge-is-closed")
    seen = datetime(2026, 3, 5, tzinfo=UTC)
    page = Page(body, url, url, -7, "ledger", content_type, captured_at=seen)
    before = time.process_time()
    article = extract_article(page)
    assert time.process_time() - before < 10
    return article


def wrap(inner: str, head: str = "") -> bytes:
    return f"<html><head>{head}</head><body>{inner}</body></html>".encode()


@pytest.mark.parametrize("name", JUNK)
def test_page_without_a_story_is_no_article(name: str) -> None:
    article = extract((DATA / "junk" / f"{name}.html").read_bytes())
    assert (article.status, article.reason) == ("rejected", JUNK[name])


def test_every_page_without_a_story_has_its_reason() -> None:
    assert sorted(JUNK) == sorted(p.stem for p in (DATA / "junk").glob("*.html"))


@pytest.mark.parametrize(
    ("title", "first"),
    [
        pytest.param("Contact", "<h1>Ferry runs again</h1>", id="an outlet's name"),
        pytest.param(
            "Ferry runs again | The Ledger",
            "<aside><h1>Subscribe</h1></aside><h1>Ferry runs again</h1>",
            id="a box beside the story",
        ),
        pytest.param(
            "Harbour office disables ad blockers in its reading room",
            "<h1>Harbour office disables ad blockers in its reading room</h1>"
            "<meta property='og:type' content='article'>",
            id="a story about what walls speak of",
        ),
        pytest.param(
            "Ferry runs again | Quay",
            "<h1>Ferry runs again</h1>",
            id="an offer below the story",
        ),
    ],
)
def test_story_that_has_something_of_a_wall_is_kept(title: str, first: str) -> None:
    offer = (
        "<footer><p>Unlimited access to every story. Cancel at any time.</p></footer>"
    )
    page = wrap(f"{first}<article>{STORY}</article>{offer}", f"<title>{title}</title>")
    assert extract(page).status == "ok"


def mislabel(text: str, charset: str, label: str) -> bytes:
    return text.replace('"utf-8"', f'"{label}"').encode(charset)


DAMAGED = [
    pytest.param(
        "ru",
        RUSSIAN.encode().replace("Вагон".encode(), b"\xff" + "Вагон".encode()),
        "text/html; charset=utf-8",
        id="one bad byte in UTF-8",
    ),
    pytest.param(
        "ru",
        RUSSIAN.encode().replace("Вагон".encode(), b"\xff" + "Вагон".encode()),
        None,
        id="one bad byte in UTF-8, no header",
    ),
    pytest.param(
        "ru",
        mislabel(RUSSIAN, "utf-8", "windows-1251"),
        "text/html; charset=koi8-r",
        id="UTF-8 that header and page call two other things",
    ),
    pytest.param(
        "ru",
        mislabel(RUSSIAN, "windows-1251", "utf-8"),
        "text/html; charset=utf-8",
        id="windows-1251 called UTF-8 twice",
    ),
    pytest.param(
        "de",
        mislabel(GERMAN, "windows-1252", "utf-8"),
        "text/html; charset=utf-8",
        id="windows-1252 called UTF-8 twice",
    ),
    pytest.param(
        "de", mislabel(GERMAN, "utf-16", "utf-8"), "text/html", id="UTF-16 with a BOM"
    ),
    pytest.param(
        "de",
        GERMAN.replace("Gasthaus am", "Gasthaus&#xD83D; am").encode(),
        "text/html",
        id="lone surrogate as a reference",
    ),
    pytest.param(
        "de",
        GERMAN.encode().replace(b"Gasthaus am", b"Gasthaus\xed\xa0\xbd am"),
        "text/html",
        id="lone surrogate as bytes",
    ),
    pytest.param(
        "de",
        GERMAN.encode().replace(b"Gasthaus am", b"Gasthaus\x00 am"),
        "text/html",
        id="a zero inside the text",
    ),
]


@pytest.mark.parametrize(("lang", "body", "content_type"), DAMAGED)
def test_damage_to_bytes_costs_the_damaged_place_alone(
    lang: str, body: bytes, content_type: str | None
) -> None:
    whole = extract((RUSSIAN if lang == "ru" else GERMAN).encode()).text.split("\n")
    found = extract(body, content_type)
    assert found.status == "ok"
    assert found.title == TEXTS[lang]["title"]
    lines = found.text.split("\n")
    assert len(lines) == len(whole)
    changed = [(a, b) for a, b in zip(lines, whole, strict=True) if a != b]
    assert len(changed) <= 1
    for line, original in changed:
        words = original.split()
        assert sum(word in line.split() for word in words) >= len(words) - 1


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        pytest.param(
            b"<p>" + b"A paragraph of the story that goes on. " * 540_000,
            *("text/html", "too_large"),
            id="21 MB of paragraphs",
        ),
        pytest.param(
            wrap(f'<script type="application/ld+json">"{"x" * 10**7}"</script>{STORY}'),
            *("text/html", "too_large"),
            id="10 MB of JSON-LD",
        ),
        pytest.param(
            wrap("<div>" * 2_000 + STORY + "</div>" * 2_000),
            *("text/html", "too_deep"),
            id="2,000 nested blocks",
        ),
        pytest.param(
            gzip.compress(GERMAN.encode())[:-200],
            *("text/html", "wrong_type"),
            id="gzip that was cut off",
        ),
        pytest.param(
            gzip.compress(b"\x00" * 10**8), "text/html", "wrong_type", id="gzip bomb"
        ),
        pytest.param(b"%PDF-1.7\n" + b"x" * 999, None, "wrong_type", id="PDF"),
        pytest.param(b"PK\x03\x04" + b"x" * 999, None, "wrong_type", id="ZIP"),
        pytest.param(b"\x89PNG\r\n" + b"x" * 999, "text/html", "wrong_type", id="PNG"),
        pytest.param(b"\x00\x00\x00 ftypisom" * 9, None, "wrong_type", id="MP4"),
        pytest.param(b'{"a": "' + b"x" * 999, None, "wrong_type", id="JSON"),
        pytest.param(
            b"a = 1;" * 99, "application/javascript", "wrong_type", id="a script"
        ),
        pytest.param(b" \r\n\t", "text/html", "empty", id="blanks"),
        pytest.param(
            wrap("<br>" * 625_000), "text/html", "too_many_tags", id="2.5 MB of breaks"
        ),
        pytest.param(
            wrap("<a href='/x'>A link to another story</a>" * 45_000),
            *("text/html", "too_many_tags"),
            id="45,000 links",
        ),
    ],
)
def test_page_that_costs_too_much_or_is_none_says_so(
    body: bytes, content_type: str | None, reason: str
) -> None:
    assert extract(body, content_type).reason == reason


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f'<script type="application/ld+json">["{"x" * 4_500_000}"]</script>',
            "",
            id="4.5 MB of JSON-LD",
        ),
        pytest.param("<b>" * 180, "", id="180 tags that never close"),
        pytest.param("<!-- " + "x" * 10**6 + " -->", "", id="a comment of 1 MB"),
        pytest.param("<style>" + "a{}" * 10**5 + "</style>", "", id="300 KB of style"),
        pytest.param("", "<p>" + "&nbsp;" * 10**5 + "</p>", id="100,000 blanks"),
        pytest.param("", "<ul>" + "<li>x" * 9_000 + "</ul>", id="9,000 list items"),
        pytest.param(
            "",
            "<table>" + "<tr><td>1<td>2" * 9_000 + "</table>",
            id="9,000 table rows",
        ),
    ],
)
def test_story_among_ballast_is_read_whole(before: str, after: str) -> None:
    article = extract(wrap(f"{before}<article>{STORY}</article>{after}"))
    assert article.status == "ok"
    for n in range(8):
        assert f"days after the storm of number {n} had broken" in article.text


OLD = (
    *(("ru", "windows-1251"), ("ru", "koi8-r"), ("ru", "iso-8859-5"), ("ru", "cp866")),
    *(("zh", "gb18030"), ("zh", "big5"), ("ar", "windows-1256"), ("ar", "iso-8859-6")),
    *(("tr", "windows-1254"), ("es", "windows-1252"), ("fr", "windows-1252")),
)
LABELS = ("utf-8", "iso-8859-1", "gbk", "windows-1251", "shift_jis", "made-up")


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(("lang", "charset"), OLD, ids=str)
def test_page_whose_label_is_wrong_is_read_by_what_comes_of_it(
    lang: str, charset: str, label: str
) -> None:
    text = (DATA / "languages" / f"{lang}.html").read_text("utf-8")
    body = text.replace('"utf-8"', f'"{label}"').encode(charset, "xmlcharrefreplace")
    header = f"text/html; charset={label}"
    assert decode_page(body, header) == body.decode(charset)


SAMPLES = [
    (
        "ja",
        "港の議会は、古い橋をトラックに対して閉鎖することを決めた。",
    ),
    (
        "ko",
        "항구 의회는 오래된 다리를 트럭에 폐쇄하기로 결정했다.",
    ),
    ("el", "Το συμβούλιο του λιμανιού έκλεισε την παλιά γέφυρα για τα φορτηγά."),
    ("he", "מועצת הנמל סגרה את הגשר הישן למשאיות בגלל סדקים שנמצאו בשני מסבים."),
    ("th", "สภาท่าเรือปิดสะพานเก่าสำหรับรถบรรทุกหลังจากการตรวจสอบพบรอยร้าว"),
    (
        "pl",
        "Rada portu zamknęła most dla ciężarówek, łożyska są już słabe: źle.",
    ),
    ("is", "Hafnarráð lokaði gömlu brúnni: legurnar þoli ekki þunga vagna með timbri."),
]
CODECS = {
    "ja": ("shift_jis", "euc_jp", "iso2022_jp"),
    "ko": ("euc_kr",),
    "el": ("windows-1253",),
    "he": ("windows-1255",),
    "th": ("tis-620",),
    "pl": ("windows-1250", "iso-8859-2"),
    "is": ("windows-1252",),
}


@pytest.mark.parametrize("label", ["utf-8", None, "its own"])
@pytest.mark.parametrize(
    ("text", "charset"),
    [(text, charset) for lang, text in SAMPLES for charset in CODECS[lang]],
    ids=lambda part: part[:12],
)
def test_code_page_of_a_short_page_is_found_without_its_label(
    text: str, charset: str, label: str | None
) -> None:
    named = charset if label == "its own" else label
    meta = f"<meta charset={named}>" if named else ""
    body = f"<html>{meta}<p class='lead'>{text}</p></html>".encode(charset)
    assert decode_page(body) == body.decode(charset)
