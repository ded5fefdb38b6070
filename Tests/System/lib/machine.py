"""The machines of the rig, and commands run on them as root."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """The machine on which the tests run or, with a host name, one that ssh reaches."""

    host: str | None = None

    def command(self, *words: str) -> list[str]:
        """Returns the command in the form in which this machine can start it."""
        # ssh passes one string to the other side's shell.
        return ["ssh", "-x", self.host, shlex.join(words)] if self.host else list(words)

    def run(self, *command: str, check: bool = True, timeout: float = 30, input: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command, without waiting for ever; its failure fails the test unless check is off.

        A byte that is no UTF-8 is a lone surrogate in the texts: "\\udcff" is the byte 0xff.
        """
        result = subprocess.run(
            self.command(*command), capture_output=True, input=input, text=True, errors="surrogateescape", timeout=timeout
        )
        if check and result.returncode != 0:
            raise AssertionError(f"{command}: exit status {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def start(self, *command: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Starts a command, with pipes for its output."""
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(*command), stdin=stdin, stdout=pipe, stderr=pipe, text=True)


def system_bus() -> str:
    """The program that is the system bus: dbus-daemon or dbus-broker."""
    return "dbus-broker" if "dbus-broker" in run("systemctl", "show", "--property=ExecStart", "dbus").stdout else "dbus-daemon"


HERE = Machine()
SECOND = Machine("second")

run = HERE.run


def await_that(condition: Callable[[], object], what: Callable[[], str], seconds: float = 10) -> None:
    """Repeats a question until the answer is yes, for states of other programs that no event reports. Asking takes
    time, because it runs a program. `what` says what there was instead."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
