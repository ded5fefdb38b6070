"""Sessions whose desktop is on another bus than the user's services: dbus-run-session, dbus-launch, dbus-broker."""

import json
import os
import pathlib
import pwd
import socket
import time

import pytest

from commands import msg, outcome, service_pid
from machine import HERE, run

SWAY = ("dbus-run-session", "--", "wayland-desktop", ":8", "mako", "--config", "/etc/mako.conf")
STARTX = ("startx-desktop", "dunst")
X11 = ("x11-desktop", "dunst")
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class Session:
    """A session of a test's own, and what is in it."""

    def __init__(self, id):
        self.id = id
        properties = run("loginctl", "show-session", "--property=Name", "--property=Scope", id).stdout.splitlines()
        self.user, self.scope = (line.partition("=")[2] for line in sorted(properties))
        self.account = pwd.getpwnam(self.user)
        self.processes = pathlib.Path(f"/sys/fs/cgroup/user.slice/user-{self.account.pw_uid}.slice/{self.scope}/cgroup.procs")
        self.environment = {}

    def started(self, server):
        """Waits until the desktop has its notification server."""
        deadline = time.monotonic() + 30
        while not self.environment:
            assert time.monotonic() < deadline, self.processes.read_text()
            for pid in self.processes.read_text().split():
                process = pathlib.Path("/proc", pid)
                try:
                    if (process / "comm").read_text().strip() == server:
                        variables = (process / "environ").read_text().split("\0")
                        self.environment = dict(variable.split("=", 1) for variable in variables if "=" in variable)
                except (FileNotFoundError, ProcessLookupError):
                    pass  # it has ended meanwhile
        self.run("gdbus", "wait", "--session", "--timeout", "30", "org.freedesktop.Notifications")
        return self

    @property
    def command(self):
        become = ("setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups", "env", "-i")
        return (*become, *(f"{name}={value}" for name, value in self.environment.items()))

    def run(self, *command):
        """Runs a command in the environment of the desktop."""
        return run(*self.command, *command)

    @property
    def has_own_bus(self):
        return "/run/user/" not in self.environment["DBUS_SESSION_BUS_ADDRESS"]


@pytest.fixture
def open_desktop(open_session):
    """Opens a session with a desktop, and ends all of it: dbus-run-session leaves its children behind."""
    sessions = []

    def open(server, user, *options, command):
        sessions.append(Session(open_session(user, *options, command=command)))
        return sessions[-1].started(server)

    yield open
    for session in sessions:
        run("systemctl", "stop", session.scope, check=False)


@pytest.fixture
def sway(open_desktop):
    return open_desktop("mako", "erin", "--type", "wayland", command=SWAY)


@pytest.fixture
def startx(open_desktop):
    return open_desktop("dunst", "erin", "--type", "x11", "--display", ":7", command=STARTX)


def deliveries(sender):
    """What `msg --json /W` prints: the objects by session id."""
    output, errors = sender.communicate(timeout=30)
    return {answer["session"]: answer for answer in map(json.loads, output.splitlines())}, errors


@pytest.mark.parametrize("kind", ["sway", "startx"])
def test_a_desktop_with_a_bus_of_its_own_gets_the_popup(request, start, kind):
    session = request.getfixturevalue(kind)
    assert session.has_own_bus
    sender = start("erin", "/W", "/V", "hello")
    session.run("click-popup")
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert output.splitlines()[-1].endswith("responded to by user")


def test_sessions_of_one_user_on_two_buses_get_a_popup_and_a_report_each(sway, startx, start):
    sender = start("erin", "/W", "/TIME:4", "--json", "hello")
    sway.run("click-popup")
    answers, errors = deliveries(sender)
    assert {id: answer["state"] for id, answer in answers.items()} == {sway.id: "acknowledged", startx.id: "expired"}, errors
    startx.run("await-no-popup")


def test_sessions_of_one_user_on_one_bus_share_a_popup(open_desktop, open_session, start):
    desktop = open_desktop("dunst", "erin", "--type", "x11", "--display", ":7", command=X11)
    assert not desktop.has_own_bus
    other = open_session("erin", "--type", "wayland")
    watcher = HERE.start(*desktop.command, "stdbuf", "-oL", "dbus-monitor", "--session", "--profile", "member='Notify'")
    try:
        while "NameLost" not in watcher.stdout.readline():  # it has become a monitor
            pass
        sender = start("erin", "/W", "--json", "hello")
        desktop.run("click-popup")
        answers, errors = deliveries(sender)
    finally:
        watcher.terminate()
        seen, _ = watcher.communicate(timeout=10)
    assert {id: answer["state"] for id, answer in answers.items()} == {desktop.id: "acknowledged", other: "acknowledged"}, errors
    assert seen.count("\tNotify") == 1, seen


def test_a_program_in_a_sandbox_leads_nobody_astray(open_desktop, start):
    """Flatpak names a socket that exists in the sandbox only."""
    program = "env DBUS_SESSION_BUS_ADDRESS=unix:path=/run/flatpak/bus DISPLAY=:7 sleep infinity"
    command = ("sh", "-c", f"{program} & {program} & {program} & {program} & {program} & exec x11-desktop dunst")
    desktop = open_desktop("dunst", "erin", "--type", "x11", "--display", ":7", command=command)
    sender = start("erin", "/W", "hello")
    desktop.run("click-popup")
    _, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")


def test_a_popup_on_a_bus_of_its_own_is_taken_back_after_a_crash(sway):
    assert msg("erin", "/TIME:0", "until it is answered").returncode == 0
    sway.run("popup-geometry")
    os.kill(service_pid(), 9)
    sway.run("await-no-popup")


@pytest.fixture
def broker():
    """frank's user bus is dbus-broker."""
    units = pathlib.Path(pwd.getpwnam("frank").pw_dir, ".config/systemd/user")
    run("install", "-d", "-o", "frank", "-g", "frank", str(units))
    (units / "dbus.service").symlink_to("/usr/lib/systemd/user/dbus-broker.service")
    yield
    (units / "dbus.service").unlink()
    run("loginctl", "terminate-user", "frank", check=False)


def test_a_session_bus_of_dbus_broker_is_joined(broker, open_desktop, start):
    desktop = open_desktop("dunst", "frank", "--type", "x11", "--display", ":9", command=X11)
    answer = desktop.run("busctl", "--user", "call", *BUS, "GetConnectionUnixProcessID", "s", BUS[0]).stdout
    assert "dbus-broker" in pathlib.Path("/proc", answer.split()[1], "comm").read_text()
    sender = start("frank", "/W", "hello")
    desktop.run("click-popup")
    _, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")


# --- addresses that are none of the user's ------------------------------------------------------------------------------


def naming(open_session, address):
    """A session of erin's whose only program names a bus."""
    return open_session("erin", "--type", "wayland", command=("env", f"DBUS_SESSION_BUS_ADDRESS={address}", "sleep", "infinity"))


NOBODY = "there is no notification server on the desktop"
ELSEWHERE = f"{NOBODY}; the bus that its programs name can't be joined: "


def failure(errors):
    """The reason that msg tells."""
    recipient, state, reason = errors.rstrip("\n").split(": ", 2)
    assert recipient.startswith("erin (session ") and state == "failed", errors
    return reason


@pytest.fixture
def trap():
    """A socket of frank's, which would keep what it is sent."""
    account = pwd.getpwnam("frank")
    listener = socket.socket(socket.AF_UNIX)
    child = os.fork()
    if child == 0:  # who listens is who called listen(2)
        os.setuid(account.pw_uid)
        listener.bind("\0trap")
        listener.listen()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    yield listener
    listener.close()


def test_an_address_of_somebody_elses_socket_gives_nothing_away(open_session, trap):
    naming(open_session, "unix:abstract=trap")
    answer = msg("erin", "secret")
    assert answer.returncode == 1
    assert failure(answer.stderr) == f"{ELSEWHERE}@trap leads to uid {pwd.getpwnam('frank').pw_uid}, not to erin"
    connection, _ = trap.accept()
    assert connection.recv(4096) == b""


def test_an_address_of_somebody_elses_bus_is_not_joined(open_session, alice):
    popups = alice.popups()
    naming(open_session, f"unix:path=/run/user/{alice.uid}/bus")
    answer = msg("erin", "secret")
    assert answer.returncode == 1
    assert failure(answer.stderr) == f"{ELSEWHERE}can't connect to /run/user/{alice.uid}/bus as erin: Permission denied"
    assert popups.popups() == []


@pytest.mark.parametrize(
    "address, reason",
    [
        ("unix:path=/nonexistent", f"{ELSEWHERE}erin has no session bus: /nonexistent does not exist"),
        ("unix:abstract=nobody%20here", f"{ELSEWHERE}erin has no session bus: nobody listens at @nobody here"),
        ("tcp:host=localhost,port=7", f"{NOBODY}; its programs name another bus, tcp:host=localhost,port=7"),
        ("unix:path=/run/dbus/system_bus_socket", NOBODY),
    ],
)
def test_an_address_where_no_desktop_is_is_told(open_session, address, reason):
    naming(open_session, address)
    answer = msg("erin", "hello")
    assert (answer.returncode, failure(answer.stderr)) == (1, reason)


# --- processes that can't be read -----------------------------------------------------------------------------------------


def threads():
    """The names of msgd's threads."""
    return [(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{service_pid()}/task").iterdir()]


def test_processes_that_cannot_be_read_hold_one_thread_and_no_message(alice, open_session, start):
    """As where one has mapped its environment from a file system that does not answer: here every open(2) takes 5 seconds."""
    assert msg("alice", "/TIME:1", "it runs").returncode == 0
    delay = ("--trace=openat", "--inject=openat:delay_enter=5000000")
    tracer = HERE.start("strace", "--follow-forks", "--quiet=all", "--output=/dev/null", *delay, f"--attach={service_pid()}")
    try:
        while "TracerPid:\t0\n" in pathlib.Path(f"/proc/{service_pid()}/status").read_text():
            assert tracer.poll() is None, tracer.communicate()[1]
        begin = time.monotonic()
        senders = [start("alice", "/TIME:1", f"number {number}") for number in range(3)]
        assert [sender.wait(timeout=10) for sender in senders] == [0] * 3
        open_session("alice", "--type", "wayland")  # has processes of its own to be read
        assert msg("alice", "/TIME:1", "to both sessions").returncode == 0
        assert time.monotonic() - begin < 4
        assert threads().count("look") == 1
    finally:
        tracer.terminate()
        tracer.communicate(timeout=10)
