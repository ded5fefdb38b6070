"""A key that is for messages only: the other machine lets its owner send, and do nothing else."""

from pathlib import Path

import pytest

from commands import msg, outcome
from machine import SECOND, await_that, run

SSH = Path.home() / ".ssh"
GATE = "msgd --messages-only"


@pytest.fixture(scope="module", autouse=True)
def key():
    """Such a key of root's, which ssh uses for the host "restricted"; `second` is the same machine without the restriction."""
    file, configuration = SSH / "for-messages", SSH / "config"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "for-messages", "-f", str(file))
    program = SECOND.run("sh", "-c", "ls /usr/local/libexec/msgd /usr/libexec/msgd 2>/dev/null", check=False).stdout.split()[0]
    line = f'restrict,command="{program} --messages-only" {file.with_suffix(".pub").read_text().strip()}'
    SECOND.run("sh", "-c", "cat >>~/.ssh/authorized_keys", input=line + "\n")
    configuration.write_text(
        "Host restricted\n  HostName second\n  HostKeyAlias second\n"
        f"  IdentityFile {file}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
    )
    yield
    SECOND.run("sed", "-i", "/for-messages/d", "/root/.ssh/authorized_keys")
    for leftover in (configuration, file, file.with_suffix(".pub")):
        leftover.unlink()


@pytest.fixture(autouse=True)
def nothing_stays():
    """However it ends, no process is left there."""
    yield
    await_that(lambda: SECOND.run("pgrep", "-f", GATE, check=False).returncode == 1, lambda: f"{GATE} is left")


def test_a_message_is_sent_and_its_answer_awaited(second, start):
    popups = second.popups()
    sender = start("alice", "/SERVER:restricted", "/W", "/V", "/TIME:30", "please click")
    popups.popup("please click")
    second.click_popup()
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert output.endswith(f"Message to session {second.session_name} responded to by user\n")


def test_a_message_is_taken_back(second):
    popups = second.popups()
    id = msg("alice", "/SERVER:restricted", "--print-id", "/TIME:30", "take this back").stdout.split()[-1]
    popup = popups.popup("take this back")
    assert outcome(msg("--withdraw", id, "/SERVER:restricted")) == (0, "", "")
    assert popups.closed(popup.id).reason == 3


def test_sessions_are_listed(second):
    answer = msg("--sessions", "/SERVER:restricted")
    assert (answer.returncode, answer.stderr) == (0, "") and f" {second.session_id} " in answer.stdout


def test_a_sender_who_hangs_up_leaves_nothing(second, start):
    popups = second.popups()
    sender = start("alice", "/SERVER:restricted", "/W", "/TIME:0", "hello")
    popups.popup("hello")
    sender.kill()
    sender.wait(timeout=10)


@pytest.mark.parametrize(
    "call",
    [
        ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListJobs"],
        ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "ListSessions"],
        ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames"],
        ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", "type='signal'"],
        ["org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", "asu", "0", "0"],
    ],
    ids=lambda call: call[3],
)
def test_nothing_else_can_be_called(second, call):
    # The same call as root without the restriction shows that it is this which forbids it; a monitor hears no answer.
    if call[3] != "BecomeMonitor":
        assert run("busctl", "--host=second", "call", *call, check=False).returncode == 0
    answer = run("busctl", "--host=restricted", "call", *call, check=False)
    assert (answer.returncode, answer.stdout) == (1, "") and "Access denied" in answer.stderr


def test_no_command_is_run(second):
    answer = run("ssh", "restricted", "id", check=False)
    assert "uid=" not in answer.stdout
