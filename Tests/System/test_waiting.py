"""/W: one deadline for everybody, true reports, and what ends the waiting early."""

import io
import signal
import time

import pexpect
import pytest

from lib.commands import NOBODY, msg
from lib.machine import run

GRAPHICAL = ("alice", "bob", "carol")


def test_three_recipients_three_answers_one_deadline(desktops, start):
    recorders = {user: desktops[user].popups() for user in GRAPHICAL}
    names = {user: desktops[user].session_name for user in GRAPHICAL}
    started = time.monotonic()
    sender = start("*", "/W", "/V", "/TIME:5", "who answers?")
    popups = {user: recorder.popup("who answers?") for user, recorder in recorders.items()}

    desktops["alice"].click_popup()
    desktops["bob"].dismiss_popup()

    output, errors = sender.communicate(timeout=20)
    took = time.monotonic() - started
    assert (sender.returncode, errors) == (3, "")
    announcements, answers = output.splitlines()[:3], output.splitlines()[3:]
    assert sorted(announcements) == sorted(
        f"Sending message to {user} (session {name}), display time 5" for user, name in names.items()
    )
    assert sorted(answers) == sorted(
        [
            f"Message to session {names['alice']} responded to by user",
            f"Message to session {names['bob']} closed without response",
            f"Timeout on message to session {names['carol']} before user response (the desktop may have hidden it)",
        ]
    )
    assert answers[-1].startswith("Timeout")
    assert recorders["alice"].action(popups["alice"].id)
    assert recorders["bob"].closed(popups["bob"].id).reason == 2
    assert 5.0 <= recorders["carol"].stood(popups["carol"]) <= 5.3
    assert 5.0 <= took <= 6.0


def test_each_answer_is_told_as_it_comes(desktops, start):
    recorders = {user: desktops[user].popups() for user in ("alice", "bob")}
    sender = start("alice,bob", "/W", "/V", "/TIME:30", "one by one")
    for recorder in recorders.values():
        recorder.popup("one by one")

    for user in ("bob", "alice"):
        assert sender.poll() is None
        desktops[user].click_popup()
        line = sender.stdout.readline()
        while line.startswith("Sending message to "):
            line = sender.stdout.readline()
        assert line == f"Message to session {desktops[user].session_name} responded to by user\n"
    assert sender.wait(timeout=5) == 0


@pytest.mark.parametrize("user", GRAPHICAL)
def test_a_dismissal_is_no_acknowledgement(desktops, start, user):
    desktop = desktops[user]
    popups = desktop.popups()
    sender = start(user, "/W", "/V", "/TIME:30", "close me")
    popups.popup("close me")

    desktop.dismiss_popup()

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, errors) == (3, "")
    assert output.splitlines()[-1] == f"Message to session {desktop.session_name} closed without response"


def test_without_verbose_standard_output_is_empty(alice):
    answer = msg("alice", "/W", "/TIME:1", "quiet")
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == f"Timeout on message to session {alice.session_name} before user response\n"


def test_control_c_ends_the_waiting_and_withdraws_nothing(alice, start):
    popups = alice.popups()
    sender = start("alice", "/W", "/TIME:30", "interrupted")
    popup = popups.popup("interrupted")

    sender.send_signal(signal.SIGINT)

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, output) == (130, "")
    assert "withdrawn" in errors  # as in "nothing is withdrawn"
    alice.click_popup()  # the popup is still there
    assert popups.action(popup.id).key == "default"


@pytest.mark.parametrize("signal_name", ["KILL", "SEGV"])
def test_a_service_that_dies_ends_the_waiting(alice, start, signal_name):
    popups = alice.popups()
    sender = start("alice", "/W", "/TIME:30", "until the service dies")
    popups.popup("until the service dies")
    died = time.monotonic()

    run("systemctl", "kill", f"--signal={signal_name}", "msgd")

    output, errors = sender.communicate(timeout=5)
    assert (sender.returncode, output) == (69, "")
    assert "msgd" in errors
    assert time.monotonic() - died < 2
    run("systemctl", "reset-failed", "msgd", check=False)
    assert msg("alice", "/TIME:1", "the next one is served").returncode == 0


def test_a_sender_who_leaves_withdraws_nothing(alice, start):
    popups = alice.popups()
    sender = start("alice", "/W", "/TIME:3", "the sender is killed")
    popup = popups.popup("the sender is killed")

    sender.kill()

    assert 3.0 <= popups.stood(popup) <= 3.3


# --- the line that counts --------------------------------------------------------------------------------------------


@pytest.fixture
def four(desktops, open_session):
    """Recipients with four sessions: one more than msg leaves to the reader to count. erin's has no desktop."""
    open_session("erin", "--type", "wayland")
    return "alice,bob,carol,erin"


@pytest.fixture
def terminal():
    """Starts msg on a pseudo-terminal of a type, and records what is written there."""
    children = []

    def begin(type, *arguments):
        environment = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": type}
        child = pexpect.spawn(
            "msg", list(arguments), encoding="utf-8", timeout=15, env=environment, dimensions=(24, 80)
        )
        child.logfile_read = io.StringIO()
        children.append(child)
        return child

    yield begin
    for child in children:
        child.close(force=True)


def written(child):
    """Waits for the end, and returns everything that was written on the terminal."""
    child.expect(pexpect.EOF)
    child.close()
    return child.logfile_read.getvalue()


def on_screen(text):
    """The lines that stay on the screen: each begins behind the last carriage return in it."""
    return [line.rpartition("\r")[2].replace("\x1b[K", "") for line in text.split("\r\n")]


def test_a_line_counts_on_a_terminal_and_is_gone_at_the_end(desktops, terminal, four):
    popups = desktops["alice"].popups()
    child = terminal("xterm", four, "/W", "/TIME:12", "who is there?")
    child.expect_exact("1 not reached · 3 waiting · 0:")
    popups.popup("who is there?")
    desktops["alice"].click_popup()
    child.expect_exact("1 acknowledged · 1 not reached · 2 waiting · 0:")
    child.expect("0:0[45] left")  # without any change
    child.expect("0:0[23] left")

    text = written(child)

    assert child.exitstatus == 1
    *lines, rest = on_screen(text)
    assert rest == ""
    failures = [line for line in lines if line.startswith("erin (session ")]
    assert len(failures) == 1 and failures[0].endswith(f": failed: {NOBODY}"), lines
    assert sorted(line for line in lines if line not in failures) == sorted(
        f"Timeout on message to session {desktops[user].session_name} before user response" for user in ("bob", "carol")
    )


def test_control_c_ends_the_line_that_counts(terminal, four):
    child = terminal("xterm", four, "/W", "/TIME:12", "never mind")
    child.expect_exact("3 waiting · 0:")
    child.sendintr()

    *_, count, interrupt, rest = on_screen(written(child))

    assert child.exitstatus == 130
    assert "3 waiting · 0:" in count
    assert (interrupt.startswith("msg: no longer waiting"), rest) == (True, "")


@pytest.mark.parametrize("options", [["--quiet"], ["--json"]])
def test_no_line_counts_where_none_is_wanted(terminal, four, options):
    text = written(terminal("xterm", four, "/W", "/TIME:1", *options, "nobody counts"))
    assert "waiting" not in text and "\x1b" not in text


def test_no_line_counts_on_a_dumb_terminal_or_in_a_pipe(terminal, four):
    text = written(terminal("dumb", four, "/W", "/TIME:1", "nobody counts"))
    assert "waiting" not in text and "\x1b" not in text
    answer = run("env", "TERM=xterm", "msg", four, "/W", "/TIME:1", "nobody counts", check=False)
    assert answer.returncode == 1
    assert not any(mark in answer.stdout + answer.stderr for mark in ("waiting", "\r", "\x1b"))
