"""Sessions on a terminal of the machine, from which a desktop was started."""

import json

import pytest

from lib.commands import msg
from lib.login_sessions import STARTX, SWAY, WAYLAND, X11, calls, watching

TERMINAL = ("--type", "tty", "--seat", "seat0", "--tty", "pts/8")


def listed(id):
    """Returns what `msg --sessions --json` says about a session."""
    [session] = [session for session in map(json.loads, msg("--sessions", "--json").stdout.splitlines()) if session["session"] == id]
    return session


@pytest.mark.parametrize(
    "server, command", [("mako", SWAY), ("mako", WAYLAND), ("dunst", STARTX), ("dunst", X11)],
    ids=["dbus-run-session sway", "sway", "startx with dbus-launch", "startx"],
)  # fmt: skip
def test_a_desktop_that_was_started_on_a_terminal_gets_the_popup(open_desktop, start, server, command):
    desktop = open_desktop(server, "erin", *TERMINAL, command=command)
    assert desktop.has_own_bus == (command in (SWAY, STARTX))
    session = listed(desktop.id)
    assert (session["type"], session["graphical"], session["session-name"]) == ("tty", True, "pts/8")
    for recipient, *options in (("erin",), ("pts/8",), ("erin", "--terminals")):
        sender = start(recipient, *options, "/W", "/V", "hello")
        desktop.run("click-popup")
        output, errors = sender.communicate(timeout=10)
        assert (sender.returncode, errors) == (0, "")
        assert output.splitlines()[-1] == "Message to session pts/8 responded to by user"
        desktop.run("await-no-popup")
    answer = msg("erin", "--terminals=only", "hello")
    reason = "erin is logged in, but not on a terminal: session pts/8 is a desktop"
    assert (answer.returncode, answer.stderr) == (1, f"msg: {reason}\n")


def test_everyone_has_those_desktops_too(open_desktop, recorders):
    desktop = open_desktop("dunst", "erin", *TERMINAL, command=X11)
    with watching(desktop) as seen:
        assert msg("*", "/TIME:1", "hello").returncode == 0
    assert len(calls(seen)) == 1, seen
    recorders["alice"].popup("hello")


@pytest.mark.parametrize(
    "options, command",
    [
        (TERMINAL, ("sleep", "infinity")),
        (TERMINAL, ("env", "DISPLAY=", "sleep", "infinity")),
        (("--type", "tty", "--tty", "pts/8", "--remote-host", "192.0.2.1"), ("env", "DISPLAY=localhost:10.0", "sleep", "infinity")),
    ],
    ids=["a shell", "an empty display", "ssh -X"],
)
def test_a_terminal_without_a_desktop_is_none(open_session, options, command):
    id = open_session("erin", *options, command=command)
    assert not listed(id)["graphical"]
    answer = msg("erin", "hello")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("msg: erin is logged in, but not on a desktop: session pts/8 is a terminal\n")
