"""Desktops that report "do not disturb", and show critical popups such as msgd's."""

import pytest

from lib.fake_polkit import CHALLENGE, NO, YES
from lib.machine import outcome

SUPPRESSED = [("suppressed", "the desktop is set to do not disturb")]
SWAYNC = ("SwayNotificationCenter", "ErikReider")


@pytest.fixture
def quiet(machine, logind):
    """A user who doesn't want to be disturbed."""
    person = machine.desktop_user(identity=SWAYNC, quiet=True)
    logind.add("1", person)
    return person


@pytest.fixture
def sender(machine, logind, alice):
    """alice, who sits at another desktop."""
    logind.add("2", alice)
    return machine.client(alice.account.pw_uid)


def without_broadcast(answer):
    """A polkit that lets users message one another, and gives this answer to those who want to message everyone."""
    return lambda question: answer if question.action == "org.msgd.broadcast" else YES


@pytest.mark.parametrize("answer", [NO, CHALLENGE], ids=["no", "with a password"])
@pytest.mark.parametrize("urgency", ["low", "normal", "critical"])
def test_another_users_message_does_not_disturb(machine, sender, quiet, urgency, answer):
    polkit = machine.polkit(without_broadcast(answer))
    machine.start()
    sender.allows_interaction = True
    assert outcome(sender.send(quiet.name, urgency=urgency)[1]) == SUPPRESSED
    assert quiet.server.popups == []
    assert not any(question.allows_interaction for question in polkit.questions)


def test_a_program_that_inhibits_popups_counts(machine, sender, quiet):
    quiet.server.quiet, quiet.server.inhibited = False, True
    machine.polkit(without_broadcast(NO))
    machine.start()
    assert outcome(sender.send(quiet.name)[1]) == SUPPRESSED
    assert quiet.server.popups == []


def test_root_and_who_may_message_everyone_disturb(machine, client, sender, quiet):
    polkit = machine.polkit(lambda question: YES)
    machine.start()
    for who in (client, sender):
        assert outcome(who.send(quiet.name)[1]) == [("shown", "")]
    assert [popup.body for popup in quiet.server.popups] == ["Hello", "Hello"]
    assert polkit.actions == ["send-user", "broadcast"]


def test_ones_own_messages_come_through(machine, quiet):
    machine.polkit(without_broadcast(NO))
    machine.start()
    assert outcome(machine.client(quiet.account.pw_uid).send(quiet.name)[1]) == [("shown", "")]


def test_polkit_is_asked_only_where_somebody_is_quiet(machine, sender, quiet):
    polkit = machine.polkit(without_broadcast(NO))
    quiet.server.quiet = False
    machine.start()
    assert outcome(sender.send(quiet.name)[1]) == [("shown", "")]
    assert polkit.actions == ["send-user"]


def test_who_is_quiet_by_the_time_of_ones_turn_is_not_disturbed(machine, logind, client, sender):
    """Plasma's screen is full with one long text."""
    person = machine.desktop_user(identity=("Plasma", "KDE"))
    logind.add("1", person)
    machine.polkit(without_broadcast(NO))
    machine.start()
    client.send(person.name, body="line\n" * 40, timeout=0)
    call = sender.start_send(person.name, wait=True, timeout=0)
    sender.wait_for_change("1", "pending")
    person.server.quiet = True
    person.server.invoke(person.server.popups[0], "ok")
    assert outcome(call.wait()[1]) == SUPPRESSED
    assert len(person.server.popups) == 1
