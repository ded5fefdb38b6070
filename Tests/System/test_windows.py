"""Messages in windows of their own, on desktops with and without a notification server, answered with a real pointer
and a real keyboard. Tests/PrivateBus has what programs may do wrong."""

import json
import time

import pytest

from lib.commands import msg, service_pid
from lib.machine import run


def window(desktop):
    """Waits for the window, and returns its id."""
    return desktop.run("xdotool", "search", "--sync", "--onlyvisible", "--class", "^Xmessage$").stdout.split()[-1]


def program(user):
    """The process that shows the window; an X server gives the same window id again."""
    return run("pgrep", "--uid", user, "--exact", "xmessage", check=False).stdout.strip()


def await_none(user):
    deadline = time.monotonic() + 5
    while program(user):
        assert time.monotonic() < deadline, "the window stays"
        time.sleep(0.02)


def press(desktop, shown, key):
    desktop.run("xdotool", "windowactivate", "--sync", shown, "key", key)


def click(desktop, shown, column, row):
    """Clicks a place in the window: counted from the right and the bottom, if negative."""
    geometry = dict(line.split("=") for line in desktop.run("xdotool", "getwindowgeometry", "--shell", shown).stdout.split())
    x = column if column >= 0 else int(geometry["WIDTH"]) + column
    y = row if row >= 0 else int(geometry["HEIGHT"]) + row
    desktop.run("xdotool", "windowactivate", "--sync", shown, "mousemove", "--window", shown, str(x), str(y), "click", "1")


def ended(sender):
    output, errors = sender.communicate(timeout=10)
    [report] = [json.loads(line) for line in output.splitlines()]
    return sender.returncode, report["state"], report["by"], report["reply"], errors


def test_a_bare_window_manager_shows_a_window(alice, start):
    with alice.without_server():
        sender = start("alice", "/W", "--json", "/TIME:60", "Reboot at 18:00")
        shown = window(alice)
        alice.screenshot("window-bare")
        click(alice, shown, 30, -20)
        assert ended(sender) == (0, "acknowledged", "window", None, "")
        answer = msg("alice", "--window=never", "psst")
        assert (answer.returncode, "there is no notification server" in answer.stderr) == (1, True)
    await_none("alice")


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_a_window_instead_of_a_popup(user, request, start):
    desktop = request.getfixturevalue(user)
    popups = desktop.popups()
    sender = start(user, "/W", "--json", "/TIME:60", "--window", "--title", "Kitchen", "--reply", "y=Yes, please: ja",
                   "--reply", "n=Nein", "Tea?")  # fmt: skip
    shown = window(desktop)
    desktop.screenshot(f"window-{user}")
    [pid] = run("pgrep", "--uid", user, "--exact", "xmessage").stdout.split()
    with open(f"/proc/{pid}/cmdline") as file:
        arguments = file.read()
    assert "Message from root" in arguments and "Kitchen" not in arguments and "Tea" not in arguments
    # Return answers nothing if there is more than one answer.
    press(desktop, shown, "Return")
    assert sender.poll() is None
    click(desktop, shown, 30, -20)
    assert ended(sender) == (0, "acknowledged", "window", "y", "")
    assert popups.popups() == []
    await_none(user)


def test_a_window_follows_where_popups_do_not_disturb(alice, start):
    alice.run("dunstctl", "set-paused", "true")
    try:
        sender = start("alice", "/W", "--json", "/TIME:60", "--window=fallback", "Reboot at 18:00")
        shown = window(alice)
        alice.screenshot("window-fallback")
        click(alice, shown, 30, -20)
        assert ended(sender) == (0, "acknowledged", "window", None, "")
        await_none("alice")
    finally:
        alice.run("dunstctl", "set-paused", "false")
    # The popup that was kept back has been taken away: nothing comes afterwards.
    popups = alice.popups()
    sender = start("alice", "/W", "--json", "/TIME:60", "--window=fallback", "Tea?")
    popups.popup("Tea?")
    alice.click_popup()
    assert ended(sender) == (0, "acknowledged", "popup", None, "")


def test_closing_it_by_its_frame_dismisses(bob):
    """xmessage says the same of a window that it could not open, which it does at once: so this one has stood."""
    id = msg("bob", "--print-id", "/TIME:60", "--window", "Tea?").stdout.strip()
    press(bob, window(bob), "alt+F4")
    await_none("bob")
    deadline = time.monotonic() + 5
    while (state := report(id)) == "shown":
        assert time.monotonic() < deadline
    assert state == "dismissed"


def report(id):
    """The state of a message to one session."""
    name = "org.msgd.Messenger1"
    answer = run("busctl", "--json=short", "call", name, "/org/msgd/Messenger1", name, "GetDeliveries", "t", id).stdout
    [delivery] = json.loads(answer)["data"][0]
    return delivery[3]


def test_its_time_ends_it(bob, start):
    sender = start("bob", "/W", "--json", "/TIME:5", "--window", "Tea?")
    window(bob)
    assert ended(sender) == (3, "expired", "window", None, "")
    await_none("bob")


def test_an_update_is_shown_in_a_new_window(bob):
    id = msg("bob", "--print-id", "/TIME:0", "--window", "one").stdout.strip()
    try:
        window(bob)
        first = program("bob")
        before = bob.screenshot("window-before-update")
        assert msg("--update", id, "two").returncode == 0
        deadline = time.monotonic() + 10
        while program("bob") in ("", first):
            assert time.monotonic() < deadline, "no new window"
            time.sleep(0.02)
        window(bob)
        bob.screenshot_unlike(before, "window-updated")
    finally:
        assert msg("--withdraw", id).returncode == 0
    await_none("bob")


def test_a_killed_msgd_leaves_no_window(bob):
    assert msg("bob", "/TIME:0", "--window", "left").returncode == 0
    window(bob)
    run("kill", "-KILL", str(service_pid()))
    await_none("bob")
