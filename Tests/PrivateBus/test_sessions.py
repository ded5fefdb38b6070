"""Sessions that come, change and go while msgd runs, and the behaviour of logind meanwhile."""

import json
import signal
import socket

import pytest
from gi.repository import GLib

from lib.main_loop import RemoteError


def sessions(client):
    """Type and state by id, as in ListSessions."""
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


def assert_nobody_is_at_the_console(client):
    with pytest.raises(RemoteError, match="console does not exist") as raised:
        client.send("console")
    assert raised.value.name == "org.msgd.Error.NoSuchRecipient"


@pytest.mark.parametrize("properties", [{"Class": "greeter"}, {"State": "closing"}, {"Type": "unspecified"}])
def test_a_session_that_is_no_target(machine, logind, client, alice, properties):
    logind.add("1", alice, **properties)
    machine.start()
    with pytest.raises(RemoteError) as raised:
        client.send(alice.name)
    assert raised.value.name == "org.msgd.Error.NoSession"
    assert alice.server.popups == []


def test_a_session_that_begins_is_active_once_its_seat_shows_it(machine, logind, client, alice):
    """logind signals no `State`: the session is `opening` when its signal comes."""
    machine.start()
    logind.add("1", alice, State="opening")
    assert [delivery[0] for delivery in client.send("console")[1]] == ["1"]
    logind.change("1", State="active")
    assert sessions(client) == {"1": ("x11", "active")}


def test_the_console_follows_the_seat(machine, logind, client, alice, bob):
    logind.add("1", alice)
    machine.start()
    logind.add("2", bob)
    logind.add("3", bob, seat="seat1")
    for shown, other in (("2", "1"), ("1", "2"), ("2", "1")):
        logind.activate(shown)
        assert [delivery[0] for delivery in client.send("console")[1]] == [shown]
        assert sessions(client) == {shown: ("x11", "active"), other: ("x11", "online"), "3": ("x11", "active")}

    logind.remove("2")
    assert_nobody_is_at_the_console(client)
    assert sessions(client) == {"1": ("x11", "online"), "3": ("x11", "active")}
    logind.add("4", alice)
    assert [delivery[0] for delivery in client.send("console")[1]] == ["4"]


# The mock puts each session on a seat. This one hasn't any.
MANAGER = {
    "Class": "manager", "Type": "unspecified", "Display": "", "seat": "seat9", "Seat": GLib.Variant("(so)", ("", "/")),
}  # fmt: skip


def assert_not_logged_in(client, name, *words):
    for word in (name, *words):
        with pytest.raises(RemoteError) as raised:
            client.send(word)
        assert raised.value.name == "org.msgd.Error.NoSuchRecipient"
        assert raised.value.message == f"{word} does not exist or is disconnected"


def printed(machine, command, *options):
    """The objects that a command prints."""
    status, output = machine.finish(machine.msg(*options, "--json", command=command))
    assert status == 0, output
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("session_class", ["manager", "manager-early"])
@pytest.mark.parametrize("announce", [True, False], ids=["begins", "was there"])
def test_a_users_service_manager_is_no_login(machine, logind, client, alice, bob, session_class, announce):
    """alice has logged in. bob lingers: only his service manager runs."""
    managers = {**MANAGER, "Class": session_class}
    if announce:
        machine.start()
    logind.add("1", alice, announce)
    logind.add("2", alice, announce, **managers)
    logind.add("3", bob, announce, **managers)
    if not announce:
        machine.start()

    assert sessions(client) == {"1": ("x11", "active")}
    assert sessions(machine.client(bob.account.pw_uid)) == {}
    assert [session["session"] for session in printed(machine, "msg", "--sessions")] == ["1"]
    assert [session["session"] for session in printed(machine, "query-session")] == ["1"]
    assert bob.name not in machine.finish(machine.msg(command="query-session"))[1]
    assert_not_logged_in(client, bob.name, f"user:{bob.name}", "id:3", "3", "2", f"{bob.name[:-1]}?")
    assert [delivery[0] for delivery in client.send(alice.name)[1]] == ["1"]
    assert [delivery[0] for delivery in client.send("*")[1]] == ["1"]

    logind.change("1", Type="tty")
    with pytest.raises(RemoteError) as raised:
        client.send(alice.name)
    assert raised.value.message == f"{alice.name} is logged in, but not on a desktop: session :0 is a terminal"


def test_a_user_who_lingers_logs_in_and_out(machine, logind, client, bob):
    logind.add("1", bob, **MANAGER)
    machine.start()
    assert_not_logged_in(client, bob.name)
    logind.add("2", bob)
    assert [delivery[0] for delivery in client.send(bob.name)[1]] == ["2"]
    logind.remove("2")
    assert_not_logged_in(client, bob.name)
    logind.remove("1")
    assert sessions(client) == {}


def test_a_seat_that_switches_while_a_session_is_read(machine, logind, client, alice, bob):
    """msgd's question reaches logind before the switch, and msgd reads the answer and the signal after it."""
    logind.add("1", alice)
    service = machine.start()
    logind.add("2", bob)
    for _ in range(20):
        asked = client.start("ListSessions")
        logind.activate("1")
        logind.activate("2")
        asked.wait()
        assert [delivery[0] for delivery in client.send("console")[1]] == ["2"]
    assert service.process.poll() is None


def test_states_are_those_of_now(machine, logind, client, alice, bob):
    """States that logind doesn't signal are asked for before they are reported."""
    logind.add("1", alice)
    machine.start()
    logind.add("2", bob)
    for state in ("closing", "opening", "active"):
        logind.change("2", State=state)
        assert sessions(client) == {"1": ("x11", "online"), "2": ("x11", state)}
    assert [session[0] for session in machine.client(alice.account.pw_uid).call("ListSessions")[0]] == ["1"]




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
    logind.add("2", bob, Type="tty", RemoteHost="192.0.2.1")
    logind.add("1", alice, TTY="tty2", Timestamp=GLib.Variant("t", 1_795_241_721_999_999))
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

    # It stays as long as one of them does.
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

    # msgd finds a logind that has all of its sessions from the start.
    with service.paused():
        logind.stop()
        logind.start()
        logind.add("2", bob, announce=False)
        logind.add("3", alice, announce=False)

    assert [delivery[3] for delivery in call.wait()[1]] == ["session-closed"]
    alice.server.wait_for_close(popup)
    owners = {session[0]: session[2] for session in client.call("ListSessions")[0]}
    assert owners == {"2": bob.name, "3": alice.name}
    assert [delivery[3] for delivery in client.send(bob.name)[1]] == ["shown"]


def assert_unavailable(call):
    """Checks that the error names logind as missing."""
    with pytest.raises(RemoteError, match=r"^\S+ logind \(org.freedesktop.login1\) .*: systemctl status systemd-logind$") as raised:
        call()
    assert raised.value.name == "org.msgd.Error.Unavailable"


def questions(client, *recipients):
    """Each call for which logind must be asked."""
    yield from (lambda word=word: client.send(word) for word in recipients)
    yield lambda: client.call("SendMessage", "(ss)", "Hello", recipients[0])
    yield lambda: client.call("SendMessage", "(ss)", "Hello", "")
    yield lambda: client.call("ListSessions")


def test_msgd_comes_before_logind(machine, logind, client, alice):
    logind.stop()
    service = machine.start()
    for question in questions(client, alice.name, "*", "console"):
        assert_unavailable(question)
    assert "logind (org.freedesktop.login1) does not answer" in service.log()

    logind.start()
    logind.add("1", alice)
    assert [delivery[3] for delivery in client.send("*")[1]] == ["shown"]


def test_logind_leaves_and_comes_back(machine, logind, client, alice, bob):
    """Standing popups stay. Callers get an error while nobody can say who is logged in. A logind that is back is asked
    anew."""
    logind.add("1", alice)
    service = machine.start()
    standing = client.start_send(alice.name, wait=True)
    popup = alice.server.popup()
    logind.stop()
    for question in questions(client, alice.name, "*", "nobody"):
        assert_unavailable(question)
    as_alice = machine.client(alice.account.pw_uid)
    for question in questions(as_alice, alice.name):
        assert_unavailable(question)
    assert as_alice.call("GetMuted")[0] is False

    # msgd finds a logind that has its sessions from the start, as the real one has.
    with service.paused():
        logind.start()
        logind.add("1", alice, announce=False)
        logind.add("2", bob, announce=False)
    assert sessions(client) == {"1": ("x11", "online"), "2": ("x11", "active")}
    assert [delivery[0] for delivery in client.send("console")[1]] == ["2"]
    assert not standing.is_over
    alice.server.invoke(popup, "ok")
    assert [delivery[3] for delivery in standing.wait()[1]] == ["acknowledged"]


def test_what_msg_says_without_logind(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    logind.stop()
    for words in ([alice.name, "hi"], ["--all", "hi"], ["*", "/W", "hi"], ["--sessions"], ["--sessions", "--json"]):
        status, output = machine.finish(machine.msg(*words))
        assert status == 69, words
        assert output.startswith("msg: logind (org.freedesktop.login1) does not answer: "), words
        assert output.endswith(": systemctl status systemd-logind\n"), words


def test_a_session_of_which_logind_does_not_tell(machine, logind, client, alice, bob):
    """It may be anybody's, so a recipient who isn't found may have it. Other recipients are not affected."""
    logind.add("1", alice)
    service = machine.start()
    with service.paused():
        logind.add("2", bob)
        logind.keep_quiet_about(bob)
    for question in (lambda: client.send(bob.name), lambda: client.send("id:2"), lambda: client.call("ListSessions")):
        assert_unavailable(question)
    assert [delivery[0] for delivery in client.send(alice.name)[1]] == ["1"]
    deliveries = client.send("*", "nobody", alice.name)[1]
    told = {(delivery[1], delivery[3], delivery[4].get("error", "")) for delivery in deliveries}
    unavailable = "org.msgd.Error.Unavailable"
    assert told == {(alice.name, "shown", ""), ("*", "failed", unavailable), ("nobody", "failed", unavailable)}

    logind.keep_quiet_about(bob, False)
    assert [delivery[0] for delivery in client.send(bob.name)[1]] == ["2"]
    assert sessions(client) == {"1": ("x11", "online"), "2": ("x11", "active")}


def test_a_logind_that_hangs(machine, logind, client, alice):
    """Known facts stay known, and questions don't wait without end."""
    logind.add("1", alice)
    machine.start()
    logind.process.send_signal(signal.SIGSTOP)
    try:
        assert [delivery[3] for delivery in client.send(alice.name)[1]] == ["shown"]
        assert_unavailable(lambda: client.call("ListSessions"))
        assert [delivery[3] for delivery in client.send(alice.name)[1]] == ["shown"]
    finally:
        logind.process.send_signal(signal.SIGCONT)
    assert sessions(client) == {"1": ("x11", "active")}
    assert [delivery[3] for delivery in client.send(alice.name)[1]] == ["shown"]
