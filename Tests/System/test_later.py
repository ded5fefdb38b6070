"""Messages that are put off, and come again: as installed, under msgd's unit."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from lib.commands import msg, service_pid
from lib.machine import await_that, run

FOLDER = Path("/var/lib/msgd/deferred")
SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")

# How a user chooses "Later: 2 s": dunst has a menu, xfce4-notifyd has buttons (the last one is the first from the
# right), mako a command.
PUT_OFF = {
    "alice": lambda desktop: desktop.run("sh", "-c", "echo 'Later: 2 s' >$XDG_RUNTIME_DIR/choice; dunstctl context"),
    "bob": lambda desktop: desktop.click_popup(),
    "carol": lambda desktop: desktop.run("makoctl", "invoke", "later-2"),
}
# How the user then chooses OK.
ACKNOWLEDGE = {
    "alice": lambda desktop: desktop.click_popup(),
    "bob": lambda desktop: desktop.click_popup(2),
    "carol": lambda desktop: desktop.click_popup(),
}


def state(id):
    answer = run("busctl", "--json=short", "call", *SERVICE, "GetDeliveries", "t", id, check=False)
    return json.loads(answer.stdout)["data"][0][0][3] if answer.returncode == 0 else answer.stderr


def status():
    return run("systemctl", "status", "msgd", check=False).stdout


def files():
    return sorted(os.listdir(FOLDER)) if FOLDER.exists() else []


def times(popups, body):
    return [popup.body for popup in popups.popups()].count(body)


@pytest.mark.parametrize("user", PUT_OFF)
def test_it_comes_again(desktops, start, user):
    desktop = desktops[user]
    popups = desktop.popups()
    sender = start(user, "--later", "2s", "/W", "/V", "/TIME:30", "Please restart")
    actions = popups.popup("Please restart").actions
    assert (actions["ok"], actions["later-2"]) == ("OK", "Later: 2 s")
    desktop.screenshot(f"later-{user}")
    PUT_OFF[user](desktop)
    await_that(lambda: times(popups, "Please restart") == 2, status)
    desktop.run("sh", "-c", "rm -f $XDG_RUNTIME_DIR/choice")  # of dunst's menu, for other tests
    desktop.screenshot(f"later-{user}-again")
    ACKNOWLEDGE[user](desktop)
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert f"Message to session {desktop.session_name} deferred until " in output


def test_two_times_stand_beside_ok(desktops, recorders, start):
    start("*", "--later", "10m,1h", "/W", "/TIME:2", "Please restart")
    for user in PUT_OFF:
        actions = recorders[user].popup("Please restart").actions
        assert list(actions.values())[:3] == ["OK", "Later: 10 min", "Later: 1 h"]
        desktops[user].screenshot(f"later-two-{user}")


@pytest.fixture
def put_off(bob):
    """Sends a message that bob puts off with a click; returns its id and the recorder of his popups."""

    def begin(body, later):
        popups = bob.popups()
        sent = msg("bob", "--print-id", "--later", later, "/TIME:0", body)
        assert sent.returncode == 0, sent.stderr
        popups.popup(body)
        bob.click_popup()
        id = sent.stdout.strip()
        await_that(lambda: state(id) == "deferred", lambda: state(id))
        return id, popups

    return begin


@pytest.mark.parametrize("disturbance", ["kill", "restart", "reload", "stop"])
def test_it_outlives(bob, put_off, disturbance):
    body = f"until {disturbance}"
    id, popups = put_off(body, "3s")
    assert run("stat", "--format=%U %a", str(FOLDER)).stdout == "msgd 700\n" and files() == [id]
    old = service_pid()
    if disturbance == "kill":
        os.kill(old, signal.SIGKILL)
    else:
        run("systemctl", disturbance, "msgd")
    if disturbance == "stop":
        overdue = time.monotonic() + 4
        await_that(lambda: time.monotonic() > overdue, status)
        assert times(popups, body) == 1 and files() == [id]
        run("systemctl", "start", "msgd")
    await_that(lambda: times(popups, body) == 2, status)
    assert service_pid() != old
    bob.screenshot(f"later-{disturbance}")
    bob.click_popup(2)
    await_that(lambda: state(id) == "acknowledged", lambda: state(id))
    await_that(lambda: files() == [], lambda: str(files()))
    assert times(popups, body) == 2
    assert run("systemctl", "show", "--property=Result", "--value", "msgd").stdout == "success\n"


def test_withdrawn_it_does_not_come(bob, put_off):
    id, popups = put_off("withdrawn", "1h")
    assert msg("--withdraw", id).returncode == 0
    assert state(id) == "withdrawn"
    await_that(lambda: files() == [], lambda: str(files()))
