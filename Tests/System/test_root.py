"""Root logged in at the machine, on a terminal and on a desktop: msgd never becomes root, and serves all others."""

import json
import pathlib

import pytest

from lib.commands import NOBODY, failure, msg, outcome, service_pid
from lib.machine import run

MESSAGES = 18
REASON = "msgd never becomes root, so root's desktop gets no popups"
NO_CAPABILITIES = {name: "0" * 16 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}


@pytest.fixture
def sessions(open_session):
    """Root's sessions on a terminal of seat0, and on a desktop."""
    terminal = open_session("root", "--type", "tty", "--seat", "seat0")
    desktop = open_session("root", "--type", "x11", "--display", ":9")
    run("systemctl", "restart", "msgd")
    return terminal, desktop


def expect_no_capabilities():
    for file in pathlib.Path(f"/proc/{service_pid()}/task").glob("*/status"):
        fields = dict(line.split(":\t", 1) for line in file.read_text().splitlines())
        assert {name: fields[name] for name in NO_CAPABILITIES} == NO_CAPABILITIES, fields


def test_others_get_their_messages(alice, open_session, sessions):
    """The desktops of erin and frank show nothing, so that each message to them joins their bus, and leaves it at
    once."""
    for user in ("erin", "frank"):
        open_session(user, "--type", "wayland")
    pid = service_pid()
    for number in range(MESSAGES):
        answer = msg("root", f"number {number}")
        assert answer.returncode == 1 and answer.stderr.endswith(f": failed: {REASON}\n"), answer
        for user in ("erin", "frank"):
            assert failure(msg(user, f"number {number}").stderr, user) == NOBODY
        expect_no_capabilities()
    assert outcome(msg("alice", "/TIME:1", "hello")) == (0, "", "")
    assert service_pid() == pid


def test_a_message_to_everyone_says_who_was_not_reached(desktops, sessions):
    terminal, desktop = sessions
    answer = msg("*", "/TIME:1", "hello")
    assert outcome(answer) == (1, "", f"root (session {desktop}, :9): failed: {REASON}\n")
    lines = msg("--sessions", "--json").stdout.splitlines()
    graphical = {session["session"]: session["graphical"] for session in map(json.loads, lines)}
    assert [graphical[id] for id in sessions] == [False, False]
    assert outcome(msg("id:" + terminal, "hello"))[0] == 1
