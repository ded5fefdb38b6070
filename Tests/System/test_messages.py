"""msg on real desktops: who gets a popup, how long it stays, and what is reported to the sender."""

import glob
import json
import os
import signal
import time

import pytest

from lib.commands import msg, service_pid
from lib.machine import HERE, await_that, run

pytestmark = pytest.mark.each_release

SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")
GRAPHICAL = ("alice", "bob", "carol")


def bus_says(desktop, method, connection):
    """Returns the user's bus's answer about one of its connections."""
    bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    answer = desktop.run("busctl", "--user", "--json=short", "call", *bus, method, "s", connection)
    return json.loads(answer.stdout)["data"][0]


# --- who gets it -------------------------------------------------------------------------------------------------------


def test_a_message_to_alice_is_on_her_display_and_nowhere_else(desktops):
    recorders = {user: desktop.popups() for user, desktop in desktops.items()}
    alice = desktops["alice"]
    before = alice.screenshot("hello-before")

    answer = msg("alice", "/V", "hello")

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == (
        f"Sending message to alice (session {alice.session_name}), display time 60\n"
        f"Async message sent to alice (session {alice.session_name})\n"
    )
    popup = recorders["alice"].popup("hello")
    assert popup.summary.startswith("Message from root ")
    assert popup.body == "hello"
    assert popup.actions == {"ok": "OK", "default": ""}
    alice.screenshot_unlike(before, "hello")
    assert [user for user, recorder in recorders.items() if recorder.popups()] == ["alice"]


@pytest.mark.parametrize("everyone", ["*", "--all"])
def test_everyone_is_everyone_with_a_desktop(desktops, everyone):
    recorders = {user: desktop.popups() for user, desktop in desktops.items()}

    answer = msg(everyone, "hello")

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    reached = {user for user, recorder in recorders.items() if recorder.popups()}
    assert reached == set(GRAPHICAL)


def test_a_session_is_found_by_each_of_its_names(alice):
    popups = alice.popups()
    for number, recipient in enumerate([alice.session_id, ":1", "seat0", "SEAT0", "console", f"id:{alice.session_id}"]):
        assert msg(recipient, f"number {number}").returncode == 0, recipient
        popups.popup(f"number {number}")


@pytest.mark.parametrize("user", GRAPHICAL)
def test_the_same_message_twice_is_shown_twice(desktops, user):
    senders = [HERE.start("msg", user, "/TIME:2", "/V", "/W", "--title=Twice", "the same") for _ in range(2)]
    for sender in senders:
        output, errors = sender.communicate(timeout=10)
        assert output.splitlines()[1].startswith("Timeout on message"), (output, errors)


# --- how long it stays -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", GRAPHICAL)
def test_a_popup_stays_for_its_time(desktops, user):
    desktop = desktops[user]
    popups = desktop.popups()
    before = desktop.screenshot(f"time-{user}-before")

    assert msg(user, "/TIME:3", "three seconds").returncode == 0

    popup = popups.popup("three seconds")
    desktop.screenshot_unlike(before, f"time-{user}")
    assert 3.0 <= popups.stood(popup) <= 3.3
    assert await_same_screen(desktop, before, f"time-{user}-after"), "the popup is still on the screen"


def await_same_screen(desktop, before, name, timeout=2):
    """Whether the screen soon looks as before. Some servers fade a popup out, and no event reports that it is gone."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if desktop.screenshot(name).read_bytes() == before.read_bytes():
            return True
    return False


@pytest.mark.parametrize("user", GRAPHICAL)
def test_a_click_acknowledges(desktops, start, user):
    desktop = desktops[user]
    popups = desktop.popups()
    before = desktop.screenshot(f"click-{user}-before")
    sender = start(user, "/W", "/V", "/TIME:30", "please click")
    popup = popups.popup("please click")
    desktop.screenshot_unlike(before, f"click-{user}")

    desktop.click_popup()

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, errors) == (0, "")
    assert output == (
        f"Sending message to {user} (session {desktop.session_name}), display time 30\n"
        f"Message to session {desktop.session_name} responded to by user\n"
    )
    assert popups.action(popup.id).key in ("default", "ok")
    popups.closed(popup.id)


def test_no_click_is_a_timeout(alice):
    started = time.monotonic()
    answer = msg("alice", "/W", "/V", "/TIME:2", "nobody clicks")
    assert answer.returncode == 3
    assert answer.stdout.endswith(f"Timeout on message to session {alice.session_name} before user response\n")
    assert 2.0 <= time.monotonic() - started <= 3.0


def test_waiting_for_several_takes_no_longer_than_for_one(desktops, start):
    popups = desktops["alice"].popups()
    started = time.monotonic()
    sender = start("*", "/W", "/V", "/TIME:3", "all at once")
    popups.popup("all at once")
    desktops["alice"].click_popup()

    output, _ = sender.communicate(timeout=10)

    assert sender.returncode == 3
    assert 3.0 <= time.monotonic() - started <= 4.0
    assert output.count("responded to by user") == 1
    assert output.count("before user response") == 2


# --- who msgd is -------------------------------------------------------------------------------------------------------


def test_alices_bus_sees_alice(alice):
    popups = alice.popups()
    assert msg("alice", "who is it?").returncode == 0
    sender = popups.popup("who is it?").sender
    assert bus_says(alice, "GetConnectionUnixUser", sender) == alice.uid


def test_no_thread_has_another_users_credentials_or_a_capability(desktops):
    assert msg("*", "hello").returncode == 0
    own = run("id", "-u", "msgd").stdout.strip()
    for status in glob.glob(f"/proc/{service_pid()}/task/*/status"):
        with open(status) as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file)
        assert fields["Uid"].split() == [own] * 4
        assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}


def test_everything_runs_on_the_main_loop(desktops, start):
    """Swift's pool of threads is never started. Each hop to it and back would cost time, and its threads memory."""
    assert msg("*", "/W", "/TIME:1", "hello").returncode == 3
    threads = {open(file).read().strip() for file in glob.glob(f"/proc/{service_pid()}/task/*/comm")}
    assert "msgd" in threads
    assert not [thread for thread in threads if "qos" in thread], threads  # part of the names of the pool's threads


# --- what can go wrong -------------------------------------------------------------------------------------------------


def test_an_unknown_recipient(desktops):
    answer = msg("nosuchuser", "hi")
    assert (answer.returncode, answer.stdout) == (67, "")
    assert answer.stderr == "nosuchuser does not exist or is disconnected\n"


def test_a_user_without_a_desktop(dave):
    popups = dave.popups()
    answer = msg("dave", "hi")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.splitlines() == [
        "msg: dave is logged in, but not on a desktop: session pts/7 is a terminal",
        "msg: --terminals writes the message on dave's terminal: msg --terminals dave …",
    ]
    assert popups.popups() == []


def test_a_closing_session_is_no_desktop(open_session, desktops):
    """A program that outlives the session keeps it closing, which logind doesn't signal."""
    id = open_session("erin", "--type", "x11", "--display", ":7", command=("sh", "-c", "setsid sleep 60 & exec sleep 60"))
    assert "notification server" in msg("erin", "--window=never", "still open").stderr
    # There is no X server at that display.
    assert "the window could not be shown" in msg("erin", "still open").stderr
    leader = run("loginctl", "show-session", "--property=Leader", "--value", id).stdout.strip()
    os.kill(int(leader), signal.SIGKILL)
    await_state(id, "closing")

    answer = msg("erin", "too late")

    assert answer.returncode == 1
    assert "erin is logged in, but not on a desktop: session :7 is about to end" in answer.stderr
    run("loginctl", "kill-session", "--signal=KILL", id)


def await_state(id, state):
    question = ("loginctl", "show-session", "--property=State", "--value", id)
    await_that(lambda: run(*question).stdout.strip() == state, lambda: f"session {id} is not {state}")


def test_a_bad_switch_sends_nothing(alice):
    popups = alice.popups()
    answer = msg("alice", "/FOO", "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert answer.stderr.startswith("Invalid parameter(s)\n")
    assert "/FOO" in answer.stderr
    assert popups.popups() == []


def test_a_server_that_does_not_answer_delays_nobody(desktops, start):
    recorders = {user: desktops[user].popups() for user in GRAPHICAL}
    server = int(run("pgrep", "--uid", "bob", "xfce4-notifyd").stdout)
    os.kill(server, signal.SIGSTOP)
    try:
        started = time.time()
        sender = start("*", "/V", "one is stuck")
        for user in ("alice", "carol"):
            assert recorders[user].popup("one is stuck").time - started < 1
        output, errors = sender.communicate(timeout=10)
        assert time.time() - started < 6
    finally:
        os.kill(server, signal.SIGCONT)
    assert sender.returncode == 1
    assert output.count("Async message sent") == 2
    assert errors.count("\n") == 1 and "bob" in errors and "the notification server does not answer" in errors
    for late in recorders["bob"].popups():  # when the server wakes up
        recorders["bob"].closed(recorders["bob"].popup(late.body).id)


def test_a_session_without_a_bus_or_a_server_fails_with_the_reason(open_session, desktops):
    open_session("erin", "--type", "wayland")
    answer = msg("erin", "hi", timeout=7)
    assert answer.returncode == 1
    assert "there is no notification server" in answer.stderr


def test_stopping_the_service_takes_popups_back(alice, start):
    popups = alice.popups()
    sender = start("alice", "/W", "/V", "/TIME:30", "until the service stops")
    popup = popups.popup("until the service stops")

    run("systemctl", "stop", "msgd")

    assert popups.closed(popup.id).reason == 3
    sender.communicate(timeout=5)
    assert sender.returncode == 3
    assert run("systemctl", "show", "--property=Result", "--value", "msgd").stdout == "success\n"


def test_a_session_that_ends_ends_its_delivery(open_session, desktops, start):
    """The popup stands on a bus that outlives the session, so logind reports the end."""
    first = open_session("alice", "--type", "x11", "--display", ":1")
    popups = desktops["alice"].popups()
    sender = start(f"id:{first}", "/W", "/V", "/TIME:30", "until the session ends")
    popup = popups.popup("until the session ends")

    run("loginctl", "terminate-session", first)

    assert popups.closed(popup.id).reason == 3
    sender.communicate(timeout=5)
    assert sender.returncode == 1


# --- the bus -----------------------------------------------------------------------------------------------------------


def test_the_contract_is_what_busctl_sees(desktops):
    members = run("busctl", "--no-pager", "introspect", *SERVICE[:2]).stdout
    for member in ("Send", "SendMessage", "ListSessions", "GetDeliveries", "Withdraw", "DeliveriesChanged"):
        assert f".{member} " in members
    for prop in ("Version", "DefaultTimeout", "MaximumBodyLength"):
        assert f".{prop} " in members


def test_busctl_can_send(alice):
    popups = alice.popups()
    call = ("busctl", "--json=short", "call", *SERVICE, "Send", "assa{sv}", "1", "alice", "by busctl", "2")
    answer = run(*call, "title", "s", "A title", "timeout", "u", "5")
    popup = popups.popup("by busctl")
    assert popup.summary == "A title"
    assert popup.expire_timeout in range(5000, 5301)
    [delivery] = json.loads(answer.stdout)["data"][1]
    assert delivery[:4] == [alice.session_id, "alice", alice.uid, "shown"]


def test_a_wrong_option_is_named(desktops):
    call = ("busctl", "call", *SERVICE, "Send", "assa{sv}", "1", "alice", "hi", "1")
    answer = run(*call, "colour", "s", "red", check=False)
    assert answer.returncode != 0
    assert "colour" in answer.stderr


def test_withdrawing_closes_the_popup(alice):
    popups = alice.popups()
    call = ("busctl", "--json=short", "call", *SERVICE)
    sent = json.loads(run(*call, "Send", "assa{sv}", "1", "alice", "take this back", "0").stdout)["data"][0]
    popup = popups.popup("take this back")
    run(*call, "Withdraw", "t", str(sent))
    assert popups.closed(popup.id).reason == 3
    [[_, _, _, state, _]] = json.loads(run(*call, "GetDeliveries", "t", str(sent)).stdout)["data"][0]
    assert state in ("shown", "withdrawn")  # final as soon as the server has answered


def test_sessions_are_listed(desktops):
    listed = json.loads(run("busctl", "--json=short", "call", *SERVICE, "ListSessions").stdout)["data"][0]
    graphical = {session[2]: session[5]["graphical"]["data"] for session in listed if session[2] in desktops}
    assert graphical == {user: user in GRAPHICAL for user in desktops}
