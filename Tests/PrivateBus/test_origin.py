"""Messages on somebody's behalf: the option `origin`."""

import pytest
from gi.repository import GLib

from lib.fake_polkit import NO, YES
from lib.main_loop import RemoteError, wait_until

ORIGIN = GLib.Variant("s", "helpdesk@office")


@pytest.fixture
def relay(machine, logind, alice, bob):
    """bob as a program that sends on others' behalf."""
    logind.add("1", alice)
    return machine.client(uid=bob.account.pw_uid)


def allowing(*actions):
    return lambda question: YES if question.action.removeprefix("org.msgd.") in actions else NO


def test_the_popup_names_the_origin(machine, relay, alice):
    polkit = machine.polkit(allowing("relay"))
    machine.start()
    id, [delivery] = relay.send("*", origin=ORIGIN, title=GLib.Variant("s", "Drill"), timeout=0)
    assert delivery[3] == "shown"
    popup = alice.server.popup()
    assert popup.summary == "helpdesk@office: Drill"
    assert polkit.actions[:2] == ["relay", "relay"]
    assert dict(polkit.questions[1].details)["origin"] == "helpdesk@office"
    assert dict(polkit.questions[1].details)["recipients"] == alice.name
    relay.call("Withdraw", "(t)", id)


def test_other_permissions_do_not_do(machine, relay, alice):
    machine.polkit(allowing("send-user", "broadcast", "hold", "manage", "override-mute"))
    machine.start()
    for options in ({}, {"hold": 60}):
        with pytest.raises(RemoteError) as raised:
            relay.send(alice.name, origin=ORIGIN, **options)
        assert raised.value.name == "org.msgd.Error.NotAuthorized"
        assert raised.value.message.endswith("may not send on behalf of helpdesk@office: polkit refuses org.msgd.relay")
    assert alice.server.popups == []


@pytest.mark.parametrize("origin", ["", "helpdesk", "root: x@y", "a@b@c", "-a@b"])
def test_an_origin_has_two_names(machine, client, alice, logind, origin):
    logind.add("1", alice)
    machine.start()
    with pytest.raises(RemoteError) as raised:
        client.send(alice.name, origin=GLib.Variant("s", origin))
    assert raised.value.name == "org.msgd.Error.InvalidArgument" and "origin" in raised.value.message


def test_it_is_held_on_somebodys_behalf_and_stays_the_callers(machine, logind, relay, alice):
    """Also after a restart of msgd, which then finds that the sender is still the same."""
    logind.remove("1")
    machine.polkit(allowing("relay"))
    service = machine.start()
    id, [delivery] = relay.send(alice.name, origin=ORIGIN, hold=3600, timeout=0)
    assert delivery[3] == "held"
    service.process.terminate()
    service.wait()
    wait_until(lambda: not relay.owner, "the name's release")
    machine.start()
    assert relay.call("GetDeliveries", "(t)", id)[0][0][3] == "held"
    logind.add("1", alice)
    assert alice.server.popup().summary.startswith("Message from helpdesk@office ")
    relay.call("Withdraw", "(t)", id)


def test_nobody_takes_the_popups_of_another_on_whose_behalf_a_program_sends(machine, relay, alice):
    """OpenPopupsPerSenderAtRecipient= is 5."""
    machine.polkit(allowing("relay"))
    machine.start()
    states = [relay.send("*", origin=ORIGIN, timeout=0)[1][0][3] for _ in range(6)]
    assert states == ["shown"] * 5 + ["failed"]
    _, [delivery] = relay.send("*", origin=GLib.Variant("s", "nightwatch@office"), timeout=0)
    assert delivery[3] == "shown"
