"""The installed commands, run as root on the machine of the tests."""

from __future__ import annotations

import subprocess

from machine import run


def msg(*arguments: str, input: str = "", timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Runs msg; standard input is the message where no words are."""
    return run("msg", *arguments, check=False, input=input, timeout=timeout)


def outcome(answer: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, to be compared at once."""
    return answer.returncode, answer.stdout, answer.stderr


def service_pid() -> int:
    return int(run("systemctl", "show", "--property=MainPID", "--value", "msgd").stdout)
