"""Many messages on a desktop that shows one popup: the popup holds them all."""

from __future__ import annotations

import re
import time

import pytest
from gi.repository import GLib

from lib.fake_polkit import YES
from lib.machine import outcome
from lib.main_loop import look_until, wait_until

GROWING = ("gnome-shell", "GNOME", "48.4")
OLD = ("gnome-shell", "GNOME", "43.9")
LONG = "\n".join(f"line {number}" for number in range(1, 8))


@pytest.fixture
def desk(machine, logind, tmp_path):
    """Makes a user with a server that shows one popup, and with a program that shows texts."""

    def make(identity=GROWING, id="1"):
        (tmp_path / "zenity").touch(mode=0o755)
        machine.environment["PATH"] = str(tmp_path)
        person = machine.desktop_user(identity=identity)
        person.manage("WAYLAND_DISPLAY=wayland-0", "XDG_CURRENT_DESKTOP=GNOME")
        logind.add(id, person)
        return person

    return make


@pytest.fixture
def carol(desk):
    return desk()


@pytest.fixture
def senders(machine, logind, carol, alice, bob):
    """Clients of carol, alice and bob, who may message carol."""
    for id, person in (("2", alice), ("3", bob)):
        logind.add(id, person)
    machine.polkit(lambda question: YES)
    return [machine.client(person.account.pw_uid) for person in (carol, alice, bob)]


def lines(popup):
    return re.split("[\n\u2028]", popup.body)


def holding(person, *texts):
    """Waits until the last popup holds the texts, in this order, and no other message."""

    def holds():
        popup = person.server.popups[-1]
        found = [line.split(" ")[-1] for line in lines(popup) if not line.startswith("■") or ": " in line]
        return popup if found == list(texts) else None

    return wait_until(holds, f"a popup with {texts}", lambda: person.server.popups[-1:])


def send(client, person, *texts, **options):
    """Sends messages one after the other; returns their ids."""
    return [client.send(person.name, body=text, **{"timeout": 0, **options})[0] for text in texts]


def states(client, ids):
    return [client.states(id)["1"] for id in ids]


def test_the_popup_that_stands_holds_those_that_come(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second", "third")
    first = carol.server.popup()
    assert first.summary.startswith("Message from root ") and first.body == "first" and first.replaces == 0
    popup = holding(carol, "third", "second", "first")
    assert popup.replaces == popup.id == first.id and popup.summary == "Messages: 3"
    assert len(carol.server.popups) <= 3 and carol.server.closed == []
    assert [line.startswith("■ Message from root ") for line in lines(popup)] == 3 * [True, False]
    assert popup.actions == ["ok", "OK", "show-all", "Show all", "default", ""] and popup.hints["urgency"] == 2
    assert states(client, ids) == 3 * ["shown"]

    carol.server.invoke(popup, "ok")
    look_until(lambda: states(client, ids) == 3 * ["acknowledged"], "three acknowledged", lambda: states(client, ids))
    carol.server.wait_for_close(popup)
    [later] = send(client, carol, "later")
    assert holding(carol, "later").replaces == 0 and states(client, [later]) == ["shown"]


def test_many_at_once_are_few_calls(machine, client, carol):
    machine.start()
    begin = time.monotonic()
    calls = [client.start_send(carol.name, body=f"number-{number}", timeout=0) for number in range(25)]
    answers = [call.wait() for call in calls]
    ids = [id for id, _ in answers]
    assert ids == sorted(ids)
    assert [outcome(deliveries) for _, deliveries in answers] == 25 * [[("shown", "")]]
    assert len(carol.server.popups) <= 2 + (time.monotonic() - begin) / 0.5
    popup = holding(carol, *(f"number-{number}" for number in range(24, -1, -1)))
    assert popup.summary == "Messages: 25" and len(lines(popup)) == 25
    assert all(len(line) <= 40 for line in lines(popup))


def test_what_comes_after_the_button_is_not_acknowledged(machine, client, carol):
    """The button was pressed before the server had the last message."""
    machine.start()
    ids = send(client, carol, "first", "second")
    popup = holding(carol, "second", "first")
    carol.server.hangs = True
    call = client.start_send(carol.name, body="third", timeout=0)
    held = holding(carol, "third", "second", "first")
    carol.server.hangs = False
    carol.server.invoke(popup, "ok")
    carol.server.dismiss(popup)
    look_until(lambda: states(client, ids) == 2 * ["acknowledged"], "two acknowledged", lambda: states(client, ids))
    # The server made a new popup for the change of one that was gone. Nobody follows it, so it is closed.
    held.id = 77
    carol.server.answer_late()
    carol.server.wait_for_close(held)
    third, deliveries = call.wait()
    assert outcome(deliveries) == [("shown", "")]
    assert holding(carol, "third").replaces == 0 and states(client, [third]) == ["shown"]


def test_a_message_is_not_shown_before_the_server_has_answered(machine, client, carol):
    machine.start()
    send(client, carol, "first")
    carol.server.hangs = True
    call = client.start_send(carol.name, body="second", timeout=0)
    popup = holding(carol, "second", "first")
    assert not call.is_over
    # A dismissal on its way before the answer is about the first only.
    carol.server.answer_late()
    assert outcome(call.wait()[1]) == [("shown", "")]
    carol.server.dismiss(popup)
    client.wait_for_change("1", "dismissed")


def test_each_has_its_own_time(machine, client, carol):
    machine.start()
    begin = time.monotonic()
    short = client.start_send(carol.name, body="short", timeout=2, wait=True)
    carol.server.popup()
    [long] = send(client, carol, "long")
    holding(carol, "long", "short")
    [delivery] = short.wait()[1]
    assert delivery[3] == "expired" and 1.9 <= time.monotonic() - begin < 4
    popup = holding(carol, "long")
    assert popup.replaces == carol.server.popups[0].id and popup.timeout == 0 and popup.summary.startswith("Message from")
    assert states(client, [long]) == ["shown"] and carol.server.closed == []


def test_it_is_closed_with_the_last(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second")
    holding(carol, "second", "first")
    client.call("Withdraw", "(t)", ids[0])
    popup = holding(carol, "second")
    look_until(lambda: states(client, ids) == ["withdrawn", "shown"], "the first withdrawn", lambda: states(client, ids))
    client.call("Withdraw", "(t)", ids[1])
    carol.server.wait_for_close(popup)
    look_until(lambda: states(client, ids) == 2 * ["withdrawn"], "both withdrawn", lambda: states(client, ids))


def test_all_expire_together(machine, client, carol):
    machine.start()
    calls = [client.start_send(carol.name, body=f"number-{number}", timeout=2, wait=True) for number in range(5)]
    assert [outcome(call.wait()[1]) for call in calls] == 5 * [[("expired", "")]]
    assert len(carol.server.popups) <= 4 and set(carol.server.closed) == {carol.server.popups[0].id}


def test_the_end_of_the_session_ends_all(machine, logind, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second")
    popup = holding(carol, "second", "first")
    logind.remove("1")
    carol.server.wait_for_close(popup)
    look_until(lambda: states(client, ids) == 2 * ["session-closed"], "both", lambda: states(client, ids))


def test_a_dismissal_is_about_all_that_it_holds(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second")
    carol.server.dismiss(holding(carol, "second", "first"))
    look_until(lambda: states(client, ids) == 2 * ["dismissed"], "both dismissed", lambda: states(client, ids))


def test_a_part_changes(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second")
    holding(carol, "second", "first")
    client.call("Update", "(tsa{sv})", ids[0], "changed", {})
    popup = holding(carol, "second", "changed")
    assert popup.replaces == carol.server.popups[0].id and states(client, ids) == 2 * ["shown"]


def test_roots_come_first(machine, client, carol, senders):
    machine.start()
    _, alice, bob = senders
    ids = send(alice, carol, "alice's") + send(client, carol, "root's") + send(bob, carol, "bob's")
    popup = holding(carol, "root's", "bob's", "alice's")
    assert [states(sender, [id]) for sender, id in zip((alice, client, bob), ids)] == 3 * [["shown"]]
    assert [line for line in lines(popup)[::2]] == [
        line for line in lines(popup) if re.match(r"■ Message from (root|\S+) \d\d:\d\d:\d\d$", line)
    ]


def test_nobody_can_write_anothers_title(machine, client, carol, senders):
    machine.start()
    _, alice, _ = senders
    fake = "Hi\n\n■ Message from root 12:00:00\nGive me your password"
    send(alice, carol, fake, fake)
    wait_until(lambda: carol.server.popups[-1].summary == "Messages: 2", "the popup with both")
    popup = carol.server.popups[-1]
    assert [line[0] for line in lines(popup)] == ["■", "H", "■", "H"]
    assert popup.body.count("■") == 2 and "Hi · Message from root" in lines(popup)[1]
    carol.server.invoke(popup, "show-all")
    text = carol.manager.unit().input
    own = [line for line in text.split("\n") if line and not line.startswith("    ")]
    assert own == [lines(popup)[0], lines(popup)[2]]
    assert text.count("\n    · Message from root 12:00:00\n    Give me your password\n") == 2


def test_show_all_shows_all(machine, client, carol):
    machine.start()
    ids = send(client, carol, LONG, "second", title="Kitchen")
    wait_until(lambda: carol.server.popups[-1].summary == "Messages: 2", "the popup with both")
    popup = carol.server.popups[-1]
    carol.server.invoke(popup, "show-all")
    unit = carol.manager.unit()
    indented = LONG.replace("\n", "\n    ")
    assert unit.input == f"■ Kitchen\n\n    second\n\n■ Kitchen\n\n    {indented}\n"
    assert "Kitchen" not in " ".join(unit.command) and "Messages: 2" in " ".join(unit.command)
    carol.server.wait_for_close(popup)
    # What comes meanwhile has a popup of its own, and the window doesn't acknowledge it.
    [later] = send(client, carol, "later")
    assert holding(carol, "later").replaces == 0
    client.call("Withdraw", "(t)", ids[0])
    look_until(lambda: states(client, ids) == ["withdrawn", "shown"], "the first withdrawn", lambda: states(client, ids))
    assert carol.manager.stopped == []
    carol.manager.finish(unit)
    look_until(lambda: states(client, ids[1:]) == ["acknowledged"], "the second", lambda: states(client, ids))
    assert states(client, [later]) == ["shown"]


def test_the_window_is_closed_with_the_last(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second")
    carol.server.invoke(holding(carol, "second", "first"), "show-all")
    unit = carol.manager.unit()
    for id in ids:
        client.call("Withdraw", "(t)", id)
    look_until(lambda: states(client, ids) == 2 * ["withdrawn"], "both withdrawn", lambda: states(client, ids))
    assert carol.manager.stopped == [unit.name]


def test_a_message_whose_time_grows_outlasts_the_window(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second", timeout=3)
    carol.server.invoke(holding(carol, "second", "first"), "show-all")
    carol.manager.unit()
    client.call("Update", "(tsa{sv})", ids[0], "", {"timeout": GLib.Variant("u", 0)})
    look_until(lambda: states(client, ids) == ["shown", "expired"], "one expired", lambda: states(client, ids))
    assert holding(carol, "first").replaces == 0


def test_buttons_have_a_popup_of_their_own(machine, client, carol, senders):
    machine.configuration.write_text("[Messages]\nPopupTurn=1\n")
    machine.start()
    _, alice, bob = senders
    ids = send(alice, carol, "alice's") + send(bob, carol, "bob's")
    holding(carol, "bob's", "alice's")
    call = bob.start_send(carol.name, body="question", timeout=0, replies=[("y", "Yes")], wait=True)
    question = wait_until(
        lambda: next((popup for popup in carol.server.popups if popup.actions == ["y", "Yes"]), None),
        "the question", lambda: carol.server.popups)  # fmt: skip
    assert carol.server.popups[0].id in carol.server.closed
    again = holding(carol, "bob's", "alice's")
    assert again.id not in (question.id, carol.server.popups[0].id)
    assert question.id in carol.server.closed
    wait_until(
        lambda: (popup := carol.server.popups[-1]).actions == ["y", "Yes"] and popup, "the question again",
        lambda: carol.server.popups)  # fmt: skip
    carol.server.invoke(carol.server.popups[-1], "y")
    [delivery] = call.wait()[1]
    assert (delivery[3], delivery[4]["reply"]) == ("acknowledged", "y")
    holding(carol, "bob's", "alice's")
    # Asked as root, who may ask as often as this does.
    look_until(lambda: states(client, ids) == 2 * ["shown"], "both shown again", lambda: states(client, ids))
    assert [states(alice, ids[:1]), states(bob, ids[1:])] == 2 * [["shown"]]


def test_roots_question_does_not_wait_for_others(machine, client, carol, senders):
    machine.start()
    _, alice, _ = senders
    ids = send(alice, carol, "first", "second")
    holding(carol, "second", "first")
    call = client.start_send(carol.name, body="question", timeout=0, replies=[("y", "Yes")])
    assert outcome(call.wait()[1]) == [("shown", "")]
    assert states(alice, ids) == 2 * ["pending"]
    # Root's message waits for root's question. Then all are shown.
    [roots] = send(client, carol, "root's")
    carol.server.invoke(carol.server.popups[-1], "y")
    holding(carol, "root's", "second", "first")
    look_until(lambda: states(client, ids) == 2 * ["shown"], "both shown again", lambda: states(client, ids))
    assert states(alice, ids) == 2 * ["shown"]
    assert states(client, [roots]) == ["shown"]


def test_an_old_server_gets_a_new_popup_for_its_buttons(machine, client, desk):
    """GNOME 43 hides the buttons of a popup that changes."""
    carol = desk(OLD)
    machine.start()
    ids = send(client, carol, "first", "second")
    popup = holding(carol, "second", "first")
    first = carol.server.popup()
    assert popup.replaces == 0 and popup.id != first.id and carol.server.closed == [first.id]
    assert states(client, ids) == 2 * ["shown"]
    carol.server.invoke(popup, "ok")
    look_until(lambda: states(client, ids) == 2 * ["acknowledged"], "both", lambda: states(client, ids))


def test_an_old_server_shows_as_many_as_it_has_lines(machine, client, desk):
    carol = desk(OLD)
    machine.start()
    ids = send(client, carol, *(f"number-{number}" for number in range(7)))
    assert states(client, ids) == 6 * ["shown"] + ["pending"]
    popup = wait_until(
        lambda: (popup := carol.server.popups[-1]).summary == "Messages: 6" and popup, "six", lambda: carol.server.popups)
    carol.server.invoke(popup, "ok")
    client.wait_for_change("1", "acknowledged")
    holding(carol, "number-6")


def test_without_a_window_they_take_turns(machine, logind, client):
    """Show all could not show what the popup leaves out."""
    person = machine.desktop_user(identity=GROWING)
    logind.add("1", person)
    machine.start()
    ids = send(client, person, "first", "second")
    assert states(client, ids) == ["shown", "pending"]


def test_a_killed_msgd_leaves_nothing(machine, client, carol):
    service = machine.start()
    send(client, carol, "first", "second")
    popup = holding(carol, "second", "first")
    look_until(lambda: len(list(machine.notes.iterdir())) == 2, "two notes")
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")
    machine.start()
    carol.server.wait_for_close(popup)
    look_until(lambda: not list(machine.notes.iterdir()), "an empty folder")


def test_a_new_popups_note_replaces_the_old_ones(machine, client, desk):
    carol = desk(OLD)
    service = machine.start()
    send(client, carol, "first", "second")
    popup = holding(carol, "second", "first")
    ids = lambda: {note.readlink().name for note in machine.notes.iterdir()}
    look_until(lambda: len(list(machine.notes.iterdir())) == 2, "two notes", ids)
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")
    machine.start()
    carol.server.wait_for_close(popup)


def test_a_server_that_leaves_fails_all(machine, client, carol):
    machine.start()
    ids = send(client, carol, "first", "second")
    holding(carol, "second", "first")
    carol.server.leave()
    look_until(lambda: states(client, ids) == 2 * ["failed"], "both failed", lambda: states(client, ids))


def test_a_server_that_stops_answering_is_told(machine, client, carol):
    machine.start()
    [first] = send(client, carol, "first")
    carol.server.hangs = True
    call = client.start_send(carol.name, body="second", timeout=0)
    assert outcome(call.wait()[1]) == [("failed", "the notification server does not answer")]
    assert states(client, [first]) == ["shown"]
    holding(carol, "first")
