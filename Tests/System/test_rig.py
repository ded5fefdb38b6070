"""The test machine's check of itself: its popups, clicks, recorders and sessions are real."""

import time

import pytest

from lib.machine import run

pytestmark = pytest.mark.each_release

POPUP = ("notify-send", "--urgency=critical", "--wait", "--action=default=Open", "--action=ok=OK", "Rig", "a <b>popup</b>")


def test_a_popup_is_on_one_screen_only(desktops):
    others = [desktops[user] for user in ("bob", "carol", "greeter")]
    alice = desktops["alice"]
    recorders = {desktop.user: desktop.popups() for desktop in desktops.values()}
    before = {desktop.user: desktop.screenshot(f"rig-{desktop.user}-before") for desktop in [alice, *others]}

    alice.start(*POPUP)

    popup = recorders["alice"].popup("Rig")
    assert popup.actions == {"default": "Open", "ok": "OK"}
    assert popup.hints["urgency"] == 2
    alice.screenshot_unlike(before["alice"], "rig-alice-popup")
    for other in others:
        after = other.screenshot(f"rig-{other.user}-after")
        assert after.read_bytes() == before[other.user].read_bytes()
    assert [user for user, recorder in recorders.items() if recorder.popups()] == ["alice"]


@pytest.mark.parametrize("user, action", [("alice", "default"), ("bob", "ok"), ("carol", "default")])
def test_a_click_invokes_an_action(desktops, user, action):
    desktop = desktops[user]
    popups = desktop.popups()
    before = desktop.screenshot(f"rig-{user}-before")
    sender = desktop.start(*POPUP)
    popup = popups.popup("Rig")
    desktop.screenshot_unlike(before, f"rig-{user}-popup")

    desktop.click_popup()

    assert popups.action(popup.id).key == action
    assert popups.closed(popup.id).reason in (2, 3)
    assert sender.communicate(timeout=10)[0].strip() == action


@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
def test_a_popup_is_closed_by_its_sender(desktops, user):
    desktop = desktops[user]
    popups = desktop.popups()
    id = desktop.run("notify-send", "--print-id", "Rig", "closed soon").stdout.strip()

    desktop.run(
        "gdbus", "call", "--session", "--dest", "org.freedesktop.Notifications",
        "--object-path", "/org/freedesktop/Notifications", "--method", "org.freedesktop.Notifications.CloseNotification", id,
    )  # fmt: skip

    assert popups.closed(int(id)).reason == 3


def test_sessions_are_what_they_are_meant_to_be(desktops):
    sessions = {user: (desktop.session["Type"], desktop.session["Class"]) for user, desktop in desktops.items()}
    assert sessions == {
        "alice": ("x11", "user"),
        "bob": ("x11", "user"),
        "carol": ("wayland", "user"),
        "dave": ("tty", "user"),
        "greeter": ("x11", "greeter"),
    }
    assert desktops["alice"].session["Seat"] == "seat0"
    assert all(desktop.session["Active"] == "yes" for desktop in desktops.values())


def test_a_users_command_belongs_to_the_session(alice):
    cgroup = alice.run("cat", "/proc/self/cgroup").stdout
    assert cgroup.strip().endswith(f"/session-{alice.session_id}.scope")


def test_a_session_of_any_kind_can_be_opened(open_session, desktops):
    id = open_session("erin", "--type", "mir", "--remote-host", "elsewhere")
    assert {"Type=mir", "Remote=yes", "RemoteHost=elsewhere"} <= set(
        desktops["dave"].run("loginctl", "show-session", id).stdout.splitlines()
    )


@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
def test_a_popup_can_be_dismissed(desktops, user):
    desktop = desktops[user]
    popups = desktop.popups()
    sender = desktop.start(*POPUP)
    popup = popups.popup("Rig")

    desktop.dismiss_popup()

    assert popups.closed(popup.id).reason == 2
    assert sender.communicate(timeout=10)[0].strip() == ""
    assert not [event for event in popups.events if event.member == "ActionInvoked"]


def test_a_popup_on_the_second_machine_is_there_only(alice, second):
    here, there = alice.popups(), second.popups()
    before = second.screenshot("rig-second-before")
    sender = second.start(*POPUP)
    popup = there.popup("Rig")
    second.screenshot_unlike(before, "rig-second-popup")
    second.click_popup()
    assert there.action(popup.id).key == "default"
    assert sender.communicate(timeout=10)[0].strip() == "default"
    assert here.popups() == []


@pytest.mark.parametrize(
    "host, reason", [("refused", "Connection refused"), ("silent", "Connection timed out"), ("nosuch", "resolve hostname")]
)
def test_dead_hosts_are_dead(host, reason):
    started = time.monotonic()
    answer = run("ssh", "-oConnectTimeout=1", host, "true", check=False)
    assert answer.returncode == 255
    assert reason in answer.stderr
    assert (time.monotonic() - started >= 1) == (host == "silent")
