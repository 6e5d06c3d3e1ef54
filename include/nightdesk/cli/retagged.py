"""The difference between the published tags of a night and those of now, for people."""

from __future__ import annotations

from dataclasses import asdict

from nightdesk.cli import say, say_json, say_table
from nightdesk.pipeline.retag_task import Retagged
from nightdesk.tag.diff import count_changes

_MOST = 60  # changes that are shown; --json has all


def say_retagged(found: Retagged, *, as_json: bool) -> int:
    """Print counts by kind of change, and the changes; exit code."""
    counts = [
        {"of": of, "kind": kind, "n": n} for of, kind, n in count_changes(found.changes)
    ]
    if as_json:
        say_json({**asdict(found), "counts": counts})
        return 0
    say(
        f"night {found.night}: {', '.join(found.versions)} as published, "
        f"{found.version} now; {found.n_compared} articles compared"
    )
    if found.n_other:
        say(f"{found.n_other} have another text, or are not in both: left out")
    if not counts:
        say("no tag and no country differs")
        return 0
    say()
    say_table(counts, ("of", "kind", "n"))
    say()
    rows = [asdict(change) for change in found.changes[:_MOST]]
    say_table(rows, ("article_id", "kind", "of", "at", "was", "now"))
    if len(found.changes) > _MOST:
        say(f"... and {len(found.changes) - _MOST} more; --json prints all")
    return 0
