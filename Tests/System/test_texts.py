"""Every text arrives as it was typed, checked in what each notification server received."""

import pytest

from lib.commands import msg, outcome
from lib.sample_texts import TEXTS
from lib.whole_text_window import arrived

GRAPHICAL = ("alice", "bob", "carol")  # dunst, xfce4-notifyd, mako


@pytest.mark.parametrize("way", ["argument", "standard input"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_arrives_as_it_was_typed(desktops, name, way):
    recorders = {user: desktops[user].popups() for user in GRAPHICAL}
    text = TEXTS[name]

    answer = msg("--all", "/TIME:5", "--", text) if way == "argument" else msg("--all", "/TIME:5", input=text)

    assert outcome(answer) == (0, "", "")
    for user, recorder in recorders.items():
        [popup] = recorder.popups()
        assert arrived(desktops[user], recorder.popup(), text), user
        assert popup.summary.startswith("Message from root ")


def test_one_newline_at_the_end_of_standard_input_is_dropped(alice):
    popups = alice.popups()
    assert outcome(msg("alice", input="first\nlast\n\n")) == (0, "", "")
    assert popups.popup().body == "first\nlast\n"


def test_words_are_joined_by_one_space(alice):
    popups = alice.popups()
    status, output, errors = outcome(msg("alice", "Reboot", "at", "18:00,", "/V", "--wait"))
    assert (status, output) == (0, "") and errors.startswith("msg: '/V' is a part of the message: ")
    assert popups.popup().body == "Reboot at 18:00, /V --wait"


@pytest.mark.parametrize("arguments", [["--", "-5 degrees"], [r"\-5 degrees"]])
def test_a_message_may_begin_with_a_dash(alice, arguments):
    popups = alice.popups()
    assert outcome(msg("alice", *arguments)) == (0, "", "")
    assert popups.popup().body == "-5 degrees"


def test_a_title_arrives_as_it_was_typed(desktops):
    """A summary is never markup."""
    recorders = {user: desktops[user].popups() for user in GRAPHICAL}
    title = "<b>&amp;</b> %s 🎉"
    assert outcome(msg("--all", "--title", title, "/TIME:5", "body")) == (0, "", "")
    assert [recorder.popup().summary for recorder in recorders.values()] == [title] * 3


def test_control_characters_are_removed(alice):
    popups = alice.popups()
    assert outcome(msg("alice", input="a\x1b[31m\x07b\tc\r\nd")) == (0, "", "")
    assert popups.popup().body == "a[31mb\tc\nd"


@pytest.mark.parametrize("text", ["", "\n", " \t "])
def test_an_empty_message_is_refused(alice, text):
    popups = alice.popups()
    answer = msg("alice", input=text)
    assert (answer.returncode, answer.stdout) == (64, "")
    assert answer.stderr
    assert popups.popups() == []


@pytest.mark.parametrize("way", ["argument", "standard input"])
def test_invalid_utf_8_is_refused_with_its_position(alice, way):
    popups = alice.popups()
    text = "caf\udce9"  # the byte 0xe9, as in Latin-1
    answer = msg("alice", text) if way == "argument" else msg("alice", input=text)
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "UTF-8" in answer.stderr
    if way == "standard input":
        assert "4" in answer.stderr  # the fourth byte
    assert popups.popups() == []


def test_too_long_a_message_is_refused_and_never_cut(alice):
    popups = alice.popups()
    answer = msg("alice", "/TIME:5", "x" * 4097)
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "4096" in answer.stderr
    assert popups.popups() == []
