"""Notification servers that have room for few popups at a time: the next waits in msgd, where its sender can be told."""

import pytest

from machine import Person, outcome

STANDS = "the desktop shows one popup at a time, and another one stands"
NO_ROOM = "the desktop has no room for so many popups, and others stood all the while"
STOOD = "the desktop shows one popup at a time, and others stood all the while"


@pytest.fixture
def carol(machine, logind) -> Person:
    """Somebody with GNOME Shell's ways."""
    person = machine.desktop_user(identity=("gnome-shell", "GNOME"))
    logind.add("1", person)
    return person


def test_the_next_popup_comes_when_the_one_before_has_gone(machine, client, carol):
    machine.start()
    first = client.start_send(carol.name, body="first", wait=True, timeout=0)
    client.wait_for_change("1", "shown")
    id, deliveries = client.send(carol.name, body="second", timeout=0)
    assert outcome(deliveries) == [("pending", STANDS)]
    third = client.start_send(carol.name, body="third", wait=True, timeout=0)
    client.wait_for_change("1", "pending")
    assert [popup.body for popup in carol.server.popups] == ["first"]

    carol.server.invoke(carol.server.popups[0], "ok")
    assert outcome(first.wait()[1]) == [("acknowledged", "")]
    assert carol.server.popup(1).body == "second"
    assert "error-message" not in client.wait_for_change("1", "shown")
    assert len(carol.server.popups) == 2

    client.call("Withdraw", "(t)", id)
    assert carol.server.popup(2).body == "third"
    carol.server.invoke(carol.server.popups[2], "ok")
    assert outcome(third.wait()[1]) == [("acknowledged", "")]


def test_who_gets_no_turn_in_time_is_not_shown(machine, client, carol):
    machine.start()
    client.send(carol.name, body="first", timeout=0)
    call = client.start_send(carol.name, body="second", wait=True, timeout=1)
    assert outcome(call.wait()[1]) == [("suppressed", STOOD)]
    assert [popup.body for popup in carol.server.popups] == ["first"]


def test_the_time_of_a_popup_begins_when_it_is_shown(machine, client, carol):
    machine.start()
    client.send(carol.name, body="first", timeout=1)
    call = client.start_send(carol.name, body="second", wait=True, timeout=2)
    [delivery] = call.wait()[1]
    assert delivery[3] == "expired" and delivery[4]["elapsed"] >= 2.5


def test_what_waits_can_be_withdrawn(machine, client, carol):
    machine.start()
    client.send(carol.name, body="first", timeout=0)
    id, _ = client.send(carol.name, body="second", timeout=0)
    client.call("Withdraw", "(t)", id)
    client.wait_for_change("1", "withdrawn")
    assert client.states(id) == {"1": "withdrawn"}
    assert [popup.body for popup in carol.server.popups] == ["first"]


def test_a_session_that_ends_ends_what_waits(machine, logind, client, carol):
    machine.start()
    client.send(carol.name, body="first", timeout=0)
    call = client.start_send(carol.name, body="second", wait=True, timeout=0)
    client.wait_for_change("1", "pending")
    logind.remove("1")
    assert outcome(call.wait()[1]) == [("session-closed", "")]


def test_a_server_that_leaves_passes_the_turn_to_the_next(machine, client, carol):
    machine.start()
    first = client.start_send(carol.name, body="first", wait=True, timeout=0)
    client.wait_for_change("1", "shown")
    second = client.start_send(carol.name, body="second", wait=True, timeout=0)
    client.wait_for_change("1", "pending")
    carol.server.leave()
    assert outcome(first.wait()[1]) == [("failed", "the notification server left while the popup stood")]
    assert outcome(second.wait()[1]) == [("failed", "there is no notification server on the desktop")]


def test_other_desktops_do_not_wait(machine, logind, client, carol, alice):
    logind.add("2", alice)
    machine.start()
    client.send(carol.name, body="first", timeout=0)
    deliveries = client.send("*", body="second", timeout=0)[1]
    assert {delivery[0]: delivery[3] for delivery in deliveries} == {"1": "pending", "2": "shown"}


def test_a_desktop_with_room_for_some_shows_as_many(machine, logind, client):
    person = machine.desktop_user(identity=("lxqt-notificationd", "lxqt.org"))
    logind.add("1", person)
    machine.start()
    for number in range(3):
        text = f"number {number}" + number * "\nline" + 20 * number * " word"
        assert outcome(client.send(person.name, body=text, timeout=0)[1]) == [("shown", "")]
    waits = client.send(person.name, body="number 3\n2\n3\n4\n5\n6", timeout=0)[1]
    assert outcome(waits) == [("pending", "the desktop has no room for so many popups, and others stand")]
    late = client.start_send(person.name, body="number 4", wait=True, timeout=1)
    assert outcome(late.wait()[1]) == [("suppressed", NO_ROOM)]

    person.server.invoke(person.server.popups[1], "ok")

    assert person.server.popup(3).body.startswith("number 3")
    assert len(person.server.popups) == 4
