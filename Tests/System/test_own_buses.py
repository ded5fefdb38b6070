"""Sessions whose desktop is on another bus than the user's services: dbus-run-session, dbus-launch, dbus-broker."""

import os
import pathlib
import pwd
import shutil
import socket

import pytest

from lib.commands import NOBODY, deliveries, failure, msg, service_pid
from lib.login_sessions import BUS, STARTX, SWAY, X11, Session, calls, on, watching
from lib.machine import HERE, await_that, run


@pytest.fixture
def sway(open_desktop):
    return open_desktop("mako", "erin", "--type", "wayland", command=SWAY)


@pytest.fixture
def startx(open_desktop):
    return open_desktop("dunst", "erin", "--type", "x11", "--display", ":7", command=STARTX)


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
    astray = naming(open_session, "unix:path=/nonexistent")
    with watching(desktop) as seen:
        sender = start("erin", "/W", "--json", "hello")
        desktop.run("click-popup")
        answers, errors = deliveries(sender)
    assert {id: answer["state"] for id, answer in answers.items()} == dict.fromkeys((desktop.id, other, astray), "acknowledged"), errors
    assert len(calls(seen)) == 1, seen


def test_a_program_in_a_sandbox_leads_nobody_astray(open_desktop, start):
    """Flatpak names a socket that exists only in the sandbox."""
    program = "env DBUS_SESSION_BUS_ADDRESS=unix:path=/run/flatpak/bus DISPLAY=:7 sleep infinity"
    programs = 5 * f"{program} & "
    command = ("sh", "-c", programs + 'exec "$@"', "sh", *X11)
    desktop = open_desktop("dunst", "erin", "--type", "x11", "--display", ":7", command=command)
    sender = start("erin", "/W", "hello")
    desktop.run("click-popup")
    _, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")


def test_a_bus_of_its_own_speaks_the_language_of_its_programs(open_desktop):
    desktop = open_desktop("dunst", "erin", "--type", "x11", "--display", ":7", command=("env", "LANG=de_DE.UTF-8", *STARTX))
    with watching(desktop) as seen:
        assert msg("erin", "/TIME:1", "hello").returncode == 0
    assert any(line.strip().startswith('string "Nachricht von root ') for line in seen), seen


LONG = "\n".join(f"line {number}" for number in range(1, 9))


@pytest.fixture
def xfce(open_desktop):
    """A desktop on a bus of its own that has buttons."""
    command = on(":7", "xfce", "sh", "-c", "exec startx-desktop /usr/lib/*/xfce4/notifyd/xfce4-notifyd")
    desktop = open_desktop("xfce4-notifyd", "erin", "--type", "x11", "--display", ":7", command=command)
    assert desktop.has_own_bus
    desktop.run("systemctl", "--user", "unset-environment", "DISPLAY")
    return desktop


def ask_for_all(desktop):
    """Opens a window through the user's service manager, which is on another bus."""
    desktop.run("click-popup", "1")
    return desktop.run("xdotool", "search", "--sync", "--onlyvisible", "--class", "^Xmessage$").stdout.split()[-1]


def test_show_all_works_on_a_bus_of_its_own(xfce, start):
    sender = start("erin", "/W", LONG)
    window = ask_for_all(xfce)
    [pid] = run("pgrep", "--uid", "erin", "--exact", "xmessage").stdout.split()
    assert f"/user@{xfce.account.pw_uid}.service/" in pathlib.Path("/proc", pid, "cgroup").read_text()
    xfce.run("screenshot", "/results/show-all-on-own-bus.png")
    xfce.run("xdotool", "windowactivate", "--sync", window, "key", "Return")
    _, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")


def test_the_window_ends_with_the_bus_of_the_service_manager(xfce, start):
    sender = start("erin", "/W", LONG)
    ask_for_all(xfce)
    xfce.run("systemctl", "--user", "stop", "dbus.service")
    _, errors = sender.communicate(timeout=10)
    assert failure(errors) == "the whole text could not be shown: the user's service manager left"


def test_without_a_service_manager_there_is_no_show_all(xfce):
    run("systemctl", "stop", f"user@{xfce.account.pw_uid}.service")
    with watching(xfce) as seen:
        assert msg("erin", "/TIME:1", LONG).returncode == 0
    assert len(calls(seen)) == 1 and not any("show-all" in line for line in seen), seen


def test_a_popup_on_a_bus_of_its_own_is_taken_back_after_a_crash(sway):
    assert msg("erin", "/TIME:0", "until it is answered").returncode == 0
    sway.run("popup-geometry")
    os.kill(service_pid(), 9)
    sway.run("await-no-popup")


def test_a_session_bus_of_dbus_broker_is_joined(broker, open_desktop, start):
    desktop = open_desktop("dunst", "frank", "--type", "x11", "--display", ":9", command=X11)
    answer = desktop.run("busctl", "--user", "call", *BUS, "GetConnectionUnixProcessID", "s", BUS[0]).stdout
    assert "dbus-broker" in pathlib.Path("/proc", answer.split()[1], "comm").read_text()
    sender = start("frank", "/W", "hello")
    desktop.run("click-popup")
    _, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")


# --- addresses that are none of the user's ------------------------------------------------------------------------------

ELSEWHERE = f"{NOBODY}; the bus that its programs name can't be joined: "


def naming(open_session, address):
    """Opens a session of erin's whose only program names a bus, once env(1) has started it."""
    command = ("env", f"DBUS_SESSION_BUS_ADDRESS={address}", "sleep", "infinity")
    id = open_session("erin", "--type", "wayland", command=command)
    programs = Session(id).programs
    await_that(lambda: "sleep" in programs(), lambda: str(programs()))
    return id


@pytest.fixture(params=["@trap", "/run/trap/socket", "/run/trap/link"])
def trap(request):
    """A socket of frank's to which everybody can connect, and which would record what it receives."""
    account = pwd.getpwnam("frank")
    listener = socket.socket(socket.AF_UNIX)
    folder = pathlib.Path("/run/trap")
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "link").symlink_to("socket")
    child = os.fork()
    if child == 0:  # the listener is the one who called listen(2)
        os.setuid(account.pw_uid)
        os.umask(0)
        listener.bind("\0trap" if request.param == "@trap" else "/run/trap/socket")
        listener.listen()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    yield request.param, listener
    listener.close()
    shutil.rmtree(folder)


def test_an_address_of_somebody_elses_socket_gives_nothing_away(open_session, trap):
    name, listener = trap
    naming(open_session, f"unix:abstract={name[1:]}" if name.startswith("@") else f"unix:path={name}")
    answer = msg("erin", "secret")
    assert answer.returncode == 1
    if name.endswith("link"):  # msgd-connect doesn't even connect
        assert failure(answer.stderr) == f"{ELSEWHERE}{name} is no socket"
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    else:
        assert failure(answer.stderr) == f"{ELSEWHERE}{name} leads to uid {pwd.getpwnam('frank').pw_uid}, not to erin"
        connection, _ = listener.accept()
        assert connection.recv(4096) == b""


@pytest.mark.parametrize("socket", ["bus", "nothing"])
def test_an_address_in_a_folder_of_somebody_elses_does_not_even_tell_whether_it_exists(open_session, alice, socket):
    popups = alice.popups()
    naming(open_session, f"unix:path=/run/user/{alice.uid}/{socket}")
    answer = msg("erin", "secret")
    assert answer.returncode == 1
    assert failure(answer.stderr) == f"{ELSEWHERE}can't connect to /run/user/{alice.uid}/{socket} as erin: Permission denied"
    assert popups.popups() == []


@pytest.mark.parametrize(
    "address, reason",
    [
        ("unix:path=/nonexistent", f"{ELSEWHERE}erin has no session bus: /nonexistent does not exist"),
        ("unix:abstract=nobody%20here", f"{ELSEWHERE}erin has no session bus: nobody listens at @nobody here"),
        ("tcp:host=localhost,port=7", f"{NOBODY}; its programs name another bus, tcp:host=localhost,port=7"),
        ("unix:path=/run/dbus/system_bus_socket", f"{ELSEWHERE}/run/dbus/system_bus_socket leads to uid 0, not to erin"),
    ],
)
def test_an_address_where_no_desktop_is_is_told(open_session, address, reason):
    naming(open_session, address)
    answer = msg("erin", "hello")
    assert (answer.returncode, failure(answer.stderr)) == (1, reason)


# --- processes that can't be read -----------------------------------------------------------------------------------------


def helper(property):
    return run("systemctl", "show", f"--property={property}", "--value", "msgd-connect").stdout.strip()


def test_processes_that_cannot_be_read_hold_no_message(alice, open_session, start):
    """Anything may slow the reading down: here every read(2) takes a minute."""
    run("systemctl", "restart", "msgd")
    assert msg("alice", "/TIME:1", "it runs").returncode == 0
    delay = ("--trace=read", "--inject=read:delay_enter=60000000")
    pid = helper("MainPID")
    tracer = HERE.start("strace", "--follow-forks", "--quiet=all", "--output=/dev/null", *delay, f"--attach={pid}")
    try:
        while "TracerPid:\t0\n" in pathlib.Path(f"/proc/{pid}/status").read_text():
            assert tracer.poll() is None, tracer.communicate()[1]
        senders = [start("alice", "/TIME:1", f"number {number}") for number in range(3)]
        assert [sender.wait(timeout=30) for sender in senders] == [0] * 3
        open_session("alice", "--type", "wayland")  # has processes of its own to be read
        assert msg("alice", "/TIME:1", "to both sessions").returncode == 0
        # The process that read for nobody any more is ended.
        await_that(lambda: helper("TasksCurrent") in ("1", "[not set]"), lambda: helper("TasksCurrent"))
    finally:
        tracer.terminate()
        tracer.communicate(timeout=10)
