"""SetMuted and GetMuted: users who take no messages."""

import shutil
import signal

import pytest

from lib.fake_polkit import NO, YES
from lib.machine import watching
from lib.main_loop import RemoteError, wait_until


def restarted(machine, service):
    service.process.send_signal(signal.SIGTERM)
    assert service.wait() == 0, service.log()
    return machine.start()


def set_muted(client, muted=True):
    assert client.call("SetMuted", "(b)", muted) == ()


def is_muted(client):
    [muted] = client.call("GetMuted")
    return muted


def states(answer):
    return {delivery[0]: delivery[3] for delivery in answer[1]}


@pytest.fixture
def people(machine, logind, alice, bob):
    """alice with two sessions, and bob, with a client each."""
    logind.add("1", alice)
    logind.add("2", alice, Type="wayland")
    logind.add("3", bob)
    alice.client = machine.client(alice.account.pw_uid)
    bob.client = machine.client(bob.account.pw_uid)
    return alice, bob


def test_each_user_chooses_for_themselves(machine, client, people):
    alice, bob = people
    machine.start()
    assert not is_muted(alice.client)
    set_muted(alice.client)
    assert [is_muted(user) for user in (alice.client, machine.client(alice.account.pw_uid), bob.client, client)] == [
        True, True, False, False,
    ]  # fmt: skip
    set_muted(alice.client, False)
    assert not is_muted(alice.client)


def test_the_choice_outlasts_the_service(machine, people):
    alice, bob = people
    service = machine.start()
    set_muted(alice.client)
    set_muted(bob.client)
    set_muted(bob.client, False)
    service.process.kill()
    service.process.wait()
    service = machine.start()
    assert is_muted(alice.client) and not is_muted(bob.client)
    set_muted(alice.client, False)
    restarted(machine, service)
    assert not is_muted(alice.client)


def test_administrators_and_oneself_come_through(machine, client, people):
    alice, _ = people
    machine.start()
    set_muted(alice.client)
    assert states(client.send("*")) == {"1": "shown", "2": "shown", "3": "shown"}
    assert states(alice.client.send(alice.name)) == {"1": "shown", "2": "shown"}
    set_muted(client)  # root may, without effect: root has no desktop here
    assert is_muted(client)


def test_senders_are_told(machine, people):
    alice, bob = people
    machine.polkit(lambda question: NO if question.action == "org.msgd.override-mute" else YES)
    machine.start()
    set_muted(alice.client)
    call = bob.client.start_send("*", wait=True, timeout=1)
    bob.client.wait_for_change("1", "muted")
    bob.client.wait_for_change("2", "muted")
    assert states(call.wait()) == {"1": "muted", "2": "muted", "3": "expired"}
    assert alice.server.popups == []
    set_muted(alice.client, False)
    assert states(bob.client.send(alice.name)) == {"1": "shown", "2": "shown"}


def test_whom_polkit_lets_pass_comes_through(machine, people):
    alice, bob = people
    machine.polkit(lambda question: YES)
    machine.start()
    set_muted(alice.client)
    assert states(bob.client.send(alice.name)) == {"1": "shown", "2": "shown"}


def test_a_state_that_cannot_be_kept_is_the_callers_to_know(machine, people):
    alice, bob = people
    service = machine.start()
    set_muted(alice.client)
    folder = machine.state / "muted"
    assert [file.name for file in folder.iterdir()] == [str(alice.account.pw_uid)]
    folder.rename(machine.state / "other")
    folder.write_text("no folder")
    with pytest.raises(RemoteError, match=f"can't write to {folder}: Not a directory") as raised:
        set_muted(bob.client)
    assert raised.value.name == "org.msgd.Error.Failed"
    assert is_muted(alice.client) and not is_muted(bob.client)

    service = restarted(machine, service)
    assert f"<3>msgd can't read {folder}: Not a directory: whoever is muted gets messages" in service.log()
    with pytest.raises(RemoteError, match=f"can't read {folder}: Not a directory"):
        is_muted(alice.client)

    folder.unlink()
    (machine.state / "other").rename(folder)
    assert is_muted(alice.client)


def test_whoever_has_the_uid_later_takes_messages(machine, people):
    """The folder was left by a user who had alice's uid before her, and took no messages."""
    alice, bob = people
    folder = machine.state / "muted"
    file = folder / str(alice.account.pw_uid)
    folder.mkdir(mode=0o700)
    file.write_text("predecessor")
    for path in (folder, file):
        shutil.chown(path, "msgd", "msgd")
    machine.polkit(lambda question: NO if question.action == "org.msgd.override-mute" else YES)
    machine.start()
    assert not is_muted(alice.client)
    assert states(bob.client.send(alice.name)) == {"1": "shown", "2": "shown"}
    with watching(folder):
        wait_until(lambda: not file.exists(), "the end of the file")
    set_muted(alice.client)
    assert file.read_text() == alice.name
    assert states(bob.client.send(alice.name)) == {"1": "muted", "2": "muted"}


def test_a_file_without_a_name_gets_that_of_the_user(machine, people):
    """Earlier versions of msgd stored the choice without names."""
    alice, bob = people
    folder = machine.state / "muted"
    folder.mkdir(mode=0o700)
    for person in people:
        (folder / str(person.account.pw_uid)).touch(mode=0o600)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "msgd", "msgd")
    machine.start()
    assert is_muted(alice.client) and is_muted(bob.client)
    names = {str(person.account.pw_uid): person.name for person in people}
    with watching(folder):
        wait_until(lambda: {uid: (folder / uid).read_text() for uid in names} == names, "names in the files")
    assert is_muted(alice.client) and is_muted(bob.client)


def test_the_command(machine, people):
    alice, _ = people
    machine.start()
    steps = [("--mute-status", "not muted\n"), ("--mute", ""), ("--mute-status", "muted\n"), ("--unmute", "")]
    for option, output in [*steps, ("--mute-status", "not muted\n")]:
        assert machine.finish(machine.msg(option)) == (0, output)
    set_muted(alice.client)
    assert machine.finish(machine.msg(alice.name, "Hello")) == (0, "")
