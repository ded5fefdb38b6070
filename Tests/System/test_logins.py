"""Logins that are not quite like the users' of the machine: other session classes, a second seat, users who linger."""

import json
import pathlib
import pwd

import pytest

from lib.commands import msg, outcome
from lib.login_sessions import STARTX, X11
from lib.machine import HERE, await_that, run
from lib.notification_recorder import reached
from lib.seats import graphics_card

SYSTEMD = int(run("systemctl", "--version").stdout.split()[1])
# Each is a login of a person. A light one has no service manager, and so no bus but what it starts itself.
CLASSES = {"user-early": X11} | ({"user-light": STARTX, "user-early-light": STARTX} if SYSTEMD >= 258 else {})
ERIN = ("erin", "--type", "x11", "--display", ":7")


def reached_by(recipient):
    """Sends a message, and returns the users to whom it is shown."""
    told = [json.loads(line) for line in msg(recipient, "/TIME:5", "--json", "hi").stdout.splitlines()]
    assert {one["state"] for one in told} == {"shown"}, told
    return {one["user"] for one in told}


def listed():
    """Returns what msg lists, by session id."""
    return {session["session"]: session for session in map(json.loads, msg("--sessions", "--json").stdout.splitlines())}


@pytest.mark.parametrize("login_class", CLASSES)
def test_each_class_of_a_persons_login_gets_popups_and_answers(open_desktop, start, login_class):
    desktop = open_desktop("dunst", *ERIN, "--class", login_class, command=CLASSES[login_class])
    session = listed()[desktop.id]
    assert (session["user"], session["class"], session["graphical"]) == ("erin", login_class, True)
    sender = start("erin", "/W", "/V", "hello")
    desktop.run("click-popup")
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert output.splitlines()[-1].endswith("responded to by user")


@pytest.fixture
def second_seat():
    """The machine's second seat."""
    with graphics_card("seat1"):
        assert run("loginctl", "list-seats", "--no-legend").stdout.split() == ["seat0", "seat1"]
        yield "seat1"


def test_two_seats(second_seat, recorders, open_desktop, start):
    """Who is at a second seat is reached by its name, and isn't at the console."""
    desktop = open_desktop("dunst", *ERIN, "--seat", second_seat, command=X11)
    session = listed()[desktop.id]
    assert (session["seat"], session["state"], session["session-name"]) == ("seat1", "active", ":7")
    for name in ("seat1", "session:SEAT1"):
        sender = start(name, "/W", "/TIME:60", "hello")
        desktop.run("click-popup")
        assert sender.communicate(timeout=10) == ("", "")
        assert sender.returncode == 0
    assert reached(recorders) == set()
    assert reached_by("seat0") == reached_by("console") == {"alice"}
    assert reached_by("seat?") == {"alice", "erin"}


def test_a_seat_that_is_not_there_is_nobody(desktops):
    assert outcome(msg("seat1", "hi")) == (67, "", "seat1 does not exist or is disconnected\n")


@pytest.fixture
def lingering_server():
    """A notification server of frank's, who isn't logged in: his service manager and bus run all the same."""
    run("loginctl", "enable-linger", "frank")
    uid = pwd.getpwnam("frank").pw_uid
    bus = f"/run/user/{uid}/bus"
    await_that(lambda: pathlib.Path(bus).exists(), lambda: f"there is no {bus}")
    run("systemd-run", "--quiet", "--collect", "--unit=lingering-server", "--uid=frank",
        f"--setenv=XDG_RUNTIME_DIR=/run/user/{uid}", f"--setenv=DBUS_SESSION_BUS_ADDRESS=unix:path={bus}",
        "--setenv=DISPLAY=:9", "--", "x11-desktop", "openbox", "--startup", "dunst")  # fmt: skip
    become = ("setpriv", "--reuid=frank", "--regid=frank", "--init-groups")
    as_frank = (*become, "env", f"DBUS_SESSION_BUS_ADDRESS=unix:path={bus}")
    run(*as_frank, "gdbus", "wait", "--session", "--timeout", "30", "org.freedesktop.Notifications")
    yield as_frank
    run("systemctl", "stop", "lingering-server")
    run("loginctl", "disable-linger", "frank")


def test_a_server_of_who_is_not_logged_in_shows_nothing(lingering_server, recorders):
    """Whoever lingers has services, and may have a notification server, but nobody sits in front of it."""
    watcher = HERE.start(*lingering_server, "stdbuf", "-oL", "dbus-monitor", "--session", "member='Notify'")
    try:
        while "NameLost" not in watcher.stdout.readline():  # it has become a monitor
            assert watcher.poll() is None
        for name in ("frank", "user:frank", "fr*"):
            assert outcome(msg(name, "hi")) == (67, "", f"{name} does not exist or is disconnected\n")
        assert outcome(msg("*", "/TIME:5", "hi")) == (0, "", "")
        assert reached(recorders) == {"alice", "bob", "carol"}
        assert "frank" not in {session["user"] for session in listed().values()}
        run(*lingering_server, "notify-send", "the last")  # what came before is in the monitor's output by then
        seen = ""
        while "the last" not in seen:
            seen += watcher.stdout.readline()
    finally:
        watcher.kill()
        watcher.communicate()
    assert seen.count("member=Notify") == 1, seen
