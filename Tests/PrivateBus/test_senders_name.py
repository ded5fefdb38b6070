"""The sender's name comes first in the title, where the sender can't write."""

import re

import pytest

from lib.fake_polkit import YES

SPOOF = "Message from root 14:05:32"


@pytest.fixture
def bobs(machine, logind, alice, bob):
    """bob's program, which may message alice."""
    logind.add("1", alice)
    machine.polkit(lambda question: YES)
    machine.start()
    return machine.client(uid=bob.account.pw_uid)


@pytest.mark.parametrize(
    "title, shown",
    [
        ("Lunch", "Lunch"),
        (f"{SPOOF}\nYour password?", f"{SPOOF} Your password?"),
        ("\u202e23:50:41 toor morf egasseM", "23:50:41 toor morf egasseM"),
        (" \u2028" * 50 + SPOOF, SPOOF),
        ("👩‍👩‍👧‍👦 می\u200cخواهم", "👩‍👩‍👧‍👦 می\u200cخواهم"),
    ],
)
def test_a_title_begins_with_the_senders_name(bobs, alice, bob, title, shown):
    bobs.send(alice.name, title=title)
    assert alice.server.popup().summary == f"{bob.name}: {shown}"


@pytest.mark.parametrize("title", ["", "   ", "\n\t", "\u200b\u3164\u2800", "\u202e\u2067"])
def test_a_title_that_shows_nothing_is_none(bobs, alice, bob, title):
    bobs.send(alice.name, title=title)
    assert re.fullmatch(rf"Message from {bob.name} \d\d:\d\d:\d\d", alice.server.popup().summary)


def test_the_window_for_the_whole_text_says_it_too(machine, logind, alice, bob, tmp_path):
    (tmp_path / "zenity").touch(mode=0o755)
    machine.environment["PATH"] = str(tmp_path)
    logind.add("1", alice)
    machine.polkit(lambda question: YES)
    manager = alice.manage("DISPLAY=:0")
    machine.start()
    bobs = machine.client(uid=bob.account.pw_uid)
    bobs.send(alice.name, title="Lunch", body="x\n" * 20, timeout=0)
    popup = alice.server.popup()
    bobs.wait_for_change("1", "shown")
    alice.server.invoke(popup, "show-all")
    assert manager.unit().input.startswith(f"{bob.name}: Lunch\n\nx\n")


def test_roots_titles_are_roots(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    client.send(alice.name, title="alice: Lunch")
    assert alice.server.popup().summary == "alice: Lunch"


def test_labels_are_of_one_line_that_does_not_turn_around(bobs, alice):
    bobs.send(alice.name, timeout=0, replies=[("y", "Yes\n\u202eon"), ("n", "N\u200bo")])
    assert alice.server.popup().actions == ["y", "Yes on", "n", "No"]


def test_bodies_show_as_they_are_written(bobs, alice):
    bobs.send(alice.name, body="\ufeffa\u202eb\u202c \u2066c\u2028d\u2069 \u2068e\u2069 🏴\U000e0061")
    assert alice.server.popup().body == "ab c\nd \u2068e\u2069 🏴"


def test_a_title_that_leaves_no_room_for_the_text_is_whole_in_the_window(machine, logind, client, alice, tmp_path):
    (tmp_path / "zenity").touch(mode=0o755)
    machine.environment["PATH"] = str(tmp_path)
    logind.add("1", alice)
    manager = alice.manage("DISPLAY=:0")
    machine.start()
    client.send(alice.name, title="x" * 256, body="short", timeout=0)
    popup = alice.server.popup()
    client.wait_for_change("1", "shown")
    assert (popup.summary, popup.body) == ("x" * 59 + "…", "short")
    alice.server.invoke(popup, "show-all")
    assert manager.unit().input == "x" * 256 + "\n\nshort\n"
