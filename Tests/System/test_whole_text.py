"""Show all: the whole of a long text in a window of the user's own, opened with a real pointer and closed with a real
key."""

import itertools
import time

import pytest

from lib.commands import msg
from lib.machine import run

FIRST = "Line 1: "  # the rest is escaped
LONG = "\n".join(f"Line {number}: <tea> & biscuits, $4 or ¥8" for number in range(1, 9))

DISPLAY = ":2"  # bob's


def window(desktop):
    """Waits for the window, and returns its id."""
    return desktop.run("xdotool", "search", "--sync", "--onlyvisible", "--class", "^Xmessage$").stdout.split()[-1]


def ask_for_all(bob, popups):
    popup = popups.popup(FIRST)
    assert popup.actions == {"ok": "OK", "show-all": "Show all"}
    bob.click_popup(1)
    assert popups.action(popup.id).key == "show-all"
    bob.park_pointer()
    return window(bob)


def test_closing_the_window_acknowledges(bob, start):
    popups = bob.popups()
    sender = start("bob", "/W", "/TIME:60", "--title", "Kitchen", LONG)
    shown = ask_for_all(bob, popups)
    bob.screenshot("whole-text")
    [pid] = run("pgrep", "--uid", "bob", "--exact", "xmessage").stdout.split()
    with open(f"/proc/{pid}/cgroup") as file:
        assert f"/user@{bob.uid}.service/" in file.read()
    with open(f"/proc/{pid}/cmdline") as file:
        arguments = file.read()
    assert "\0Message from root " in arguments and "Kitchen" not in arguments and "tea" not in arguments
    assert sender.poll() is None

    bob.run("xdotool", "windowactivate", "--sync", shown, "key", "Return")

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, output, errors) == (0, "", "")


def test_closing_it_by_its_frame_dismisses(bob, start):
    """xmessage reports the same for a window that it could not open."""
    popups = bob.popups()
    sender = start("bob", "/W", "/TIME:60", LONG)
    shown = ask_for_all(bob, popups)
    bob.run("xdotool", "windowactivate", "--sync", shown, "key", "alt+F4")
    output, _ = sender.communicate(timeout=5)
    assert (sender.returncode, output) == (3, "")


def test_nobody_closes_the_window(bob, start):
    popups = bob.popups()
    sender = start("bob", "/W", "/V", "/TIME:6", LONG)
    ask_for_all(bob, popups)
    output, _ = sender.communicate(timeout=15)
    assert sender.returncode == 3
    assert output.endswith(f"Timeout on message to session {bob.session_name} before user response\n")
    assert run("pgrep", "--uid", "bob", "--exact", "xmessage", check=False).stdout == ""


def test_a_window_that_can_not_open_acknowledges_nothing(bob, start):
    """Its X server is gone, according to the user's service manager."""
    popups = bob.popups()
    bob.run("systemctl", "--user", "set-environment", "DISPLAY=:99")
    try:
        sender = start("bob", "/W", "/TIME:60", LONG)
        popup = popups.popup(FIRST)
        bob.run("env", f"DISPLAY={DISPLAY}", "click-popup")
        assert popups.action(popup.id).key == "show-all"
        sender.communicate(timeout=10)
    finally:
        bob.run("systemctl", "--user", "set-environment", f"DISPLAY={DISPLAY}")
    assert sender.returncode == 3


@pytest.mark.parametrize("locale, title", [("de_DE.UTF-8", "Nachricht von root"), ("ja_JP.UTF-8", "root からのメッセージ")])
def test_popups_speak_the_language_of_the_session(alice, locale, title):
    """msgd's knowledge of a session's language may be some seconds old."""
    alice.run("systemctl", "--user", "set-environment", f"LANG={locale}")
    deadline = time.monotonic() + 15
    try:
        for number in itertools.count():
            popups = alice.popups()
            assert msg("alice", "/W", "/TIME:1", f"number {number}").returncode == 3
            summary = popups.popup(f"number {number}").summary
            if summary.startswith(title):
                break
            assert time.monotonic() < deadline, summary
    finally:
        alice.run("systemctl", "--user", "unset-environment", "LANG")
