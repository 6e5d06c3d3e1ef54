"""What the launcher says, how it is interrupted, and how it gives up.

Signals only set a flag, and every wait looks at it. An exception out of a signal
handler could hit between the start of a process and the note that it was started, and
that process would survive us.
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

POLL_S = 0.1
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class LaunchError(Exception):
    """The command ends here: the message says what to do.

    Attributes:
        code: exit code: 1 the night failed, 2 wrong usage or configuration.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class Interrupted(Exception):
    """A signal asked us to stop.

    Attributes:
        signum: which.
        is_end: whether that is how the command ends, and no interruption.
    """

    is_end = False

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class Console:
    """Lines for people, and waits that a signal ends.

    Attributes:
        is_hurried: a second signal came: do not be patient any more.
    """

    def __init__(self) -> None:
        self.is_hurried = False
        self._signum: int | None = None
        self._started = time.monotonic()

    def catch_signals(self) -> None:
        """From now on INT, TERM and HUP end the next wait instead of the process.

        Also where they were ignored (a background job of a script inherits that).
        A caught signal is back at its default in every process that we start.
        """
        for name in _SIGNALS:
            signal.signal(getattr(signal, name), self._on_signal)

    def _on_signal(self, signum: int, _frame: FrameType | None) -> None:
        self.is_hurried = self._signum is not None
        self._signum = signum

    def check(self) -> None:
        """Raise Interrupted if a signal has come."""
        if self._signum is not None:
            raise Interrupted(self._signum)

    def wait(self, seconds: float) -> None:
        """Sleep, or raise Interrupted as soon as a signal comes."""
        end = time.monotonic() + seconds
        while True:
            self.check()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_S, left))

    def say(self, text: str = "") -> None:
        """One line for the person who started us."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def step(self, text: str) -> None:
        """One line of progress, with the seconds since we started."""
        self.say(f"[{time.monotonic() - self._started:4.0f}s] {text}")
