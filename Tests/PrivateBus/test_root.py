"""Root logged in on a desktop: msgd runs as in an installation, never becomes root, and serves all others."""

import pathlib
import pwd

import pytest

from lib.machine import outcome

REASON = "msgd never becomes root, so root's desktop gets no popups"
PRIVILEGES = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}


def threads(service):
    """The kernel's facts about each thread of msgd."""
    for file in pathlib.Path(f"/proc/{service.process.pid}/task").glob("*/status"):
        yield dict(line.split(":\t", 1) for line in file.read_text().splitlines())


def expect_no_privileges(service):
    """Checks that each thread runs as msgd, without any capability, or a way to get one."""
    msgd = pwd.getpwnam("msgd")
    for thread in threads(service):
        assert {thread[name].strip() for name in PRIVILEGES} == {"0" * 16}, thread
        assert (thread["Uid"].split(), thread["Gid"].split()) == ([str(msgd.pw_uid)] * 4, [str(msgd.pw_gid)] * 4)
        assert (thread["Groups"].split(), thread["NoNewPrivs"].strip()) == ([], "1")


@pytest.fixture
def root(machine, logind):
    root = machine.root()
    logind.add("r", root)
    return root


def test_roots_desktop_gets_nothing_and_the_report_says_so(machine, logind, client, alice, root):
    logind.add("a", alice)
    machine.start()
    assert outcome(client.send("root")[1]) == [("failed", REASON)]
    assert {delivery[0]: delivery[3] for delivery in client.send("*")[1]} == {"a": "shown", "r": "failed"}
    assert root.server.popups == []
    graphical = {session[0]: session[5]["graphical"] for session in client.call("ListSessions")[0]}
    assert graphical == {"a": True, "r": False}
    status, output = machine.finish(machine.msg("*", "hello"))
    assert (status, output) == (1, f"root (session r, :0): failed: {REASON}\n")


def test_others_are_reached_and_msgd_has_no_privileges(machine, logind, client, root):
    service = machine.start()
    expect_no_privileges(service)
    for number in range(6):
        person = machine.desktop_user()
        logind.add(str(number), person)
        assert outcome(client.send("root")[1]) == [("failed", REASON)]
        assert outcome(client.send(person.name)[1]) == [("shown", "")]
        expect_no_privileges(service)
    assert service.process.poll() is None
