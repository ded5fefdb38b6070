"""Sessions that come, change and go while msgd runs, and what logind may do meanwhile."""

import signal
import socket

import pytest
from gi.repository import GLib

from loop import RemoteError


def sessions(client):
    """Type and state by id, as ListSessions has them."""
    return {session[0]: (session[5]["type"], session[4]) for session in client.call("ListSessions")[0]}


def test_a_session_appears_changes_its_type_and_goes(machine, logind, client, alice):
    machine.start()
    assert sessions(client) == {}

    logind.add("1", alice, Type="tty")
    assert sessions(client) == {"1": ("tty", "active")}
    with pytest.raises(RemoteError, match="is logged in, but not on a desktop: session") as raised:
        client.send(alice.name)
    assert raised.value.name == "org.msgd.Error.NoSession"

    logind.change("1", Type="wayland")
    assert sessions(client) == {"1": ("wayland", "active")}
    id, deliveries = client.send(alice.name)
    assert [delivery[3] for delivery in deliveries] == ["shown"]

    logind.remove("1")
    assert sessions(client) == {}
    with pytest.raises(RemoteError) as raised:
        client.send(alice.name)
    assert raised.value.name == "org.msgd.Error.NoSuchRecipient"


@pytest.mark.parametrize("properties", [{"Class": "greeter"}, {"State": "closing"}, {"Type": "unspecified"}])
def test_a_session_that_is_no_target(machine, logind, client, alice, properties):
    logind.add("1", alice, **properties)
    machine.start()
    with pytest.raises(RemoteError) as raised:
        client.send(alice.name)
    assert raised.value.name == "org.msgd.Error.NoSession"
    assert alice.server.popups == []


def test_a_session_is_found_by_its_names(machine, logind, client, alice):
    logind.add("c1", alice, TTY="tty2", Display=":7")
    machine.start()
    for name in ("tty2", "TTY2", ":7", "seat0", "console", "c1", "session:tty2", "id:c1", f"user:{alice.name}", "*"):
        deliveries = client.send(name)[1]
        assert [(delivery[0], delivery[4]["session-name"]) for delivery in deliveries] == [("c1", "tty2")], name


def test_wildcards_find_users_before_sessions_before_ids(machine, logind, client, alice, bob):
    logind.add("c1", alice, TTY="tty2")
    logind.add("c2", bob, TTY="tty3")
    machine.start()
    for pattern, ids in {
        f"{alice.name[:-1]}?": {"c1"}, f"user:{bob.name[0]}*": {"c2"}, "user:*": {"c1", "c2"}, "TTY?": {"c1", "c2"},
        "session:*3": {"c2"}, "c?": {"c1", "c2"}, "id:*1": {"c1"},
    }.items():  # fmt: skip
        assert {delivery[0] for delivery in client.send(pattern)[1]} == ids, pattern

    with pytest.raises(RemoteError, match="tty\\?\\?") as raised:
        client.send("tty??")
    assert raised.value.name == "org.msgd.Error.NoSuchRecipient"


def test_what_is_told_of_sessions(machine, logind, client, alice, bob):
    logind.add("1", alice, TTY="tty2", Timestamp=GLib.Variant("t", 1_795_241_721_999_999))
    logind.add("2", bob, Type="tty", RemoteHost="192.0.2.1")
    machine.start()
    told = {session[0]: session for session in client.call("ListSessions")[0]}

    assert told["1"][1:5] == (alice.account.pw_uid, alice.name, "tty2", "active")
    assert told["1"][5] == {
        "class": "user", "created": "2026-11-21T06:15:21Z", "desktop": "", "display": ":0", "graphical": True,
        "host": socket.gethostname(), "idle": False, "locked": False,
        "real-name": alice.account.pw_gecos.partition(",")[0], "remote": False, "remote-host": "", "seat": "seat0",
        "tty": "tty2", "type": "x11",
    }  # fmt: skip
    assert (told["2"][5]["host"], told["2"][5]["remote-host"]) == ("192.0.2.1", "192.0.2.1")
    assert told["2"][5]["real-name"] == bob.account.pw_gecos.partition(",")[0]


def test_a_session_that_ends_with_its_popup_open(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    call = client.start_send(alice.name, wait=True)
    popup = alice.server.popup()

    logind.remove("1")

    assert [delivery[3] for delivery in call.wait()[1]] == ["session-closed"]
    alice.server.wait_for_close(popup)


def test_two_sessions_of_one_user_share_a_popup(machine, logind, client, alice):
    logind.add("1", alice)
    logind.add("2", alice, Display=":1")
    machine.start()
    call = client.start_send(alice.name, wait=True)
    popup = alice.server.popup()

    # It stays while one of them does.
    client.wait_for_change("2", "shown")
    logind.remove("1")
    client.wait_for_change("1", "session-closed")
    alice.server.invoke(popup, "ok")

    states = {delivery[0]: delivery[3] for delivery in call.wait()[1]}
    assert states == {"1": "session-closed", "2": "acknowledged"}
    assert len(alice.server.popups) == 1


def test_more_sessions_than_the_bus_lets_ask_about_at_once(machine, logind, client, alice):
    ids = {logind.add(str(number), alice, announce=False) for number in range(400)}
    machine.start()

    deliveries = client.send("*")[1]

    assert {delivery[0] for delivery in deliveries if delivery[3] == "shown"} == ids
    assert len(alice.server.popups) == 1
    for id in ids:
        client.wait_for_change(id, "shown")


def test_logind_comes_back_with_other_sessions(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", alice, Type="tty")
    service = machine.start()
    call = client.start_send(alice.name, wait=True)
    popup = alice.server.popup()

    # Stopped, msgd finds a logind that has all of its sessions from the start.
    service.process.send_signal(signal.SIGSTOP)
    logind.stop()
    logind.start()
    logind.add("2", bob, announce=False)
    logind.add("3", alice, announce=False)
    service.process.send_signal(signal.SIGCONT)

    assert [delivery[3] for delivery in call.wait()[1]] == ["session-closed"]
    alice.server.wait_for_close(popup)
    owners = {session[0]: session[2] for session in client.call("ListSessions")[0]}
    assert owners == {"2": bob.name, "3": alice.name}
    assert [delivery[3] for delivery in client.send(bob.name)[1]] == ["shown"]


def test_msgd_comes_before_logind(machine, logind, client, alice):
    logind.stop()
    service = machine.start()
    with pytest.raises(RemoteError) as raised:
        client.send("*")
    assert raised.value.name == "org.msgd.Error.NoSession"
    assert "logind does not list its sessions" in service.log()

    logind.start()
    logind.add("1", alice)
    assert [delivery[3] for delivery in client.send("*")[1]] == ["shown"]
