"""Messages that are held until their users are at a desktop: also while msgd is killed, restarted or ended."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

import pytest
from gi.repository import GLib

from lib.fake_polkit import NO, YES
from lib.machine import outcome, watching
from lib.main_loop import RemoteError, look_until, wait_until

LOCKED, UNLOCKED = {"LockedHint": GLib.Variant("b", True)}, {"LockedHint": GLib.Variant("b", False)}
NOBODY = 4294967295
HOUR = 3600


def folder(machine) -> pathlib.Path:
    return machine.state / "held"


def files(machine) -> list[str]:
    """The files that are in their places."""
    return sorted(name for name in os.listdir(folder(machine)) if not name.startswith("."))


def await_no_files(machine) -> None:
    with watching(folder(machine)):
        wait_until(lambda: not files(machine), "an empty folder", lambda: files(machine))


def deliveries(client, id) -> list[tuple[str, str, str]]:
    """The session, the user and the state of each delivery."""
    return [(session, user, state) for session, user, _, state, _ in client.call("GetDeliveries", "(t)", id)[0]]


def held(client, *recipients, **options) -> int:
    """Sends a message that is held for all its recipients, and returns its id."""
    id, answer = client.send(*recipients, hold=HOUR, timeout=0, **options)
    assert [delivery[3] for delivery in answer] == ["held"] * len(answer)
    return id


def kill(service, client) -> None:
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")


def stop(service, client) -> None:
    service.process.terminate()
    service.wait()
    wait_until(lambda: not client.owner, "the name's release")


def test_it_waits_for_its_user(machine, logind, client, alice):
    machine.start()
    before = int(time.time())
    call = client.start_send(alice.name, body="Your parcel is here", hold=HOUR, timeout=0, wait=True)
    [held] = look_until(lambda: client.call("ListHeld")[0], "the held message")
    assert held[1:4] == ("root", 0, alice.name) and before + HOUR <= held[4] <= time.time() + HOUR + 1
    logind.add("1", alice)
    popup = alice.server.popup()
    assert popup.body == "Your parcel is here"
    client.wait_for_change("1", "shown")
    assert files(machine)  # until the end
    alice.server.invoke(popup, "ok")
    assert [delivery[:4] for delivery in call.wait()[1]] == [("1", alice.name, alice.account.pw_uid, "acknowledged")]
    await_no_files(machine)
    assert client.call("ListHeld") == ([],)


def test_whoever_is_there_gets_it_at_once(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    id, [delivery] = client.send(alice.name, hold=HOUR, timeout=0)
    assert delivery[:4] == ("1", alice.name, alice.account.pw_uid, "shown")
    client.call("Withdraw", "(t)", id)
    client.wait_for_change("1", "withdrawn")
    await_no_files(machine)


@pytest.mark.parametrize("end", [kill, stop])
def test_it_survives_the_services_end(machine, logind, client, alice, end):
    service = machine.start()
    id = held(client, alice.name, body="Bring the keys", title="Keys", replies=[("yes", "Yes")])
    end(service, client)
    machine.start()
    assert deliveries(client, id) == [("", alice.name, "held")]
    logind.add("1", alice)
    popup = alice.server.popup()
    assert (popup.summary, popup.body, popup.actions[:2]) == ("Keys", "Bring the keys", ["yes", "Yes"])
    alice.server.invoke(popup, "yes")
    look_until(lambda: deliveries(client, id) == [("1", alice.name, "acknowledged")], "the answer")
    await_no_files(machine)


@pytest.mark.parametrize("end", [kill, stop])
def test_what_stood_at_the_end_is_shown_again(machine, logind, client, alice, end):
    logind.add("1", alice)
    service = machine.start()
    id, _ = client.send(alice.name, hold=HOUR, timeout=0)
    first = alice.server.popup()
    end(service, client)
    machine.start()
    alice.server.wait_for_close(first)
    alice.server.invoke(alice.server.popup(1), "ok")
    look_until(lambda: deliveries(client, id) == [("1", alice.name, "acknowledged")], "the answer")


def test_who_waits_learns_that_it_is_held_when_the_service_ends(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    call = client.start_send(alice.name, hold=HOUR, timeout=0, wait=True)
    alice.server.popup()
    service.process.terminate()
    assert [delivery[3] for delivery in call.wait()[1]] == ["held"]
    service.wait()


def test_a_reload_lets_it_wait(machine, client, alice):
    service = machine.start()
    id = held(client, alice.name)
    service.process.send_signal(signal.SIGHUP)
    assert service.wait() == 75  # for systemd, which starts another one
    machine.start()
    assert deliveries(client, id) == [("", alice.name, "held")]


def test_its_time_is_over(machine, client, alice):
    machine.start()
    call = client.start_send(alice.name, hold=1, timeout=0, wait=True)
    [delivery] = call.wait()[1]
    assert delivery[:2] == ("", alice.name) and delivery[3] == "expired" and "until" not in delivery[4]
    await_no_files(machine)


def test_its_time_is_over_while_the_service_is_away(machine, logind, client, alice, set_clock):
    service = machine.start()
    id = held(client, alice.name)
    kill(service, client)
    set_clock(HOUR + 5)
    logind.add("1", alice)
    machine.start()
    look_until(lambda: deliveries(client, id) == [("", alice.name, "expired")], "the end")
    await_no_files(machine)
    assert not alice.server.popups


def test_withdrawn_it_is_not_shown(machine, logind, client, alice):
    service = machine.start()
    first, second = held(client, alice.name), held(client, alice.name, body="second")
    client.call("Withdraw", "(t)", first)
    assert deliveries(client, first) == [("", alice.name, "withdrawn")] and len(files(machine)) == 1
    kill(service, client)
    machine.start()
    client.call("Withdraw", "(t)", second)  # which is only on the disk
    assert files(machine) == []
    logind.add("1", alice)
    client.send(alice.name, body="third")
    assert alice.server.popup().body == "third"


def test_it_changes_meanwhile(machine, logind, client, alice):
    service = machine.start()
    id = held(client, alice.name)
    client.call("Update", "(tsa{sv})", id, "new", {"title": GLib.Variant("s", "Title")})
    kill(service, client)
    machine.start()
    client.call("Update", "(tsa{sv})", id, "newer", {})  # which is only on the disk
    kill(machine._services[-1], client)
    machine.start()
    logind.add("1", alice)
    assert (alice.server.popup().summary, alice.server.popup().body) == ("Title", "newer")


def test_a_session_is_no_desktop_yet(machine, logind, client):
    """A notification server comes some time after its session."""
    machine.start()
    person = machine.person()
    id = held(client, person.name)
    logind.add("1", person, Timestamp=GLib.Variant("t", int(time.time() * 1e6)))
    client.call("GetDeliveries", "(t)", id)
    assert deliveries(client, id) == [("", person.name, "held")]
    person.serve()
    assert person.server.popup().body == "Hello"


def test_a_terminal_is_no_desktop(machine, logind, client, alice):
    machine.start()
    logind.add("1", alice, Type="tty", Display="", TTY="pts/1", Seat=GLib.Variant("(so)", ("", "/")))
    id = held(client, alice.name)
    logind.add("2", alice, seat="seat1")
    alice.server.popup()
    client.wait_for_change("2", "shown")
    assert deliveries(client, id) == [("2", alice.name, "shown")]


def test_a_locked_screen_is_waited_for(machine, logind, client, alice):
    logind.add("1", alice, **LOCKED)
    machine.start()
    id, [delivery] = client.send(alice.name, hold=HOUR, timeout=0)
    assert (delivery[3], delivery[4]["error-message"]) == ("held", "the screen is locked")
    assert not alice.server.popups and files(machine)
    logind.change("1", **UNLOCKED)
    alice.server.popup()
    assert "error-message" not in client.wait_for_change("1", "shown")


def test_do_not_disturb_is_waited_for(machine, logind, alice):
    quiet = machine.desktop_user(identity=("SwayNotificationCenter", "ErikReider"), quiet=True)
    logind.add("1", quiet)
    machine.polkit(lambda question: NO if question.action == "org.msgd.broadcast" else YES)
    machine.start()
    sender = machine.client(alice.account.pw_uid)
    id, [delivery] = sender.send(quiet.name, hold=HOUR, timeout=0)
    assert (delivery[3], delivery[4]["error-message"]) == ("held", "the desktop is set to do not disturb")
    quiet.server.quiet = False
    quiet.server.popup()
    sender.wait_for_change("1", "shown")


def test_a_failure_is_tried_again(machine, logind, client):
    person = machine.desktop_user()
    person.server.refuses = "it is busy"
    logind.add("1", person)
    machine.start()
    id, [delivery] = client.send(person.name, hold=HOUR, timeout=0)
    assert delivery[3] == "held" and delivery[4]["error-message"]
    person.server.refuses = ""
    look_until(lambda: deliveries(client, id) == [("1", person.name, "shown")], "the popup", lambda: deliveries(client, id))


def test_who_leaves_before_seeing_it_is_waited_for_again(machine, logind, client, alice):
    logind.add("1", alice, **LOCKED)
    machine.start()
    id = held(client, alice.name)
    logind.remove("1")
    assert deliveries(client, id) == [("", alice.name, "held")]
    logind.add("2", alice, seat="seat1")
    alice.server.popup()
    client.wait_for_change("2", "shown")


def test_put_off_it_is_no_longer_held(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    id, _ = client.send(alice.name, hold=HOUR, timeout=0, later=GLib.Variant("au", [600]))
    alice.server.invoke(alice.server.popup(), "later-600")
    client.wait_for_change("1", "deferred")
    await_no_files(machine)
    assert deliveries(client, id) == [("1", alice.name, "deferred")]
    logind.remove("1")
    client.wait_for_change("1", "session-closed")


def test_put_off_by_one_it_is_held_for_the_other(machine, logind, client, alice, bob):
    logind.add("1", alice)
    service = machine.start()
    id, _ = client.send(alice.name, bob.name, hold=HOUR, timeout=0, later=GLib.Variant("au", [600]))
    alice.server.invoke(alice.server.popup(), "later-600")
    client.wait_for_change("1", "deferred")
    with watching(folder(machine)):
        wait_until(lambda: [name.split(".")[3] for name in files(machine)] == [bob.name], "bob's file alone")
    kill(service, client)
    machine.start()
    client.call("Update", "(tsa{sv})", id, "new", {})
    assert deliveries(client, id) == [("1", alice.name, "deferred"), ("", bob.name, "held")]
    logind.add("2", bob, seat="seat1")
    assert bob.server.popup().body == "new"


def test_named_and_one_of_all_gets_it_once(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    client.send(alice.name, "*", hold=HOUR, timeout=0)
    alice.server.invoke(alice.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    with watching(folder(machine)):
        wait_until(lambda: f"Served={alice.account.pw_uid}\n" in (folder(machine) / files(machine)[-1]).read_text(), "the uid")
    kill(service, client)
    machine.start()
    client.send(alice.name, body="last")
    assert [popup.body for popup in alice.server.popups] == ["Hello", "last"]


def test_a_desktop_in_the_background_is_waited_for(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)  # at the same seat
    machine.start()
    held(client, alice.name)
    logind.activate("1")
    alice.server.popup()
    client.wait_for_change("1", "shown")


def test_one_sender_opens_no_more_popups_than_otherwise(machine, logind, alice, bob):
    machine.polkit(lambda question: NO if question.action == "org.msgd.override-mute" else YES)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    for number in range(7):
        sender.send(alice.name, body=str(number), hold=HOUR, timeout=0)
    logind.add("1", alice)
    wait_until(lambda: len(alice.server.popups) == 5, "five popups")
    reasons = lambda: [details.get("error-message") for _, _, state, details in sender.changes if state == "held"]
    wait_until(lambda: "the user has too many open popups" in reasons(), "the reason", lambda: sender.changes)
    alice.server.invoke(alice.server.popup(0), "ok")
    wait_until(lambda: len(alice.server.popups) == 6, "the sixth popup")


def test_a_recipient_keeps_no_sender_waiting(machine, logind, client):
    """Whose notification server never answers, and who changes their session all the while."""
    hostile = machine.desktop_user(mute=True)
    logind.add("1", hostile)
    machine.start()
    flips = iter(range(1000))
    change = lambda: logind.change("1", IdleHint=GLib.Variant("b", next(flips) % 2 == 0)) or True
    source = GLib.timeout_add(500, change)
    try:
        client.start_send("*", hold=HOUR, timeout=0).wait()
    finally:
        GLib.source_remove(source)


def test_a_user_of_a_sessions_name_is_no_session_of_the_senders(machine, logind, alice, bob):
    machine.polkit(lambda question: NO)
    logind.add(alice.name, bob)  # a session whose id is alice's name
    machine.start()
    with pytest.raises(RemoteError, match="NotAuthorized"):
        machine.client(bob.account.pw_uid).send(alice.name, hold=HOUR)


def test_everyone_gets_it_once(machine, logind, client, alice, bob):
    logind.add("1", alice)
    service = machine.start()
    id, answer = client.send("*", hold=HOUR, timeout=0)
    assert [(delivery[0], delivery[1], delivery[2], delivery[3]) for delivery in answer] == [
        ("", "*", NOBODY, "held"), ("1", alice.name, alice.account.pw_uid, "shown"),
    ]  # fmt: skip
    alice.server.invoke(alice.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    logind.remove("1")
    logind.add("2", alice)
    logind.add("3", bob, seat="seat1")
    bob.server.invoke(bob.server.popup(), "ok")
    client.wait_for_change("3", "acknowledged")
    with watching(folder(machine)):
        uids = sorted([alice.account.pw_uid, bob.account.pw_uid])
        served = f"Served={uids[0]} {uids[1]}\n"
        wait_until(lambda: served in (folder(machine) / files(machine)[0]).read_text(), "both on the disk")
    kill(service, client)
    machine.start()
    client.send(alice.name, body="last")
    client.send(bob.name, body="last")
    assert [popup.body for popup in alice.server.popups] == ["Hello", "last"]
    assert [popup.body for popup in bob.server.popups] == ["Hello", "last"]
    client.call("Withdraw", "(t)", id)
    assert files(machine) == []


def test_a_pattern_means_users_alone(machine, logind, client, alice, bob):
    machine.start()
    held(client, alice.name[:-1] + "?")
    logind.add("2", bob, Display=f":{alice.name[:-1]}0")
    logind.add("1", alice, seat="seat1")
    alice.server.popup()
    client.send(bob.name, body="last")
    assert [popup.body for popup in bob.server.popups] == ["last"]


def test_several_recipients(machine, logind, client, alice, bob):
    logind.add("1", alice)
    machine.start()
    id, answer = client.send(alice.name, "user:" + bob.name, "nobody-of-this-name", hold=HOUR, timeout=0)
    states = {delivery[1]: (delivery[0], delivery[3]) for delivery in answer}
    assert states == {alice.name: ("1", "shown"), bob.name: ("", "held"), "nobody-of-this-name": ("", "failed")}
    alice.server.invoke(alice.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    with watching(folder(machine)):
        wait_until(lambda: [name.split(".")[3] for name in files(machine)] == [bob.name], "bob's file alone")


def test_who_takes_no_messages_gets_none(machine, logind, client, alice, bob):
    machine.polkit(lambda question: NO if question.action == "org.msgd.override-mute" else YES)
    machine.start()
    machine.client(alice.account.pw_uid).call("SetMuted", "(b)", True)
    sender = machine.client(bob.account.pw_uid)
    sender.send(alice.name, hold=HOUR)
    logind.add("1", alice)
    sender.wait_for_change("1", "muted")
    await_no_files(machine)


@pytest.mark.parametrize(
    ("recipient", "options", "error", "reason"),
    [
        ("nobody-of-this-name", {"hold": HOUR}, "NoSuchRecipient", "nobody-of-this-name does not exist"),
        ("tty2", {"hold": HOUR}, "InvalidArgument", "tty2 is no user"),
        ("session::0", {"hold": HOUR}, "InvalidArgument", "session::0 is no user"),
        ("session:*", {"hold": HOUR}, "InvalidArgument", "session:* is no user"),
        ("group:no-such-group", {"hold": HOUR}, "NoSuchRecipient", "there is no group no-such-group"),
        ("a*" + "é" * 100, {"hold": HOUR}, "InvalidArgument", "is too long to hold a message for"),
        ("id:1", {"hold": HOUR}, "InvalidArgument", "id:1 is no user"),
        ("*", {"hold": 0}, "InvalidArgument", "the option hold is at least 1 second"),
        ("*", {"hold": 2_592_001}, "InvalidArgument", "the option hold is at most 2592000 seconds"),
        ("*", {"hold": HOUR, "terminals": "too"}, "InvalidArgument", "the options hold and terminals exclude each other"),
        ("*", {"hold": "1h"}, "InvalidArgument", "the option hold wants a number of seconds (u)"),
    ],
)
def test_what_cannot_be_held_is_refused(machine, logind, client, alice, recipient, options, error, reason):
    logind.add("1", alice)
    machine.start()
    with pytest.raises(RemoteError) as caught:
        client.send(recipient, **options)
    assert f"org.msgd.Error.{error}" in str(caught.value) and reason in str(caught.value)
    assert not alice.server.popups and not folder(machine).exists()


def test_the_administrator_bounds_it(machine, client, alice, bob):
    machine.configuration.write_text("[Messages]\nLongestHold=60\n[Limits]\nHeldMessagesPerSenderAtRecipient=1\n")
    machine.polkit(lambda question: YES)
    machine.start()
    with pytest.raises(RemoteError, match="at most 60 seconds .LongestHold=., not 61"):
        client.send(alice.name, hold=61)
    sender = machine.client(bob.account.pw_uid)
    sender.send(alice.name, hold=60)
    with pytest.raises(RemoteError, match="LimitExceeded.*HeldMessagesPerSenderAtRecipient=1"):
        sender.send(alice.name, hold=60)
    for _ in range(2):
        client.send(alice.name, hold=60)  # root's
    assert len(files(machine)) == 3


@pytest.mark.parametrize("refused", ["org.msgd.hold", "org.msgd.send-user"])
def test_polkit_decides(machine, client, alice, bob, refused):
    polkit = machine.polkit(lambda question: NO if question.action == refused else YES)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    with pytest.raises(RemoteError, match=f"NotAuthorized.*may not have a message held for {alice.name}.*{refused}"):
        sender.send(alice.name, hold=HOUR)
    assert ("recipients", alice.name) in polkit.questions[-1].details
    id, _ = sender.send(bob.name, hold=HOUR)  # to oneself
    assert deliveries(sender, id) == [("", bob.name, "held")]


def test_everyone_sees_their_own_and_root_all(machine, client, alice, bob):
    machine.polkit(lambda question: NO if question.action == "org.msgd.manage" else YES)
    machine.start()
    sender, other = machine.client(alice.account.pw_uid), machine.client(bob.account.pw_uid)
    id, _ = sender.send(bob.name, hold=HOUR)
    assert [entry[0:4] for entry in client.call("ListHeld")[0]] == [(id, alice.name, alice.account.pw_uid, bob.name)]
    assert [entry[0] for entry in sender.call("ListHeld")[0]] == [id]
    assert other.call("ListHeld") == ([],)
    for method in ("GetDeliveries", "Withdraw"):
        with pytest.raises(RemoteError, match="NoSuchMessage"):
            other.call(method, "(t)", id)
    sender.call("Withdraw", "(t)", id)


def test_a_full_disk_refuses_it(machine, logind, client, alice, bob):
    machine.start()
    folder(machine).mkdir(mode=0o500)  # msgd can't write there
    with pytest.raises(RemoteError, match="Failed.*msgd can't write to .*/held"):
        client.send(alice.name, bob.name, hold=HOUR)
    assert client.call("ListHeld") == ([],) and files(machine) == []
    logind.add("1", alice)
    client.send(alice.name, body="other")
    assert [popup.body for popup in alice.server.popups] == ["other"]


def test_a_disk_that_is_full_keeps_what_was_promised(machine, client, alice):
    machine.start()
    folder(machine).mkdir()
    owner = machine.state.stat()
    options = f"size=16k,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder(machine)], check=True)
    try:
        ids = []
        with pytest.raises(RemoteError, match="Failed.*No space left on device"):
            for _ in range(20):
                ids.append(held(client, alice.name, body="x" * 3000))
        assert ids and [entry[0] for entry in client.call("ListHeld")[0]] == ids
        assert len(files(machine)) == len(os.listdir(folder(machine))) == len(ids)
        for id in ids:
            client.call("Withdraw", "(t)", id)
        held(client, alice.name)
    finally:
        subprocess.run(["umount", folder(machine)], check=True)


def test_strange_files_harm_nobody(machine, logind, client, alice):
    folder(machine).mkdir(mode=0o700)
    names = ["1.2.3", f"5.{(1 << 40) - 1}.0.{alice.name}", f"6.{1 << 40}.0.%ZZ", "x", f"7.{(1 << 64) - 1}.0.{alice.name}"]
    for name in names:
        (folder(machine) / name).write_text("[Message]\nVersion=1\n")
    for path in [folder(machine), *folder(machine).iterdir()]:
        os.chown(path, machine.state.stat().st_uid, -1)
    logind.add("1", alice)
    service = machine.start()
    client.send(alice.name, hold=HOUR)
    assert alice.server.popup().body == "Hello"
    for name in (names[0], names[2], names[4]):
        service.wait_for_log(f"{folder(machine)}/{name} is no held message")
    service.wait_for_log(f"{names[1]}: it is damaged")
    assert set(names) <= set(files(machine))
