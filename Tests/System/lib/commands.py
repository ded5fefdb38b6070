"""The installed commands, run as root on the machine of the tests."""

from __future__ import annotations

import json
import subprocess

from lib.machine import run


def msg(*arguments: str, input: str = "", timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Runs msg. Standard input is the message if no words are."""
    return run("msg", *arguments, check=False, input=input, timeout=timeout)


def outcome(answer: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Returns exit status, standard output and standard error, for comparison at once."""
    return answer.returncode, answer.stdout, answer.stderr


def service_pid() -> int:
    return int(run("systemctl", "show", "--property=MainPID", "--value", "msgd").stdout)


def deliveries(sender):
    """Returns the objects that `msg --json /W` prints, by session id."""
    output, errors = sender.communicate(timeout=30)
    return {answer["session"]: answer for answer in map(json.loads, output.splitlines())}, errors


NOBODY = "there is no notification server on the desktop"


def failure(errors, user="erin"):
    """The reason that msg reports."""
    recipient, state, reason = errors.rstrip("\n").split(": ", 2)
    assert recipient.startswith(f"{user} (session ") and state == "failed", errors
    return reason
