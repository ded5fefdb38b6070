"""Desktops without a notification server, where the bus should start one, and can't."""

import pathlib
import pwd
import time

import pytest

from lib.commands import NOBODY, failure, msg
from lib.login_sessions import BUS
from lib.machine import run


@pytest.fixture
def activate(open_session):
    """Opens a session in which the bus starts a program that never becomes a notification server."""
    files = {}

    def begin(user, command):
        folder = pathlib.Path(pwd.getpwnam(user).pw_dir, ".local/share/dbus-1/services")
        run("install", "-d", "-o", user, "-g", user, str(folder))
        files[user] = folder / "server.service"
        files[user].write_text(f"[D-BUS Service]\nName=org.freedesktop.Notifications\nExec={command}\n")
        open_session(user, "--type", "wayland")
        run("as-user", user, "busctl", "--user", "call", *BUS, "ReloadConfig")

    yield begin
    for user, file in files.items():
        run("systemctl", "stop", f"user@{pwd.getpwnam(user).pw_uid}.service")  # and what the bus has started
        file.unlink()


@pytest.mark.parametrize("user", ["erin", "frank"])
@pytest.mark.parametrize("command", ["/nonexistent/server", "/bin/false", "/bin/sleep infinity"])
def test_a_server_that_cannot_be_started_is_told_in_time(request, activate, user, command):
    if user == "frank":
        request.getfixturevalue("broker")
    activate(user, command)
    begin = time.monotonic()
    answer = msg(user, "hello")
    assert time.monotonic() - begin < 7
    assert answer.returncode == 1
    assert failure(answer.stderr, user).startswith(NOBODY)
