"""The limits in msgd.conf, as the command reports them."""

import re
from pathlib import Path

import pytest

from lib.commands import msg, outcome
from lib.machine import run

CONFIGURATION = Path("/etc/msgd.conf")


def restart():
    # systemd counts starts, and has a limit of its own. If nobody has called msgd yet, it knows of none.
    run("systemctl", "reset-failed", "msgd", check=False)
    run("systemctl", "restart", "msgd")


@pytest.fixture
def limit():
    """Sets limits for the test: limit("Burst=1")."""
    former = CONFIGURATION.read_text()

    def apply(*lines):
        CONFIGURATION.write_text("\n".join(["[Limits]", *lines, ""]))
        restart()

    yield apply
    CONFIGURATION.write_text(former)
    restart()  # this also resets the counts


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


def test_too_many_popups(alice, bob, limit):
    limit("OpenPopupsPerRecipient=1")
    popups = bob.popups()
    assert msg("bob", "/TIME:30", "the first").returncode == 0
    popups.popup("the first")
    answer = alice.run("msg", "bob", "hi", check=False)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"bob (session {bob.session_id}, {bob.session_name}): failed: bob has too many open popups "
        "(OpenPopupsPerRecipient=1): try again when some are closed\n"
    )
    # There are places for bob's own.
    assert bob.run("msg", "bob", "/TIME:30", "from myself").returncode == 0
    popups.popup("from myself")


def test_nobody_takes_all_of_somebodys_places(alice, bob, limit):
    limit("Burst=100", "MessagesPerMinute=600")
    popups = bob.popups()
    answers = [alice.run("msg", "bob", "/TIME:0", f"number {number}", check=False) for number in range(26)]
    assert [answer.returncode for answer in answers] == 5 * [0] + 21 * [1]
    assert "too many open popups of yours (OpenPopupsPerSenderAtRecipient=5)" in answers[-1].stderr
    assert bob.run("msg", "bob", "/TIME:30", "from myself").returncode == 0
    assert msg("bob", "/TIME:30", "from root").returncode == 0
    popups.popup("from myself")
    popups.popup("from root")


def test_what_is_wrong_in_the_file_is_in_the_journal(alice, limit):
    since = run("date", "+%s.%N").stdout.strip()
    limit("Burst=1", "OpenPopupsPerSender=many", "Colour: red")
    assert msg("--mute-status").returncode == 0
    journal = run("journalctl", "--unit=msgd", f"--since=@{since}", "--priority=err", "--output=cat").stdout
    assert f"{CONFIGURATION}:3: OpenPopupsPerSender=many in [Limits] is no number from 1 to 100000: it stays 200\n" in journal
    assert f"{CONFIGURATION}:4: " in journal
