"""The morning's brief goes out, by the Airflow connection `nightdesk_brief`.

The connection's type says how, as for alerts: `smtp` (the whole brief as a mail, charts
as pictures in it), `slackwebhook` or `http` (its first sections as text). Without the
connection nothing is sent. Beside the package and not in it, since it imports Airflow.
"""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from nightdesk_alerts import make_notifier, read_receiver

if TYPE_CHECKING:
    from nightdesk.report.mail import Mail

CONNECTION = "nightdesk_brief"
_MOST = 3_500  # characters for a chat; Slack cuts at 4,000


def send_brief(run_id: str) -> str | None:
    """Send the newest brief, if it is of a night that was not sent; return that night.

    Raises:
        ValueError: the connection is of another type, or lacks what its type needs.
        OSError: it cannot be reached. Then nothing is noted, and the next try sends it.
    """
    try:
        connection = Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return None
    from nightdesk.pipeline import start_job
    from nightdesk.pipeline.mail_task import find_unsent, note_sent, write_brief_mail

    job = start_job(run_id)
    night = find_unsent(job)
    if night is None:
        return None
    mail = write_brief_mail(job, night)
    if connection.conn_type == "smtp":
        _send_mail(connection, mail)
    else:
        told = {"subject": mail.subject, "text": mail.short[:_MOST]}
        make_notifier(connection, told).notify({})
    note_sent(job, night)
    return night.isoformat()


def _send_mail(connection: Any, mail: Mail) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    receiver = read_receiver(connection)
    sender = connection.extra_dejson.get("from_email") or ""
    message = build_message(mail, sender, receiver)
    # The hook knows servers and logins; its own sending knows no picture in a text.
    with SmtpHook(smtp_conn_id=CONNECTION) as hook:
        hook._smtp_client.send_message(message)


def build_message(mail: Mail, sender: str, to: str) -> EmailMessage:
    """Return a mail with plain text, HTML, and the pictures that the HTML names."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = mail.subject, sender, to
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    html = message.get_payload()[-1]  # type: ignore[index]
    for name, picture in mail.images.items():
        html.add_related(  # type: ignore[union-attr]
            picture, "image", "png", cid=f"<{name}>", filename=name
        )
    return message
