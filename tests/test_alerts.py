"""A failed task tells whom the connection names, and never more than that."""

from __future__ import annotations

import email
import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.airflow


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs to leave a mail."""

    def handle(self) -> None:
        def say(line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        say("220 mailbox")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines))
            say("221 bye" if word == "QUIT" else "250 mailbox")
            if word == "QUIT":
                return


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.server.posts.append((self.path, json.loads(self.rfile.read(size))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def serve(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def mailbox() -> Iterator[Any]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailbox)
    server.mails = []
    yield from serve(server)


@pytest.fixture
def hook() -> Iterator[Any]:
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    server.posts, server.status = [], 200
    yield from serve(server)


@pytest.fixture(scope="module")
def alerts(tmp_path_factory: pytest.TempPathFactory):
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    import nightdesk_alerts

    return nightdesk_alerts


def name(monkeypatch: pytest.MonkeyPatch, port: int, **more: object) -> None:
    value = {"host": "127.0.0.1", "port": port, **more}
    monkeypatch.setenv("AIRFLOW_CONN_NIGHTDESK_ALERT", json.dumps(value))


MAIL = {
    "disable_ssl": True,
    "disable_tls": True,
    "from_email": "desk@newsroom.example",
    "to": "ama@newsroom.example",
}


def failure(
    error: str = "night 2026-03-05: none of its 3 sources was read",
) -> Any:
    ti = SimpleNamespace(
        dag_id="nightdesk_nightly",
        task_id="load",
        run_id="scheduled__2026-03-06",
        try_number=3,
        log_url="http://127.0.0.1:8080/log",
    )
    start = datetime(2026, 3, 5, tzinfo=UTC)
    return {"ti": ti, "exception": ValueError(error), "data_interval_start": start}


def test_a_mail_says_what_failed(
    alerts, mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(monkeypatch, mailbox.server_address[1], conn_type="smtp", extra=MAIL)
    alerts.send_alert(failure())
    (raw,) = mailbox.mails
    mail = email.message_from_bytes(raw, policy=policy.default)
    assert (
        mail["subject"] == "nightdesk: nightdesk_nightly.load failed, night 2026-03-05"
    )
    assert mail["to"] == "ama@newsroom.example"
    assert mail["from"] == "desk@newsroom.example"
    text = mail.get_body(("html",)).get_content()
    assert "none of its 3 sources was read" in text
    assert "http://127.0.0.1:8080/log" in text


def test_what_an_error_quotes_is_neither_markup_nor_a_template(
    alerts, mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(monkeypatch, mailbox.server_address[1], conn_type="smtp", extra=MAIL)
    alerts.send_alert(
        failure("<script>x</script> {{ 7 * 7 }} {{ conn.nightdesk_alert }}")
    )
    (raw,) = mailbox.mails
    mail = email.message_from_bytes(raw, policy=policy.default)
    text = mail.get_body(("html",)).get_content()
    assert "&lt;script&gt;" in text
    assert "{{ 7 * 7 }}" in text


def test_a_webhook_gets_json_at_its_secret_address(
    alerts, hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"endpoint": "/services/"}
    port = hook.server_address[1]
    how = {"conn_type": "http", "schema": "http", "password": "T0/abc", "extra": extra}
    name(monkeypatch, port, **how)
    alerts.send_alert(failure())
    ((path, body),) = hook.posts
    assert path == "/services/T0/abc"
    assert body["subject"].endswith("failed, night 2026-03-05")
    assert body["text"].startswith("Task load of nightdesk_nightly failed in try 3")
    hook.status = 500
    with pytest.raises(OSError, match="answers with status 500") as caught:
        alerts.send_alert(failure())
    assert "abc" not in str(caught.value)


def test_without_the_connection_nobody_is_told(
    alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NIGHTDESK_ALERT", raising=False)
    assert alerts.send_alert(failure()) is None


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"conn_type": "ftp"}, "allowed: smtp, slackwebhook, http"),
        ({"conn_type": "smtp"}, "extra: to: missing"),
    ],
)
def test_a_connection_that_cannot_serve_is_named(
    alerts, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], problem: str
) -> None:
    name(monkeypatch, 9, **more)
    with pytest.raises(ValueError, match=problem):
        alerts.send_alert(failure())


def test_a_failed_night_in_airflow_sends_a_mail(
    mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`airflow dags test` of the nightly DAG, whose sources file is wrong."""
    name(monkeypatch, mailbox.server_address[1], conn_type="smtp", extra=MAIL)
    data = tmp_path / "data"
    (data / "config").mkdir(parents=True)
    (data / "config" / "sources.yaml").write_text("sources: []\n")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "PYTHONPATH": str(ROOT / "include"),
        "NIGHTDESK_DATA": str(data),
    }
    code = (
        "from airflow.utils.db import initdb; initdb();"
        "from airflow.models.pool import Pool;"
        "[Pool.create_or_update_pool(n, 1, '', False) for n in "
        "('nightdesk_fetch', 'nightdesk_warehouse')]"
    )
    subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, capture_output=True
    )
    command = ["-m", "airflow", "dags", "test", "nightdesk_nightly", "2026-03-05"]
    done = subprocess.run(
        [sys.executable, *command], env=env, capture_output=True, text=True, timeout=240
    )
    assert mailbox.mails, (done.stdout + done.stderr)[-3000:]
    mail = email.message_from_bytes(mailbox.mails[0], policy=policy.default)
    assert mail["subject"].startswith("nightdesk: nightdesk_nightly.plan failed")
    text = mail.get_body(("html",)).get_content()
    assert "sources.yaml" in text
