"""msg-bridge with the real programs: logind's schedule, signals on the system bus, and hooks of other programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.commands import msg
from lib.desktop import Desktop
from lib.machine import await_that, run
from lib.notification_recorder import Event, Recorder

pytestmark = pytest.mark.each_release

NOTES = Path("/run/msg-bridge/messages")
CONFIGURATION = Path("/etc/msgd/bridge.conf")
SYSTEM_NOTIFICATIONS = "net.nuetzlich.SystemNotifications.Notify"
BROADCAST = "org.kde.BroadcastNotifications.Notify"


@pytest.fixture(scope="module", autouse=True)
def bridge() -> Iterator[None]:
    """The service, as an administrator enables it. It is off before."""
    assert run("systemctl", "is-enabled", "msg-bridge", check=False).stdout == "disabled\n"
    assert run("systemctl", "is-active", "msg-bridge", check=False).stdout == "inactive\n"
    run("systemctl", "enable", "--now", "msg-bridge")
    yield
    run("systemctl", "disable", "--now", "msg-bridge")


@pytest.fixture
def schedule() -> Iterator[None]:
    """A clean schedule before and after a test."""
    run("shutdown", "-c")
    yield
    run("shutdown", "-c")


def changed(popups: Recorder, id: int | None, text: str) -> Event:
    """Waits until a popup with an id says something."""
    return popups.wait_for(lambda event: event.member == "Notify" and event.id == id and text in event.body, timeout=70)


def standing(popups: Recorder) -> list[int]:
    """The ids of the popups that stand."""
    shown = [event.id for event in popups.popups()]
    closed = {event.id for event in popups.events if event.member == "NotificationClosed"}
    return [id for id in dict.fromkeys(shown) if id not in closed]


@pytest.mark.usefixtures("schedule")
def test_a_shutdown_counts_down_and_is_cancelled(alice: Desktop, bob: Desktop, carol: Desktop) -> None:
    recorders = [user.popups() for user in (alice, bob, carol)]
    run("shutdown", "+5", 'New "kernel", Bücher')
    for popups in recorders:
        first = popups.popup("in 5 minutes")
        assert first.summary.startswith("msg-bridge: Shutdown at ")
        assert first.body.startswith("This machine shuts down in 5 minutes.\nPlease save your work.")
        assert "\nNew " in first.body and "Bücher" in first.body
        assert (first.hints["urgency"], first.expire_timeout) == (1, 0)
    alice.screenshot("shutdown-alice")
    for popups in recorders:
        changed(popups, popups.popup("in 5 minutes").id, "in 4 minutes")
    alice.screenshot("shutdown-alice-later")
    run("shutdown", "-c")
    for popups in recorders:
        popups.closed(popups.popup("in 5 minutes").id)
        assert standing(popups) == []
    alice.run("await-no-popup")


@pytest.mark.usefixtures("schedule")
def test_the_last_minute_is_urgent(alice: Desktop, bob: Desktop) -> None:
    popups, others = alice.popups(), bob.popups()
    run("shutdown", "-r", "+1")
    first = popups.popup("in 1 minute")
    assert first.summary.startswith("msg-bridge: Restart at ") and first.hints["urgency"] == 2
    changed(popups, first.id, "in 50 seconds")
    changed(others, others.popup("in 1 minute").id, "in 40 seconds")
    run("shutdown", "-c")
    popups.closed(first.id)
    assert standing(popups) == standing(others) == []


@pytest.mark.usefixtures("schedule")
def test_who_has_closed_it_sees_the_next_phase(alice: Desktop) -> None:
    """The next phase begins when another schedule takes the place of the first."""
    popups = alice.popups()
    run("shutdown", "+30")
    first = popups.popup("in 30 minutes")
    alice.click_popup()
    popups.closed(first.id)
    run("shutdown", "+4")
    second = popups.popup("in 4 minutes")
    assert second.id != first.id and standing(popups) == [second.id]


@pytest.mark.usefixtures("schedule")
def test_a_new_schedule_takes_the_place_of_the_popup(alice: Desktop) -> None:
    popups = alice.popups()
    run("shutdown", "+10")
    first = popups.popup("in 10 minutes")
    run("shutdown", "-r", "+20")
    second = popups.popup("restarts in 20 minutes")
    popups.closed(first.id)
    assert standing(popups) == [second.id]
    # logind writes its schedule anew when it starts. That is no change.
    run("systemctl", "restart", "systemd-logind")
    run("shutdown", "-c")
    popups.closed(second.id)
    assert [event.id for event in popups.popups() if event.id not in (first.id, second.id)] == []


@pytest.mark.usefixtures("schedule")
def test_nobody_is_told_of_a_silent_shutdown(alice: Desktop) -> None:
    popups = alice.popups()
    run("shutdown", "--no-wall", "+5")
    run("shutdown", "+6")
    popups.popup("in 6 minutes")
    assert not [event for event in popups.popups() if "in 5 minutes" in event.body]
    run("shutdown", "--no-wall", "+7")
    popups.closed(popups.popup("in 6 minutes").id)


@pytest.mark.usefixtures("schedule")
def test_a_bridge_that_ends_takes_the_popup_back(alice: Desktop) -> None:
    popups = alice.popups()
    run("shutdown", "+10")
    first = popups.popup("in 10 minutes")
    run("systemctl", "stop", "msg-bridge")
    popups.closed(first.id)
    run("systemctl", "start", "msg-bridge")
    second = popups.wait_for(lambda event: event.member == "Notify" and event.id not in (None, first.id))
    assert standing(popups) == [second.id]


@pytest.mark.usefixtures("schedule")
def test_a_bridge_that_was_killed_leaves_one_popup(alice: Desktop) -> None:
    popups = alice.popups()
    run("shutdown", "+10")
    first = popups.popup("in 10 minutes")
    # A message has an id when it has reached every desktop.
    await_that(lambda: NOTES.exists() and NOTES.read_text(), lambda: f"{NOTES} has no id")
    run("systemctl", "kill", "--signal=KILL", "msg-bridge")
    popups.closed(first.id)
    second = popups.wait_for(lambda event: event.member == "Notify" and event.id not in (None, first.id))
    assert standing(popups) == [second.id]


@pytest.mark.usefixtures("schedule")
@pytest.mark.parametrize("how", ["restart", "kill --signal=KILL"])
def test_a_msgd_that_ends_does_not_end_the_countdown(alice: Desktop, how: str) -> None:
    popups = alice.popups()
    run("shutdown", "+10")
    first = popups.popup("in 10 minutes")
    await_that(lambda: NOTES.exists() and NOTES.read_text(), lambda: f"{NOTES} has no id")
    run("systemctl", *how.split(), "msgd")
    popups.closed(first.id)
    second = popups.wait_for(lambda event: event.member == "Notify" and event.id not in (None, first.id))
    assert standing(popups) == [second.id]
    run("shutdown", "-c")
    popups.closed(second.id)


@pytest.mark.usefixtures("schedule")
def test_many_signals_leave_a_place_for_a_shutdown(alice: Desktop) -> None:
    popups = alice.popups()
    for number in range(6):
        run("dbus-send", "--system", "/", SYSTEM_NOTIFICATIONS, f"string:Flood {number}", "string:Text")
    run("shutdown", "+5")
    popups.popup("in 5 minutes")
    # Each of them is seen, for twenty seconds at least.
    popups.wait_for(lambda event: event.member == "Notify" and "Flood 5" in event.summary, timeout=70)
    assert len({event.summary for event in popups.popups() if "Flood" in event.summary}) == 6


@pytest.mark.usefixtures("schedule")
def test_a_users_shutdown_has_no_text(alice: Desktop) -> None:
    """logind's usual policy lets whoever sits at the machine schedule one, and set a text."""
    popups = alice.popups()
    logind = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    when = str((int(time.time()) + 240) * 1_000_000)
    allow = Path("/etc/polkit-1/rules.d/00-bob.rules")
    allow.write_text(
        "polkit.addRule(function (action, subject) {"
        ' if (action.id.indexOf("org.freedesktop.login1.") == 0 && subject.user == "bob") return "yes"; });\n'
    )
    try:
        run("as-user", "bob", "busctl", "call", *logind, "SetWallMessage", "sb", "Root says: pay", "true")
        run("as-user", "bob", "busctl", "call", *logind, "ScheduleShutdown", "st", "poweroff", when)
        body = popups.popup("in 4 minutes").body
    finally:
        allow.unlink()
    assert "Root says" not in body
    assert body.endswith("\nbob has scheduled it.")


def emit(signal: str, *arguments: str, user: str | None = None) -> None:
    become = ("as-user", user) if user else ()
    run(*become, "gdbus", "emit", "--system", "--object-path", "/", "--signal", signal, *arguments)


def test_signals_of_systembus_notify(alice: Desktop, bob: Desktop) -> None:
    popups, others = alice.popups(), bob.popups()
    run("dbus-send", "--system", "/", SYSTEM_NOTIFICATIONS, "string:Backup", "string:The backup has failed.")
    for recorder in (popups, others):
        popup = recorder.popup("The backup has failed.")
        assert (popup.summary, popup.hints["urgency"]) == ("msg-bridge: Backup", 2)
    run("dbus-send", "--system", "/", SYSTEM_NOTIFICATIONS, "string:Only a summary")
    assert popups.popup("Only a summary").body == "Only a summary"


def test_signals_of_kde(alice: Desktop, bob: Desktop) -> None:
    popups, others = alice.popups(), bob.popups()
    emit(BROADCAST, "{'summary': <'To alice'>, 'body': <'Text'>, 'uids': <['1001']>, 'timeout': <5000>}")
    assert popups.popup("Text").summary == "msg-bridge: To alice"
    emit(BROADCAST, "{'summary': <'To everyone'>, 'body': <'Everyone'>}")
    assert others.popup("Everyone").summary == "msg-bridge: To everyone"
    assert not [event for event in others.popups() if event.body == "Text"]


def test_only_roots_signals_count(alice: Desktop, bob: Desktop) -> None:
    """The bus keeps others' signals away, until a policy lets their user send them."""
    popups = alice.popups()
    emit(SYSTEM_NOTIFICATIONS, "'Refused'", "'from bob'", user="bob")
    emit(BROADCAST, "{'body': <'from bob to all'>}", user="bob")
    emit(SYSTEM_NOTIFICATIONS, "'Accepted'", "'from root'")
    popups.popup("from root")
    assert not [event for event in popups.popups() if "bob" in event.body]
    policy = Path("/etc/dbus-1/system.d/bob.conf")
    policy.write_text(
        '<busconfig><policy user="bob"><allow send_destination="org.msgd.Bridge1" send_type="signal"'
        ' send_interface="net.nuetzlich.SystemNotifications"/></policy></busconfig>\n'
    )
    run("systemctl", "reload", "dbus")
    try:
        emit(SYSTEM_NOTIFICATIONS, "'Accepted'", "'now from bob'", user="bob")
        popups.popup("now from bob")
    finally:
        policy.unlink()
        run("systemctl", "reload", "dbus")


def test_a_source_can_be_switched_off(alice: Desktop) -> None:
    former = CONFIGURATION.read_text()
    CONFIGURATION.write_text("[Bridge]\nShutdown=no\nSystemNotifications=no\nSource=yes\n")
    popups = alice.popups()
    try:
        run("systemctl", "restart", "msg-bridge")
        log = run("journalctl", "--unit=msg-bridge", "--output=cat", "--lines=20").stdout
        assert f"{CONFIGURATION}:4: there is no key Source in [Bridge]" in log
        run("shutdown", "+5")
        emit(SYSTEM_NOTIFICATIONS, "'Off'", "'switched off'")
        emit(BROADCAST, "{'body': <'still on'>}")
        popups.popup("still on")
        assert len(popups.popups()) == 1
    finally:
        run("shutdown", "-c")
        CONFIGURATION.write_text(former)
        run("systemctl", "restart", "msg-bridge")
