"""The templates of the brief and of the page: what each of them can say."""

from __future__ import annotations

from pathlib import Path

import jinja2

from nightdesk.report import wording


def make_environment(templates: Path) -> jinja2.Environment:
    """Return the environment of a folder; it escapes, and lets nothing be missing."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.say_number,
        "share": wording.say_share,
        "reason": wording.say_reason,
    }
    environment.globals["count"] = wording.say_count
    return environment
