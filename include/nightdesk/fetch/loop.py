"""The thread of a fetcher.

All contacts run as coroutines on one thread. With a thread each, 64 of them hand the
interpreter's lock from core to core at every call of the system: 17 switches a page,
and twice the CPU time. What hangs elsewhere (names that are looked up) has threads of
its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable


class LoopThread:
    """A thread that runs coroutines until it is closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="fetch", daemon=True)
        self._thread.start()

    def post(self, call: Callable[..., object], *args: object) -> bool:
        """Have a function called on the thread; False: it is closed."""
        with self._lock:
            if not self._is_closed:
                self.loop.call_soon_threadsafe(call, *args)
            return not self._is_closed

    def close(self) -> None:
        """End what runs, when all that was posted before has been called."""
        with self._lock:
            if not self._is_closed:
                self.loop.call_soon_threadsafe(self.loop.stop)
            self._is_closed = True
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self.loop):
            self.loop.run_forever()
            if tasks := asyncio.all_tasks(self.loop):
                for task in tasks:
                    task.cancel()
                self.loop.run_until_complete(asyncio.wait(tasks))
