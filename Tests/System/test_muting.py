"""--mute, --unmute and --mute-status, and the folder in which msgd keeps the choice."""

import pwd
import stat
from pathlib import Path

import pytest

from lib.commands import msg, outcome
from lib.machine import HERE, SECOND, run

FOLDER = Path("/var/lib/msgd/muted")


@pytest.fixture
def unmuted(alice):
    """Leaves nobody muted."""
    yield
    alice.run("msg", "--unmute")
    for machine in (HERE, SECOND):
        machine.run("msg", "--unmute")


def mute(desktop, option="--mute"):
    answer = desktop.run("msg", option, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


def test_root_and_oneself_come_through(alice, unmuted):
    popups = alice.popups()
    assert mute(alice) == ""
    assert outcome(msg("alice", "/TIME:5", "from root")) == (0, "", "")
    popups.popup("from root")
    own = alice.run("msg", "alice", "/TIME:5", "from myself", check=False)
    assert outcome(own) == (0, "", "")
    popups.popup("from myself")


def test_the_choice_outlasts_a_restart(alice, bob, unmuted):
    mute(alice)
    for action in (("restart",), ("kill", "--signal=KILL"), ("stop",)):
        run("systemctl", "reset-failed", "msgd")  # systemd counts starts, and has a limit of its own
        run("systemctl", *action, "msgd")
        assert [mute(user, "--mute-status") for user in (alice, bob)] == ["muted\n", "not muted\n"]
    mute(alice, "--unmute")
    run("systemctl", "reset-failed", "msgd")
    run("systemctl", "restart", "msgd")
    assert mute(alice, "--mute-status") == "not muted\n"


def test_it_is_on_the_disk_and_nobody_elses_business(alice, unmuted):
    mute(alice)
    assert [file.name for file in FOLDER.iterdir()] == [str(alice.uid)]
    for file in (FOLDER, FOLDER / str(alice.uid)):
        status = file.stat()
        assert (status.st_uid, stat.S_IMODE(status.st_mode) & 0o077) == (pwd.getpwnam("msgd").pw_uid, 0)
    assert alice.run("ls", str(FOLDER), check=False).returncode != 0
    mute(alice, "--unmute")
    assert list(FOLDER.iterdir()) == []


def test_another_machine(second, unmuted):
    assert outcome(msg("--mute", "/SERVER:second")) == (0, "", "")
    assert outcome(msg("--mute-status", "/SERVER:second")) == (0, "muted\n", "")
    assert outcome(msg("--mute-status")) == (0, "not muted\n", "")
    assert outcome(msg("--unmute", "/V", "--server=second")) == (0, "not muted\n", "")


@pytest.mark.parametrize("words", [("alice",), ("alice", "hi"), ("--sessions",), ("--unmute",)])
def test_it_is_nothing_for_a_message(alice, words):
    answer = alice.run("msg", "--mute", *words, check=False)
    assert answer.returncode == 64 and words[0] in answer.stderr
    assert mute(alice, "--mute-status") == "not muted\n"
