"""The start and the end of msgd."""

import signal

import pytest
from gi.repository import Gio, GLib

from lib.main_loop import RemoteError, wait_until


def test_it_leaves_when_it_had_nothing_to_do(machine, client):
    service = machine.start("--idle-timeout", "1")
    wait_until(lambda: client.owner, "msgd on the bus")
    assert service.wait() == 0, service.log()
    wait_until(lambda: not client.owner, "the name's release")


def test_it_stays_while_a_popup_stands(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    service = machine.start("--idle-timeout", "1")
    client.send(alice.name, timeout=0)
    popup = alice.server.popup()

    # This shows that more than the idle timeout has passed.
    client.send(bob.name, timeout=2)
    client.wait_for_change("2", "expired")

    alice.server.invoke(popup, "ok")
    client.wait_for_change("1", "acknowledged")
    assert service.process.poll() is None


def test_it_takes_popups_along_when_it_is_ended(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    bob.server.ignores_close = True
    service = machine.start()
    call = client.start_send("*", wait=True)
    command = machine.msg(alice.name, "/W", "Hello")
    popups = [alice.server.popup(0), alice.server.popup(1)]
    client.wait_for_change("1", "shown")
    client.wait_for_change("2", "shown")

    service.process.send_signal(signal.SIGTERM)

    assert {delivery[0]: delivery[3] for delivery in call.wait()[1]} == {"1": "withdrawn", "2": "withdrawn"}
    assert {popup.id for popup in popups} == set(alice.server.closed)
    assert service.wait() == 0, service.log()
    assert machine.finish(command)[0] == 3


def test_it_stays_for_its_popups_when_it_is_to_leave(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    service = machine.start()
    client.send(alice.name, timeout=0)
    popup = alice.server.popup()

    service.process.send_signal(signal.SIGHUP)

    # Calls are answered, and this one lasts longer than msgd would stay without a message.
    client.send(bob.name, timeout=2)
    client.wait_for_change("2", "expired")
    assert service.process.poll() is None

    alice.server.invoke(popup, "ok")
    client.wait_for_change("1", "acknowledged")
    assert service.wait() == 0, service.log()
    wait_until(lambda: not client.owner, "the name's release")


def test_it_leaves_when_it_is_to_and_nothing_stands(machine, client):
    service = machine.start()
    service.process.send_signal(signal.SIGHUP)
    assert service.wait() == 0, service.log()


def test_it_ends_at_once_when_nothing_is_open(machine):
    service = machine.start()
    service.process.send_signal(signal.SIGTERM)
    assert service.wait() == 0, service.log()


def test_a_second_one_is_refused(machine, client):
    first = machine.start()
    second = machine.spawn()
    assert second.wait() == 1
    assert "the name org.msgd.Messenger1 is taken: another msgd runs" in second.log()
    assert client.call("ListSessions") == ([],)
    assert first.process.poll() is None


def test_the_command_without_a_service(machine):
    status, output = machine.finish(machine.msg("*", "Hello"))
    assert status == 69, output


def test_it_keeps_its_name_for_a_call_that_comes_as_it_is_about_to_leave(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start("--idle-timeout", "1")
    wait_until(lambda: client.owner, "msgd on the bus")
    owners = []
    client.connection.signal_subscribe(
        "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", None, client.NAME, Gio.DBusSignalFlags.NONE,
        lambda *event: owners.append(event[5].unpack()[2]),
    )  # fmt: skip
    service.process.send_signal(signal.SIGSTOP)
    call = client.start_send(alice.name, timeout=0)
    # When it goes on, its idle time is over, and the call has arrived.
    over = []
    GLib.timeout_add(1500, lambda: over.append(True))
    wait_until(lambda: over, "the end of the idle time")
    service.process.send_signal(signal.SIGCONT)
    assert [delivery[3] for delivery in call.wait()[1]] == ["shown"]
    # Everything that the bus had to say about the name came before this answer.
    client.call("GetMuted")
    assert owners == []


def test_messages_that_come_while_it_ends_are_refused(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    bob.server.ignores_close = True
    service = machine.start()
    client.send(bob.name, timeout=0)
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: bob.server.closed, "the end of the popup")
    late = machine.client()
    with pytest.raises(RemoteError, match="msgd is about to end") as raised:
        late.send(alice.name)
    assert raised.value.name == "org.msgd.Error.Failed"
    assert late.call("GetMuted") == (False,)
    assert service.wait() == 0, service.log()
    assert alice.server.popups == []
