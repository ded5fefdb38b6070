"""/SERVER: over real ssh, to another machine with real desktops."""

import json
import time

import pexpect
import pytest

from lib.commands import msg, outcome
from lib.machine import run


@pytest.mark.parametrize(
    "server",
    ["/SERVER:second", "-server:root@second", "--server=second", "--server=ssh://second", "--server=ssh://root@second:22"],
)
def test_a_popup_there_and_nothing_here(alice, second, server):
    here, there = alice.popups(), second.popups()
    before = second.screenshot("remote-before")

    answer = msg("alice", server, "/TIME:30", "hello over there")

    assert outcome(answer) == (0, "", "")
    popup = there.popup("hello over there")
    assert popup.body == "hello over there"
    second.screenshot_unlike(before, "remote")
    assert here.popups() == []


def test_waiting_for_a_remote_answer(second, host, start):
    popups = second.popups()
    sender = start("alice", f"/SERVER:{host}", "/W", "/V", "/TIME:30", "please click")
    popups.popup("please click")
    second.click_popup()
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert output.endswith(f"Message to session {second.session_name} responded to by user\n")


def test_standard_input_is_the_message_and_not_ssh_s(second):
    popups = second.popups()
    text = "\n".join(f"line {number} 🎉" for number in range(200))
    assert outcome(msg("alice", "/SERVER:second", "/TIME:30", input=text)) == (0, "", "")
    assert popups.popup("line 199").body == text


def test_remotely_alice_may_message_only_herself(second):
    popups = second.popups()
    assert outcome(msg("alice", "/SERVER:alice@second", "/TIME:30", "note to self")) == (0, "", "")
    assert popups.popup("note to self").summary.startswith("Message from alice ")
    for recipient in ("bob", "*"):
        answer = msg(recipient, "/SERVER:alice@second", "psst")
        assert (answer.returncode, answer.stdout) == (77, "")
        assert "alice may" in answer.stderr
    assert len(popups.popups()) == 1


def test_an_unknown_recipient_there(second):
    answer = msg("carol", "/SERVER:second", "hi")  # she is logged in here, not there
    assert (answer.returncode, answer.stdout) == (67, "")
    assert "carol does not exist or is disconnected" in answer.stderr


def test_json_names_the_host(alice, second):
    answer = msg("alice", "/SERVER:second", "--json", "/TIME:30", "hi")
    [delivery] = map(json.loads, answer.stdout.splitlines())
    assert (delivery["host"], delivery["user"], delivery["session"]) == ("second", "alice", second.session_id)


def test_sessions_there(second, host):
    answer = msg("--sessions", f"/SERVER:{host}")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f" {second.session_id} " in answer.stdout
    assert "carol" not in answer.stdout


def test_withdrawing_there(second, host):
    popups = second.popups()
    id = msg("alice", f"/SERVER:{host}", "--print-id", "/TIME:30", "take this back").stdout.split()[-1]
    popup = popups.popup("take this back")
    assert outcome(msg("--withdraw", id, f"/SERVER:{host}")) == (0, "", "")
    assert popups.closed(popup.id).reason == 3


def test_several_accounts_of_one_host(second):
    popups = second.popups()
    answer = msg("alice", "/SERVER:second,alice@second", "/V", "/TIME:30", "twice")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(popups.popups()) == 2
    assert {line.split(": ")[0] for line in answer.stdout.splitlines()} == {"second", "alice@second"}


def test_hosts_are_waited_for_at_once(second, start):
    popups = second.popups()
    started = time.monotonic()
    sender = start("alice", "/SERVER:second,alice@second", "/W", "/V", "/TIME:3", "who answers?")
    popups.popup("who answers?")
    output, _ = sender.communicate(timeout=15)
    assert sender.returncode == 3
    assert 3 <= time.monotonic() - started <= 5
    for host in ("second", "alice@second"):
        assert f"{host}: Timeout on message to session {second.session_name} before user response\n" in output


# --- what ends the waiting -----------------------------------------------------------------------------------------------


def test_control_c_while_waiting_for_a_remote_answer(second):
    popups = second.popups()
    arguments = ["alice", "/SERVER:second", "/W", "/TIME:30", "interrupted"]
    sender = pexpect.spawn("msg", arguments, encoding="utf-8", timeout=5)
    popup = popups.popup("interrupted")

    sender.sendintr()

    sender.expect_exact("withdrawn")  # as in "nothing is withdrawn"
    sender.expect(pexpect.EOF)
    sender.close()
    assert sender.exitstatus == 130
    second.click_popup()
    assert popups.action(popup.id)


def test_a_broken_connection_ends_the_waiting(second, start):
    popups = second.popups()
    sender = start("alice", "/SERVER:second", "/W", "/TIME:30", "the line is cut")
    popup = popups.popup("the line is cut")

    run("pkill", "--parent", str(sender.pid), "ssh")

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, output) == (69, "")
    assert "second" in errors
    second.click_popup()  # users who see it may still close it
    assert popups.action(popup.id)
