"""Standard output that can't be written."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from loop import wait_for_exit
from machine import BUILT, Logind, Machine, Person

FULL = "No space left on device"


def run(machine: Machine, program: str, *arguments: str, **streams: Any) -> tuple[int, str]:
    """Runs a program that is started by its name, and returns its status and its errors; msg's others are names of msg."""
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": machine.bus.address}
    process = subprocess.Popen(
        [program, *arguments], executable=BUILT / ("msgd" if program == "msgd" else "msg"), env=environment,
        **{"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, **streams},
    )  # fmt: skip
    status = wait_for_exit(process, program)
    if not process.stderr:
        return status, ""
    with process.stderr:
        return status, process.stderr.read()


def close_output() -> None:
    os.close(1)


def close_all() -> None:
    os.closerange(0, 3)


@pytest.mark.parametrize("command", [
    "msg --help", "msg --version", "msg --generate-completion-script bash", "msg --sessions", "msg --sessions --json",
    "msg --mute-status", "msg --doctor", "msg --doctor --json", "net-send --help", "query-session", "query-session --json",
    "msgd --help", "msgd --version",
])  # fmt: skip
def test_everything_that_is_printed(machine: Machine, logind: Logind, alice: Person, command: str) -> None:
    logind.add("1", alice)
    machine.start()
    program = command.split()[0]
    with open("/dev/full", "w") as full:
        ended = run(machine, *command.split(), stdout=full)
    assert ended == (74, f"{program}: can't write to standard output: {FULL}\n")
    ended = run(machine, *command.split(), preexec_fn=close_output)
    assert ended == (74, f"{program}: can't write to standard output: Bad file descriptor\n")


@pytest.mark.parametrize("option", ["--json", "/V", "--print-id"])
def test_a_message_that_was_sent(machine: Machine, logind: Logind, alice: Person, option: str) -> None:
    logind.add("1", alice)
    machine.start()
    with open("/dev/full", "w") as full:
        ended = run(machine, "msg", alice.name, option, "once", stdout=full)
    assert ended == (74, f"msg: can't write to standard output: {FULL}; the message was sent\n")
    alice.server.popup()


def test_nothing_is_printed_into_the_bus(machine: Machine, logind: Logind, alice: Person) -> None:
    """With every stream closed, the connection to the bus would get the number of standard output."""
    logind.add("1", alice)
    machine.start()
    assert run(machine, "msg", alice.name, "/V", "/W", "/TIME:1", "all closed", preexec_fn=close_all, stderr=None) == (74, "")
    alice.server.popup()


def test_a_reader_who_has_enough(machine: Machine) -> None:
    machine.start()
    reading, writing = os.pipe()
    os.close(reading)
    ended = run(machine, "query-session", stdout=writing)
    os.close(writing)
    assert ended == (74, "")
