"""Every text arrives as it was typed: seen in what each notification server received."""

import json

import pytest

from commands import msg, outcome

GRAPHICAL = ("alice", "bob", "carol")  # dunst, xfce4-notifyd, mako

TEXTS = {
    "emoji": "🎉👩‍👩‍👧‍👦🇪🇺",
    "right-to-left": "שלום, עולם! مرحبا 123",
    "directions": "a \u202eb\u202c c",
    "combining": "e\u0301 n\u0303 Z\u0351\u036b\u0343",  # decomposed: nothing may compose them
    "astral": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 漢字",
    "4096 characters": "".join(chr(0x4E00 + number) for number in range(4096)),
    "200 lines": "\n".join(f"line {number}" for number in range(200)),
    "markup": "<b>&amp;</b> <i>a</i><br/> <img src='/etc/passwd'/> &#65; <",
    "format": "%s %n %d %1$s %% {} \\0",
    "command substitution": "$(id) `id` ${HOME} !!",
    "command": "; rm -rf / | cat && x > y < z & # \"'",
    "newlines": "first\n\nthird\twith a tab",
    "backslashes": r"C:\new\table \\server\share",
    "blanks": "  two  and  two  ",
    "dash": "-5 degrees",
    "switch": "/W is a switch",
}


def received(desktop, popup):
    """The text of a popup, as its server shows it: some read markup."""
    answer = desktop.run("busctl", "--user", "--json=short", "call", *SERVER, "GetCapabilities")
    if "body-markup" not in json.loads(answer.stdout)["data"][0]:
        return popup.body
    return popup.body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


SERVER = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications")


@pytest.mark.parametrize("way", ["argument", "standard input"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_arrives_as_it_was_typed(desktops, name, way):
    recorders = {user: desktops[user].popups() for user in GRAPHICAL}
    text = TEXTS[name]

    answer = msg("--all", "/TIME:5", "--", text) if way == "argument" else msg("--all", "/TIME:5", input=text)

    assert outcome(answer) == (0, "", "")
    for user, recorder in recorders.items():
        [popup] = recorder.popups()
        assert received(desktops[user], recorder.popup()) == text, user
        assert popup.summary.startswith("Message from root ")


def test_one_newline_at_the_end_of_standard_input_is_dropped(alice):
    popups = alice.popups()
    assert outcome(msg("alice", input="first\nlast\n\n")) == (0, "", "")
    assert popups.popup().body == "first\nlast\n"


def test_words_are_joined_by_one_space(alice):
    popups = alice.popups()
    assert outcome(msg("alice", "Reboot", "at", "18:00,", "/V", "--wait")) == (0, "", "")
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
