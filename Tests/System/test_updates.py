"""Messages that change in their places: msg --update and --progress, on real desktops."""

import subprocess

import pytest

from lib.commands import msg, outcome
from lib.machine import run

GRAPHICAL = ("alice", "bob", "carol")  # dunst, xfce4-notifyd, mako


def send(user, *words):
    answer = msg(user, "/TIME:0", "--print-id", *words)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.each_release
@pytest.mark.parametrize("user", GRAPHICAL)
def test_a_message_changes_in_its_place(desktops, user):
    popups = desktops[user].popups()
    id = send(user, "Reboot in 10 minutes")
    first = popups.popup()
    assert outcome(msg("--update", id, "Reboot in 9 minutes")) == (0, "", "")
    assert popups.popup("Reboot in 9 minutes").id == first.id
    assert outcome(msg("--withdraw", id)) == (0, "", "")
    popups.closed(first.id)
    status, _, errors = outcome(msg("--update", id, "Reboot in 8 minutes"))
    assert status == 1 and f"nobody sees message {id} any more" in errors


def test_a_user_changes_only_their_own(desktops, alice):
    id = send("alice", "from root")
    status, _, errors = outcome(run("as-user", "alice", "msg", "--update", id, "from alice", check=False))
    assert status == 1 and f"there is no message {id}" in errors
    assert outcome(msg("--withdraw", id)) == (0, "", "")


def shows(popup, percent):
    """Whether a popup shows so much as a bar or, on Xfce, in a line."""
    return popup.hints.get("value") == percent or popup.body.endswith(f"\n{percent}%")


@pytest.mark.each_release
@pytest.mark.parametrize("user", GRAPHICAL)
def test_standard_input_drives_a_popup(desktops, user):
    popups = desktops[user].popups()
    sender = subprocess.Popen(
        ["msg", user, "/TIME:1", "--progress", "-", "Copying"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    first = popups.popup("Copying")
    for percent in (10, 100):
        sender.stdin.write(f"{percent}%\n")
        sender.stdin.flush()
        event = popups.wait_for(lambda event: event.member == "Notify" and event.id and shows(event, percent))
        assert event.id == first.id
    assert sender.communicate(timeout=20) == (None, "") and sender.returncode == 0
    popups.closed(first.id)
