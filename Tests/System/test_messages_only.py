"""A key for messages only: the other machine lets its owner send, and do nothing else.

test_remote.py tests what its owner may do.
"""

import pytest

from lib.machine import run

pytestmark = pytest.mark.usefixtures("restricted")


def test_a_sender_who_hangs_up_leaves_nothing(second, start):
    popups = second.popups()
    sender = start("alice", "/SERVER:restricted", "/W", "/TIME:0", "hello")
    popups.popup("hello")
    sender.kill()
    sender.wait(timeout=10)


@pytest.mark.parametrize(
    "call",
    [
        ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListJobs"],
        ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "ListSessions"],
        ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames"],
        ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", "type='signal'"],
        ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", "asu", "0", "0"],
    ],
    ids=lambda call: call[3],
)
def test_nothing_else_can_be_called(second, call):
    # The same call as root without the key's restriction shows that the restriction forbids it. A monitor gets no
    # answer.
    if call[3] != "BecomeMonitor":
        assert run("busctl", "--host=second", "call", *call, check=False).returncode == 0
    answer = run("busctl", "--host=restricted", "call", *call, check=False)
    assert (answer.returncode, answer.stdout) == (1, "") and "Access denied" in answer.stderr


def test_no_command_is_run(second):
    answer = run("ssh", "restricted", "id", check=False)
    assert "uid=" not in answer.stdout
