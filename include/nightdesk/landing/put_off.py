"""Errors of single files and nights, raised once the rest is done."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nightdesk.errors import LandingError

log = logging.getLogger(__name__)


@dataclass
class PutOff:
    """What could not be done of a chore whose other parts went on."""

    errors: list[LandingError] = field(default_factory=list)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Do a part; where a file is damaged, name it and go on with the next."""
        try:
            yield
        except LandingError as error:
            log.error("left out: %s", error)
            self.errors.append(error)

    def settle(self) -> None:
        """Raise LandingError for what was left out, if anything was."""
        if not self.errors:
            return
        first, *others = self.errors
        more = f" (and {len(others)} more: see the log)" if others else ""
        raise LandingError(f"{first}{more}; all else is done", first.cause)
