"""What msgd may do on the machine: only its work, which it does under all of the unit's restrictions."""

import ctypes
import json
import os
import pwd
import re
from pathlib import Path

import pytest

from lib.commands import msg, service_pid
from lib.machine import HERE, run

pytestmark = pytest.mark.each_release

CAPABILITIES = {"msgd": 0, "msgd-connect": 1 << 6 | 1 << 7}  # CAP_SETGID, CAP_SETUID
# SECBIT_NOROOT, SECBIT_NO_SETUID_FIXUP, and their locks. The kernel shows them only to their process.
SECURE_BITS = 0b1111
EXPOSURE = {"msgd": 4, "msgd-connect": 16, "msgd-held": 5}  # ten times the figure of systemd-analyze
PROGRAMS = ["msgd", "msgd-connect"]
LIBC = ctypes.CDLL(None, use_errno=True)


def pid_of(program):
    return int(run("systemctl", "show", "--property=MainPID", "--value", program).stdout)


def status(program="msgd"):
    with open(f"/proc/{pid_of(program)}/status") as file:
        return {key: value.strip() for key, value in (line.split(":", 1) for line in file)}


def seen(path):
    """Returns the outside name of a file that msgd sees, because no program can run in msgd's view."""
    return f"/proc/{service_pid()}/root{path}"


def as_msgd(action):
    """Returns the result, or the error, of a Python action in msgd's view of the file system, as its user."""
    account, reading, writing = pwd.getpwnam("msgd"), *os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mounts = os.open(f"/proc/{service_pid()}/ns/mnt", os.O_RDONLY)
            if LIBC.setns(mounts, 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            os.setgroups([])
            os.setresgid(*[account.pw_gid] * 3)
            os.setresuid(*[account.pw_uid] * 3)
            answer = action()
        except OSError as error:
            answer = error.strerror
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        return json.load(answer)


@pytest.mark.parametrize("program", EXPOSURE)
def test_systemd_rates_its_exposure_as_low(desktops, program):
    threshold = f"--threshold={EXPOSURE[program]}"
    answer = run("systemd-analyze", "security", "--no-pager", threshold, f"{program}.service", check=False)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_has_few_capabilities_or_none_no_groups_and_a_filter(alice, program):
    run("systemctl", "restart", "msgd")  # it has to join alice's bus
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    found = status(program)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(found[kind], 16) == CAPABILITIES[program], kind
    own = {name: run("id", f"-{name}", program).stdout.strip() for name in "ug"}
    assert (found["Uid"].split(), found["Gid"].split()) == ([own["u"]] * 4, [own["g"]] * 4)
    assert found["Groups"] in ("", own["g"])
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    assert run("systemctl", "show", "--property=SecureBits", "--value", program).stdout == f"{SECURE_BITS}\n"


def test_its_memory_and_threads_are_bounded_and_its_core_is_nobodys(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    for program, memory, tasks in (("msgd", 512 << 20, 256), ("msgd-connect", 192 << 20, 160)):
        shown = run("systemctl", "show", "--property=MemoryMax,TasksMax", program).stdout
        assert sorted(shown.splitlines()) == [f"MemoryMax={memory}", f"TasksMax={tasks}"]
    limits = Path(f"/proc/{service_pid()}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), limits


def test_it_sees_no_homes_and_writes_nothing_but_its_notes(alice, tmp_path):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    for home in ("/home", "/root", "/run/user"):
        assert run("ls", "--almost-all", seen(home)).stdout == ""
        assert as_msgd(lambda: os.listdir(home)) == "Permission denied"
        assert run("ls", home).stdout or home == "/root"  # there are some
    for folder in ("/dev/shm", "/etc", "/home", "/root", "/usr", "/var/lib"):
        assert run("mkdir", seen(f"{folder}/x"), check=False).returncode != 0
    # Its /tmp is its own.
    mark = tmp_path / "x"
    mark.touch()
    assert not Path(seen(mark)).exists()
    assert as_msgd(lambda: os.mkdir("/run/msgd/x")) is None
    assert as_msgd(lambda: os.rmdir("/run/msgd/x")) is None


def test_nothing_can_be_run_where_it_is(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    answer = run("nsenter", f"--target={service_pid()}", "--mount", "true", check=False)
    assert (answer.returncode, "Permission denied" in answer.stderr) == (126, True), answer


def test_it_sees_no_processes_of_others(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    seen, own = as_msgd(lambda: ([int(name) for name in os.listdir("/proc") if name.isdigit()], os.getpid()))
    assert set(seen) <= {own, service_pid()}


def test_its_work_needs_no_call_that_the_filter_refuses(desktops, tmp_path):
    """Two calls are refused to every program of that kind, which does without them: sched_setattr, which GLib tries,
    and clone3, which glibc replaces by clone (RestrictNamespaces= has to look at the flags)."""
    assert msg("alice", "/TIME:1", "it runs").returncode == 0
    log = tmp_path / "log"
    tracer = HERE.start("strace", "--follow-forks", "--quiet=all", f"--output={log}", f"--attach={service_pid()}")
    try:
        await_tracer(service_pid())
        assert msg("*", "/W", "/TIME:1", "hello").returncode == 3
        assert msg("group:bob", "/TIME:1", "hello").returncode == 0
        assert msg("--sessions").returncode == 0
        assert desktops["alice"].run("msg", "alice", "/W", "/TIME:1", "to myself", check=False).returncode == 3
        run("systemctl", "stop", "msgd")
    finally:
        tracer.communicate(timeout=10)
    calls = log.read_text()
    assert "connect(" in calls and "symlink(" in calls and "unlink(" in calls
    refused = re.findall(r"^.*= -1 (?:EPERM|ENOSYS).*$", calls, re.MULTILINE)
    assert [call for call in refused if not re.search("sched_setattr|clone3", call)] == []


def await_tracer(pid):
    while status()["TracerPid"] == "0":
        pass
