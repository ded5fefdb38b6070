"""Programs from the documentation, on desktops that make it hard for them."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from gi.repository import GLib

from lib.machine import ROOT, Client, Logind, Machine, Person
from lib.main_loop import wait_for_exit, wait_until


def from_the_page(person: Person) -> list[str]:
    """The program in docs/DBUS.md that follows a message. Its popup stays, however slow the machine is."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/DBUS.md").read_text(), re.MULTILINE | re.DOTALL)
    [program] = [block for block in blocks if "loop.run" in block]
    return ["-c", program.replace('"alice"', repr(person.name)).replace('Variant("u", 3)', 'Variant("u", 0)')]


def from_the_folder(person: Person) -> list[str]:
    program = (ROOT / "Examples/python/send-and-watch.py").read_text()
    return ["-c", program.replace('Variant("u", 30)', 'Variant("u", 0)'), "Lunch?", person.name]


@pytest.mark.parametrize("program", [from_the_page, from_the_folder])
def test_a_popup_that_waits_for_its_turn(machine: Machine, logind: Logind, client: Client, program) -> None:
    """`pending` is signalled, and is not the end."""
    person = machine.desktop_user(identity=("gnome-shell", "GNOME"))
    logind.add("1", person)
    machine.start()
    client.send(person.name, body="first", timeout=0)
    watcher = subprocess.Popen(
        [sys.executable, "-u", *program(person)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": machine.bus.address},
    )  # fmt: skip
    said: list[str] = []

    def hear(output: int, condition: GLib.IOCondition) -> bool:
        said.extend(os.read(output, 4096).decode().split())
        return not condition & GLib.IOCondition.HUP or bool(condition & GLib.IOCondition.IN)

    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, watcher.stdout.fileno(), GLib.IOCondition.IN, hear)
    try:
        wait_until(lambda: "pending" in said, "the popup that waits", lambda: said)
        person.server.invoke(person.server.popup(), "ok")
        wait_until(lambda: said[-1:] == ["shown"], "the turn", lambda: said)
        person.server.invoke(person.server.popup(1), "ok")
        wait_until(lambda: said[-1:] == ["acknowledged"], "the end", lambda: said)
        assert wait_for_exit(watcher, "the program") == 0
    finally:
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()
