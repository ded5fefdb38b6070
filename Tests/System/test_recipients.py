"""The meaning of recipients: names, wildcards, groups, several at once."""

import json

import pytest

from lib.commands import msg, outcome
from lib.machine import run
from lib.notification_recorder import reached

GRAPHICAL = ("alice", "bob", "carol")
# A claim that any program of a session may make to logind, and that stays (systemd 252).
CLAIM = """
import dbus, sys
bus = dbus.SystemBus()
manager = bus.get_object("org.freedesktop.login1", "/org/freedesktop/login1")
path = manager.GetSession(sys.argv[1], dbus_interface="org.freedesktop.login1.Manager")
session = dbus.Interface(bus.get_object("org.freedesktop.login1", path), "org.freedesktop.login1.Session")
session.TakeControl(False)
session.SetDisplay(sys.argv[2])
"""
UNKNOWN = "nosuchuser does not exist or is disconnected\n"


@pytest.fixture
def team():
    run("groupadd", "--users", "alice,carol,erin", "team")
    yield "team"
    run("groupdel", "team")


@pytest.mark.parametrize(
    "recipient, users",
    [
        ("alice,bob", {"alice", "bob"}),
        ("alice,alice,:1", {"alice"}),
        ("al*", {"alice"}),
        ("?ob", {"bob"}),
        ("*o*", {"bob", "carol"}),
        (":[", None),
        (":?", {"alice", "bob"}),
        ("user:carol", {"carol"}),
        ("session::2", {"bob"}),
        ("session:SEAT0", {"alice"}),
        ("user::2", None),
        ("*", set(GRAPHICAL)),
    ],
)
def test_a_recipient_means(recorders, recipient, users):
    answer = msg(recipient, "/TIME:5", "for you")
    if users is None:
        assert (answer.returncode, answer.stderr) == (67, f"{recipient} does not exist or is disconnected\n")
    else:
        assert outcome(answer) == (0, "", "")
    assert reached(recorders) == (users or set())


def test_an_id_is_a_recipient(recorders, desktops):
    assert outcome(msg(f"id:{desktops['bob'].session_id}", "/TIME:5", "for you")) == (0, "", "")
    assert reached(recorders) == {"bob"}


def test_a_group_is_its_members_with_a_desktop(recorders, team):
    assert outcome(msg(f"group:{team}", "/TIME:5", "for the team")) == (0, "", "")
    assert reached(recorders) == {"alice", "carol"}


def test_several_who_are_not_there_are_each_named(recorders):
    dave = "dave is logged in, but not on a desktop: session pts/7 is a terminal\n"
    assert outcome(msg("nosuchuser,other", "hi")) == (67, "", UNKNOWN + "other does not exist or is disconnected\n")
    assert outcome(msg("nosuchuser,dave", "hi")) == (1, "", UNKNOWN + dave)
    objects = [json.loads(line) for line in msg("nosuchuser,dave", "--json", "hi").stdout.splitlines()]
    assert [(one["user"], one["error-message"] + "\n") for one in objects] == [("nosuchuser", UNKNOWN), ("dave", dave)]
    assert msg("alice,dave", "/TIME:5", "hi").stderr == dave
    assert reached(recorders) == {"alice"}


def test_a_name_in_another_case_is_the_users(recorders, alice):
    answer = msg("Alice", "/V", "/TIME:5", "as on Windows")
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, "Alice: sent to alice")
    assert outcome(msg("user:BOB", "/TIME:5", "hi")) == (0, "", "")
    assert reached(recorders) == {"alice", "bob"}


@pytest.mark.parametrize("options", [("--display", "carol"), ("--tty", "carol"), ("--display", "frank")], ids=" ".join)
def test_a_session_that_calls_itself_by_a_users_name_is_not_theirs(recorders, open_session, options):
    """erin's session claims that its display is carol, who is here, or frank, who is not."""
    id = open_session("erin", *options)
    name = options[1]
    sessions = [json.loads(line) for line in msg("--sessions", "--json").stdout.splitlines()]
    assert [session["session-name"] for session in sessions if session["session"] == id] == [id]
    answer = msg(name, "/TIME:5", "for you alone")
    if name == "carol":
        assert outcome(answer) == (0, "", "")
        assert reached(recorders) == {"carol"}
    else:
        assert outcome(answer) == (67, "", "frank does not exist or is disconnected\n")
    assert outcome(msg(f"session:{name}", "hi")) == (67, "", f"session:{name} does not exist or is disconnected\n")


def test_a_display_that_another_user_claims_is_nobodys(recorders, bob):
    def claim(display):
        bob.run("python3", "-c", CLAIM, bob.session_id, display)

    claim(":1")
    try:
        for name in (":1", "session::1"):
            reason = f"msg: {name} is several users' display (alice, bob): name the user\n"
            assert outcome(msg(name, "/TIME:5", "for alice alone")) == (64, "", reason)
        assert outcome(msg("alice", "/TIME:5", "for alice alone")) == (0, "", "")
        assert reached(recorders) == {"alice"}
    finally:
        claim(":2")


def test_a_user_who_is_called_like_a_session_gets_what_is_for_them(recorders, open_session):
    """If the user is not logged in, the name means nobody, not even the user on the display of that name."""
    run("useradd", "--badname", "ttyS9")
    try:
        open_session("erin", "--tty", "ttyS9")
        assert outcome(msg("ttyS9", "hi")) == (67, "", "ttyS9 does not exist or is disconnected\n")
        assert "erin (session " in msg("session:ttyS9", "hi").stderr
    finally:
        run("userdel", "ttyS9")


def test_too_many_recipients_are_a_mistake():
    names = ",".join(f"x{number}" for number in range(5000))
    assert outcome(msg(names, "hi")) == (64, "", "msg: too many recipients: 5000 (RecipientsPerCall=1000)\n")


def test_an_unknown_recipient_beside_known_ones(recorders):
    answer = msg("alice,nosuchuser,bob", "/TIME:5", "hi")
    assert outcome(answer) == (1, "", UNKNOWN)
    assert reached(recorders) == {"alice", "bob"}


def test_a_user_may_not_use_wildcards(recorders, alice):
    answer = alice.run("msg", "al*", "to myself?", check=False)
    assert (answer.returncode, answer.stdout) == (77, "")
    assert reached(recorders) == set()
