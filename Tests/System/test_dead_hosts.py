"""/SERVER: to dead hosts, alone and beside a live one, and to names that are not hosts."""

import re
import time

import pexpect
import pytest

from lib.commands import msg
from lib.machine import await_that, run

DEAD = "--connect-timeout=2"


def test_dead_hosts_delay_nobody(second, start):
    popups = second.popups()
    assert msg("alice", "/SERVER:second", "/TIME:1", "starts the user manager of ssh's root").returncode == 0
    started = time.time()
    sender = start("alice", "/SERVER:second,refused,silent", DEAD, "/V", "/TIME:30", "hello all")

    popup = popups.popup("hello all")
    output, errors = sender.communicate(timeout=10)

    took = time.time() - started
    assert popup.time - started < 1.9  # before the dead ones have failed
    assert 1.9 <= took <= 4
    assert sender.returncode == 1
    assert output.splitlines() == [
        f"second: Sending message to alice (session {second.session_name}), display time 30",
        f"second: Async message sent to alice (session {second.session_name})",
    ]
    for host in ("refused", "silent"):
        assert re.search(rf"^msg: .*\b{host}: ", errors, re.M), errors
    assert "Connection refused" in errors  # ssh's own words


@pytest.mark.parametrize("server, least, most", [("refused", 0, 1.5), ("silent", 1.9, 3.5), ("refused,silent", 1.9, 3.5)])
def test_no_host_can_be_reached(server, least, most):
    started = time.monotonic()
    answer = msg("alice", f"/SERVER:{server}", DEAD, "hi")
    assert least <= time.monotonic() - started <= most
    assert (answer.returncode, answer.stdout) == (69, "")
    for host in server.split(","):
        assert host in answer.stderr
    assert run("pgrep", "--full", f"ssh.*{host}", check=False).stdout == ""  # none is left behind


def test_an_unknown_host_is_told_in_sshs_words():
    answer = msg("alice", "/SERVER:nosuchhost", DEAD, "hi")
    assert (answer.returncode, answer.stdout) == (69, "")
    assert "Could not resolve hostname nosuchhost" in answer.stderr


def test_a_host_without_the_service(second):
    run("ssh", "second", "mv /usr/local/share/dbus-1/system-services/org.msgd.Messenger1.service /run/")
    try:
        run("ssh", "second", "systemctl stop msgd; systemctl reload dbus")
        answer = msg("alice", "/SERVER:second", "hi")
    finally:
        run("ssh", "second", "mv /run/org.msgd.Messenger1.service /usr/local/share/dbus-1/system-services/")
        run("ssh", "second", "systemctl reload dbus")
    assert (answer.returncode, answer.stdout) == (69, "")
    assert "second" in answer.stderr and "msgd" in answer.stderr


NO_HOSTS = [
    "-oProxyCommand=touch /results/hacked", "root@-oProxyCommand=x", "-x", "", "a b", "ssh://second:0", "ssh://second:99999"
]  # fmt: skip


@pytest.mark.parametrize("host", NO_HOSTS)
def test_what_is_no_host_is_refused(alice, second, host):
    here, there = alice.popups(), second.popups()
    answer = msg("alice", f"--server={host}", "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "Invalid parameter(s)" in answer.stderr
    assert here.popups() == there.popups() == []
    assert run("find", "/results", "-name", "hacked").stdout == ""


@pytest.mark.parametrize("seconds", ["-1", "x", "99999999999"])
def test_a_bad_connect_timeout_is_named(seconds):
    answer = msg("alice", "/SERVER:refused", f"--connect-timeout={seconds}", "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert seconds in answer.stderr


def test_control_c_while_a_host_is_silent():
    sender = pexpect.spawn("msg", ["alice", "/SERVER:silent", "--connect-timeout=30", "hi"], encoding="utf-8", timeout=5)
    await_that(lambda: run("pgrep", "--parent", str(sender.pid), "ssh", check=False).stdout, lambda: "ssh was not started")
    sender.sendintr()
    sender.expect(pexpect.EOF)
    sender.close()
    assert 130 in (sender.exitstatus, 128 + (sender.signalstatus or 0))
    assert run("pgrep", "--full", "ssh.*silent", check=False).stdout == ""
