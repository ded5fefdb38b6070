"""Parts of the machine end, restart or change while popups stand: every message reaches an end that is reported to its
sender."""

import json
import os
import pathlib
import signal
import time

import pytest

from lib.commands import msg, outcome, service_pid
from lib.desktop import Desktop
from lib.login_sessions import on
from lib.machine import HERE, await_that, run

SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")
CALL = ("busctl", "--timeout=60", "--json=short", "call", *SERVICE)
GRAPHICAL = ("alice", "bob", "carol")
NOTES = pathlib.Path("/run/msgd")  # in which msgd notes the popups that stand


@pytest.fixture
def call():
    """Starts a call of Send that waits for the end: call("alice", "hello", timeout=0)."""
    calls = []

    def begin(recipient, body, timeout=60):
        options = ("2", "timeout", "u", str(timeout), "wait", "b", "true")
        calls.append(HERE.start(*CALL, "Send", "assa{sv}", "1", recipient, body, *options))
        return calls[-1]

    yield begin
    for process in calls:
        process.kill()
        process.communicate()


def states(call):
    """Returns the answer to a call of Send: states by user name."""
    output, errors = call.communicate(timeout=10)
    assert call.returncode == 0, errors
    return {delivery[1]: delivery[3] for delivery in json.loads(output)["data"][1]}


def owner():
    """The unique name of the msgd on the bus; empty without one."""
    bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    answer = run("busctl", "--json=short", "call", *bus, "GetNameOwner", "s", SERVICE[0], check=False)
    return json.loads(answer.stdout)["data"][0] if answer.returncode == 0 else ""


def kill_service():
    """Kills msgd, and waits until the bus has noticed."""
    old = owner()
    os.kill(service_pid(), signal.SIGKILL)
    await_that(lambda: owner() != old, service_status)


def await_notes(count):
    """Waits until msgd knows of so many popups that stand. It may learn of one later than a recorder."""

    def noted():
        return [note.readlink() for note in NOTES.iterdir() if note.name.isdigit()]

    await_that(lambda: len(noted()) == count, lambda: str(noted()))


def service_status():
    return run("systemctl", "status", "msgd", check=False).stdout


# --- msgd ends ---------------------------------------------------------------------------------------------------------


def test_everybody_who_waits_is_answered_when_the_service_is_stopped(recorders, start, call):
    sender = start("*", "/W", "/V", "/TIME:0", "msg waits until it stops")
    caller = call("*", "busctl waits until it stops", timeout=0)
    popups = {
        user: [recorders[user].popup(f"{program} waits until it stops") for program in ("msg", "busctl")] for user in GRAPHICAL
    }

    run("systemctl", "stop", "msgd")

    for user in GRAPHICAL:
        for popup in popups[user]:
            assert recorders[user].closed(popup.id).reason == 3
    assert states(caller) == dict.fromkeys(GRAPHICAL, "withdrawn")
    sender.communicate(timeout=5)
    assert sender.returncode == 3
    assert run("systemctl", "show", "--property=Result,ActiveState", "msgd").stdout == "Result=success\nActiveState=inactive\n"


def test_a_killed_service_comes_back_and_takes_its_popups_along(recorders, start, call):
    """None of these servers closes a popup because its sender vanishes, and this popup has no end of its own."""
    sender = start("*", "/W", "/V", "/TIME:0", "msg waits until it dies")
    caller = call("*", "busctl waits until it dies", timeout=0)
    popups = {
        user: [recorders[user].popup(f"{program} waits until it dies") for program in ("msg", "busctl")] for user in GRAPHICAL
    }
    await_notes(6)
    old = service_pid()
    killed = time.monotonic()

    os.kill(old, signal.SIGKILL)

    _, errors = sender.communicate(timeout=5)
    assert (sender.returncode, time.monotonic() - killed < 1) == (69, True), errors
    assert "msgd or the bus left before the answer came" in errors
    _, errors = caller.communicate(timeout=5)
    assert caller.returncode != 0 and "disconnected from message bus without replying" in errors
    for user in GRAPHICAL:
        for popup in popups[user]:
            assert recorders[user].closed(popup.id).reason == 3
    # systemd has started another one, although nobody has called it.
    await_that(lambda: service_pid() not in (0, old), service_status)
    log = ("journalctl", "--unit=msgd", f"_PID={service_pid()}", "--output=cat")
    for user in GRAPHICAL:
        taken_back = f"to {user}: taken back, for msgd had been killed\n"
        await_that(lambda: run(*log).stdout.count(taken_back) == 2, service_status)


def test_a_popup_that_was_on_its_way_does_not_come_any_more(desktops, recorders, start):
    server = int(run("pgrep", "--uid", "bob", "xfce4-notifyd").stdout)
    os.kill(server, signal.SIGSTOP)
    try:
        sender = start("*", "/W", "/TIME:0", "in mid-broadcast")
        for user in ("alice", "carol"):
            recorders[user].popup("in mid-broadcast")
        await_notes(2)
        kill_service()
        sender.communicate(timeout=5)
        assert sender.returncode == 69
        for user in ("alice", "carol"):
            recorders[user].closed(recorders[user].popup("in mid-broadcast").id)
    finally:
        os.kill(server, signal.SIGCONT)
    assert msg("bob", "/W", "/TIME:1", "afterwards").returncode == 3
    assert [popup.body for popup in recorders["bob"].popups()] == ["afterwards"]


def test_it_serves_at_once_however_often_it_was_killed(alice):
    popups = alice.popups()
    for number in range(6):
        assert msg("alice", "/TIME:1", f"number {number}").returncode == 0
        kill_service()
    began = time.monotonic()
    assert outcome(msg("alice", "/TIME:1", "the last one")) == (0, "", "")
    assert time.monotonic() - began < 1
    for number in range(6):
        popups.closed(popups.popup(f"number {number}").id)


# --- what msgd stands on restarts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("disturbance", [("restart", "systemd-logind"), ("reload", "dbus")], ids=" ".join)
def test_popups_and_messages_outlive_the_restart_of(desktops, recorders, start, disturbance):
    standing = start("alice", "/W", "/TIME:60", "it stands")
    recorders["alice"].popup("it stands")
    service = service_pid()
    # No more at once than mako shows.
    before = [start("*", "/W", "/TIME:2", f"before {number}") for number in range(2)]

    disturber = HERE.start("systemctl", *disturbance)
    meanwhile = [start("*", "/W", "/TIME:1", f"meanwhile {number}") for number in range(3)]
    _, errors = disturber.communicate(timeout=30)
    assert disturber.returncode == 0, errors

    for sender in before + meanwhile:
        _, errors = sender.communicate(timeout=20)
        assert (sender.returncode, errors.count("before user response")) == (3, 3), errors
    for user in GRAPHICAL:
        assert len({popup.body for popup in recorders[user].popups()} - {"it stands"}) == 5
    desktops["alice"].click_popup()
    standing.communicate(timeout=5)
    assert standing.returncode == 0
    assert service_pid() == service


@pytest.mark.parametrize("user, program", [("alice", "dunst"), ("bob", "xfce4-notifyd"), ("carol", "mako")])
def test_a_restarted_notification_server_has_lost_its_popups_and_takes_new_ones(desktops, start, user, program):
    desktop = desktops[user]
    popups = desktop.popups()
    sender = start(user, "/W", "/V", "/TIME:0", "until the server ends")
    popups.popup("until the server ends")
    server = run("pgrep", "--uid", user, "--newest", program).stdout.strip()
    words = pathlib.Path(f"/proc/{server}/cmdline").read_text().rstrip("\0").split("\0")

    os.kill(int(server), signal.SIGKILL)

    _, errors = sender.communicate(timeout=5)
    assert sender.returncode == 1
    assert "the notification server left while the popup stood" in errors
    desktop.run("sh", "-c", 'setsid "$@" >/dev/null 2>&1 &', "sh", *words)
    desktop.run("gdbus", "wait", "--session", "--timeout", "20", "org.freedesktop.Notifications")
    assert msg(user, "/W", "/TIME:1", "to the new one").returncode == 3
    popups.closed(popups.popup("to the new one").id)


# --- sessions ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def erin():
    """A user with a desktop, who leaves."""
    command = on(":9", "dunst", "x11-desktop", "dunst")
    run("start-session", "desktop-erin", "--user", "erin", "--type", "x11", "--display", ":9", "--", *command)
    erin = Desktop("erin")
    erin.run("gdbus", "wait", "--session", "--timeout", "30", "org.freedesktop.Notifications")
    yield erin
    erin.clean_up()
    run("loginctl", "terminate-user", "erin", check=False)
    await_that(
        lambda: run("loginctl", "show-user", "erin", check=False).returncode != 0, lambda: "erin does not leave", seconds=30
    )


@pytest.mark.parametrize("end", ["session", "user", "bus"])
def test_the_end_of_a_users_session_ends_the_message(erin, call, start, end):
    popups = erin.popups()
    sender = start("erin", "/W", "/V", "/TIME:0", "until the end")
    caller = call("erin", "until the end, too", timeout=0)
    popups.popup("until the end, too")
    popups.wait_for(lambda event: event.member == "Notify" and event.id and event.body == "until the end")

    commands = {
        "session": ("loginctl", "terminate-session", erin.session_id),
        "user": ("loginctl", "terminate-user", "erin"),
        "bus": ("systemctl", "stop", f"user@{erin.uid}"),
    }
    run(*commands[end])

    # Without its bus the session lives on, but its desktop has lost all popups.
    assert states(caller) in ([{"erin": "session-closed"}] if end != "bus" else [{"erin": "session-closed"}, {"erin": "failed"}])
    sender.communicate(timeout=5)
    assert sender.returncode == 1


def test_a_popup_stays_when_another_user_takes_the_screen(alice, open_session, start):
    popups = alice.popups()
    sender = start("alice", "/W", "/TIME:60", "switched away")
    popup = popups.popup("switched away")
    other = open_session("erin", "--type", "wayland", "--seat", "seat0")

    run("loginctl", "activate", other)

    assert alice.session["Active"] == "no"
    answer = json.loads(run(*CALL, "Send", "assa{sv}", "1", "alice", "while away", "1", "timeout", "u", "1").stdout)
    assert answer["data"][1][0][3] == "shown"
    popups.closed(popups.popup("while away").id)
    run("loginctl", "activate", alice.session_id)
    assert alice.session["Active"] == "yes"
    alice.click_popup()
    sender.communicate(timeout=5)
    assert sender.returncode == 0
    assert popups.action(popup.id)
