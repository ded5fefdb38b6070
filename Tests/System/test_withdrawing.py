"""--print-id and --withdraw: a message is withdrawn. --quiet: only the exit status tells."""

import json

import pytest

from lib.commands import msg, outcome


def test_withdrawing(alice):
    popups = alice.popups()
    answer = msg("alice", "--print-id", "/TIME:30", "take this back")
    assert (answer.returncode, answer.stderr) == (0, "")
    id = answer.stdout.strip()
    assert id.isdecimal()
    popup = popups.popup("take this back")

    assert outcome(msg("--withdraw", id)) == (0, "", "")

    assert popups.closed(popup.id).reason == 3


@pytest.mark.parametrize("id, status", [("4294967295", 1), ("zero", 64), ("-1", 64)])
def test_withdrawing_what_is_no_message(id, status):
    answer = msg("--withdraw", id)
    assert (answer.returncode, answer.stdout) == (status, "")
    assert id in answer.stderr


def test_withdrawing_somebody_elses(desktops):
    popups = desktops["alice"].popups()
    id = msg("alice", "--print-id", "/TIME:30", "not yours").stdout.strip()
    popup = popups.popup("not yours")
    answer = desktops["bob"].run("msg", "--withdraw", id, check=False)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert f"there is no message {id}" in answer.stderr  # others' messages are not revealed
    assert not [event for event in popups.events if event.member == "NotificationClosed" and event.id == popup.id]


def test_a_waiting_sender_hears_of_the_withdrawal(alice, start):
    popups = alice.popups()
    sender = start("alice", "--json", "/W", "/TIME:30", "withdrawn by another")
    popups.popup("withdrawn by another")
    next_id = int(msg("alice", "--print-id", "/TIME:1", "the next one").stdout)
    assert msg("--withdraw", str(next_id - 1)).returncode == 0
    output, _ = sender.communicate(timeout=5)
    assert sender.returncode == 3
    assert json.loads(output)["state"] == "withdrawn"


@pytest.mark.parametrize("recipients, status", [("alice", 0), ("alice,nosuchuser", 1), ("nosuchuser", 67)])
def test_quiet_tells_by_its_status_alone(alice, recipients, status):
    assert outcome(msg(recipients, "--quiet", "/TIME:5", "hi")) == (status, "", "")


def test_quiet_is_quiet_about_answers(alice):
    assert outcome(msg("alice", "--quiet", "/W", "/TIME:1", "hi")) == (3, "", "")
