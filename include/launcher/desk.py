"""What the launcher asks nightdesk itself, through its command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from launcher.console import POLL_S, Console, LaunchError
from launcher.install import read_tail
from launcher.processes import Family
from launcher.settings import Checkout

_NOT_WANTED = 3  # exit code of `newsstand --wanted`
_LISTEN_S = 60.0


@dataclass(frozen=True)
class Desk:
    """The console script of one checkout.

    Attributes:
        checkout: whose.
        family: where its processes are kept.
        console: whose waits a signal ends.
        env: the environment of all of them.
    """

    checkout: Checkout
    family: Family
    console: Console
    env: dict[str, str]

    def ask(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of one command."""
        name = f"nightdesk-{arguments[0]}"
        log = self.checkout.logs / f"{name}.log"
        argv = [str(self.checkout.nightdesk), *arguments]
        code = self.family.run(name, argv, log=log, console=self.console, env=self.env)
        return code, log.read_text(encoding="utf-8", errors="replace").rstrip()

    def check_sources(self) -> None:
        """Raise LaunchError with nightdesk's own words if they are no good."""
        code, output = self.ask("sources", "validate")
        if code != 0:
            raise LaunchError(f"{output}\nThe configuration is wrong: nothing started.")

    def check_machine(self) -> None:
        """Say what nightdesk finds wrong with this machine, and raise LaunchError."""
        code, output = self.ask("doctor", "--quiet")
        if output:
            self.console.say(output)
        if code != 0:
            raise LaunchError("This machine is not ready: nothing started.")

    def start_newsstand(self) -> bool:
        """Serve the sample sources if they are the configured ones; whether they are.

        Returns when the newsstand listens; NIGHTDESK_MIRRORS then names its mirrors.
        """
        code, output = self.ask("newsstand", "--wanted")
        if code == _NOT_WANTED:
            return False
        if code != 0:
            raise LaunchError(output or f"newsstand --wanted: exit code {code}")
        port_file = self.checkout.home / "newsstand.json"
        for path in (port_file, self.checkout.mirrors):
            path.unlink(missing_ok=True)
        argv = [str(self.checkout.nightdesk), "newsstand", "--port", "0"]
        argv += ["--port-file", str(port_file)]
        argv += ["--mirrors-file", str(self.checkout.mirrors)]
        log = self.checkout.logs / "newsstand.log"
        process = self.family.start("newsstand", argv, log=log, env=self.env)
        waited_s = 0.0
        while not (port_file.is_file() and self.checkout.mirrors.is_file()):
            if process.poll() is not None or waited_s > _LISTEN_S:
                raise LaunchError(f"newsstand: does not listen:\n{read_tail(log)}", 1)
            self.console.wait(POLL_S)
            waited_s += POLL_S
        self.env["NIGHTDESK_MIRRORS"] = str(self.checkout.mirrors)
        return True

    def show_accounting(self, night: date) -> bool:
        """Print what nightdesk says of a night; whether it calls it a good one."""
        code, output = self.ask("accounting", "--night", str(night))
        self.console.say(output)
        return code == 0
