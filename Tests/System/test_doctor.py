"""msg --doctor: a desktop without faults, and then one fault after the other."""

import json
import re
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from bin.screen import release
from lib.commands import msg, outcome
from lib.machine import Machine, run, system_bus

CHECKS = [
    "system bus", "service", "bus policy", "configuration", "polkit", "logind", "connections", "own session", "mute",
    "notification server",
]  # fmt: skip
POLICY = Path("/etc/dbus-1/system.d/org.msgd.Messenger1.conf")
BOUND = 15  # seconds, of which ten are for a service that does not start


def examine(run_as, *options):
    """Returns each check's object, by its name."""
    begin = time.monotonic()
    answer = run_as("msg", "--doctor", "--json", *options, check=False)
    assert time.monotonic() - begin < BOUND
    found = {check["check"]: check for check in map(json.loads, answer.stdout.splitlines())}
    assert list(found) == CHECKS, answer.stderr
    assert answer.returncode == any(check["state"] == "wrong" for check in found.values())
    return found


def wrong(found):
    """Returns each fault with its reason and its fix."""
    return {name: (check["text"], check["reason"], check["fix"]) for name, check in found.items() if check["state"] == "wrong"}


@contextmanager
def missing(path):
    """Hides a file for a time."""
    away = path.with_suffix(".away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


@pytest.fixture
def service():
    """msgd runs before and after the test. systemd counts its starts, and the bus remembers a failed start for a
    while."""

    def start():
        run("systemctl", "unmask", "--runtime", "msgd")
        run("systemctl", "reset-failed", "msgd", check=False)
        run("systemctl", "start", "msgd")

    start()
    yield
    start()


@pytest.mark.each_release
@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
def test_all_is_well_for_who_is_logged_in(desktops, user):
    answer = desktops[user].run("msg", "--doctor")
    lines = answer.stdout.splitlines()
    assert [line.split(":")[0].split(maxsplit=1) for line in lines] == [["ok", name] for name in CHECKS]
    session = desktops[user].session
    assert f"own session: messages reach session {session['Id']} ({session['Type']}, " in lines[7]
    server = {"alice": "dunst", "bob": "Xfce Notify Daemon", "carol": "mako"}[user]
    assert lines[9].startswith(f"ok       notification server: {server} ")


def test_what_polkit_allows_is_told(alice, bob):
    run("loginctl", "activate", alice.session_id)  # nobody does when another session has left seat0
    said = [examine(desktop.run)["polkit"]["text"] for desktop in (alice, bob)]
    password = "with an administrator's password"
    assert said == [
        f"messages to another user: {other}; to several or everyone: {password}"
        for other in ("allowed", password)
    ]


def test_who_has_no_desktop_learns_why(dave):
    for run_as, reason in {
        run: "root is not logged in, and need not be",
        dave.run: f"session {dave.session_id} is on the terminal pts/7, where no desktop was started",
    }.items():
        found = examine(run_as)
        assert not wrong(found)
        assert (found["own session"]["state"], found["own session"]["reason"]) == ("note", reason)


# --- what is broken --------------------------------------------------------------------------------------------------


def test_the_service_is_masked(alice, service):
    run("systemctl", "mask", "--runtime", "--now", "msgd")
    found = examine(alice.run)
    text = alice.run("msg", "--doctor", check=False).stdout
    # The fix that it suggests must help.
    fix = found["service"]["fix"].removeprefix("sudo ")
    run(*fix.split())
    assert wrong(found) == {"service": ("msgd can't be started", "msgd.service is masked", "sudo systemctl unmask --runtime msgd")}
    assert {name: found[name]["state"] for name in ("bus policy", "own session", "mute")} == dict.fromkeys(
        ("bus policy", "own session", "mute"), "unknown"
    )
    assert "wrong    service: msgd can't be started\n         because: msgd.service is masked\n         fix: sudo " in text
    assert not wrong(examine(alice.run))


def test_the_program_is_missing(alice, service):
    run("systemctl", "stop", "msgd")
    with missing(Path("/usr/local/libexec/msgd")):
        found = examine(alice.run)
    [(text, reason, fix)] = wrong(found).values()
    assert text == "msgd can't be started" and reason.endswith("\nmsgd.service has failed: exit-code")
    assert "journalctl -u msgd" in fix


def test_the_policy_is_missing(alice, service):
    try:
        with missing(POLICY):
            run("systemctl", "reload", "dbus")
            found = examine(alice.run)
    finally:
        run("systemctl", "reload", "dbus")
    [(text, reason, fix)] = wrong(found).values()
    assert text == "there is none for msgd"
    refusal = {"dbus-daemon": "Rejected send message", "dbus-broker": "not authorized to send message"}[system_bus()]
    assert str(POLICY) in reason and refusal in reason
    assert fix == "install msg again, then: sudo systemctl reload dbus"
    assert not wrong(examine(alice.run))


def test_polkit_is_masked(alice):
    run("systemctl", "mask", "--runtime", "--now", "polkit")
    try:
        found, of_root = examine(alice.run), examine(run)
    finally:
        run("systemctl", "unmask", "--runtime", "polkit")
        run("systemctl", "reset-failed", "polkit", check=False)
        run("systemctl", "start", "polkit")
    for check in (found, of_root):
        [(text, reason, fix)] = wrong(check).values()
        assert (text, fix) == ("it can't be asked", "sudo systemctl unmask --runtime polkit")
        assert reason == "polkit.service is masked\nwithout it nobody but root may message others"


def test_polkit_does_not_know_the_actions(alice):
    policy = Path("/usr/share/polkit-1/actions/org.msgd.policy")
    try:
        with missing(policy):
            run("systemctl", "restart", "polkit")
            found = examine(alice.run)
    finally:
        run("systemctl", "reset-failed", "polkit", check=False)
        run("systemctl", "restart", "polkit")
    [(text, reason, fix)] = wrong(found).values()
    assert text.startswith("it does not know org.msgd.send-user, ") and str(policy) in reason
    assert "sudo systemctl restart polkit" in fix


if release() == "12":  # Later ones forget all sessions when they are stopped and masked.

    @pytest.mark.each_release
    def test_logind_is_masked(desktops):
        run("systemctl", "mask", "--runtime", "systemd-logind")
        run("systemctl", "stop", "systemd-logind")
        try:
            check = examine(run)["logind"]
        finally:
            run("systemctl", "unmask", "--runtime", "systemd-logind")
            run("systemctl", "start", "systemd-logind")
        assert (check["state"], check["reason"]) == ("wrong", "systemd-logind.service is masked")
        assert check["fix"] == "sudo systemctl unmask --runtime systemd-logind"
        assert examine(run)["logind"]["state"] == "ok"


def test_the_socket_of_msgd_connect_is_stopped(desktops):
    run("systemctl", "stop", "msgd-connect.socket", "msgd-connect.service")
    try:
        check = examine(run)["connections"]
    finally:
        run("systemctl", "start", "msgd-connect.socket")
    assert (check["state"], check["reason"]) == ("wrong", "msgd-connect.socket is inactive")
    assert "sudo systemctl start msgd-connect.socket" in check["fix"]
    assert examine(run)["connections"]["state"] == "ok"


def test_the_notification_server_has_been_killed(alice):
    with alice.without_server():
        found = examine(alice.run)
    assert wrong(found) == {
        "notification server": (
            f"there is none on the session bus at unix:path=/run/user/{alice.uid}/bus", None,
            "start dunst, mako or the like in your session, and with each log-in",
        )
    }  # fmt: skip
    assert not wrong(examine(alice.run))


# --- what is no fault ------------------------------------------------------------------------------------------------


def test_do_not_disturb_is_noted(alice, bob):
    for desktop in (alice, bob):
        desktop.run("sh", "-c", desktop.recipe["QUIET_ON"])
        try:
            check = examine(desktop.run)["notification server"]
        finally:
            desktop.run("sh", "-c", desktop.recipe["QUIET_OFF"])
        assert check["state"] == "note" and '"do not disturb" is on' in check["reason"]
        assert examine(desktop.run)["notification server"]["state"] == "ok"


def test_being_muted_is_noted(alice):
    alice.run("msg", "--mute")
    try:
        check = examine(alice.run)["mute"]
    finally:
        alice.run(*check["fix"].split())
    assert (check["state"], check["text"]) == ("note", "you take no messages but root's and your own")
    assert examine(alice.run)["mute"]["state"] == "ok"


# --- other machines --------------------------------------------------------------------------------------------------


def test_another_machine(second):
    found = examine(run, "/SERVER:second")
    assert not wrong(found)
    assert {check["host"] for check in found.values()} == {"second"}
    assert found["logind"]["state"] == found["service"]["state"] == "ok"
    assert found["notification server"]["text"] == "not asked: call msg --doctor on the desktop at second"
    as_alice = examine(run, "/SERVER:alice@second")
    assert as_alice["own session"]["text"].startswith(f"messages reach session {second.session_id} ")


def test_a_login_over_ssh_looks_at_the_desktop_too(second):
    found = examine(Machine("alice@second").run)
    assert not wrong(found)
    assert found["own session"]["text"].startswith(f"messages reach session {second.session_id} ")
    assert found["notification server"]["text"].startswith("dunst ")


def test_dead_machines_delay_no_other(second):
    status, output, errors = outcome(msg("--doctor", "--connect-timeout=2", "/SERVER:refused,silent,second"))
    parts = re.split(r"^(\w+):\n", output, flags=re.MULTILINE)
    of = dict(zip(parts[1::2], parts[2::2]))
    assert status == 1
    for host in ("refused", "silent"):
        assert f"wrong    system bus: that of {host} can't be reached" in of[host]
        assert f"fix: ssh {host} systemd-stdio-bridge" in of[host]
    assert "wrong" not in of["second"] and "ok       service: msgd " in of["second"]
