"""Sessions that begin, switch, change and end while msgd runs: msg's report, compared with logind's."""

import json
import os
import pwd
import signal

import pytest

from lib.commands import msg, service_pid
from lib.machine import await_that, run

SEAT = ("--seat", "seat0")
# The details of a session in ListSessions, by the names of logind's properties.
TOLD = {
    "Class": "class", "Desktop": "desktop", "Display": "display", "IdleHint": "idle", "LockedHint": "locked",
    "Name": "user", "Remote": "remote", "Seat": "seat", "State": "state", "TTY": "tty", "Type": "type",
}  # fmt: skip

MANAGERS = ("manager", "manager-early")


def ids():
    """Returns the ids of logind's sessions."""
    return [line.split()[0] for line in run("loginctl", "list-sessions", "--no-legend").stdout.splitlines()]


def known():
    """Returns logind's properties of its sessions, by id, without those of users' service managers (systemd 256)."""
    names = [f"--property={name}" for name in ("Id", *TOLD)]
    for _ in range(20):
        answer = run("loginctl", "show-session", *names, *ids(), check=False)
        if answer.returncode == 0:  # or a session has ended since it was listed
            break
    assert answer.returncode == 0, answer.stderr
    blocks = answer.stdout.split("\n\n")
    sessions = [dict(line.split("=", 1) for line in block.splitlines() if line) for block in blocks]
    return {session.pop("Id"): session for session in sessions if session and session["Class"] not in MANAGERS}


def shown():
    """Returns the session that seat0 shows, according to logind."""
    return run("loginctl", "show-seat", "--property=ActiveSession", "--value", "seat0").stdout.strip()


def listed():
    """Returns all sessions of msg's, in logind's terms."""
    words = {True: "yes", False: "no"}
    sessions = map(json.loads, msg("--sessions", "--json").stdout.splitlines())
    return {
        session["session"]: {name: words.get(session[key], session[key]) for name, key in TOLD.items()}
        for session in sessions
    }


def agree():
    """Checks that msg and logind agree about every session; returns their states."""
    sessions = listed()
    assert sessions == known()
    return {id: session["State"] for id, session in sessions.items()}


def console():
    """Returns the user and the session that a message to the console reaches."""
    answer = msg("console", "--json", "/TIME:1", "who is there?")
    if answer.returncode == 67:
        assert answer.stderr.endswith("console does not exist or is disconnected\n")
        return None
    [delivery] = map(json.loads, answer.stdout.splitlines())
    return delivery["user"], delivery["session"]


def await_end(id):
    await_that(lambda: id not in ids(), lambda: f"session {id} does not end")


@pytest.fixture(autouse=True)
def service(desktops):
    """msgd runs all the time. alice is at seat0 before and after the test."""
    assert agree()[desktops["alice"].session_id] == "active"
    pid = service_pid()
    yield
    assert service_pid() == pid != 0
    run("loginctl", "activate", desktops["alice"].session_id)


def test_the_console_is_whoever_is_at_seat0_now(desktops, open_session):
    alice = desktops["alice"].session_id
    popups = desktops["alice"].popups()
    assert console() == ("alice", alice)
    popups.popup("who is there?")

    erin = open_session("erin", "--type", "wayland", *SEAT)
    assert console() == ("erin", erin)
    assert [agree()[id] for id in (alice, erin)] == ["online", "active"]
    for _ in range(3):
        run("loginctl", "activate", alice)
        assert console() == ("alice", alice)
        assert [agree()[id] for id in (alice, erin)] == ["active", "online"]
        run("loginctl", "activate", erin)
        assert console() == ("erin", erin)
        assert [agree()[id] for id in (alice, erin)] == ["online", "active"]

    run("loginctl", "terminate-session", erin)
    await_end(erin)
    assert console() is None
    assert agree()[alice] == "online"
    frank = open_session("frank", "--type", "x11", "--display", ":7", *SEAT)
    assert console() == ("frank", frank)
    assert agree()[frank] == "active"


def test_a_users_second_session_takes_the_seat_and_leaves_it(desktops, open_session):
    alice = desktops["alice"].session_id
    second = open_session("alice", "--type", "x11", "--display", ":4", *SEAT)
    assert console() == ("alice", second)
    assert [agree()[id] for id in (alice, second)] == ["online", "active"]
    run("loginctl", "activate", alice)
    assert console() == ("alice", alice)
    run("loginctl", "terminate-session", second)
    await_end(second)
    assert second not in agree()


@pytest.mark.parametrize(
    "options",
    [
        ("--type", "tty", "--tty", "pts/8", *SEAT),
        ("--type", "tty", "--tty", "pts/8", "--remote-host", "192.0.2.1"),
        ("--type", "x11", "--display", ":7", "--class", "greeter"),
        ("--type", "unspecified", "--class", "background"),
        ("--type", "mir", "--desktop", "Lomiri"),
    ],
    ids=["terminal", "network", "greeter", "background", "mir"],
)
def test_a_session_that_begins_and_ends(open_session, options):
    id = open_session("erin", *options)
    assert agree()[id] in ("active", "online")
    run("loginctl", "terminate-session", id)
    await_end(id)
    assert id not in agree()


@pytest.fixture
def lingering():
    """frank, whose service manager runs although he isn't logged in."""
    run("loginctl", "enable-linger", "frank")
    manager = f"user@{pwd.getpwnam('frank').pw_uid}.service"
    state = ("systemctl", "is-active", manager)
    await_that(lambda: run(*state, check=False).stdout == "active\n", lambda: f"{manager} does not start")
    yield "frank"
    run("loginctl", "disable-linger", "frank")


def test_a_user_who_lingers_is_not_logged_in(lingering, open_session):
    def doctors_count():
        checks = map(json.loads, msg("--doctor", "--json").stdout.splitlines())
        return next(check["text"] for check in checks if check["check"] == "logind")

    count = len(agree())
    assert lingering not in {session["Name"] for session in listed().values()}
    assert doctors_count() == f"knows {count} sessions"
    answer = msg(lingering, "who is there?")
    assert (answer.returncode, answer.stderr) == (67, f"{lingering} does not exist or is disconnected\n")

    open_session(lingering, "--type", "tty", "--tty", "pts/8")
    assert len(agree()) == count + 1
    answer = msg(lingering, "who is there?")
    reason = f"msg: {lingering} is logged in, but not on a desktop: session pts/8 is a terminal\n"
    hint = f"msg: --terminals writes the message on {lingering}'s terminal: msg --terminals {lingering} …\n"
    assert (answer.returncode, answer.stderr) == (1, reason + hint)


def test_many_that_begin_at_once(open_session):
    """Each is opening when logind signals it, and logind doesn't signal that it has opened."""
    new = [open_session("erin", "--type", "x11", "--display", f":{number}") for number in range(20, 30)]
    states = agree()
    assert {states[id] for id in new} == {"active"}


def test_a_session_that_closes_is_said_to(open_session):
    id = open_session("erin", "--type", "x11", *SEAT, command=("sh", "-c", "setsid sleep 60 & exec sleep 60"))
    leader = run("loginctl", "show-session", "--property=Leader", "--value", id).stdout.strip()
    os.kill(int(leader), signal.SIGKILL)
    await_that(lambda: known()[id]["State"] == "closing", lambda: f"{known()[id]}")
    assert agree()[id] == "closing"
    run("loginctl", "kill-session", "--signal=KILL", id)
    await_end(id)
    assert id not in agree()


def test_a_lock_is_told(desktops):
    path = run("busctl", "call", *MANAGER, "GetSession", "s", desktops["bob"].session_id).stdout.split('"')[1]
    for word in ("true", "false"):
        run("busctl", "call", LOGIND, path, f"{LOGIND}.Session", "SetLockedHint", "b", word)
        agree()


LOGIND = "org.freedesktop.login1"
MANAGER = (LOGIND, "/org/freedesktop/login1", f"{LOGIND}.Manager")


def test_sessions_outlive_logind(desktops, open_session):
    erin = open_session("erin", "--type", "wayland", *SEAT)
    alice = desktops["alice"].session_id
    run("systemctl", "restart", "systemd-logind")
    # A seat without virtual terminals may show another session then.
    assert console() == {erin: ("erin", erin), alice: ("alice", alice)}[shown()]
    assert agree()[shown()] == "active"
    for id, user in ((erin, "erin"), (alice, "alice")):
        run("loginctl", "activate", id)
        assert console() == (user, id)
        assert agree()[id] == "active"
