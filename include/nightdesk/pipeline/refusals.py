"""Nights that their checks refused: noted outside the transaction that rolled back.

A note stands in the landing area, `refused/<step>/night=D.json`, until the night has
passed that step. Readers keep what was in force; the brief and `nightdesk warehouse
checks` say what was refused and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from nightdesk.errors import CheckFailed
from nightdesk.landing import Landing
from nightdesk.model import BrokenCheck, Refusal
from nightdesk.pipeline.job import Job

Step = Literal["load", "publish"]
_STEPS: tuple[Step, ...] = ("load", "publish")


def note_refusal(
    job: Job, step: Step, error: CheckFailed, nights: Iterable[date]
) -> None:
    """Write down that nights were refused.

    Args:
        job: the run.
        step: where they were.
        error: which checks of which night.
        nights: all that went down with it: those of one transaction.
    """
    for night in sorted({*nights, error.night}):
        of = "" if night == error.night else f" of {error.night}"
        refusal = Refusal(
            night=night,
            step=step,
            run_id=job.run_id,
            refused_at=job.clock(),
            checks=tuple(
                BrokenCheck(f"{name}{of}", n_failed, sample)
                for name, n_failed, sample in error.checks
            ),
        )
        job.landing.write_json(
            _name(step, night),
            asdict(refusal)
            | {"night": str(night), "refused_at": refusal.refused_at.isoformat()},
        )


def forget_refusals(job: Job, step: Step, nights: Iterable[date]) -> None:
    """Take the notes of nights back: they have passed the step."""
    for night in nights:
        job.landing.drop(_name(step, night))


def list_refusals(landing: Landing) -> list[Refusal]:
    """Return what is refused at present, oldest night first."""
    found = [
        landing.read_json(name)
        for step in _STEPS
        for name in landing.names(f"refused/{step}", ".json")
    ]
    refusals = [
        Refusal(
            night=date.fromisoformat(note["night"]),
            step=note["step"],
            run_id=note["run_id"],
            refused_at=datetime.fromisoformat(note["refused_at"]),
            checks=tuple(BrokenCheck(*check) for check in note["checks"]),
        )
        for note in found
    ]
    return sorted(refusals, key=lambda refusal: (refusal.night, refusal.step))


def _name(step: Step, night: date) -> str:
    return f"refused/{step}/night={night}.json"
