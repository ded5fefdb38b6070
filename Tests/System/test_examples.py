"""The files in Examples, each installed where its comment says, and run by the program for such files."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from lib.machine import HERE, SECOND, run

EXAMPLES = Path("/src/Examples")
BUSES = ("send-busctl", "send-gdbus", "send-dbus-send")


@pytest.fixture(scope="module", autouse=True)
def administrators():
    """alice is one of those whom the examples call group:sudo."""
    run("gpasswd", "--add", "alice", "sudo")
    yield
    run("gpasswd", "--delete", "alice", "sudo")


@pytest.mark.parametrize("scope", ["backup.service.d", "service.d"])
def test_a_unit_that_fails(alice, bob, scope):
    """The drop-in for one unit, and for all services except the one that sends the message."""
    units = Path("/run/systemd/system")
    template, drop_in = units / "msg-failure@.service", units / scope / "on-failure.conf"
    unit, exception = units / "backup.service", units / "msg-failure@.service.d/on-failure.conf"
    for file in (drop_in, exception):
        file.parent.mkdir(parents=True)
    exception.write_text("")
    template.write_bytes((EXAMPLES / "systemd/msg-failure@.service").read_bytes())
    drop_in.write_bytes((EXAMPLES / "systemd/on-failure.conf").read_bytes())
    unit.write_text("[Service]\nType=oneshot\nExecStart=false\n")
    popups, others = alice.popups(), bob.popups()
    try:
        assert run("systemd-analyze", "verify", str(unit), str(template).replace("@", "@backup.service")).stderr == ""
        run("systemctl", "daemon-reload")
        assert run("systemctl", "start", "backup", check=False).returncode != 0
        popup = popups.popup("backup.service has failed")
        assert popup.body == "Result: exit-code. The log: journalctl -u backup.service"
        assert not [popup for popup in others.popups() if "backup.service" in popup.summary]
    finally:
        for file in (template, drop_in, unit, exception):
            file.unlink()
        for file in (drop_in, exception):
            file.parent.rmdir()
        run("systemctl", "daemon-reload")
        run("systemctl", "reset-failed", "backup", check=False)


def test_smartd(alice, bob):
    """Called as smartd would call Debian's runner. It sees no disks here, and its own test mail is about a disk,
    too."""
    script = Path("/etc/smartmontools/run.d/50msg")
    script.write_bytes((EXAMPLES / "smartd/50msg").read_bytes())
    script.chmod(0o755)
    message = "Device: /dev/sda [SAT], 8 Currently unreadable (pending) sectors"
    variables = {
        "SMARTD_ADDRESS": "root", "SMARTD_DEVICE": "/dev/sda", "SMARTD_DEVICESTRING": "/dev/sda [SAT]",
        "SMARTD_DEVICETYPE": "sat", "SMARTD_FAILTYPE": "CurrentPendingSector", "SMARTD_MAILER": "mail",
        "SMARTD_MESSAGE": message, "SMARTD_FULLMESSAGE": message, "SMARTD_SUBJECT": "SMART error on host",
    }  # fmt: skip
    popups, others = alice.popups(), bob.popups()
    try:
        runner = ("/usr/share/smartmontools/smartd-runner",)
        run("env", *(f"{name}={value}" for name, value in variables.items()), *runner, input=f"{message}\n", check=False)
        for recorder in (popups, others):
            popup = recorder.popup("pending")
            assert (popup.summary, popup.body) == ("Trouble with the disk /dev/sda", message)
    finally:
        script.unlink()


def test_a_login_over_ssh(second):
    """PAM runs it in a real login, as root and before the session has a shell."""
    script, configuration = "/usr/local/sbin/msg-login", "/etc/pam.d/sshd"
    line = re.search(r"^#     (session .*)$", (EXAMPLES / "pam/msg-login").read_text(), re.MULTILINE)[1]
    former = SECOND.run("cat", configuration).stdout
    SECOND.run("install", "-m", "755", "/src/Examples/pam/msg-login", script)
    popups = second.popups()
    SECOND.run("tee", configuration, input=f"{former}{line}\n")
    try:
        run("ssh", "-x", "alice@second", "true")
        popup = popups.popup("has logged in from")
        assert (popup.summary, popup.body) == ("Login", "alice has logged in from 192.0.2.1.")
    finally:
        SECOND.run("tee", configuration, input=former)
        SECOND.run("rm", script)


@pytest.mark.parametrize("caller", [*(f"shell/{name}" for name in BUSES), "python/send-message.py"])
def test_a_caller(alice, caller):
    popups = alice.popups()
    answer = run(str(EXAMPLES / caller), "alice", "Back at 14:00, isn't it?")
    assert popups.popup("Back at").body == "Back at 14:00, isn't it?"
    assert re.fullmatch(r"\s*(?:t |\(uint64 |uint64 )?\d+(?:,\))?\n?", answer.stdout), answer.stdout
    assert answer.stderr == ""


@pytest.mark.parametrize("caller", [*(f"shell/{name}" for name in BUSES), "python/send-message.py"])
def test_a_caller_that_is_refused(bob, caller):
    answer = bob.run(str(EXAMPLES / caller), "carol", "psst", check=False)
    assert answer.returncode != 0 and "bob may not message carol" in answer.stderr


def test_a_caller_that_watches(alice, bob):
    popups, others = alice.popups(), bob.popups()
    sender = HERE.start(str(EXAMPLES / "python/send-and-watch.py"), "Lunch?", "alice", "bob")
    popups.popup("Lunch?"), others.popup("Lunch?")
    alice.click_popup()
    bob.dismiss_popup()
    output, errors = sender.communicate(timeout=10)
    lines = output.splitlines()
    assert (sender.returncode, errors) == (0, "")
    assert lines[:2] in [list(pair) for pair in itertools.permutations([f"{user.session_id} shown" for user in (alice, bob)])]
    assert sorted(lines[2:]) == sorted([f"{alice.session_id} acknowledged", f"{bob.session_id} dismissed"])


def test_who_has_not_read(alice, bob):
    popups, others = alice.popups(), bob.popups()
    sender = HERE.start(str(EXAMPLES / "shell/who-has-not-read"), "alice,bob", "20", "Please read this")
    popups.popup("Please read"), others.popup("Please read")
    alice.click_popup()
    bob.dismiss_popup()
    assert sender.communicate(timeout=10) == ("bob\n", "")


@pytest.fixture
def cron():
    """Restarts cron with a table in addition to its own."""
    backup, table = Path("/usr/local/sbin/backup"), Path("/etc/cron.d/msg-jobs")
    backup.write_text("#!/bin/sh\nexit 3\n")
    backup.chmod(0o755)

    def start(text):
        run("systemctl", "stop", "cron")
        Path("/run/crond.reboot").unlink(missing_ok=True)  # by which it knows that it has run the jobs due at a boot
        table.write_text(text)
        run("systemctl", "start", "cron")

    yield start
    table.unlink()
    backup.unlink()


def test_cron(alice, bob, cron):
    """The real daemon runs the jobs, at its start instead of at night. It ignores a table with a single wrong line, so
    their own times are in it, too."""
    popups, others = alice.popups(), bob.popups()
    table = (EXAMPLES / "cron/msg-jobs").read_text()
    at_start, number = re.subn(r"^\d+ \d+ \* \* \S+ ", "@reboot ", table, flags=re.MULTILINE)
    assert number == 2
    cron(table + at_start)
    warning = "This machine goes down at 18:00. Please save your work."
    assert popups.popup("goes down").body == others.popup("goes down").body == warning
    popup = popups.popup("The backup")
    assert (popup.summary, popup.body) == ("Backup", "The backup has failed, with status 3.")
    assert not [popup for popup in others.popups() if popup.summary == "Backup"]
