"""A machine without logind, which msgd asks who is logged in. Nobody is reported as absent who may be there."""

import json

import pytest

from lib.commands import msg, service_pid
from lib.machine import HERE, run
from test_completions import SHELLS, Shell

pytestmark = pytest.mark.each_release

SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")
NO_LOGIND = "logind (org.freedesktop.login1) does not answer: "
BUS_NAME = "dbus-org.freedesktop.login1.service"
NEXT_STEP = ": systemctl status systemd-logind\n"


@pytest.fixture
def no_logind(desktops):
    """logind is gone, and nobody can start it. msgd runs, and knew all sessions before."""
    assert msg("--sessions").returncode == 0
    take_away()
    yield
    bring_back()


def take_away():
    """Stops it. Only the bus's name for it is masked: what a masked service gave systemd to keep is lost."""
    run("systemctl", "mask", "--runtime", BUS_NAME)
    run("systemctl", "stop", "systemd-logind")


def bring_back():
    run("systemctl", "unmask", "--runtime", BUS_NAME)
    run("systemctl", "start", "systemd-logind")


@pytest.mark.parametrize(
    "command",
    [
        ("msg", "alice", "hi"), ("msg", "nosuchuser", "hi"), ("msg", "--all", "hi"), ("msg", "*", "/W", "hi"),
        ("msg", "console", "hi"), ("msg", "--sessions"),
        ("msg", "--sessions", "--json"), ("msg", "--sessions", "alice"), ("query-session",),
        ("query-session", "alice"), ("net-send", "alice", "hi"), ("net-send", "/USERS", "hi"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_who_is_logged_in_is_not_known(no_logind, command):
    answer = run(*command, check=False)
    assert (answer.returncode, answer.stdout) == (69, "")
    *_, line = answer.stderr.splitlines(keepends=True)
    assert line.startswith(f"{command[0]}: {NO_LOGIND}") and line.endswith(NEXT_STEP)
    for untrue in ("does not exist", "nobody"):
        assert untrue not in answer.stderr


def test_programs_that_read_json_are_told(no_logind):
    answer = msg("alice", "--json", "hi")
    told = json.loads(answer.stdout)
    assert (answer.returncode, told["state"], told["error"]) == (69, "failed", "org.msgd.Error.Unavailable")
    assert told["error-message"].startswith(NO_LOGIND)


@pytest.mark.parametrize(
    "call", [("SendMessage", "ss", "hi", "alice"), ("SendMessage", "ss", "hi", ""), ("ListSessions",)], ids=" ".join
)
def test_programs_are_told_by_an_error_of_its_own(no_logind, call):
    answer = run("gdbus", "call", "--system", "--dest", SERVICE[0], "--object-path", SERVICE[1], "--method",
                 f"{SERVICE[2]}.{call[0]}", *call[2:], check=False)  # fmt: skip
    assert answer.returncode == 1
    assert f"GDBus.Error:org.msgd.Error.Unavailable: {NO_LOGIND}" in answer.stderr


def test_msgd_that_starts_without_it(no_logind, desktops):
    run("systemctl", "stop", "msgd")
    answer = run("setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "msg", "alice", "hi", check=False)
    assert (answer.returncode, answer.stdout) == (69, "")
    assert NO_LOGIND in answer.stderr
    bring_back()
    popups = desktops["alice"].popups()
    assert msg("alice", "/TIME:1", "it is back").returncode == 0
    popups.popup("it is back")


def test_what_stands_stands(desktops, start):
    popups = desktops["alice"].popups()
    sender = start("alice", "/W", "/TIME:60", "from before")
    popups.popup("from before")
    pid = service_pid()
    take_away()
    try:
        assert msg("alice", "meanwhile").returncode == 69
    finally:
        bring_back()
    assert msg("bob", "/TIME:1", "afterwards").returncode == 0
    assert sender.poll() is None
    desktops["alice"].click_popup()
    assert sender.wait(timeout=5) == 0
    assert service_pid() == pid


def test_the_doctor_says_what_is_the_matter(no_logind):
    answer = msg("--doctor", "--json")
    found = {check["check"]: check for check in map(json.loads, answer.stdout.splitlines())}
    assert [check for check, told in found.items() if told["state"] == "wrong"] == ["logind"]
    assert found["own session"]["text"] == "not checked: logind can't be asked"
    assert answer.returncode == 1


@pytest.mark.parametrize("name", SHELLS)
def test_completions_offer_nobody(no_logind, name):
    shell = Shell(name)
    try:
        assert shell.complete("msg al") == "msg al"
    finally:
        shell.close()


@pytest.mark.parametrize("end", [("stop",), ("kill", "--signal=KILL")], ids=["stopped", "killed"])
def test_the_bus_starts_it_again(desktops, end):
    """Calls that come meanwhile wait for it."""
    assert msg("--sessions").returncode == 0
    popups = desktops["alice"].popups()
    run("systemctl", *end, "systemd-logind")
    senders = [HERE.start("msg", "alice", "/TIME:1", f"number {number}") for number in range(3)]
    for sender in senders:
        assert sender.communicate(timeout=20)[1] == ""
        assert sender.returncode == 0
    for number in range(3):
        popups.popup(f"number {number}")
    assert run("systemctl", "is-active", "systemd-logind").stdout == "active\n"
