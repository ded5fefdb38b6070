"""Every exit status in the manual page, provoked."""

import os
import re
import signal
import subprocess

import pytest

from lib.commands import msg
from lib.machine import run

MANUAL = "/usr/local/share/man/man1/msg.1"


def documented():
    with open(MANUAL) as file:
        section = re.search(r"^\.Sh EXIT STATUS\n(.*?)(?=^\.Sh )", file.read(), re.M | re.S).group(1)
    return [int(number) for number in re.findall(r"^\.It +(?:[A-Z][a-z] +)?(\d+)$", section, re.M)]


def acknowledged(desktops, start):
    popups = desktops["alice"].popups()
    sender = start("alice", "/W", "/TIME:30", "please click")
    popups.popup("please click")
    desktops["alice"].click_popup()
    return sender.wait(timeout=5)


def interrupted(desktops, start):
    popups = desktops["alice"].popups()
    sender = start("alice", "/W", "/TIME:30", "interrupt me")
    popups.popup("interrupt me")
    sender.send_signal(signal.SIGINT)
    return sender.wait(timeout=5)


def answered_with_rubbish(desktops, start):
    with rubbish_service() as address:
        return on_bus(address)


def on_bus(address):
    return run("env", f"DBUS_SYSTEM_BUS_ADDRESS={address}", "msg", "alice", "hi", check=False).returncode


class rubbish_service:
    """A service on a bus of its own that violates the contract in its answers. The real one can't be made to."""

    def __enter__(self):
        self.bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
        )
        address = self.bus.stdout.readline().strip()
        name, path = "org.msgd.Messenger1", "/org/msgd/Messenger1"
        environment = os.environ | {"DBUS_SESSION_BUS_ADDRESS": address}
        self.service = subprocess.Popen(["/usr/bin/python3", "-m", "dbusmock", "--session", name, path, name], env=environment)
        on_bus = ("env", f"DBUS_SESSION_BUS_ADDRESS={address}")
        run(*on_bus, "gdbus", "wait", "--session", "--timeout=10", name)
        add = ("busctl", f"--address={address}", "call", name, path, "org.freedesktop.DBus.Mock", "AddMethod", "sssss")
        run(*add, name, "Send", "assa{sv}", "s", "ret = 'rubbish'")
        return address

    def __exit__(self, *_):
        for process in (self.service, self.bus):
            process.kill()
            process.wait()


STATUSES = {
    0: acknowledged,
    1: lambda desktops, start: msg("alice,nosuchuser", "hi").returncode,
    3: lambda desktops, start: msg("alice", "/W", "/TIME:1", "nobody clicks").returncode,
    64: lambda desktops, start: msg("alice", "/FOO", "hi").returncode,
    67: lambda desktops, start: msg("nosuchuser", "hi").returncode,
    69: lambda desktops, start: on_bus("unix:path=/nonexistent"),
    70: answered_with_rubbish,
    74: lambda desktops, start: run("sh", "-c", "msg --sessions >/dev/full", check=False).returncode,
    77: lambda desktops, start: desktops["alice"].run("msg", "*", "psst", check=False).returncode,
    130: interrupted,
}


def test_the_manual_has_exactly_these():
    assert documented() == sorted(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_a_status(desktops, start, status):
    assert STATUSES[status](desktops, start) == status
