"""Whether a host is down, as far as the contacts of one run tell."""

from __future__ import annotations

from dataclasses import dataclass

from nightdesk.fetch.outcomes import HOST_DOWN
from nightdesk.fetch.request import Limits


@dataclass(eq=False, slots=True)
class HostHealth:
    """How the last contacts with one host went."""

    n_failures: int = 0  # in a row
    failed_s: float = 0.0  # that these took
    has_answered: bool = False
    is_down: bool = False

    def count(self, outcome: str, took_s: float, limits: Limits) -> None:
        """Count a contact; many failures in a row, or long waits for nothing, are it.

        A host that has said nothing yet gets the time of one feed: were a dead host
        of a hundred asked five times, the run would wait for it alone. One that has
        answered before gets the time of two pages.
        """
        if outcome not in HOST_DOWN:
            self.n_failures, self.failed_s = 0, 0.0
            self.has_answered, self.is_down = True, False
            return
        self.n_failures += 1
        self.failed_s += took_s
        patience_s = 2 * limits.page_s if self.has_answered else limits.feed_s
        is_slow = self.failed_s > 0.95 * patience_s  # the clocks differ a little
        self.is_down = limits.breaker > 0 and (
            self.n_failures >= limits.breaker or is_slow
        )
