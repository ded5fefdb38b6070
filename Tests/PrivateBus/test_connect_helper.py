"""msgd-connect, called directly, as msgd's user: the requests that it carries out, and all that it refuses."""

import contextlib
import fcntl
import os
import pathlib
import pwd
import resource
import select
import signal
import socket
import stat
import struct
import subprocess
import termios
import time

import pytest

from lib.machine import BUILT, ConnectHelper, hanging, outcome
from lib.main_loop import look_until
from lib.terminal import Terminal

REQUEST = "=II256s108s16sII"
REPLY = "=II"
DONE, NO_REQUEST, ROOT, NOT_LOGGED_IN, NO_SOCKET, OTHERS_SOCKET, FAILED, TIMED_OUT = range(8)
WRITTEN, NO_TERMINAL, OTHERS_TERMINAL, MESG_N, FULL = range(8, 13)
ENVIRON, STAT = range(2)
LONGEST_TEXT = 4000
SETGID_AND_SETUID = "00000000000000c0"
ENOENT, EIO, EACCES, ECONNREFUSED = 2, 5, 13, 111
MOST_PROCESSES = 128


@pytest.fixture
def person(machine):
    return machine.person(has_bus=False)


@contextlib.contextmanager
def as_msgd():
    account = pwd.getpwnam("msgd")
    os.setegid(account.pw_gid)
    os.seteuid(account.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def connect(helper):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with as_msgd():
        client.connect(str(helper.path))
    return client


def request_of(uid, name="", processes=(), file=ENVIRON, terminal="", text=b"", heeds_mesg=0, size=None):
    """A request and the text behind it, which has another length than it says if a size is given."""
    size = len(text) if size is None else size
    processes = struct.pack(f"={len(processes)}i", *processes)
    return struct.pack(REQUEST, uid, file, processes, os.fsencode(name), os.fsencode(terminal), heeds_mesg, size) + text


def writing(person, terminal, text=b"hi", heeds_mesg=1, **more):
    return request_of(person.account.pw_uid, terminal=terminal, text=text, heeds_mesg=heeds_mesg, **more)


def to_socket(person, name):
    return request_of(person.account.pw_uid, name)


def environments(person, *processes, name=""):
    return request_of(person.account.pw_uid, name, processes)


def answer(client):
    """Returns the fault, its detail, and the descriptors; nothing if the helper hung up."""
    assert select.select([client], [], [], 30)[0], "no answer"
    content, descriptors, _, _ = socket.recv_fds(client, 100, 10)
    return (*struct.unpack(REPLY, content), descriptors) if content else None


def ask(helper, request, *descriptors):
    with connect(helper) as client:
        socket.send_fds(client, [request], descriptors)
        return answer(client)


@contextlib.contextmanager
def listening(person, name):
    """A user's listening socket, whose uid is that of the listen(2) call."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.setegid(person.account.pw_gid)
    os.seteuid(person.account.pw_uid)
    try:
        listener.bind(str(name) if str(name)[0] != "@" else "\0" + str(name)[1:])
        listener.listen()
    finally:
        os.seteuid(0)
        os.setegid(0)
    with listener:
        yield listener


def open_files(person, name):
    return (person.folder / name).resolve()


class Root:
    account = pwd.getpwuid(0)


# --- what it does ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["{folder}/bus", "@msg-test-{folder}"])
def test_it_connects_as_the_user(helper, person, name):
    name = name.format(folder=person.folder)
    with listening(person, name) as listener:
        fault, detail, [connection] = ask(helper, to_socket(person, name))
        assert (fault, detail) == (DONE, 0)
        peer, _ = listener.accept()
        _, uid, gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        assert (uid, gid) == (person.account.pw_uid, person.account.pw_gid)
        assert peer.getsockopt(socket.SOL_SOCKET, 59, 1024) == b""  # SO_PEERGROUPS: no others
        assert not os.get_blocking(connection)
        os.write(connection, b"hello")
        assert peer.recv(5) == b"hello"
        peer.close()
        os.close(connection)


def program_of(person, **environment):
    """A user's process that waits for its end, after its exec(2)."""
    process = subprocess.Popen(
        ["cat"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        user=person.account.pw_uid, group=person.account.pw_gid, extra_groups=[],
    )  # fmt: skip
    process.stdin.write(b"x")
    process.stdin.flush()
    assert process.stdout.read(1) == b"x"
    return process


def end(process):
    process.communicate()


def parts(descriptors):
    """Reads the pipe. Its end comes at once, so nobody has to wait for it."""
    [pipe] = descriptors
    assert stat.S_ISFIFO(os.fstat(pipe).st_mode) and fcntl.fcntl(pipe, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    with os.fdopen(pipe, "rb") as content:
        content = content.read()
    result = []
    while content:
        [length] = struct.unpack("=I", content[:4])
        result.append(content[4 : 4 + length])
        content = content[4 + length :]
    return result


def test_it_reads_the_environments_of_the_users_processes_only(machine, helper, person):
    other = machine.person(has_bus=False)
    own, others = program_of(person, A="1", B="2"), program_of(other, SECRET="x")
    gone = program_of(person)
    end(gone)
    try:
        fault, detail, descriptors = ask(helper, environments(person, gone.pid, own.pid, others.pid, os.getpid(), own.pid))
        assert (fault, detail) == (DONE, 0)
        assert parts(descriptors) == [b"", b"A=1\0B=2\0", b"", b"", b"A=1\0B=2\0"]
    finally:
        end(own)
        end(others)


def test_it_does_both_at_once(helper, person):
    process, name = program_of(person, A="1"), person.folder / "bus"
    try:
        with listening(person, name) as listener:
            fault, detail, [pipe, connection] = ask(helper, environments(person, process.pid, name=name))
            assert (fault, detail) == (DONE, 0)
            assert parts([pipe]) == [b"A=1\0"]
            listener.accept()[0].close()
            os.close(connection)
        fault, detail, [pipe] = ask(helper, environments(person, process.pid, name=name))
        assert (fault, detail) == (FAILED, ECONNREFUSED)
        assert parts([pipe]) == [b"A=1\0"]
    finally:
        end(process)


def test_of_a_long_environment_it_reads_the_beginning(helper, person):
    process = program_of(person, LONG="x" * 100_000)
    try:
        [content] = parts(ask(helper, environments(person, process.pid))[2])
        assert len(content) == 64 << 10 and set(content[5:]) == {ord("x")}
    finally:
        end(process)


def test_of_many_long_environments_it_reads_what_there_is_room_for(helper, person):
    """Bytes that msgd has yet to read are the helper's memory."""
    process = program_of(person, LONG="x" * 100_000)
    try:
        contents = parts(ask(helper, environments(person, *[process.pid] * 64))[2])
        assert {len(content) for content in contents[:7]} == {64 << 10}
        assert sum(4 + len(content) for content in contents) == 512 << 10
    finally:
        end(process)


def test_it_reads_the_states_of_the_users_processes_only(machine, helper, person):
    other = machine.person(has_bus=False)
    own, others = program_of(person), program_of(other)
    try:
        states = request_of(person.account.pw_uid, "", [own.pid, others.pid], STAT)
        fault, detail, descriptors = ask(helper, states)
        state, nothing = parts(descriptors)
        assert (fault, detail, nothing) == (DONE, 0, b"")
        assert state.startswith(b"%d (cat) S %d " % (own.pid, os.getpid())) and state.endswith(b"\n")
    finally:
        end(own)
        end(others)


@pytest.fixture
def terminal(person):
    with Terminal(person.account.pw_uid) as terminal:
        yield terminal


def test_it_writes_on_the_users_terminal(helper, person, terminal):
    assert ask(helper, writing(person, terminal.name, b"one\r\n")) == (WRITTEN, 0, [])
    text = b"x" * LONGEST_TEXT
    assert ask(helper, writing(person, terminal.name, text)) == (WRITTEN, 0, [])
    assert terminal.read(until="x" * LONGEST_TEXT) == "one\r\n" + "x" * LONGEST_TEXT


def test_it_takes_no_terminal_as_its_own(helper, person, terminal):
    assert ask(helper, writing(person, terminal.name)) == (WRITTEN, 0, [])
    [worker] = helper.workers()
    assert pathlib.Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[4] == "0"


def test_mesg_n_is_heeded_if_msgd_says_so(helper, person, terminal):
    terminal.refuse()
    assert ask(helper, writing(person, terminal.name, b"no")) == (MESG_N, 0, [])
    assert ask(helper, writing(person, terminal.name, b"yes", heeds_mesg=0)) == (WRITTEN, 0, [])
    assert terminal.read(until="yes") == "yes"


# --- what it refuses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uid, fault", [(0, ROOT), (2**32 - 1, NO_REQUEST), (12345, NOT_LOGGED_IN)])
@pytest.mark.parametrize("name, processes", [("/run/dbus/system_bus_socket", []), ("", [1]), ("/run/bus", [1])])
def test_it_becomes_nobody_who_is_not_logged_in(helper, uid, fault, name, processes):
    assert ask(helper, request_of(uid, name, processes)) == (fault, 0, [])


def test_a_system_user_is_not_logged_in(helper):
    uid = pwd.getpwnam("msgd").pw_uid
    assert ask(helper, request_of(uid, "/run/dbus/bus")) == (NOT_LOGGED_IN, 0, [])


@pytest.mark.parametrize("kind", ["another's", "a link", "a file", "another file system"])
def test_what_is_no_runtime_directory_makes_nobody_logged_in(machine, helper, person, kind):
    directory = pathlib.Path(f"/run/user/{person.account.pw_uid}")
    directory.rmdir()
    if kind == "another's":
        directory.mkdir()
    elif kind == "a link":
        os.chown(person.folder, person.account.pw_uid, person.account.pw_gid)
        directory.symlink_to(person.folder)
    elif kind == "a file":
        directory.touch()
        os.chown(directory, person.account.pw_uid, person.account.pw_gid)
    else:
        directory.mkdir()
        subprocess.run(["mount", "-t", "ramfs", "ramfs", directory], check=True)
        os.chown(directory, person.account.pw_uid, person.account.pw_gid)
    try:
        with listening(person, person.folder / "bus"):
            assert ask(helper, to_socket(person, person.folder / "bus")) == (NOT_LOGGED_IN, 0, [])
    finally:
        if kind == "another file system":
            subprocess.run(["umount", directory], check=True)
        directory.unlink() if kind in ("a link", "a file") else directory.rmdir()


def test_a_link_is_not_followed(machine, helper, person):
    with listening(person, person.folder / "socket"):
        (person.folder / "bus").symlink_to(person.folder / "socket")
        assert ask(helper, to_socket(person, person.folder / "bus")) == (NO_SOCKET, 0, [])


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: open(path, "w").close(), os.mkdir])
def test_what_is_no_socket_is_not_opened(helper, person, make):
    make(person.folder / "bus")
    assert ask(helper, to_socket(person, person.folder / "bus")) == (NO_SOCKET, 0, [])


@pytest.mark.parametrize("name", ["{folder}/bus", "@msg-test-{folder}"])
def test_another_users_socket_is_told(machine, helper, person, name):
    other = machine.person(has_bus=False)
    name = name.format(folder=other.folder)
    with listening(other, name) as listener:
        if name[0] != "@":
            os.chmod(name, 0o777)
        assert ask(helper, to_socket(person, name)) == (OTHERS_SOCKET, other.account.pw_uid, [])
        listener.accept()[0].close()


def test_what_the_user_may_not_reach_it_does_not_reach(machine, helper, person):
    other = machine.person(has_bus=False)
    with listening(other, other.folder / "bus"):
        os.chmod(other.folder, 0o700)
        assert ask(helper, to_socket(person, other.folder / "bus")) == (FAILED, EACCES, [])


def test_another_users_terminal_is_told(machine, helper, person, terminal):
    other = machine.person(has_bus=False)
    with Terminal(other.account.pw_uid) as others:
        os.chmod(others.path, 0o666)
        assert ask(helper, writing(person, others.name)) == (OTHERS_TERMINAL, other.account.pw_uid, [])
        os.chmod(others.path, 0o620)
        assert ask(helper, writing(person, others.name)) == (FAILED, EACCES, [])
        assert others.unread() == ""


def test_a_stopped_terminal_is_not_waited_for(helper, person, terminal):
    terminal.stop()
    assert ask(helper, writing(person, terminal.name, b"never")) == (FULL, 0, [])
    terminal.go_on()
    assert ask(helper, writing(person, terminal.name, b"then")) == (WRITTEN, 0, [])
    assert terminal.read(until="then") == "then"


def test_a_terminal_that_nobody_reads_is_not_waited_for(helper, person, terminal):
    outcomes = [ask(helper, writing(person, terminal.name, b"x" * LONGEST_TEXT)) for _ in range(20)]
    fault, taken, _ = next(each for each in outcomes if each[0] != WRITTEN)
    assert fault == FULL and taken < LONGEST_TEXT
    assert outcomes[-1] == (FULL, 0, [])


def test_a_terminal_that_is_gone_is_told(helper, person, terminal):
    terminal.end()
    assert ask(helper, writing(person, terminal.name))[:2] in [(FAILED, ENOENT), (FAILED, EIO)]


TERMINALS = [
    "tty", "null", "console", "ptmx", "pts/ptmx", "pts/", "pts/1x", "pts/-1", "pts/../null", "/dev/pts/1", "../null", "tty1/..",
    "ttyS", "hvc", "vcs1", "PTS/1", "pts/1\0x", "pts/012345678901", "",
]  # fmt: skip


@pytest.mark.parametrize("name", TERMINALS)
def test_what_can_be_no_terminal_is_no_request(helper, person, name):
    assert ask(helper, writing(person, name)) == (NO_REQUEST, 0, [])


def test_neither_root_nor_a_stranger_is_written_to(helper):
    assert ask(helper, request_of(0, terminal="pts/0", text=b"x")) == (ROOT, 0, [])
    assert ask(helper, request_of(12345, terminal="pts/0", text=b"x")) == (NOT_LOGGED_IN, 0, [])


@pytest.mark.parametrize(
    "more",
    [
        {"name": "/run/bus"}, {"processes": [1]}, {"file": STAT}, {"file": 2}, {"heeds_mesg": 2}, {"size": 1}, {"size": 3},
        {"text": b""}, {"text": b"x" * (LONGEST_TEXT + 1)}, {"terminal": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_text_comes_alone_and_whole(helper, person, terminal, more):
    uid = person.account.pw_uid
    assert ask(helper, request_of(uid, **({"terminal": terminal.name, "text": b"hi"} | more))) == (NO_REQUEST, 0, [])
    assert terminal.unread() == ""


@pytest.mark.parametrize("more", [{"file": STAT, "name": "/run/bus"}, {"file": 2}, {"heeds_mesg": 1}, {"size": 1}], ids=str)
def test_a_reading_has_nothing_of_a_text(helper, person, more):
    assert ask(helper, request_of(person.account.pw_uid, processes=[1], **more)) == (NO_REQUEST, 0, [])


def test_failures_are_told(helper, person):
    assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, ENOENT, [])
    with listening(person, person.folder / "bus"):
        pass
    assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, ECONNREFUSED, [])


NAMES = ["relative/bus", "", "/", "@", "\0hidden", "/run/bus\0more", "/" + "x" * 107, "x" * 256]


@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_no_socket_is_no_request(helper, person, name):
    assert ask(helper, to_socket(person, name)) == (NO_REQUEST, 0, [])


@pytest.mark.parametrize("processes", [[], [-1], [1, 0, 1], [1] * 63 + [-1]])
def test_what_can_be_no_process_is_no_request(helper, person, processes):
    assert ask(helper, environments(person, *processes)) == (NO_REQUEST, 0, [])


@pytest.mark.parametrize("name, processes", [("relative/bus", [1]), ("/run/bus", [-1])])
def test_neither_of_two_is_done_where_one_can_not_be(helper, person, name, processes):
    assert ask(helper, request_of(person.account.pw_uid, name, processes)) == (NO_REQUEST, 0, [])


@pytest.mark.parametrize("size", [1, 395, 397, 100_000])
def test_another_size_is_no_request(helper, person, size):
    request = to_socket(person, "/run/bus").ljust(size, b"\0")[:size]
    assert len(request) == size != struct.calcsize(REQUEST)
    assert ask(helper, request) == (NO_REQUEST, 0, [])


@pytest.mark.parametrize("number", [1, 2, 253])
def test_no_request_has_descriptors(helper, person, number):
    reading, writing = os.pipe()
    answered = ask(helper, to_socket(person, person.folder / "bus"), *[writing] * number)
    os.close(writing)
    assert answered == (NO_REQUEST, 0, [])
    assert os.read(reading, 1) == b""  # it kept none
    os.close(reading)


def reuse(pid, command, **options):
    """Starts a program with a process id that has just become free."""
    for _ in range(1000):
        pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(f"{pid - 1}")
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        if process.pid == pid:
            return process
        process.communicate()
    raise AssertionError(f"process id {pid} is not to be had")


def test_a_process_id_that_is_used_again_is_another_process(machine, helper, person):
    """The id is reused before the helper gets to the request."""
    other = machine.person(has_bus=False)
    process = program_of(person, MINE="1")
    end(program_of(person))
    with connect(helper) as first:  # has started it
        first.send(to_socket(person, "/nonexistent"))
        answer(first)
    stopped = helper.pid()
    os.kill(stopped, 19)
    try:
        client = connect(helper)
        client.send(environments(person, process.pid))
        end(process)
        again = reuse(
            process.pid, ["cat"], env={"SECRET": "x"}, user=other.account.pw_uid, group=other.account.pw_gid, extra_groups=[]
        )
    finally:
        os.kill(stopped, 18)
    with client:
        assert parts(answer(client)[2]) == [b""]
    again.communicate()


# --- what holds it up ------------------------------------------------------------------------------------------------


def test_ten_thousand_at_once(helper, person):
    own = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, max(own[1], 20_000)))
    request = to_socket(person, person.folder / "bus")
    clients = []
    try:
        for _ in range(10_000):
            clients.append(connect(helper))
            clients[-1].send(request)
        poll = select.poll()
        for client in clients:
            assert socket.recv_fds(client, 100, 10)[0] == struct.pack(REPLY, FAILED, ENOENT)
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, own)


def test_who_never_reads_holds_up_nobody(helper, person):
    clients = []
    for _ in range(600):
        clients.append(connect(helper))
        clients[-1].send(to_socket(person, person.folder / "bus"))
    assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, ENOENT, [])
    for client in clients:
        client.close()


def test_who_never_asks_is_left(helper, person):
    clients = [connect(helper) for _ in range(300)]  # more than it serves at once
    assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, ENOENT, [])
    assert answer(clients[0]) == (TIMED_OUT, 0, [])
    for client in clients:
        client.close()


def test_answers_that_nobody_reads_have_bounds(helper, person):
    """Like answers that msgd has no time to read. Their content is the helper's memory, for which its unit has room."""
    process = program_of(person, **{f"LONG{number}": "x" * 100_000 for number in range(10)})
    pages = int(pathlib.Path("/proc/sys/fs/pipe-user-pages-soft").read_text())
    held = 0
    with contextlib.ExitStack() as answers:
        for _ in range(300):
            fault, detail, [descriptor] = ask(helper, environments(person, *[process.pid] * 64))
            assert (fault, detail) == (DONE, 0)
            answers.callback(os.close, descriptor)
            held += struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0]
    end(process)
    # Beyond that the kernel gives each pipe two pages.
    assert 32 << 20 < held <= (pages + 2 * 300) * os.sysconf("SC_PAGE_SIZE") < 128 << 20


def next_worker(helper):
    """Returns a function that waits for the next working worker. Those of the test before end first."""
    look_until(lambda: not helper.at_work(), "the end of all work", helper.at_work)

    def worker():
        [pid] = look_until(helper.at_work, "a process that works")
        return pid

    return worker


@contextlib.contextmanager
def hanging_worker(helper, person):
    """A client whose request hangs, and the process in which it hangs."""
    worker = next_worker(helper)
    with hanging(person.folder, person), connect(helper) as client:
        client.send(to_socket(person, f"{person.folder}/bus"))
        yield client, worker()


@contextlib.contextmanager
def stuck_worker(helper, person):
    """A client whose request hangs in a process that can't be killed, because the file system has read the kernel's
    request."""
    worker = next_worker(helper)
    with hanging(person.folder, person) as fuse, connect(helper) as client:
        # struct fuse_in_header, fuse_out_header, fuse_init_out (linux/fuse.h): version 7.31.
        unique = struct.unpack_from("=IIQ", os.read(fuse, 1 << 17))[2]
        os.write(fuse, struct.pack("=IiQ IIIIHHIIHH32x", 80, 0, unique, 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0))
        client.send(to_socket(person, f"{person.folder}/bus"))
        os.read(fuse, 1 << 17)
        yield client, worker()


def wait_until_gone(pids):
    """Waits until the kernel reports each process's end."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            assert select.select([descriptor], [], [], 30)[0], f"process {pid} doesn't end"
            os.close(descriptor)


def test_a_file_system_that_is_for_the_user_alone_cannot_hold_it_up(helper, person):
    """For the kernel the process is not that user, because not all of its ids are the user's (fuse(4), allow_other)."""
    with hanging(person.folder, person, options="default_permissions"):
        assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, EACCES, [])


@pytest.mark.parametrize("place", ["the bus's folder", "the runtime directory"])
def test_who_hangs_costs_others_nothing_and_ends(machine, helper, person, place):
    other = machine.person(has_bus=False)
    runtime = pathlib.Path(f"/run/user/{person.account.pw_uid}")
    directory = person.folder if place == "the bus's folder" else runtime
    with hanging(directory, person):
        clients = [connect(helper) for _ in range(10)]
        for client in clients:
            client.send(to_socket(person, f"{person.folder}/bus"))
        # As many as may hang do, and another user is served.
        look_until(lambda: len(helper.at_work()) >= 3, "three processes that hang", helper.at_work)
        assert ask(helper, to_socket(other, other.folder / "bus")) == (FAILED, ENOENT, [])
        stuck = [pid for pid in helper.at_work() if status(pid)["Name"][-1] == str(person.account.pw_uid)]
        assert len(stuck) == 3
        for client in clients:  # a client that gives up cancels its request
            client.close()
        wait_until_gone(stuck)
        # A request whose client still waits ends at its time limit.
        assert ask(helper, to_socket(person, f"{person.folder}/bus")) == (TIMED_OUT, 0, [])
    assert ask(helper, to_socket(person, f"{person.folder}/bus")) == (FAILED, ENOENT, [])


@contextlib.contextmanager
def connected(helper, user):
    """A connection to a user's socket, and the process that made it."""
    with listening(user, user.folder / "bus") as listener:
        fault, _, [connection] = ask(helper, to_socket(user, user.folder / "bus"))
        assert fault == DONE
        peer, _ = listener.accept()
        [pid, _, _] = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        with peer:
            yield pid
        os.close(connection)


def test_who_hangs_does_not_end_what_made_anothers_connection(machine, helper, person):
    """The bus has to find the process that made a connection for as long as the connection is used."""
    other = machine.person(has_bus=False)
    with connected(helper, other) as connector:
        with hanging_worker(helper, person) as (client, worker):
            assert worker != connector
            client.close()
            wait_until_gone([worker])
        assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, ENOENT, [])
        assert connector in helper.workers()


class Stranger:
    """A user of whom the helper needs a runtime directory only."""

    def __init__(self, uid, folder):
        self.account = pwd.struct_passwd((f"u{uid}", "", uid, uid, "", "", ""))
        self.folder = folder / str(uid)
        for directory in (self.folder, pathlib.Path(f"/run/user/{uid}")):
            directory.mkdir()
            os.chown(directory, uid, uid)


def test_where_users_have_to_share_a_process_none_is_killed_for_another(machine, person, tmp_path):
    tmp_path.chmod(0o755)
    helper = ConnectHelper(tmp_path)
    strangers = [Stranger(uid, tmp_path) for uid in range(61000, 61000 + MOST_PROCESSES)]
    try:
        with contextlib.ExitStack() as connections:
            connectors = {connections.enter_context(connected(helper, stranger)) for stranger in strangers}
            assert connectors == set(helper.workers()) and len(connectors) == MOST_PROCESSES
            with hanging_worker(helper, person) as (client, worker):
                assert worker in connectors
                client.close()
                # The helper gives it up before it takes this request, which another process serves.
                assert ask(helper, to_socket(strangers[0], "/nonexistent")) == (FAILED, ENOENT, [])
            look_until(lambda: status(worker)["Name"] == ["idle"], "its rest")
            assert connectors == set(helper.workers())
            assert ask(helper, to_socket(person, person.folder / "bus")) == (FAILED, ENOENT, [])
    finally:
        helper.end()
        for stranger in strangers:
            os.rmdir(f"/run/user/{stranger.account.pw_uid}")


def state_of(pid):
    """Returns a process's state, such as `S` for sleeping (proc_pid_stat(5))."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: line.split()[1:] for line in lines}


def test_the_user_can_neither_stop_nor_read_what_works_for_them(machine, helper, person):
    with hanging_worker(helper, person) as (_, worker):
        own, uid = str(pwd.getpwnam("msgd-connect").pw_uid), str(person.account.pw_uid)
        # It becomes the user first, and then gives up its effective capabilities.
        look_until(lambda: status(worker)["CapEff"] == ["0" * 16], "that it has no effective capability")
        values = status(worker)
        assert values["Uid"] == [own, uid, own, uid]
        assert {values[name][0] for name in ("CapInh", "CapEff", "CapAmb")} == {"0" * 16}
        assert {values[name][0] for name in ("CapPrm", "CapBnd")} == {SETGID_AND_SETUID}
        as_user = dict(user=person.account.pw_uid, group=person.account.pw_gid, extra_groups=[], capture_output=True, text=True)
        stop = subprocess.run(["sh", "-c", f"kill -STOP {worker}"], **as_user)
        assert stop.returncode != 0 and "not permitted" in stop.stderr
        read = subprocess.run(["cat", f"/proc/{worker}/environ"], **as_user)
        assert read.returncode != 0 and "Permission denied" in read.stderr


def test_a_process_of_one_that_cannot_be_killed_costs_others_nothing(machine, helper, person):
    other = machine.person(has_bus=False)
    with stuck_worker(helper, person) as (client, pid):
        client.close()
        look_until(lambda: status(pid)["ShdPnd"] != ["0" * 16], "that it is killed")
        look_until(lambda: state_of(helper.pid()) == "S", "that the helper sleeps until something happens")
        assert ask(helper, to_socket(other, other.folder / "bus")) == (FAILED, ENOENT, [])
        assert pid in helper.workers()
    wait_until_gone([pid])


def test_who_waits_for_one_that_cannot_be_killed_is_told_at_its_time(helper, person):
    with stuck_worker(helper, person) as (client, pid):
        assert answer(client) == (TIMED_OUT, 0, [])
        assert pid in helper.workers()


def test_nothing_of_one_user_is_left_for_the_next(machine, helper, person):
    other = machine.person(has_bus=False)
    for each in person, other, person:
        with listening(each, each.folder / "bus") as listener:
            fault, _, [descriptor] = ask(helper, to_socket(each, each.folder / "bus"))
            os.close(descriptor)
            client, _ = listener.accept()
            assert struct.unpack("=3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1:] == (
                each.account.pw_uid, each.account.pw_gid,
            )  # fmt: skip
            client.close()
        (each.folder / "bus").unlink()
    account = pwd.getpwnam("msgd-connect")
    workers = helper.workers()
    assert workers
    for pid in workers:
        look_until(lambda: status(pid)["Name"] == ["idle"], "its rest")
        values = status(pid)
        assert (values["Uid"], values["Gid"]) == ([str(account.pw_uid)] * 4, [str(account.pw_gid)] * 4)
        assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2", "3"]


def test_only_msgd_may_ask(helper, person):
    assert stat.S_IMODE(os.stat(helper.path).st_mode) == 0o600
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        os.seteuid(person.account.pw_uid)
        try:
            with pytest.raises(PermissionError):
                client.connect(str(helper.path))
        finally:
            os.seteuid(0)


def test_it_is_started_by_its_socket_only():
    answered = subprocess.run([BUILT / "msgd-connect"], capture_output=True, text=True)
    assert answered.returncode == 64
    assert answered.stderr == (
        "msgd-connect: there is no socket to serve: systemd starts this program (msgd-connect.socket)\n"
    )


def test_what_works_for_it_ends_with_it(helper, person):
    with hanging_worker(helper, person) as (client, worker):
        os.kill(helper.pid(), 9)
        wait_until_gone([worker])
        assert answer(client) is None
    assert ask(helper, to_socket(person, f"{person.folder}/bus")) == (FAILED, ENOENT, [])


def test_when_it_crashes_the_sender_is_told_at_once_and_the_next_message_arrives(machine, logind, client, person, alice):
    logind.add("a", alice)
    logind.add("h", person)
    machine.start()
    with hanging(person.folder, person):
        call = client.start_send(person.name)
        look_until(machine.helper.at_work, "a process that hangs")
        begin = time.monotonic()
        os.kill(machine.helper.pid(), 9)
        lost = f"msgd-connect ended before it had connected to {person.folder}/bus (see: systemctl status msgd-connect)"
        assert outcome(call.wait()[1]) == [("failed", lost)]
        assert time.monotonic() - begin < 4  # a delivery may take five seconds
    assert outcome(client.send(alice.name)[1]) == [("shown", "")]


def test_when_it_hangs_it_is_named_and_who_has_popups_already_gets_more(machine, logind, client, person, alice):
    logind.add("a", alice)
    logind.add("h", person)
    machine.start()
    assert outcome(client.send(alice.name)[1]) == [("shown", "")]
    stopped = machine.helper.pid()
    os.kill(stopped, signal.SIGSTOP)
    try:
        [(state, reason)] = outcome(client.send(person.name)[1])
        assert outcome(client.send(alice.name)[1]) == [("shown", "")]
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert state == "failed" and reason.endswith("hangs, or msgd-connect does (see: systemctl status msgd-connect)")
    nothing = f"{person.name} has no session bus: {person.folder}/bus does not exist"
    assert outcome(client.send(person.name)[1]) == [("failed", nothing)]
