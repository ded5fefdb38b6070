"""Locked screens, on desktops whose lock hides popups. A message counts as shown when a screen is unlocked."""

import pytest
from gi.repository import GLib

from lib.machine import Person, outcome

YES, NO = GLib.Variant("b", True), GLib.Variant("b", False)
LOCKED = "the screen is locked"
ALL_THE_WHILE = "the screen was locked all the while"


@pytest.fixture
def carol(machine, logind) -> Person:
    """A user with a server like KDE Plasma's, whose screen is locked."""
    person = machine.desktop_user(identity=("Plasma", "KDE"))
    logind.add("1", person, LockedHint=YES)
    return person


def test_a_message_is_shown_when_the_screen_is_unlocked(machine, logind, client, carol):
    machine.start()
    assert outcome(client.send(carol.name, body="hello", timeout=0)[1]) == [("pending", LOCKED)]
    assert carol.server.popup().body == "hello"
    logind.change("1", LockedHint=NO)
    assert "error-message" not in client.wait_for_change("1", "shown")


def test_a_screen_that_stays_locked_has_not_shown_it(machine, client, carol):
    machine.start()
    call = client.start_send(carol.name, body="hello", wait=True, timeout=1)
    assert outcome(call.wait()[1]) == [("suppressed", ALL_THE_WHILE)]
    carol.server.wait_for_close(carol.server.popup())


def test_what_was_seen_counts_though_the_screen_is_locked_again(machine, logind, client, carol):
    machine.start()
    call = client.start_send(carol.name, body="hello", wait=True, timeout=2)
    client.wait_for_change("1", "pending")
    logind.change("1", LockedHint=NO)
    client.wait_for_change("1", "shown")
    logind.change("1", LockedHint=YES)
    assert outcome(call.wait()[1]) == [("expired", "")]


def test_elsewhere_a_lock_hides_nothing(machine, logind, client, alice):
    logind.add("1", alice, LockedHint=YES)
    machine.start()
    assert outcome(client.send(alice.name, body="hello", timeout=0)[1]) == [("shown", "")]
