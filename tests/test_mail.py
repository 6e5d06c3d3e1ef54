"""The brief as a mail: charts are images that it names, and it loads nothing else."""

from __future__ import annotations

import re

import pytest
from lxml import html
from test_report_rows import NIGHT, SHAPES, make_marts

from nightdesk.report import Edition, Marts, draft_brief
from nightdesk.report.mail import Mail, write_mail


def make_mail(marts: Marts) -> Mail:
    return write_mail(draft_brief(NIGHT, marts, shapes=SHAPES), Edition())


@pytest.fixture(scope="module")
def mail() -> Mail:
    return make_mail(make_marts())


def test_every_chart_is_an_image_of_the_mail(mail: Mail) -> None:
    page = html.document_fromstring(mail.html)
    sources = page.xpath("//img/@src")
    assert sources == [f"cid:{name}" for name in mail.images]
    assert len(sources) > 5
    assert not page.xpath("//*[local-name() = 'svg' or local-name() = 'script']")
    assert all(png.startswith(b"\x89PNG\r\n\x1a\n") for png in mail.images.values())
    assert len(set(mail.images.values())) == len(mail.images)


def test_no_colour_is_a_variable(mail: Mail) -> None:
    assert "var(" not in mail.html
    assert re.search(r"background:#[0-9a-f]{6}", mail.html)


def test_text_and_subject(mail: Mail) -> None:
    assert mail.subject == "nightdesk, Tuesday 24 November 2026"
    assert mail.text.startswith("# nightdesk, Tuesday 24 November 2026\n")


def test_the_same_rows_give_the_same_bytes(mail: Mail) -> None:
    assert make_mail(make_marts()) == mail


def test_an_empty_night_is_a_mail_too() -> None:
    assert "No rows." in make_mail({}).html
