"""msg-bridge's hooks that no machine of the tests can run for real: which messages they send, with a program in msg's
place that prints its arguments."""

import pytest

from source import ROOT, run

EVERYONE = ["*", "/TIME:0"]


@pytest.fixture
def hook(tmp_path):
    program = tmp_path / "msg"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)

    def call(name, *words, **variables):
        script = tmp_path / name
        script.write_text((ROOT / f"bridge/hooks/{name}.in").read_text().replace("@bindir@", str(tmp_path)))
        script.chmod(0o755)
        return run(script, *words, **variables).stdout.splitlines()

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
    assert hook("mdadm", *words) == ([*EVERYONE, "--title", "RAID /dev/md0", "--quiet", text] if text else [])


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
    expected = [*EVERYONE, "--title", "ZFS pool tank", "--quiet", text] if text else []
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
    expected = ["*", "--title", "UPS office", "--quiet", text] if text else []
    assert hook("apcupsd", f"/etc/apcupsd/{event}", "office", "1") == expected
