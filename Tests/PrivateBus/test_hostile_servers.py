"""Notification servers are programs of the user's. A server may say anything about its own popups, and nothing about
others. The sender gets its words, shortened if necessary."""

import dataclasses
import time

import pytest

from lib.machine import outcome

REPLIES = [("y", "Yes"), ("n", "No")]


def invoke_all(ids, key):
    """A hook that presses a button on many popups, whosever they are."""
    return lambda server, popup: [server.invoke(dataclasses.replace(popup, id=id), key) for id in ids]


def test_an_acknowledgement_before_the_popup_has_an_id_counts_for_nothing(machine, logind, client, alice):
    # Its own id, 1, is next to last, because only the last of too many events are kept.
    alice.server.before_answer = invoke_all(range(200, -1, -1), "y")
    logind.add("a", alice)
    machine.start()
    call = client.start_send(alice.name, wait=True, replies=REPLIES)
    client.wait_for_change("a", "shown")
    alice.server.invoke(alice.server.popup(), "n")
    [delivery] = call.wait()[1]
    assert (delivery[3], delivery[4]["reply"]) == ("acknowledged", "n")


def test_an_acknowledgement_at_once_after_the_answer_counts(machine, logind, client, alice):
    alice.server.after_answer = lambda server, popup: server.invoke(popup, "n")
    logind.add("a", alice)
    machine.start()
    for _ in range(50):
        [delivery] = client.send(alice.name, wait=True, replies=REPLIES)[1]
        assert (delivery[3], delivery[4]["reply"]) == ("acknowledged", "n")


@pytest.mark.parametrize("comes_last, state", [(True, "suppressed"), (False, "shown")])
def test_of_early_closes_the_last_few_are_kept(machine, logind, client, alice, comes_last, state):
    def close(server, popup):
        others = [dataclasses.replace(popup, id=id) for id in range(1000, 1100)]
        for closed in [*others, popup] if comes_last else [popup, *others]:
            server.dismiss(closed)

    alice.server.before_answer = close
    logind.add("a", alice)
    machine.start()
    assert [delivery[3] for delivery in client.send(alice.name)[1]] == [state]


def test_a_server_speaks_of_no_popups_on_other_desktops(machine, logind, client, alice, bob):
    logind.add("a", alice)
    logind.add("b", bob)
    machine.start()
    client.send(alice.name, timeout=0)
    call = client.start_send(bob.name, wait=True)
    popup = bob.server.popup()
    client.wait_for_change("b", "shown")
    invoke_all([id for id in range(200) if id != popup.id], "ok")(bob.server, popup)
    assert popup.id == alice.server.popup().id
    bob.server.invoke(popup, "ok")
    assert outcome(call.wait()[1]) == [("acknowledged", "")]
    assert client.states(client.changes[0][0]) == {"a": "shown"}


def test_an_id_that_another_popup_has_is_refused_and_takes_nothing_from_it(machine, logind, client, alice):
    alice.server.leave()
    alice.serve(ids=[5, 5])
    logind.add("a", alice)
    machine.start()
    first = client.start_send(alice.name, wait=True)
    client.wait_for_change("a", "shown")
    reason = "the notification server gave the popup an id that another one has"
    assert outcome(client.send(alice.name)[1]) == [("failed", reason)]
    assert alice.server.closed == []
    alice.server.invoke(alice.server.popup(), "ok")
    assert outcome(first.wait()[1]) == [("acknowledged", "")]


def test_only_the_first_of_two_answers_counts(machine, logind, client):
    person = machine.hostile_person("answers_twice")
    logind.add("h", person)
    machine.start()
    [delivery] = client.send(person.name, wait=True, replies=REPLIES)[1]
    assert (delivery[3], delivery[4]["reply"]) == ("acknowledged", "n")


@pytest.mark.parametrize(
    "said, told",
    [
        ("enough", "enough"),
        ("red \x1b[31m\r\n\u202eesrever\u2028", "red  [31m   esrever "),
        ("x" * 60_000, "x" * 200 + "…"),
        ("e" + "\u0301" * 30_000, "e" + "\u0301" * 199 + "…"),
    ],
    ids=["short", "unprintable", "long", "one-character"],
)
def test_what_a_server_says_is_quoted_in_decent_length(machine, logind, client, alice, said, told):
    alice.server.refuses = said
    logind.add("a", alice)
    machine.start()
    assert outcome(client.send(alice.name)[1]) == [("failed", f"the notification server refused: {told}")]


def test_an_error_of_900_kilobytes_is_not_taken(machine, logind, client, alice, bob):
    alice.server.refuses = "x" * 900_000
    logind.add("a", alice)
    logind.add("b", bob)
    machine.start()
    [(state, reason)] = outcome(client.send(alice.name)[1])
    assert state == "failed"
    assert reason.startswith("the session bus sent a message of 900") and reason.endswith(" bytes; at most 65536 are taken")
    assert outcome(client.send(bob.name)[1]) == [("shown", "")]


def test_a_server_that_crashes_on_each_popup_delays_nobody(machine, logind, client, alice, bob):
    logind.add("a", alice)
    logind.add("b", bob)
    machine.start()
    for _ in range(5):
        alice.server.crashes = True
        begin = time.monotonic()
        call = client.start_send(alice.name)
        assert outcome(client.send(bob.name)[1]) == [("shown", "")]
        assert time.monotonic() - begin < 1
        assert outcome(call.wait()[1]) == [("failed", "the notification server left without an answer")]
        alice.serve()
