"""What msgd may do on the machine: nothing but its work, which it does under all of the unit's restrictions."""

import re
from pathlib import Path

from commands import msg, outcome, service_pid
from machine import HERE, run

CAPABILITIES = "00000000000000c0"  # CAP_SETGID, CAP_SETUID

SECURE_BITS = 1 << 2 | 1 << 3  # SECBIT_NO_SETUID_FIXUP, and its lock; the kernel tells them to nobody but who has them


def status():
    with open(f"/proc/{service_pid()}/status") as file:
        return {key: value.strip() for key, value in (line.split(":", 1) for line in file)}


def inside(*command):
    """Runs a command where msgd lives: in its view of the file system, as its user."""
    enter = ("nsenter", f"--target={service_pid()}", "--mount", "--ipc", "setpriv")
    return run(*enter, "--reuid=msgd", "--regid=msgd", "--clear-groups", *command, check=False)


def test_systemd_rates_its_exposure_as_low(desktops):
    answer = run("systemd-analyze", "security", "--no-pager", "--threshold=15", "msgd.service", check=False)
    assert answer.returncode == 0, answer.stdout


def test_it_has_two_capabilities_no_groups_and_a_filter(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    found = status()
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert found[kind] == CAPABILITIES, kind
    own = {name: run("id", f"-{name}", "msgd").stdout.strip() for name in "ug"}
    assert (found["Uid"].split(), found["Gid"].split()) == ([own["u"]] * 4, [own["g"]] * 4)
    assert found["Groups"] in ("", own["g"])
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    assert run("systemctl", "show", "--property=SecureBits", "--value", "msgd").stdout == f"{SECURE_BITS}\n"


def test_its_memory_and_threads_are_bounded_and_its_core_is_nobodys(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    shown = run("systemctl", "show", "--property=MemoryMax,TasksMax", "msgd").stdout
    assert sorted(shown.splitlines()) == [f"MemoryMax={512 << 20}", "TasksMax=256"]
    limits = Path(f"/proc/{service_pid()}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), limits


def test_it_sees_no_homes_and_writes_nothing_but_its_notes(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    for home in ("/home", "/root"):
        assert run("nsenter", f"--target={service_pid()}", "--mount", "ls", "--almost-all", home).stdout == ""
        assert inside("ls", home).returncode != 0
    assert run("ls", "/home").stdout  # there are some
    for folder in ("/dev/shm", "/etc", "/home", "/root", "/tmp", "/usr", "/var/lib", f"/run/user/{alice.uid}"):
        assert run("nsenter", f"--target={service_pid()}", "--mount", "mkdir", f"{folder}/x", check=False).returncode != 0
    assert outcome(inside("mkdir", "/run/msgd/x")) == (0, "", "")
    inside("rmdir", "/run/msgd/x")


def test_it_sees_no_processes_of_others(alice):
    assert msg("alice", "/TIME:1", "hello").returncode == 0
    seen = [name for name in inside("ls", "/proc").stdout.split() if name.isdigit()]
    assert len(seen) == 1  # ls itself


def test_its_work_needs_no_call_that_the_filter_refuses(desktops, tmp_path):
    """Besides two that are refused to every program of that kind and are done without: sched_setattr, which GLib tries, and
    clone3, instead of which glibc calls clone (RestrictNamespaces= has to look at the flags)."""
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
