"""msg-bridge's hooks that no machine of the tests can run for real: which messages they send, with a program in msg's
place that prints its arguments."""

import os
import subprocess

import pytest

from source import ROOT, run

EVERYONE = ["*", "/TIME:0"]


def script(folder, name):
    """A hook that runs the program in the folder."""
    for part in ("text", name):
        file = folder / part
        text = (ROOT / f"bridge/hooks/{part}.in").read_text()
        file.write_text(text.replace("@bindir@", str(folder)).replace("@bridgedir@", str(folder)))
        file.chmod(0o755)
    return file


@pytest.fixture
def hook(tmp_path):
    program = tmp_path / "msg"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)

    def call(name, *words, **variables):
        return run(script(tmp_path, name), *words, **variables).stdout.splitlines()

    return call


@pytest.mark.parametrize(
    "words, text",
    [
        (["Fail", "/dev/md0", "/dev/sdb1"], "A disk of the array has failed. Disk: /dev/sdb1"),
        (["DegradedArray", "/dev/md0"], "The array is degraded."),
        (["Rebuild20", "/dev/md0"], None),
    ],
)
def test_mdadm(hook, words, text):
    assert hook("mdadm", *words) == ([*EVERYONE, "--title", "RAID /dev/md0", "--quiet", "--no-ask-password", text] if text else [])


@pytest.mark.parametrize(
    "subclass, variables, text",
    [
        ("statechange", {"ZEVENT_VDEV_STATE_STR": "FAULTED", "ZEVENT_VDEV_PATH": "sdb"}, "The disk sdb is FAULTED."),
        ("statechange", {"ZEVENT_VDEV_STATE_STR": "ONLINE"}, None),
        ("resilver_finish", {}, "The pool is rebuilt."),
        ("history_event", {}, None),
    ],
)
def test_zed(hook, subclass, variables, text):
    expected = [*EVERYONE, "--title", "ZFS pool tank", "--quiet", "--no-ask-password", text] if text else []
    assert hook("zed", ZEVENT_SUBCLASS=subclass, ZEVENT_POOL="tank", **variables) == expected


@pytest.mark.parametrize(
    "event, text",
    [
        ("onbattery", "The power has failed. The machine runs on battery."),
        ("offbattery", "The power is back."),
        ("annoyme", None),
    ],
)
def test_apcupsd(hook, event, text):
    expected = ["*", "--title", "UPS office", "--quiet", "--no-ask-password", text] if text else []
    assert hook("apcupsd", f"/etc/apcupsd/{event}", "office", "1") == expected


def test_a_long_mail_is_read_to_its_end(hook, tmp_path):
    """A program whose mail is not is killed (SIGPIPE)."""
    mail = subprocess.Popen([script(tmp_path, "sendmail")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    output, _ = mail.communicate(b"To: ann\nSubject: Cron\n\n" + b"x" * 500_000)
    assert mail.returncode == 0 and output.startswith(b"user:ann\n/TIME:0\n--title\nCron\n")
    assert len(output) < 5000


def mailed(tmp_path, mail):
    """The arguments of msg for a mail."""
    script(tmp_path, "sendmail")
    done = subprocess.run([tmp_path / "sendmail"], input=mail, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize(
    "mail, text",
    [
        (b"To: ann\nSubject: Cron\n\n" + b"x" * 3999 + "ää".encode(), "x" * 3999),
        (b"To: ann\nSubject: Cron\n\nb\377d", "bd"),
        (b"To: ann\r\nSubject: Cron\r\n\r\none\r\ntwo\r\n", "one\ntwo"),
        (b"To: ann\nSubject: Cron\n\n \n", "Cron"),
    ],
)
def test_no_mail_is_lost_for_its_bytes(hook, tmp_path, mail, text):
    expected = f"user:ann\n/TIME:0\n--title\nCron\n--urgency\nnormal\n--quiet\n--no-ask-password\n--\n{text}\n"
    assert mailed(tmp_path, mail) == expected


def test_a_long_subject_is_cut_between_letters(hook, tmp_path):
    assert mailed(tmp_path, "To: ann\nSubject: x{}\n\nText".format("ä" * 200).encode()).splitlines()[3] == "x" + "ä" * 99


@pytest.mark.parametrize(
    "name, words, variables, text",
    [
        ("smartmontools", [], {"SMARTD_DEVICE": "/dev/sda", "SMARTD_MESSAGE": os.fsdecode(b"b\377d")}, "bd"),
        ("smartmontools", [], {"SMARTD_DEVICE": "/dev/sda", "SMARTD_MESSAGE": ""}, "smartd gives no reason."),
        ("nut", [os.fsdecode(b"on b\377att")], {"NOTIFYTYPE": "ONBATT"}, "on batt"),
        ("mdadm", ["Fail", "/dev/md0", os.fsdecode(b"/dev/s\377")], {}, "A disk of the array has failed. Disk: /dev/s"),
    ],
)
def test_no_alarm_is_lost_for_its_bytes(hook, name, words, variables, text):
    assert hook(name, *words, **variables)[-1] == text
