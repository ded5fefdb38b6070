"""Locked screens, on desktops whose lock hides popups. A message counts as shown when a screen is unlocked."""

import pytest
from gi.repository import GLib

from lib.machine import SERVICE, Person, outcome

YES, NO = GLib.Variant("b", True), GLib.Variant("b", False)
LOCKED = "the screen is locked"
ALL_THE_WHILE = "the screen was locked all the while"
XFCE = ("Xfce Notify Daemon", "Xfce")
SAVERS = [f"org.{desktop}.ScreenSaver" for desktop in ("gnome", "cinnamon", "mate", "xfce", "freedesktop")]


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


# --- desktops whose screen saver is asked, because it doesn't tell logind ----------------------------------------------


@pytest.fixture
def dave(machine, logind) -> Person:
    """A user with a server like Xfce's."""
    person = machine.desktop_user(identity=XFCE)
    logind.add("1", person)
    return person


@pytest.mark.parametrize("name", SAVERS)
def test_a_message_is_shown_when_the_screen_saver_leaves_the_screen(machine, client, dave, name):
    saver = dave.cover(name, active=True)
    machine.start()
    assert outcome(client.send(dave.name, timeout=0)[1]) == [("pending", LOCKED)]
    saver.change(False)
    assert "error-message" not in client.wait_for_change("1", "shown")


def test_a_screen_saver_that_ends_covers_nothing(machine, client, dave):
    saver = dave.cover(SAVERS[0], active=True)
    machine.start()
    assert outcome(client.send(dave.name, timeout=0)[1]) == [("pending", LOCKED)]
    saver.leave()
    client.wait_for_change("1", "shown")


def test_a_screen_that_stays_covered_has_not_shown_it(machine, client, dave):
    dave.cover(SAVERS[2], active=True)
    machine.start()
    call = client.start_send(dave.name, wait=True, timeout=1)
    assert outcome(call.wait()[1]) == [("suppressed", ALL_THE_WHILE)]


def test_one_that_covers_the_screen_between_two_messages_counts(machine, client, dave):
    saver = dave.cover(SAVERS[2])
    machine.start()
    assert outcome(client.send(dave.name, timeout=0)[1]) == [("shown", "")]
    saver.change(True)
    assert outcome(client.send(dave.name, timeout=0)[1]) == [("pending", LOCKED)]
    saver.change(False)
    assert outcome(client.send(dave.name, timeout=0)[1]) == [("shown", "")]
    assert saver.asked == 1


def test_one_that_does_not_answer_covers_nothing(machine, client, dave):
    dave.cover(SAVERS[2], hangs=True)
    machine.start()
    assert outcome(client.send(dave.name, timeout=0)[1]) == [("shown", "")]


def test_none_is_started_by_the_question(machine, logind, client):
    person = machine.person()
    for name in SAVERS:
        command = f"/bin/touch {person.folder}/started"
        (person.services / f"{name}.service").write_text(SERVICE.format(name=name, command=command))
    person.bus.reload()
    person.serve(identity=XFCE)
    logind.add("1", person)
    machine.start()
    assert outcome(client.send(person.name, timeout=0)[1]) == [("shown", "")]
    assert not (person.folder / "started").exists()


def test_where_logind_knows_none_is_asked(machine, client, logind):
    person = machine.desktop_user(identity=("Plasma", "KDE"))
    logind.add("1", person)
    saver = person.cover(SAVERS[4], active=True)
    machine.start()
    assert outcome(client.send(person.name, timeout=0)[1]) == [("shown", "")]
    assert saver.asked == 0


# --- desktops that may hide a popup, and don't tell --------------------------------------------------------------------


def test_what_the_desktop_may_hide_is_not_certain(machine, client, logind):
    person = machine.desktop_user(identity=("mako", "emersion"))
    logind.add("1", person)
    machine.start()
    assert client.send(person.name, timeout=0)[1][0][4]["certain"] is False
    person.server.invoke(person.server.popups[0], "ok")
    assert "certain" not in client.wait_for_change("1", "acknowledged")
    assert client.send(person.name, wait=True, timeout=1)[1][0][4]["certain"] is False
