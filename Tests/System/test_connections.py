"""msgd-connect hands over connections to desktops: how it ends, and what that costs. Tests/PrivateBus calls it
directly."""

import contextlib
import glob
import json
import os
import pathlib
import pwd
import signal
import subprocess
import threading

import pytest

from lib.commands import NOBODY, failure, msg, outcome, service_pid
from lib.desktop import BUS
from lib.machine import await_that, run

MESSAGES = 30


@pytest.fixture
def loners(desktops, open_session):
    """Users whose desktops show nothing, so that each message to them joins their bus, and leaves it at once."""
    for user in ("erin", "frank"):
        open_session(user, "--type", "wayland")
    return ("erin", "frank")


def helper_pid():
    """The process id; 0 while it doesn't run."""
    return int(run("systemctl", "show", "--property=MainPID", "--value", "msgd-connect").stdout)


def fields(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())


def test_it_runs_when_it_is_needed_and_leaves_with_msgd(loners):
    """GNOME Shell asks which process made msgd's connection, and doesn't answer msgd if that process has ended."""
    assert failure(msg("erin", "hello").stderr) == NOBODY
    pid = helper_pid()
    assert fields(pid)["Uid"].split() == [str(pwd.getpwnam("msgd-connect").pw_uid)] * 4
    await_that(lambda: polls_without_an_end(pid), lambda: "it waits for a limited time")
    run("systemctl", "stop", "msgd")
    await_that(lambda: helper_pid() == 0, lambda: "it is still there")
    assert run("systemctl", "show", "--property=Result", "--value", "msgd-connect").stdout == "success\n"
    assert failure(msg("erin", "hello again").stderr) == NOBODY


def polls_without_an_end(pid):
    """Whether a process is in poll(2) with a timeout of -1."""
    number, *arguments = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
    return number == "7" and int(arguments[2], 16) & 0xFFFFFFFF == 0xFFFFFFFF


def test_the_bus_knows_a_running_process_behind_msgd(alice, start):
    popups = alice.popups()
    start("alice", "/W", "who is it?")
    popup = popups.popup("who is it?")
    question = ("busctl", "--user", "--json=short", "call", *BUS, "GetConnectionUnixProcessID", "s", popup.sender)
    [pid] = json.loads(alice.run(*question).stdout)["data"]
    assert pathlib.Path(f"/proc/{pid}/exe").readlink().name == "msgd-connect"


def test_whoever_else_msgd_serves_it_is_itself(loners):
    """Under load, no thread of msgd is ever another user, or has any capability."""
    senders = [threading.Thread(target=lambda: [msg(user, f"number {number}") for number in range(MESSAGES)]) for user in loners]
    for sender in senders:
        sender.start()
    own, looks = str(pwd.getpwnam("msgd").pw_uid), 0
    pid = service_pid()
    while any(sender.is_alive() for sender in senders):
        for file in glob.glob(f"/proc/{pid}/task/*"):
            try:
                found = fields(f"{pid}/task/{os.path.basename(file)}")
            except (FileNotFoundError, ProcessLookupError):
                continue  # the thread has ended meanwhile
            looks += 1
            assert found["Uid"].split() == [own] * 4
            assert {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert looks > MESSAGES and service_pid() == pid


def test_however_often_it_crashes_it_is_started_again(loners, start):
    """Once with each message, which is more often than systemd starts most services."""
    reasons = set()
    for number in range(MESSAGES):
        sender = start("frank", f"number {number}")
        if pid := helper_pid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, errors = sender.communicate(timeout=30)
        reasons.add(failure(errors, "frank"))
    assert all(reason == NOBODY or reason.startswith("msgd-connect ended before ") for reason in reasons), reasons
    assert failure(msg("frank", "hello").stderr, "frank") == NOBODY


def test_without_its_socket_senders_are_told_what_to_do(loners):
    run("systemctl", "stop", "msgd-connect.socket", "msgd-connect.service")
    try:
        assert failure(msg("erin", "hello").stderr) == (
            "msgd-connect can't be asked: No such file or directory (see: systemctl status msgd-connect.socket)"
        )
    finally:
        run("systemctl", "start", "msgd-connect.socket")
    assert failure(msg("erin", "hello").stderr) == NOBODY


# --- how it fails --------------------------------------------------------------------------------------------------------


def of_unit(unit, name):
    return run("systemctl", "show", f"--property={name}", "--value", unit).stdout.strip()


@contextlib.contextmanager
def setting(line):
    """Gives the service another setting, which applies from its next start."""
    folder = pathlib.Path("/run/systemd/system/msgd-connect.service.d")
    folder.mkdir()
    (folder / "test.conf").write_text(f"[Service]\n{line}\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "stop", "msgd-connect.service")
    try:
        yield
    finally:
        (folder / "test.conf").unlink()
        folder.rmdir()
        run("systemctl", "daemon-reload")


def test_what_cannot_start_is_given_up(loners):
    """A request stays in the socket's queue even if its client gives up, so systemd would start the service for it
    again and again."""
    try:
        with setting("ExecStart=\nExecStart=/nonexistent"):
            assert msg("erin", "hello").returncode == 1
            await_that(
                lambda: of_unit("msgd-connect.socket", "Result") == "service-start-limit-hit",
                lambda: of_unit("msgd-connect.service", "Result"), seconds=60,
            )  # fmt: skip
            assert failure(msg("erin", "hello").stderr).startswith("msgd-connect can't be asked: ")
    finally:
        run("systemctl", "stop", "msgd-connect.socket")
        run("systemctl", "reset-failed", "msgd-connect.socket", "msgd-connect.service", check=False)
        run("systemctl", "restart", "msgd")
    assert failure(msg("erin", "hello").stderr) == NOBODY


@pytest.fixture
def stubborn():
    """A process of the service's that doesn't end with it. It stands in for one that nothing can end, because a file
    system of a user's has taken its request and never answers. This one can be ended, but not by SIGTERM."""
    process = subprocess.Popen(["sh", "-c", "trap '' TERM; echo; exec sleep infinity"], stdout=subprocess.PIPE)
    process.stdout.read(1)
    yield process.pid
    process.kill()
    process.communicate()


def test_one_process_that_cannot_be_ended_keeps_nobody_waiting(loners, stubborn):
    assert failure(msg("erin", "hello").stderr) == NOBODY
    pathlib.Path(f"/sys/fs/cgroup{of_unit('msgd-connect', 'ControlGroup')}/cgroup.procs").write_text(f"{stubborn}")
    os.kill(helper_pid(), signal.SIGKILL)
    assert failure(msg("erin", "hello").stderr) == NOBODY
    run("systemctl", "stop", "msgd-connect.service")
