"""The newest brief, to be sent: each night once, its first edition that is found.

Who sends it, and to whom, is not known here: Airflow's connections are.
"""

from __future__ import annotations

from datetime import date

from nightdesk.pipeline.job import Job
from nightdesk.pipeline.publish_task import make_draft, read_edition
from nightdesk.report.mail import Mail, write_mail

_SENT = "sent"  # in the folder of the briefs: the last night that was sent


def find_unsent(job: Job) -> date | None:
    """Return the night of the newest brief; None before the first, or if it was sent.

    Editions that follow, and nights that are loaded late, are not sent: a backfill of a
    month would be a month of mails.
    """
    briefs = job.settings.briefs
    if not (briefs / "latest").exists():
        return None
    night = date.fromisoformat((briefs / "latest").resolve().parent.name)
    sent = briefs / _SENT
    if sent.exists() and night <= date.fromisoformat(sent.read_text("utf-8")):
        return None
    return night


def write_brief_mail(job: Job, night: date) -> Mail:
    """Return the newest edition of a night's brief as a mail."""
    return write_mail(make_draft(job, night), read_edition(job.settings.briefs, night))


def note_sent(job: Job, night: date) -> None:
    """Keep in mind that a night was sent."""
    fresh = job.settings.briefs / f".{_SENT}.tmp"
    fresh.write_text(night.isoformat(), "utf-8")
    fresh.replace(job.settings.briefs / _SENT)
