"""The brief goes to whom the connection names, each night once, and to nobody else."""

from __future__ import annotations

import email
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from test_alerts import MAIL, hook, mailbox
from test_mail import make_mail
from test_report_rows import make_marts

from nightdesk.pipeline import Job
from nightdesk.pipeline.publish_task import point_latest, write_brief
from nightdesk.settings import load_settings

__all__ = ["hook", "mailbox"]  # fixtures

NIGHT = date(2026, 3, 5)

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def briefs(tmp_path_factory: pytest.TempPathFactory):
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    import nightdesk_briefs

    return nightdesk_briefs


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Write the brief of a night of which nothing is published, as the newest."""
    monkeypatch.setenv("NIGHTDESK_DATA", str(tmp_path))

    def write(night: date) -> None:
        moment = datetime(2026, 3, 9, tzinfo=UTC)
        job = Job(load_settings(), "test", lambda: moment)
        write_brief(job, night)
        point_latest(job, night)

    return write


def name(monkeypatch: pytest.MonkeyPatch, server: Any, **more: object) -> None:
    value = {"host": "127.0.0.1", "port": server.server_address[1], **more}
    monkeypatch.setenv("AIRFLOW_CONN_NIGHTDESK_BRIEF", json.dumps(value))


def test_each_night_is_mailed_once(
    briefs, write, mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(monkeypatch, mailbox, conn_type="smtp", extra=MAIL)
    assert briefs.send_brief("r") is None  # there is no brief yet
    write(NIGHT)
    assert briefs.send_brief("r") == "2026-03-05"
    assert briefs.send_brief("r") is None
    write(NIGHT - timedelta(days=1))  # loaded late
    assert briefs.send_brief("r") is None
    write(NIGHT + timedelta(days=1))
    assert briefs.send_brief("r") == "2026-03-06"
    mails = [
        email.message_from_bytes(raw, policy=policy.default) for raw in mailbox.mails
    ]
    assert [mail["subject"] for mail in mails] == [
        "nightdesk, Thursday 5 March 2026",
        "nightdesk, Friday 6 March 2026",
    ]
    assert mails[0]["to"] == "ama@newsroom.example"
    assert "No rows." in mails[0].get_body(("html",)).get_content()
    assert mails[0].get_body(("plain",)).get_content().startswith("# nightdesk")


def test_pictures_stand_in_the_mail(briefs) -> None:
    mail = make_mail(make_marts())
    raw = bytes(briefs.build_message(mail, "a@b.example", "c@d.example"))
    message = email.message_from_bytes(raw, policy=policy.default)
    related = [
        part for part in message.walk() if part.get_content_type() == "image/png"
    ]
    assert [part["content-id"] for part in related] == [
        f"<{name}>" for name in mail.images
    ]
    assert all(part.get_content() in mail.images.values() for part in related)


def test_a_chat_gets_the_first_sections(
    briefs, write, hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(monkeypatch, hook, conn_type="http", schema="http")
    write(NIGHT)
    hook.status = 500
    with pytest.raises(OSError, match="nightdesk_brief: the webhook answers with"):
        briefs.send_brief("r")
    hook.status = 200
    assert briefs.send_brief("r") == "2026-03-05"  # what failed was not noted
    _, (_, body) = hook.posts
    assert body["subject"] == "nightdesk, Thursday 5 March 2026"
    assert "## What is unusual, and why" in body["text"]
    assert "## What is missing" not in body["text"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"conn_type": "ftp"}, "nightdesk_brief: type 'ftp'; allowed: smtp"),
        ({"conn_type": "smtp"}, "nightdesk_brief: extra: to: missing"),
    ],
)
def test_a_connection_that_cannot_serve_is_named(
    briefs, write, mailbox, monkeypatch: pytest.MonkeyPatch, more, problem: str
) -> None:
    name(monkeypatch, mailbox, **more)
    write(NIGHT)
    with pytest.raises(ValueError, match=problem):
        briefs.send_brief("r")


def test_without_the_connection_nothing_is_sent(
    briefs, write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NIGHTDESK_BRIEF", raising=False)
    write(NIGHT)
    assert briefs.send_brief("r") is None
