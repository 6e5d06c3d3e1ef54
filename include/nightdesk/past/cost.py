"""Caps on what reading a past night may cost, and what was spent of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that one collect task may spend at one kind of place."""

    n_bytes: int
    n_requests: int
    seconds: float

    def words(self) -> str:
        """Return the caps for people.

        >>> Caps(n_bytes=2_000_000_000, n_requests=500, seconds=1800).words()
        '500 requests, 2.0 GB, 1800 seconds'
        """
        size = say_bytes(self.n_bytes)
        return f"{self.n_requests} requests, {size}, {self.seconds:g} seconds"


@dataclass(slots=True)
class Meter:
    """What was spent at a place.

    >>> meter = Meter(Caps(n_bytes=10_000_000, n_requests=1, seconds=60))
    >>> meter.reached
    >>> meter.add(500, 0.1)
    >>> meter.reached
    'cost_cap: 1 of 1 requests'
    """

    caps: Caps
    n_bytes: int = 0
    n_requests: int = 0
    seconds: float = 0.0

    def add(self, n_bytes: int, seconds: float) -> None:
        """Take in one request."""
        self.n_requests += 1
        self.n_bytes += n_bytes
        self.seconds += seconds

    @property
    def reached(self) -> str | None:
        """The cap that is reached, in words; None: there is room."""
        spent = (
            (self.n_requests, self.caps.n_requests, "requests"),
            (self.n_bytes, self.caps.n_bytes, "bytes"),
            (round(self.seconds), self.caps.seconds, "seconds"),
        )
        for value, most, unit in spent:
            if value >= most:
                return f"cost_cap: {value:,} of {most:,g} {unit}".replace(",", " ")
        return None

    def words(self) -> str:
        """Return what was spent of what may be, for a log."""
        caps = self.caps
        return (
            f"requests={self.n_requests}/{caps.n_requests} "
            f"bytes={self.n_bytes}/{caps.n_bytes} "
            f"seconds={self.seconds:.0f}/{caps.seconds:g}"
        )


def say_bytes(n_bytes: float) -> str:
    """Return a size for people.

    >>> say_bytes(17_100_000_000), say_bytes(900)
    ('17.1 GB', '900 B')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes:.0f} B"
