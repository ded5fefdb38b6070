"""One thread becomes another user for one system call, and nobody else ever does: seen from outside, under load."""

import glob
import pathlib
import pwd
import re
import threading

import pytest

from commands import msg, service_pid
from machine import HERE, run

SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")
MSGD = "msgd"
THREADS = "pool"  # how the names begin of those that become somebody
MESSAGES = 100  # to each of three users


class Tracer:
    """strace on all threads of msgd; each thread has a file of its own."""

    def __init__(self, folder, *options):
        self._folder = folder
        self.pid = service_pid()
        files = f"--output={folder}/thread"
        command = ("strace", "--follow-forks", "--output-separately", "--quiet=all", *options, files, f"--attach={self.pid}")
        self._process = HERE.start(*command)
        while "TracerPid:\t0\n" in pathlib.Path(f"/proc/{self.pid}/status").read_text():
            assert self._process.poll() is None, self._process.communicate()[1]

    def stop(self):
        self._process.terminate()
        self._process.communicate(timeout=10)

    def threads(self):
        """The system calls of each thread, one a line."""
        return [file.read_text().splitlines() for file in self._folder.iterdir()]


@pytest.fixture(autouse=True)
def running(desktops):
    """msgd runs, and is on nobody's bus."""
    run("systemctl", "restart", "msgd")


@pytest.fixture
def trace(tmp_path):
    tracers = []

    def begin(*options):
        folder = tmp_path / str(len(tracers))
        folder.mkdir()
        tracers.append(Tracer(folder, *options))
        return tracers[-1]

    yield begin
    for tracer in tracers:
        tracer.stop()


@pytest.fixture
def loners(open_session):
    """Users whose desktops show nothing, so that each message to them joins their bus, and leaves it at once."""
    for user in ("erin", "frank"):
        open_session(user, "--type", "wayland")
    return ("erin", "frank")


def send(user):
    """Many messages to one user, one after the other, from a program that stays."""
    from gi.repository import Gio, GLib

    bus = Gio.DBusConnection.new_for_address_sync(
        "unix:path=/run/dbus/system_bus_socket",
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None,
    )  # fmt: skip
    for number in range(MESSAGES):
        arguments = GLib.Variant("(assa{sv})", ([user], f"number {number}", {"timeout": GLib.Variant("u", 1)}))
        answer = bus.call_sync(*SERVICE, "Send", arguments, None, 0, 20000, None).unpack()
        assert answer[1][0][3] in ("failed", "pending", "shown")  # pending: there is no room for more
    bus.close_sync()


def walk(pid, is_over):
    """Reads the credentials of all threads again and again: those that are not msgd's, with the thread's name."""
    own = {"Uid": str(pwd.getpwnam(MSGD).pw_uid), "Gid": str(pwd.getpwnam(MSGD).pw_gid)}
    found, looks = [], 0
    while not is_over():
        for file in glob.glob(f"/proc/{pid}/task/*/status"):
            try:
                fields = dict(line.split(":\t", 1) for line in pathlib.Path(file).read_text().splitlines())
            except (FileNotFoundError, ProcessLookupError):
                continue  # the thread has ended meanwhile
            looks += 1
            if any(fields[kind].split() != [id] * 4 for kind, id in own.items()):
                found.append((fields["Name"], fields["Uid"].split(), fields["Gid"].split(), fields["Pid"] == str(pid)))
    return found, looks


@pytest.mark.parametrize("delay", [0, 2000])
def test_only_connecting_threads_ever_have_a_users_credentials(alice, loners, trace, delay):
    """With each connect(2) made to take 2 ms there is something to be seen; without, msgd is as it is."""
    tracer = trace(f"--inject=connect:delay_enter={delay}") if delay else None
    pid = service_pid()
    senders = [threading.Thread(target=send, args=(user,)) for user in (alice.user, *loners)]
    for sender in senders:
        sender.start()

    found, looks = walk(pid, lambda: not any(sender.is_alive() for sender in senders))

    assert looks > MESSAGES
    own = [str(pwd.getpwnam(MSGD).pw_uid), str(pwd.getpwnam(MSGD).pw_gid)]
    users = {str(pwd.getpwnam(user).pw_uid) for user in (alice.user, *loners)}
    for name, uids, gids, is_main in found:
        assert name.startswith(THREADS) and not is_main
        # real, effective, saved, file system: the real and the saved ones are what signals are judged by.
        assert (uids[0], uids[2], gids[0], gids[2]) == (own[0], own[0], own[1], own[1])
        assert uids[1] == uids[3] and uids[1] in users | {own[0]}
    assert service_pid() == pid
    if tracer:
        assert {uids[1] for _, uids, _, _ in found} >= {str(pwd.getpwnam(user).pw_uid) for user in loners}


def changes(calls):
    """The calls of a thread from the look at its capabilities, before each change of ids, to the next one after it."""
    found, change = [], None
    for call in calls:
        name = re.match(r"\w+", call).group()
        if change is not None:
            change.append(call)
        if name == "capget":
            if change is None:
                found.append(change := [call])
            else:
                change = None
    return found


def test_between_becoming_a_user_and_being_itself_again_a_thread_does_one_thing(alice, loners, trace):
    tracer = trace()
    for user in (alice.user, *loners):
        send(user)
    tracer.stop()

    own = [pwd.getpwnam(MSGD).pw_uid, pwd.getpwnam(MSGD).pw_gid]
    capabilities = (
        r"capget\(\{version=_LINUX_CAPABILITY_VERSION_3, pid=0\}, \{effective=1<<CAP_SETGID\|1<<CAP_SETUID, "
        r"permitted=1<<CAP_SETGID\|1<<CAP_SETUID, inheritable=1<<CAP_SETGID\|1<<CAP_SETUID\}\) += 0"
    )
    connected, read = [], []
    for calls in [change for thread in tracer.threads() for change in changes(thread)]:
        text = "\n".join(calls)
        match = re.fullmatch(
            rf"{capabilities}\n"
            r"setresgid\(-1, (\d+), -1\) += 0\n"
            r"setresuid\(-1, (\d+), -1\) += 0\n"
            r'(?:connect\(\d+, \{sa_family=AF_UNIX, sun_path="/run/user/(\d+)/bus"\}, 110\) += 0\n|'
            r'openat\(AT_FDCWD, "/proc/\d+/environ", O_RDONLY\|O_NOCTTY\|O_NOFOLLOW\|O_CLOEXEC\) += (?:\d+|-1 ENOENT .*)\n)'
            rf"setresuid\(-1, {own[0]}, -1\) += 0\n"
            rf"setresgid\(-1, {own[1]}, -1\) += 0\n"
            rf"getresuid\(\[{own[0]}\], \[{own[0]}\], \[{own[0]}\]\) += 0\n"
            rf"getresgid\(\[{own[1]}\], \[{own[1]}\], \[{own[1]}\]\) += 0\n"
            rf"{capabilities}",
            text,
        )
        assert match, text
        assert match[3] in (None, match[2]) and int(match[1]) == pwd.getpwuid(int(match[2])).pw_gid
        (connected if match[3] else read).append(pwd.getpwuid(int(match[2])).pw_name)
    assert all(connected.count(user) == MESSAGES for user in loners), connected
    assert "alice" in connected and {"alice", *loners} == set(read)


def test_who_may_not_become_the_user_does_nothing_and_is_itself_again(loners, trace):
    """The group has been changed when changing the user fails."""
    tracer = trace("--inject=setresuid:error=EPERM:when=1+2")  # each thread's becoming, and not its being itself again
    answer = msg("erin", "hello")
    tracer.stop()

    assert answer.returncode == 1 and "Operation not permitted" in answer.stderr
    failed = [calls for thread in tracer.threads() for calls in changes(thread) if " = -1" in calls[2]]
    assert len(failed) >= 2  # to read what the session's processes have, to connect
    group = pwd.getpwnam(MSGD).pw_gid
    for calls in failed:
        names = [re.match(r"\w+", call).group() for call in calls]
        assert names == [
            "capget", "setresgid", "setresuid", "setresuid", "setresgid", "getresuid", "getresgid", "capget",
        ]  # fmt: skip
        assert calls[-2].startswith(f"getresgid([{group}], [{group}], [{group}])")
    assert service_pid() == tracer.pid


@pytest.mark.parametrize("call", ["setresuid", "setresgid", "capget"])
def test_who_cannot_be_itself_again_ends(loners, trace, call):
    """A process that could go on as somebody else would be worse than none; systemd starts another."""
    tracer = trace(f"--inject={call}:error=EPERM:when=2")
    answer = msg("erin", "hello")
    tracer.stop()

    assert answer.returncode == 69, answer.stderr
    assert any("SIGABRT" in line for calls in tracer.threads() for line in calls)
    assert msg("alice", "/TIME:1", "the next one").returncode == 0
    assert service_pid() != tracer.pid
