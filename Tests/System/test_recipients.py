"""Whom a recipient means: names, wildcards, groups, several at once."""

import pytest

from commands import msg, outcome
from machine import run
from recorder import reached

GRAPHICAL = ("alice", "bob", "carol")
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


def test_an_unknown_recipient_beside_known_ones(recorders):
    answer = msg("alice,nosuchuser,bob", "/TIME:5", "hi")
    assert outcome(answer) == (1, "", UNKNOWN)
    assert reached(recorders) == {"alice", "bob"}


def test_a_user_may_not_use_wildcards(recorders, alice):
    answer = alice.run("msg", "al*", "to myself?", check=False)
    assert (answer.returncode, answer.stdout) == (77, "")
    assert reached(recorders) == set()
