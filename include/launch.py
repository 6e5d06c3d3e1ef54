"""The way in: `python3 include/launch.py {setup,up,night,down}`, behind the Makefile.

Runs before anything is installed, so it needs nothing but Python, and it must be
readable for an old one: a version that Airflow does not support gets a sentence (or
is replaced by a fitting one from PATH), not a syntax error. The work is in `launcher`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

SUPPORTED = ((3, 11), (3, 12))


def find_python() -> str | None:
    """Path of a supported Python on PATH that really starts, or None."""
    for major, minor in reversed(SUPPORTED):
        name = "python%d.%d" % (major, minor)  # noqa: UP031 - old Pythons read this
        path = shutil.which(name)
        # Version managers leave shims for versions that they do not have.
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:  # noqa: S603
            return path
    return None


def main() -> int:
    """Exit code of the command; 2 without a Python that Airflow supports."""
    if sys.version_info[:2] in SUPPORTED:
        from launcher.commands import main as run  # needs a current Python

        return run(sys.argv[1:])
    python = find_python()
    if python is None:
        sys.stderr.write(
            "nightdesk needs Python 3.11 or 3.12, and this is {}.{}. No python3.12 or "
            "python3.11 is on PATH: install one, then run the command again.\n".format(
                *sys.version_info[:2]
            )
        )
        return 2
    found = "{}.{}".format(*sys.version_info[:2])
    sys.stderr.write(f"This is Python {found}; going on with {python}.\n")
    sys.stderr.flush()
    return os.execv(python, [python, *sys.argv])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
