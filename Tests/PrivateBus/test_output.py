"""Standard output that can't be written."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from lib.machine import BUILT, Logind, Machine, Person
from lib.main_loop import wait_for_exit

FULL = "No space left on device"


def run(machine: Machine, program: str, *arguments: str, **streams: Any) -> tuple[int, str]:
    """Runs a program by its name, and returns its status and its errors. msg's other programs are names of msg."""
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


@pytest.mark.parametrize("close", [close_output, close_all])
def test_nothing_is_printed_into_the_bus(
    machine: Machine, logind: Logind, alice: Person, close: Callable[[], None]
) -> None:
    """The connection to the bus would get the descriptor of standard output, or of a stream before it."""
    logind.add("1", alice)
    machine.start()
    told = "msg: can't write to standard output: Bad file descriptor; the message was sent\n"
    streams: dict[str, Any] = {}
    if close is close_all:
        told, streams = "", {"stderr": None}
    ended = run(machine, "msg", alice.name, "/V", "/W", "/TIME:1", "closed", preexec_fn=close, **streams)
    assert ended == (74, told)
    alice.server.popup()


def test_a_reader_who_has_enough(machine: Machine) -> None:
    machine.start()
    reading, writing = os.pipe()
    os.close(reading)
    ended = run(machine, "query-session", stdout=writing)
    os.close(writing)
    assert ended == (74, "")


def test_what_ssh_says_has_no_carriage_returns(machine: Machine, tmp_path: pathlib.Path) -> None:
    """A program in ssh's place prints what ssh would. ssh ends its lines with carriage returns, which must not follow
    msg's own lines."""
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nprintf 'ssh: no\\r\\nway\\r\\n' >&2\nexit 255\n")
    ssh.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        [BUILT / "msg", "bob", "/SERVER:pc7", "hi"], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert wait_for_exit(process, "msg") == 69
    with process.stderr:
        lines = process.stderr.read().decode().split("\n")
    assert lines[:2] == ["ssh: no", "way"] and lines[2].endswith("pc7: ssh failed, see its message above"), lines


NOBODY = 64321  # one of the numbers of DynamicUser=, which no user database knows
CLOSED_OUT = f"it closed the connection, for it finds no user {NOBODY} in the user database: "


def run_as_nobody(machine: Machine, address: str, *before: str) -> subprocess.Popen[str]:
    """Starts msg as a user whom the bus doesn't find. The command before it gets msg as its argument."""
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", str(BUILT / "msg"), "--sessions"]
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
    return subprocess.Popen(
        [*before, *become], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def errors_of(process: subprocess.Popen[str]) -> str:
    """Returns a program's errors. The program must end with 69."""
    assert wait_for_exit(process, "msg") == 69
    with process.stderr:
        return process.stderr.read()


def test_a_user_whom_the_bus_does_not_find(machine: Machine) -> None:
    """Like a service with DynamicUser=: the bus closes the connection."""
    machine.start()
    assert CLOSED_OUT in errors_of(run_as_nobody(machine, machine.bus.address))


def test_a_user_whom_only_the_program_finds(machine: Machine, tmp_path: pathlib.Path) -> None:
    """Like a service with DynamicUser= where nss-systemd is installed: systemd hides its users from the bus."""
    machine.start()
    users = tmp_path / "passwd"
    known = pathlib.Path("/etc/passwd").read_text()
    users.write_text(f"{known}run-u7:x:{NOBODY}:{NOBODY}:Dynamic User:/:/usr/sbin/nologin\n")
    users.chmod(0o644)
    there = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', str(users))
    assert CLOSED_OUT in errors_of(run_as_nobody(machine, machine.bus.address, *there))


def test_a_bus_that_leaves_closes_nobody_out(machine: Machine) -> None:
    """A socket in the place of a bus, which exists for one connection."""
    path = machine.bus.path.with_name("leaving")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen()
        process = run_as_nobody(machine, f"unix:path={path}")
        connection, _ = listener.accept()
        path.unlink()
    connection.close()
    assert "left before the answer came" in errors_of(process)
