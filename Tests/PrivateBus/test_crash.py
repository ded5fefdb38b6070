"""The fate of popups and senders when msgd is killed, and another msgd starts."""

import shutil
import subprocess

import pytest

from lib.main_loop import RemoteError, look_until, wait_until


def crash(service, client):
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")


def notes(machine):
    return sorted(machine.notes.iterdir())


def await_no_notes(machine):
    look_until(lambda: not notes(machine), "an empty folder", lambda: notes(machine))


@pytest.fixture
def crashed(machine, logind, client, alice, bob):
    """msgd was killed, and left a popup on each desktop."""
    logind.add("1", alice)
    logind.add("2", bob)
    service = machine.start()
    client.send("*", timeout=0)
    crash(service, client)


def start_the_next(machine, bob):
    """Starts another msgd, and waits until it has closed the popups that were left, with bob's desktop as before."""
    service = machine.start()
    bob.server.wait_for_close(bob.server.popup())
    await_no_notes(machine)
    return service


def test_the_next_one_closes_what_was_left(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    service = machine.start()
    left = [client.send("*", body=f"number {number}", timeout=0)[0] for number in range(2)]
    answered, _ = client.send(alice.name, timeout=0)
    alice.server.invoke(alice.server.popup(2), "ok")
    client.wait_for_change("1", "acknowledged")
    # The note is removed only after the report: closing a popup twice is better than never.
    look_until(lambda: len(notes(machine)) == 4, "the answered one's note to go", lambda: notes(machine))

    crash(service, client)
    service = machine.start()

    for desktop in (alice, bob):
        for number in range(2):
            desktop.server.wait_for_close(desktop.server.popup(number))
    await_no_notes(machine)
    assert set(alice.server.closed) == {1, 2, 3}  # 3 by the first msgd, after the answer
    assert alice.server.closed.count(3) == 1
    for id in left:
        assert f"message {id} to {bob.name}: taken back, for msgd had been killed" in service.log()
    assert f"message {answered} " not in service.log()


def test_the_popups_of_a_later_server_are_not_closed(machine, crashed, alice, bob):
    """Another server gives the same ids again, so earlier ids belong to other popups now."""
    alice.server.leave()
    alice.serve()

    start_the_next(machine, bob)

    assert alice.server.closed == []


def test_the_popups_on_a_later_bus_are_not_closed(machine, crashed, alice, bob):
    """Another bus gives the same unique names again, so the server has its previous name."""
    before = alice.server.connection.get_unique_name()
    alice.restart_bus()
    assert alice.serve().connection.get_unique_name() == before

    start_the_next(machine, bob)

    assert alice.server.closed == []


def test_a_user_who_is_gone_keeps_nobody_waiting(machine, crashed, alice, bob):
    alice.bus.end()

    service = start_the_next(machine, bob)

    assert f"to {alice.name}: taken back, for msgd had been killed (" in service.log()


def test_nothing_is_noted_of_popups_that_ended(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    for end in (lambda popup: alice.server.invoke(popup, "ok"), lambda popup: alice.server.dismiss(popup)):
        call = client.start_send(alice.name, timeout=0, wait=True)
        popup = alice.server.popup(len(alice.server.popups))
        look_until(lambda: notes(machine), "a note")
        end(popup)
        call.wait()
        await_no_notes(machine)


@pytest.fixture
def full_notes(machine):
    """The folder for notes has room for only one."""
    options = "size=4k,nr_inodes=2,mode=755"  # the other is the folder's own
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", machine.notes], check=True)
    shutil.chown(machine.notes, "msgd", "msgd")
    yield
    subprocess.run(["umount", "--lazy", machine.notes], check=True)


def test_what_cannot_be_noted_is_told_once_and_noted_later(machine, logind, client, full_notes, alice, bob):
    failure = f"<3>can't note popups in {machine.notes}: No space left on device; "
    again = f"<5>all popups that stand are noted in {machine.notes} again"
    logind.add("1", alice)
    logind.add("2", bob)
    service = machine.start()
    ids = [client.send(alice.name, body=f"number {number}", timeout=0)[0] for number in range(3)]
    assert len(notes(machine)) == 1
    assert (service.log().count(failure), service.log().count(again)) == (1, 0)

    for id in ids[:2]:
        client.call("Withdraw", "(t)", id)
    service.wait_for_log(again)
    assert (service.log().count(failure), len(notes(machine))) == (1, 1)

    client.send(bob.name, timeout=0)
    assert service.log().count(failure) == 2
    crash(service, client)
    machine.start()
    alice.server.wait_for_close(alice.server.popup(2))


def test_callers_get_an_error_at_once(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    call = client.start_send(alice.name, timeout=0, wait=True)
    command = machine.msg(alice.name, "/W", "/TIME:0", "Hello")
    alice.server.popup(1)

    service.process.kill()

    with pytest.raises(RemoteError) as raised:
        call.wait()
    assert raised.value.name == "org.freedesktop.DBus.Error.NoReply"
    status, output = machine.finish(command)
    assert status == 69
    assert "msgd or the bus left before the answer came" in output
