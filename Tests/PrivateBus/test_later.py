"""Messages that are put off, and come again: also after msgd was killed, restarted or reloaded."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest
from gi.repository import GLib

from lib.fake_polkit import NO, YES
from lib.machine import outcome, watching
from lib.main_loop import RemoteError, look_until, wait_until

HOUR = GLib.Variant("au", [600, 3600])
SECOND = GLib.Variant("au", [1])


@pytest.fixture
def desk(alice, logind):
    """alice, logged in."""
    logind.add("1", alice)
    return alice


def only_to_one(question):
    """polkit lets users message one another, and nothing more."""
    return YES if question.action == "org.msgd.send-user" else NO


def labels(popup) -> list[str]:
    return popup.actions[::2]


def folder(machine) -> pathlib.Path:
    return machine.state / "deferred"


def files(machine) -> list[str]:
    """The files that are in their places."""
    return sorted(name for name in os.listdir(folder(machine)) if not name.startswith("."))


def await_no_files(machine) -> None:
    with watching(folder(machine)):
        wait_until(lambda: not files(machine), "an empty folder", lambda: files(machine))


def put_off(client, person, key="later-600", **options):
    """Sends a message, whose user puts it off; returns its id and the details."""
    options = {"timeout": 0, "later": HOUR, **options}
    popups = len(person.server.popups)
    id, _ = client.send(person.name, **options)
    client.changes.clear()
    person.server.invoke(person.server.popup(popups), key)
    return id, client.wait_for_change("1", "deferred")


def details(client, id) -> dict:
    [[delivery]] = client.call("GetDeliveries", "(t)", id)
    return delivery[4]


def kill(service, client) -> None:
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")


def test_it_comes_again_by_itself_for_its_whole_time(machine, client, desk):
    machine.start()
    call = client.start_send(desk.name, timeout=2, wait=True, later=SECOND)
    first = desk.server.popup()
    assert labels(first) == ["ok", "later-1", "default"] and first.actions[3] == "Later: 1 s"
    before = int(time.time())
    desk.server.invoke(first, "later-1")
    returns = client.wait_for_change("1", "deferred")
    assert before + 1 <= returns["returns"] <= time.time() + 2 and returns["deferrals"] == 1
    second = desk.server.popup(1)
    assert time.time() >= returns["returns"]
    assert (second.body, second.timeout, second.replaces) == (first.body, first.timeout, 0)
    client.wait_for_change("1", "pending")
    [delivery] = call.wait()[1]
    assert delivery[3] == "expired" and delivery[4]["deferrals"] == 1 and "returns" not in delivery[4]
    assert delivery[4]["elapsed"] >= 3
    await_no_files(machine)


def test_it_is_put_off_again_and_answered(machine, client, desk):
    machine.start()
    call = client.start_send(desk.name, timeout=0, wait=True, later=SECOND, replies=[("yes", "Yes")])
    for number in range(2):
        assert labels(desk.server.popup(number)) == ["yes", "later-1"]
        desk.server.invoke(desk.server.popup(number), "later-1")
    desk.server.invoke(desk.server.popup(2), "yes")
    [delivery] = call.wait()[1]
    assert (delivery[3], delivery[4]["reply"], delivery[4]["deferrals"]) == ("acknowledged", "yes", 2)
    await_no_files(machine)


def test_choices_beyond_the_end_have_no_button(machine, client, desk):
    machine.start()
    end = GLib.Variant("t", int(time.time()) + 1800)
    client.send(desk.name, timeout=0, later=HOUR, until=end)
    assert labels(desk.server.popup()) == ["ok", "later-600", "default"]
    client.send(desk.name, timeout=0, later=HOUR, until=GLib.Variant("t", int(time.time()) + 60))
    assert labels(desk.server.popup(1)) == ["ok", "default"]


def test_at_the_end_it_stays(machine, client, desk, set_clock):
    service = machine.start()
    id, _ = put_off(client, desk, until=GLib.Variant("t", int(time.time()) + 900))
    kill(service, client)
    set_clock(700)
    machine.start()
    popup = desk.server.popup(1)
    assert labels(popup) == ["ok", "default"]
    desk.server.invoke(popup, "ok")
    look_until(lambda: client.states(id) == {"1": "acknowledged"}, "the answer")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"until": GLib.Variant("t", 5), "later": SECOND}, "the option until: 5 is past"),
        ({"until": GLib.Variant("t", 1 << 63), "later": SECOND}, "at most 604800 are taken"),
        ({"until": GLib.Variant("t", 5)}, "the option until: it needs the option later"),
        ({"later": GLib.Variant("au", [60, 60])}, "the option later: 60 s is there twice"),
        ({"later": GLib.Variant("au", [1, 2, 3])}, "the option later: there are 3 times"),
    ],
)
def test_wrong_options_are_refused(machine, client, desk, options, reason):
    machine.start()
    with pytest.raises(RemoteError) as error:
        client.send(desk.name, **options)
    assert "InvalidArgument" in str(error.value) and reason in str(error.value)
    assert not desk.server.popups


def test_nobody_else_may_use_its_keys(machine, client, desk):
    machine.start()
    with pytest.raises(RemoteError, match="'later-1' is reserved"):
        client.send(desk.name, replies=[("later-1", "Yes")])
    client.send(desk.name, timeout=0, later=SECOND)
    desk.server.invoke(desk.server.popup(), "later-2")
    desk.server.invoke(desk.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    assert "deferred" not in [change[2] for change in client.changes]


def test_a_long_text_can_be_put_off(machine, client, desk):
    desk.manage("DISPLAY=:0")
    machine.start()
    client.send(desk.name, body="long\n" * 20, timeout=0, later=HOUR)
    assert labels(desk.server.popup()) == ["ok", "later-600", "later-3600", "default"]


def test_withdrawn_it_does_not_come(machine, client, desk):
    machine.start()
    id, _ = put_off(client, desk, "later-1", later=SECOND)
    client.call("Withdraw", "(t)", id)
    assert client.states(id) == {"1": "withdrawn"}
    await_no_files(machine)
    other, _ = put_off(client, desk, "later-1", later=SECOND)
    wait_until(lambda: len(desk.server.popups) == 3, "the other's return")
    assert client.states(id) == {"1": "withdrawn"} and client.states(other) != {"1": "withdrawn"}


def test_a_session_that_ends_closes_it(machine, logind, client, desk):
    machine.start()
    id, _ = put_off(client, desk)
    logind.remove("1")
    client.wait_for_change("1", "session-closed")
    await_no_files(machine)


def test_it_changes_meanwhile(machine, client, desk, set_clock):
    service = machine.start()
    id, before = put_off(client, desk)
    client.call("Update", "(tsa{sv})", id, "new", {"title": GLib.Variant("s", "Title")})
    assert details(client, id)["returns"] == before["returns"]
    with watching(folder(machine)):
        wait_until(lambda: "Body=new" in (folder(machine) / str(id)).read_text(), "the new text on the disk")
    kill(service, client)
    set_clock(700)
    machine.start()
    assert (desk.server.popup(1).summary, desk.server.popup(1).body) == ("Title", "new")


def test_again_leaves_it_alone(machine, logind, client, desk, bob):
    logind.add("2", bob)
    machine.start()
    id, _ = client.send("*", timeout=0, later=HOUR)
    desk.server.invoke(desk.server.popup(), "later-600")
    bob.server.invoke(bob.server.popup(), "ok")
    client.wait_for_change("1", "deferred")
    client.wait_for_change("2", "acknowledged")
    client.call("Update", "(tsa{sv})", id, "new", {"again": GLib.Variant("b", True)})
    assert bob.server.popup(1).body == "new"
    assert client.states(id)["1"] == "deferred" and len(desk.server.popups) == 1


def test_who_takes_no_messages_by_then_gets_none(machine, logind, desk, bob):
    logind.add("2", bob)
    machine.polkit(only_to_one)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    id, _ = put_off(sender, desk, "later-1", later=SECOND)
    machine.client(desk.account.pw_uid).call("SetMuted", "(b)", True)
    sender.wait_for_change("1", "muted")
    assert len(desk.server.popups) == 1
    await_no_files(machine)


def test_do_not_disturb_counts_at_the_return(machine, logind, bob):
    desk = machine.desktop_user(identity=("SwayNotificationCenter", "ErikReider"), quiet=False)
    logind.add("1", desk)
    logind.add("2", bob)
    machine.polkit(only_to_one)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    put_off(sender, desk, "later-1", later=SECOND)
    desk.server.quiet = True
    sender.wait_for_change("1", "suppressed")
    assert len(desk.server.popups) == 1


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_it_outlives_msgd(machine, client, desk, set_clock, end):
    service = machine.start()
    sender = machine.client(desk.account.pw_uid)
    id, _ = put_off(sender, desk, body="first", title="T")
    before = details(sender, id)
    service.process.send_signal(end)
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")
    assert service.process.returncode == (0 if end == signal.SIGTERM else -signal.SIGKILL)
    assert oct(folder(machine).stat().st_mode)[-3:] == "700" and files(machine) == [str(id)]

    service = machine.start()
    sender = machine.client(desk.account.pw_uid)
    assert sender.states(id) == {"1": "deferred"} and details(sender, id) == before
    with pytest.raises(RemoteError, match="NoSuchMessage"):
        machine.client(client_uid(machine)).call("GetDeliveries", "(t)", id)
    new, _ = client.send(desk.name, timeout=0)
    assert new > id and len(desk.server.popups) == 2

    kill(service, client)
    set_clock(700)
    service = machine.start()
    popup = desk.server.popup(2)
    assert popup.body == "first" and labels(popup) == ["ok", "later-600", "later-3600", "default"]
    desk.server.invoke(popup, "ok")
    look_until(lambda: client.states(id) == {"1": "acknowledged"}, "the answer")
    await_no_files(machine)
    assert details(client, id)["elapsed"] >= 0
    kill(service, client)
    machine.start()
    client.send(desk.name, timeout=0)
    assert len(desk.server.popups) == 4, "it comes no more"


def client_uid(machine) -> int:
    """Somebody else's uid."""
    return machine.person().account.pw_uid


def test_killed_while_it_stands_again_it_is_shown_once(machine, client, desk):
    service = machine.start()
    id, _ = put_off(client, desk, "later-1", later=SECOND)
    second = desk.server.popup(1)
    client.wait_for_change("1", "shown")  # and noted
    kill(service, client)
    machine.start()
    third = desk.server.popup(2)
    assert second.id in desk.server.closed and third.body == second.body
    client.call("Withdraw", "(t)", id)
    desk.server.wait_for_close(third)
    await_no_files(machine)
    assert len(desk.server.popups) == 3


def test_a_clock_that_was_wrong_hides_nothing(machine, client, desk, set_clock):
    set_clock(10 * 365 * 86400)
    service = machine.start()
    put_off(client, desk, body="first")
    kill(service, client)
    set_clock(0)
    machine.start()
    assert desk.server.popup(1).body == "first"


def test_a_withdrawal_is_on_the_disk_when_it_is_answered(machine, client, desk):
    service = machine.start()
    for _ in range(5):
        id, _ = put_off(client, desk)
        client.call("Withdraw", "(t)", id)
        assert files(machine) == []
    kill(service, client)


def test_an_id_is_given_once(machine, client, desk, set_clock):
    service = machine.start()
    id, _ = put_off(client, desk)
    kill(service, client)
    set_clock(-3600)
    machine.start()
    new, _ = client.send(desk.name, timeout=0)
    assert new > id and client.states(id) == {"1": "deferred"}


def test_a_reload_hands_over(machine, client, desk, set_clock):
    service = machine.start()
    id, _ = put_off(client, desk)
    service.process.send_signal(signal.SIGHUP)
    assert service.wait() == 75, service.log()
    set_clock(700)
    machine.start()
    desk.server.invoke(desk.server.popup(1), "ok")
    look_until(lambda: client.states(id) == {"1": "acknowledged"}, "the answer")
    assert len(desk.server.popups) == 2


def test_a_reload_waits_for_who_waits(machine, client, desk):
    service = machine.start()
    call = client.start_send(desk.name, timeout=0, wait=True, later=GLib.Variant("au", [3]))
    desk.server.invoke(desk.server.popup(), "later-3")
    client.wait_for_change("1", "deferred")
    service.process.send_signal(signal.SIGHUP)
    desk.server.invoke(desk.server.popup(1), "ok")
    assert outcome(call.wait()[1]) == [("acknowledged", "")]
    assert service.wait() == 0, service.log()


def test_stopped_msgd_answers_who_waits(machine, client, desk):
    service = machine.start()
    call = client.start_send(desk.name, timeout=0, wait=True, later=HOUR)
    desk.server.invoke(desk.server.popup(), "later-600")
    client.wait_for_change("1", "deferred")
    service.process.send_signal(signal.SIGTERM)
    assert outcome(call.wait()[1]) == [("deferred", "")]
    assert service.wait() == 0 and len(files(machine)) == 1


def test_msgd_stays_while_something_is_put_off(machine, client, desk):
    service = machine.start("--idle-timeout=1")
    put_off(client, desk, "later-3", later=GLib.Variant("au", [3]))
    desk.server.invoke(desk.server.popup(1), "ok")  # msgd would have left by then
    client.wait_for_change("1", "acknowledged")
    assert service.process.poll() is None


def test_another_session_gets_nothing(machine, logind, client, desk, set_clock):
    """As after a reboot: ids are used again."""
    service = machine.start()
    id, _ = put_off(client, desk)
    kill(service, client)
    path = folder(machine) / str(id)
    text = path.read_text()
    [created] = [line for line in text.splitlines() if line.startswith("Created=")]
    path.write_text(text.replace(created, "Created=1"))
    service = machine.start()
    assert client.states(id) == {"1": "session-closed"}
    await_no_files(machine)
    assert f"message {id} to {desk.name}, session 1: session-closed" in service.log()
    assert len(desk.server.popups) == 1


def test_what_cannot_be_read_stays_and_is_named(machine, client, desk):
    folder(machine).mkdir()
    (folder(machine) / "7").write_text("[Message]\nVersion=2\n")
    (folder(machine) / ".new-8").write_text("[Mess")
    shutil.chown(folder(machine), "msgd", "msgd")
    service = machine.start()
    id, _ = put_off(client, desk)
    assert set(os.listdir(folder(machine))) == {str(id), "7"}
    assert f"<3>a message that was put off is not shown: {folder(machine)}/7: " in service.log()


@pytest.fixture
def full_state(machine):
    """The folder for the state has no room."""
    options = "size=4k,nr_inodes=1,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", machine.state], check=True)
    shutil.chown(machine.state, "msgd", "msgd")
    yield
    subprocess.run(["umount", "--lazy", machine.state], check=True)


def test_on_a_full_disk_it_comes_back_at_once(machine, client, full_state, desk):
    service = machine.start()
    call = client.start_send(desk.name, timeout=0, wait=True, later=HOUR)
    desk.server.invoke(desk.server.popup(), "later-600")
    again = desk.server.popup(1)
    assert labels(again) == ["ok", "default"]
    assert "can't be put off, and is shown again: msgd can't write to" in service.log()
    desk.server.invoke(again, "ok")
    assert outcome(call.wait()[1]) == [("acknowledged", "")]
    assert "deferred" not in [change[2] for change in client.changes]


def test_as_many_are_put_off_as_may_be_open(machine, logind, desk, bob):
    logind.add("2", bob)
    machine.polkit(only_to_one)
    service = machine.start()
    sender = machine.client(bob.account.pw_uid)
    for number in range(5):
        put_off(sender, desk, body=f"number {number}")
    sender.send(desk.name, body="one more", timeout=0, later=HOUR)
    desk.server.invoke(desk.server.popup(5), "later-600")
    assert labels(desk.server.popup(6)) == ["ok", "default"]
    assert "can't be put off, and is shown again: too many messages" in service.log()
    assert len(files(machine)) == 5


def test_who_has_put_off_too_many_takes_no_buttons_from_others(machine, logind, desk, bob):
    carol = machine.desktop_user()
    logind.add("2", bob)
    logind.add("3", carol)
    machine.polkit(lambda question: YES)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    for number in range(5):
        put_off(sender, desk, body=f"number {number}")
    sender.send(desk.name, carol.name, body="one more", timeout=0, later=SECOND)
    desk.server.invoke(desk.server.popup(5), "later-1")
    assert labels(desk.server.popup(6)) == ["ok", "default"]
    carol.server.invoke(carol.server.popup(), "later-1")
    assert labels(carol.server.popup(1)) == ["ok", "later-1", "default"]


def test_a_recipients_places_are_free_meanwhile(machine, logind, desk, bob):
    logind.add("2", bob)
    machine.polkit(only_to_one)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    for number in range(5):
        put_off(sender, desk, body=f"number {number}")
    _, deliveries = sender.send(desk.name, timeout=0)
    assert outcome(deliveries) == [("shown", "")]


def test_msg_says_until_when(machine, client, desk):
    folder(machine).mkdir()
    shutil.chown(folder(machine), "msgd", "msgd")
    machine.start()
    command = machine.msg(desk.name, "--later", "10m", "/W", "/V", "/TIME:0", "hello")
    desk.server.invoke(desk.server.popup(), "later-600")
    with watching(folder(machine)):
        wait_until(lambda: files(machine), "the file")
    [id] = map(int, files(machine))
    look_until(lambda: client.states(id) == {"1": "deferred"}, "deferred")
    returns = time.localtime(details(client, id)["returns"])
    client.call("Withdraw", "(t)", id)
    status, output = machine.finish(command)
    clock = time.strftime("%H:%M", returns)
    assert status == 3 and re.search(rf"^Message to session :0 deferred until .*\b{clock}$", output, re.MULTILINE), output
