"""The limits in msgd.conf, as the command tells of them."""

import re
from pathlib import Path

import pytest

from commands import msg, outcome
from machine import run

CONFIGURATION = Path("/etc/msgd.conf")


def restart():
    run("systemctl", "reset-failed", "msgd")  # systemd counts starts, and has a limit of its own
    run("systemctl", "restart", "msgd")


@pytest.fixture
def limit():
    """Puts limits into force, for the test: limit("Burst=1")."""
    former = CONFIGURATION.read_text()

    def apply(*lines):
        CONFIGURATION.write_text("\n".join(["[Limits]", *lines, ""]))
        restart()

    yield apply
    CONFIGURATION.write_text(former)
    restart()  # which also forgets what was used


def test_too_many_messages_a_minute(alice, limit):
    limit("MessagesPerMinute=2", "Burst=1")
    assert alice.run("msg", "alice", "/TIME:5", "hi", check=False).returncode == 0
    answer = alice.run("msg", "alice", "/TIME:5", "hi", check=False)
    assert (answer.returncode, answer.stdout) == (77, "")
    assert re.fullmatch(
        r"msg: too many messages \(MessagesPerMinute=2, Burst=1\): try again in \d+ s\n", answer.stderr
    )
    for _ in range(3):
        assert outcome(msg("alice", "/TIME:5", "hi")) == (0, "", "")  # root


def test_too_many_popups(alice, limit):
    limit("OpenPopupsPerRecipient=1")
    popups = alice.popups()
    assert msg("alice", "/TIME:30", "the first").returncode == 0
    popups.popup("the first")
    answer = alice.run("msg", "alice", "hi", check=False)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"alice (session {alice.session_id}, {alice.session_name}): failed: alice has too many open popups "
        "(OpenPopupsPerRecipient=1): try again when some are closed\n"
    )


def test_what_is_wrong_in_the_file_is_in_the_journal(alice, limit):
    since = run("date", "+%s.%N").stdout.strip()
    limit("Burst=1", "OpenPopupsPerSender=many", "Colour: red")
    assert msg("--mute-status").returncode == 0
    journal = run("journalctl", "--unit=msgd", f"--since=@{since}", "--priority=err", "--output=cat").stdout
    assert f"{CONFIGURATION}:3: OpenPopupsPerSender=many in [Limits] is no number from 1 to 100000: it stays 200\n" in journal
    assert f"{CONFIGURATION}:4: " in journal
