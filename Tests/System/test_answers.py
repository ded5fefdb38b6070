"""--ask and --choose: answers in words, and choices, on each notification server. test_desktops.py types on those that
have a program for a window."""

import pytest

from lib.commands import msg

CHOICES = ("--choose", "Tea", "--choose", "Green tea & <milk>")

# How a user chooses the first one: dunst has a menu, xfce4-notifyd has buttons, mako a command.
CHOOSE_FIRST = {
    "alice": lambda desktop: desktop.click_popup(),
    "bob": lambda desktop: desktop.click_popup(2),
    "carol": lambda desktop: desktop.run("makoctl", "invoke", "choice-1"),
}


@pytest.mark.parametrize("user", CHOOSE_FIRST)
def test_a_choice_is_printed(desktops, start, user):
    desktop = desktops[user]
    popups = desktop.popups()
    sender = start(user, *CHOICES, "/TIME:30", "What do you drink?")  # --choose waits by itself
    popup = popups.popup("What do you drink?")
    assert popup.actions == {"choice-1": "Tea", "choice-2": "Green tea & <milk>"}
    with desktop.choosing("Tea"):
        CHOOSE_FIRST[user](desktop)
        output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, output, errors) == (0, f"{user}\tTea\n", "")


@pytest.mark.parametrize("user", CHOOSE_FIRST)
@pytest.mark.parametrize("question", [("--ask",), ("--choose", "the longest of all the answers")])
def test_a_desktop_without_a_program_for_answers_says_so(desktops, user, question):
    """They have xmessage, which can't ask, or nothing."""
    popups = desktops[user].popups()
    answer = msg(user, *question, "/TIME:30", "Where do you sit?")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "there is no program for answers: install zenity or kdialog" in answer.stderr
    assert popups.popups() == []


def test_a_question_names_root(alice, start):
    popups = alice.popups()
    start("alice", *CHOICES, "--title", "Kitchen", "/TIME:30", "What do you drink?")
    assert popups.popup("What do you drink?").summary == "root: Kitchen"
