"""The line that counts on the terminal of a sender who waits for many."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest
from gi.repository import GLib

from lib.machine import BUILT, Logind, Machine, Person, end
from lib.main_loop import wait_for_exit, wait_until

ERASED = "\r\x1b[K"


class Terminal:
    """A pseudo-terminal with what was written on it."""

    def __init__(self) -> None:
        self._reading, self.writing = pty.openpty()
        self.text = ""
        self._source = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, self._reading, GLib.IOCondition.IN, self._read)

    def _read(self, descriptor: int, condition: GLib.IOCondition) -> bool:
        self.text += os.read(descriptor, 4096).decode()
        return True

    def wait_for(self, text: str, after: int = 0) -> int:
        """Waits for a text of a pattern behind a place, and returns the place of its end."""
        pattern = re.compile(text)
        return wait_until(lambda: pattern.search(self.text, after), text, lambda: repr(self.text)).end()

    def end(self) -> None:
        GLib.source_remove(self._source)
        os.close(self._reading)
        os.close(self.writing)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.end()


@pytest.fixture
def people(machine: Machine, logind: Logind) -> list[Person]:
    people = [machine.desktop_user() for _ in range(4)]
    for number, person in enumerate(people):
        logind.add(str(number), person, Display=f":{number}")
    machine.start()
    return people


@pytest.fixture
def start(machine: Machine) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a message to everyone whose standard error is a descriptor. Words before it may be a command that runs
    msg, with the same descriptor for its input."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(errors: int, *options: str, type: str = "xterm", before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": machine.bus.address, "TERM": type}
        processes.append(
            subprocess.Popen(
                [*before, BUILT / "msg", "*", "/W", *options, "hello"], env=environment,
                stdin=errors if before else subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
        )
        return processes[-1]

    yield begin
    for process in processes:
        end(process)


def test_it_counts_and_is_gone_at_the_end(
    terminal: Terminal, people: list[Person], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    sender = start(terminal.writing, "/TIME:30")
    place = terminal.wait_for("4 waiting · 0:30 left")
    place = terminal.wait_for("4 waiting · 0:2. left", place)  # without any change
    people[0].server.invoke(people[0].server.popup(), "ok")
    place = terminal.wait_for("1 acknowledged · 3 waiting · ", place)
    for person in people[1:]:
        person.server.dismiss(person.server.popup())

    assert wait_for_exit(sender, "msg", lambda: repr(terminal.text)) == 3
    terminal.wait_for("closed without response\r\n", place)
    *counts, last = terminal.text.split("\x1b[K")
    assert counts[-1] == "\r" and "waiting" not in last, repr(terminal.text)


def test_other_lines_are_printed_in_its_place(
    terminal: Terminal, people: list[Person], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    start(terminal.writing, "/TIME:30")
    place = terminal.wait_for("4 waiting · ")
    people[2].server.dismiss(people[2].server.popup())
    line = "Message to session :2 closed without response\r\n"
    terminal.wait_for(re.escape(f"{ERASED}{line}\r1 dismissed · 3 waiting · "), place)


def test_it_is_there_in_the_foreground_only(
    terminal: Terminal, people: list[Person], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    job = start(terminal.writing, "/TIME:2", before=("setsid", "--ctty", "bash", "-mc", '"$@" & wait', "bash"))
    wait_for_exit(job, "bash")
    place = terminal.wait_for("(Timeout.*\r\n){4}")
    assert "waiting" not in terminal.text and "\x1b" not in terminal.text
    start(terminal.writing, "/TIME:30", before=("setsid", "--ctty"))
    terminal.wait_for("4 waiting · ", place)


def test_what_control_c_prints_is_below_it(
    terminal: Terminal, people: list[Person], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    sender = start(terminal.writing, "/TIME:30")
    place = terminal.wait_for("4 waiting · ")
    sender.send_signal(signal.SIGINT)
    assert wait_for_exit(sender, "msg") == 130
    terminal.wait_for(r" left\x1b\[K\r\nmsg: no longer waiting; .*\r\n$", place)


@pytest.mark.parametrize("options", [["--quiet"], ["--json"]])
def test_it_is_not_there_where_none_is_wanted(
    terminal: Terminal, people: list[Person], start: Callable[..., subprocess.Popen[bytes]], options: list[str]
) -> None:
    assert wait_for_exit(start(terminal.writing, "/TIME:1", *options), "msg") == 3
    assert terminal.text == ""


def test_it_is_not_there_on_a_dumb_terminal(
    terminal: Terminal, people: list[Person], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    assert wait_for_exit(start(terminal.writing, "/TIME:1", type="dumb"), "msg") == 3
    terminal.wait_for("Timeout")
    assert "waiting" not in terminal.text and "\x1b" not in terminal.text


def test_it_is_not_in_a_pipe(people: list[Person], start: Callable[..., subprocess.Popen[bytes]]) -> None:
    sender = start(subprocess.PIPE, "/TIME:1")
    assert wait_for_exit(sender, "msg") == 3
    with sender.stderr:
        errors = sender.stderr.read().decode()
    assert errors.count("\n") == 4 and not any(mark in errors for mark in ("waiting", "\r", "\x1b"))
