"""Notification servers with room for few popups at a time. The next popup waits in msgd, which can tell its sender
so."""

import pytest

from lib.fake_polkit import YES
from lib.machine import Person, outcome

STANDS = "the desktop shows one popup at a time, and another one stands"
NO_ROOM = "the desktop has no room for so many popups, and others stood all the while"
TAKEN = "the desktop shows one popup at a time, and another one took its place"
STOOD = "the desktop shows one popup at a time, and others stood all the while"


@pytest.fixture
def carol(machine, logind) -> Person:
    """A user with a server like GNOME Shell's."""
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


# --- several senders -------------------------------------------------------------------------------------------------


@pytest.fixture
def senders(machine, logind, carol, alice, bob):
    """Clients of carol, alice and bob, who may message carol."""
    for id, person in (("2", alice), ("3", bob)):
        logind.add(id, person)
    machine.polkit(lambda question: YES)
    return [machine.client(person.account.pw_uid) for person in (carol, alice, bob)]


def bodies(person, count):
    """The texts of the first popups, in order of arrival."""
    person.server.popup(count - 1)
    return [popup.body for popup in person.server.popups]


def test_root_is_seen_at_once_while_others_popups_stand(machine, client, carol, senders):
    machine.start()
    _, _, bob = senders
    ids = [bob.send(carol.name, body=f"bob {number}", timeout=0)[0] for number in range(3)]
    assert [bob.states(id)["1"] for id in ids] == ["shown", "pending", "pending"]

    # The answer says that it is shown, and bob's popup was closed before it came.
    assert outcome(client.send(carol.name, body="root", timeout=0)[1]) == [("shown", "")]
    assert bodies(carol, 2) == ["bob 0", "root"] and carol.server.closed == [carol.server.popups[0].id]
    assert [bob.states(id)["1"] for id in ids] == ["pending", "pending", "pending"]
    assert bob.call("GetDeliveries", "(t)", ids[0])[0][0][4]["error-message"] == TAKEN

    # bob's popup is not lost: it comes again, and can be answered.
    carol.server.invoke(carol.server.popups[1], "ok")
    assert bodies(carol, 3)[2:] == ["bob 0"]
    carol.server.invoke(carol.server.popups[2], "ok")
    assert "error-message" not in bob.wait_for_change("1", "acknowledged")
    assert bodies(carol, 4)[3:] == ["bob 1"]


def test_whose_turn_is_over_gives_way_to_another_sender(machine, client, carol, senders):
    machine.configuration.write_text("[Messages]\nPopupTurn=1\n")
    machine.start()
    own, alice, bob = senders
    client.send(carol.name, body="root", timeout=0)
    for sender, body in ((bob, "bob 0"), (bob, "bob 1"), (alice, "alice"), (own, "own")):
        assert outcome(sender.send(carol.name, body=body, timeout=0)[1]) == [("pending", STANDS)]
    carol.server.invoke(carol.server.popups[0], "ok")
    assert bodies(carol, 7) == ["root", "bob 0", "alice", "own", "bob 0", "alice", "own"]


def test_the_time_of_a_popup_stands_still_while_it_waits(machine, client, carol, senders):
    machine.start()
    _, alice, _ = senders
    call = alice.start_send(carol.name, wait=True, body="alice", timeout=5)
    alice.wait_for_change("1", "shown")
    client.call("Withdraw", "(t)", client.send(carol.name, body="root", timeout=0)[0])
    # The second time it stands for the rest of its time.
    assert bodies(carol, 3) == ["alice", "root", "alice"]
    assert carol.server.popups[2].timeout < carol.server.popups[0].timeout
    assert outcome(call.wait()[1]) == [("expired", "")]


def test_what_has_given_way_ends_as_the_sender_and_time_will(machine, client, carol, senders):
    machine.start()
    _, alice, bob = senders
    id = bob.send(carol.name, body="bob", timeout=0)[0]
    client.send(carol.name, body="root", timeout=0)
    bob.call("Withdraw", "(t)", id)
    bob.wait_for_change("1", "withdrawn")
    call = alice.start_send(carol.name, wait=True, body="alice", timeout=1)
    assert outcome(call.wait()[1]) == [("suppressed", STOOD)]
    assert bodies(carol, 2) == ["bob", "root"]


def test_what_has_given_way_is_told_when_its_place_does_not_come_back(machine, client, carol, senders):
    machine.start()
    _, alice, _ = senders
    call = alice.start_send(carol.name, wait=True, body="alice", timeout=5)
    alice.wait_for_change("1", "shown")
    client.send(carol.name, body="root", timeout=0)
    reason = "the desktop shows one popup at a time, and others took its place"
    assert outcome(call.wait()[1]) == [("suppressed", reason)]


def test_one_sender_does_not_fill_the_screen(machine, logind, client, senders):
    """mako has room for five."""
    dave = machine.desktop_user(identity=("mako", "emersion"))
    logind.add("4", dave)
    machine.start()
    _, alice, bob = senders
    for number in range(5):
        assert outcome(bob.send(dave.name, body=f"bob {number}", timeout=0)[1]) == [("shown", "")]
    for sender, body in ((alice, "alice"), (client, "root")):
        assert outcome(sender.send(dave.name, body=body, timeout=0)[1]) == [("shown", "")]
    assert [popup.body for popup in dave.server.popups if popup.id not in dave.server.closed] == [
        "bob 0", "bob 1", "bob 2", "alice", "root",
    ]  # fmt: skip
