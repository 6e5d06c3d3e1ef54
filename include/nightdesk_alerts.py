"""A failed task tells somebody, by the Airflow connection `nightdesk_alert`.

The connection's type says how: `smtp` (mail), `slackwebhook` (Slack's provider) or
`http` (JSON to any webhook, Slack's and Mattermost's too). Without the connection
nobody is told. Beside the package and not in it, since it imports Airflow.
"""

from __future__ import annotations

import html
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseNotifier, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

CONNECTION = "nightdesk_alert"
_MOST = 2_000  # characters of an error; the log has all of it
_TIMEOUT_S = 30


def send_alert(context: Any) -> None:
    """Tell whom the connection names of a task that failed; an `on_failure_callback`.

    Errors quote what was fetched, so what is told is never taken for a template: the
    notifier's `notify` is called, and not the notifier, which renders its fields.

    Raises:
        ValueError: the connection is of another type, or lacks what its type needs.
        OSError: it cannot be reached. Airflow logs both, and the task stays failed.
    """
    try:
        connection = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return
    make_notifier(connection, describe_failure(context)).notify(context)


def describe_failure(context: Any) -> dict[str, str]:
    """Return what to tell of a failed task: `subject`, and the lines of `text`."""
    ti = context["ti"]
    start = context.get("data_interval_start")
    night = f", night {start:%Y-%m-%d}" if start else ""
    lines = [
        f"Task {ti.task_id} of {ti.dag_id} failed in try {ti.try_number}{night}.",
        f"Run: {ti.run_id}",
        f"Error: {str(context.get('exception') or 'see the log')[:_MOST]}",
        f"Log: {getattr(ti, 'log_url', None) or 'in the Airflow UI'}",
        "What was published before is unchanged; readers see the last whole night.",
    ]
    return {
        "subject": f"nightdesk: {ti.dag_id}.{ti.task_id} failed{night}",
        "text": "\n".join(lines),
    }


def make_notifier(connection: Any, told: dict[str, str]) -> Any:
    """Return the notifier that a connection asks for.

    Raises:
        ValueError: see `send_alert`.
    """
    name = connection.conn_id
    if connection.conn_type == "smtp":
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        return SmtpNotifier(
            smtp_conn_id=name,
            to=read_receiver(connection),
            subject=told["subject"],
            html_content=f"<pre>{html.escape(told['text'])}</pre>",
        )
    if connection.conn_type == "slackwebhook":
        from airflow.providers.slack.notifications.slack_webhook import (
            SlackWebhookNotifier,
        )

        text = f"{told['subject']}\n{told['text']}"
        return SlackWebhookNotifier(slack_webhook_conn_id=name, text=text)
    if connection.conn_type == "http":
        return WebhookNotifier(connection, told)
    what = f"{name}: type {connection.conn_type!r}"
    raise ValueError(f"{what}; allowed: smtp, slackwebhook, http")


def read_receiver(connection: Any) -> str:
    """Return whom a mail connection sends to.

    Raises:
        ValueError: its extra does not say.
    """
    receiver: str = connection.extra_dejson.get("to") or ""
    if not receiver:
        raise ValueError(
            f"{connection.conn_id}: extra: to: missing: whom to send mail to"
        )
    return receiver


class WebhookNotifier(BaseNotifier):
    """Posts JSON with `subject` and `text` to the address in a connection.

    The address is host, port and schema, then `endpoint` of the extra, then the
    password, which is where the secret end of an address belongs.
    """

    def __init__(self, connection: Any, told: dict[str, str]) -> None:
        super().__init__()
        self._connection, self._told = connection, told

    def notify(self, context: Any) -> None:
        """Post it.

        Raises:
            OSError: the server cannot be reached, or answers with an error.
        """
        link = self._connect()
        try:
            path = self._connection.extra_dejson.get("endpoint") or "/"
            path += self._connection.password or ""
            body = json.dumps(self._told).encode()
            link.request("POST", path, body, {"Content-Type": "application/json"})
            status = link.getresponse().status
        finally:
            link.close()
        if status >= 300:  # without the address, whose end may be a secret
            name = self._connection.conn_id
            raise OSError(f"{name}: the webhook answers with status {status}")

    def _connect(self) -> http.client.HTTPConnection:
        host = self._connection.host or ""
        parts = urlsplit(host if "://" in host else f"//{host}")
        scheme = parts.scheme or self._connection.schema or "https"
        kind = http.client.HTTPConnection
        if scheme == "https":
            kind = http.client.HTTPSConnection
        port = self._connection.port or parts.port
        return kind(parts.hostname or "", port, timeout=_TIMEOUT_S)
