"""--reply: buttons beyond OK, which each notification server lets the user choose in its own way."""

import pytest

from lib.commands import msg

REPLIES = ("--reply", "yes=Yes", "--reply", "no=No")

# How a user says yes: dunst has a menu, xfce4-notifyd has buttons (No is the first from the right), mako a command.
CHOOSE_YES = {
    "alice": lambda desktop: desktop.click_popup(),
    "bob": lambda desktop: desktop.click_popup(2),
    "carol": lambda desktop: desktop.run("makoctl", "invoke", "yes"),
}


@pytest.mark.parametrize("user", CHOOSE_YES)
def test_a_reply_is_printed(desktops, start, user):
    desktop = desktops[user]
    popups = desktop.popups()
    sender = start(user, *REPLIES, "/TIME:30", "Reboot now?")  # --reply waits by itself
    popup = popups.popup("Reboot now?")
    assert popup.actions == {"yes": "Yes", "no": "No"}
    desktop.screenshot(f"reply-{user}")

    CHOOSE_YES[user](desktop)

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, output, errors) == (0, f"{user}\tyes\n", "")
    assert popups.action(popup.id).key == "yes"


def test_replies_of_several(desktops, start):
    recorders = {user: desktops[user].popups() for user in ("alice", "bob")}
    sender = start("alice,bob", *REPLIES, "/TIME:30", "Lunch?")
    for recorder in recorders.values():
        recorder.popup("Lunch?")

    CHOOSE_YES["alice"](desktops["alice"])
    desktops["bob"].click_popup()

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, errors) == (0, "")
    assert sorted(output.splitlines()) == ["alice\tyes", "bob\tno"]


def test_no_reply_is_a_timeout(alice):
    answer = msg("alice", *REPLIES, "/TIME:1", "Lunch?")
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == f"Timeout on message to session {alice.session_name} before user response\n"


@pytest.mark.parametrize("reply", ["yes", "=Yes", "yes=", ""])
def test_a_reply_needs_key_and_label(alice, reply):
    popups = alice.popups()
    answer = msg("alice", "--reply", reply, "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert reply in answer.stderr
    assert popups.popups() == []


def test_keys_differ(alice):
    answer = msg("alice", "--reply", "yes=Yes", "--reply", "yes=Yeah", "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "yes" in answer.stderr
