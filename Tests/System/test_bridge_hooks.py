"""msg-bridge-hook: other programs, as Debian packages them, that say on desktops what they have to say."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib.desktop import Desktop
from lib.machine import await_that, run

pytestmark = pytest.mark.each_release

LIBC = ctypes.CDLL(None, use_errno=True)  # not every release here has mount(8)
MS_BIND = 4096
FOLDERS = ("dbus-1", "msgd", "needrestart", "nut", "polkit-1", "smartmontools", "systemd", "sysusers.d")


def files() -> dict[str, str]:
    """What the files that hooks may change contain, and where links lead."""
    paths = [path for name in FOLDERS for path in Path("/etc", name).rglob("*")]
    links = {str(path): str(path.readlink()) for path in paths if path.is_symlink()}
    return links | {str(path): path.read_text(errors="replace") for path in paths if path.is_file()}


@pytest.fixture
def hook() -> Iterator[Callable[[str], None]]:
    """Enables a hook for a test. A second time changes nothing, and in the end nothing is left."""
    before, enabled = files(), []

    def enable(name: str) -> None:
        enabled.append(name)
        assert f"{name} disabled" in run("msg-bridge-hook", "list").stdout.splitlines()
        assert run("msg-bridge-hook", "enable", name).stdout.startswith("msg-bridge-hook: ")
        assert run("msg-bridge-hook", "enable", name).stdout == ""
        assert f"{name} enabled" in run("msg-bridge-hook", "list").stdout.splitlines()

    users = run("getent", "passwd").stdout
    yield enable
    for name in enabled:
        assert "/" in run("msg-bridge-hook", "disable", name).stdout
    assert run("msg-bridge-hook", "disable", "all").stdout == ""
    assert files() == before
    assert run("getent", "passwd").stdout == users


def test_wrong_calls() -> None:
    assert run("msg-bridge-hook", "enable", "nothing", check=False).returncode == 64
    assert run("msg-bridge-hook", "enable", check=False).returncode == 64
    assert run("msg-bridge-hook", check=False).returncode == 64
    answer = run("as-user", "alice", shutil.which("msg-bridge-hook"), "enable", "cron", check=False)
    assert answer.returncode == 1 and "only root" in answer.stderr
    answer = run("msg-bridge-hook", "enable", "zed", check=False)
    assert answer.returncode == 1 and "zed: there is no /etc/zfs/zed.d" in answer.stderr


def test_a_user_is_told_what_only_root_sees(hook: Callable[[str], None]) -> None:
    hook("nut")
    answer = run("as-user", "alice", shutil.which("msg-bridge-hook"), "list", check=False)
    assert (answer.returncode, answer.stderr) == (1, "")
    assert "nut unknown: only root can see it" in answer.stdout.splitlines()


def test_needrestart(alice: Desktop, bob: Desktop, hook: Callable[[str], None], tmp_path: Path) -> None:
    """alice runs a program whose file is replaced."""
    hook("needrestart")
    program = Path("/usr/local/bin/outdated")
    shutil.copy("/bin/sleep", program)
    popups, others = alice.popups(), bob.popups()
    # needrestart looks at the parent, if there is one.
    alice.run("sh", "-c", 'exec setsid --fork "$0" 300 </dev/null >/dev/null 2>&1', str(program))
    await_that(lambda: pids("outdated"), lambda: "the program doesn't start")
    [pid] = pids("outdated")
    cgroup = show_as_on_a_machine(pid, tmp_path / "cgroup")
    try:
        shutil.copy(program, f"{program}.new")
        Path(f"{program}.new").rename(program)
        run("needrestart", "-l", "-r", "l", "-u", "NeedRestart::UI::stdio", timeout=120)
        popup = popups.popup("outdated")
        assert popup.summary == "Please log out and in again"
        assert "An upgrade has replaced files that these programs of yours still use: " in popup.body
        alice.screenshot("hook-needrestart")
        assert others.popups() == []
    finally:
        LIBC.umount(bytes(cgroup))
        run("kill", pid)
        program.unlink()


def pids(name: str) -> list[str]:
    return run("pgrep", "--exact", name, check=False).stdout.split()


def show_as_on_a_machine(pid: str, file: Path) -> Path:
    """Shows a process's cgroup as on a machine of its own. needrestart 3.11 looks at the first hierarchy, which is the
    host's if that has several, and knows only the ids of sessions that the kernel's audit has numbered."""
    cgroup = Path(f"/proc/{pid}/cgroup")
    [line] = [line for line in cgroup.read_text().splitlines(keepends=True) if line.startswith("0::")]
    file.write_text(line.replace("/session-c", "/session-"))
    assert LIBC.mount(bytes(file), bytes(cgroup), None, MS_BIND, None) == 0, os.strerror(ctypes.get_errno())
    return cgroup


UPS = {
    "nut.conf": "MODE=standalone\n",
    "ups.conf": "[office]\n  driver = dummy-ups\n  port = office.dev\n  mode = dummy-loop\n  pollinterval = 1\n",
    "office.dev": "ups.status: OL\nbattery.charge: 100\n",
    "upsd.conf": "LISTEN 127.0.0.1 3493\n",
    "upsd.users": "[admin]\n  password = secret\n  upsmon primary\n",
}


@pytest.fixture
def ups() -> Iterator[Callable[[str], None]]:
    """NUT with a UPS of its dummy driver, whose status is set by a call."""
    folder = Path("/etc/nut")
    former = {file: file.read_text() for file in folder.iterdir() if file.is_file()}
    for name, text in UPS.items():
        (folder / name).write_text(text)
        run("chown", "root:nut", str(folder / name))
        (folder / name).chmod(0o640)
    with open(folder / "upsmon.conf", "a") as file:
        file.write("MONITOR office@127.0.0.1 1 admin secret primary\nPOLLFREQ 1\nPOLLFREQALERT 1\n")
    run("upsdrvctl", "start", "office")
    run("systemctl", "start", "nut-server", "nut-monitor")

    def set_status(status: str) -> None:
        (folder / "office.dev").write_text(UPS["office.dev"].replace("OL", status))

    yield set_status
    run("systemctl", "stop", "nut-monitor", "nut-server")
    run("upsdrvctl", "stop", "office", check=False)
    for file in folder.iterdir():
        if file in former:
            file.write_text(former[file])
        else:
            file.unlink()


def test_nut(alice: Desktop, bob: Desktop, hook: Callable[[str], None], ups: Callable[[str], None]) -> None:
    hook("nut")
    popups, others = alice.popups(), bob.popups()
    ups("OB")
    for recorder in (popups, others):
        popup = recorder.popup("on battery", timeout=30)
        assert (popup.summary, popup.hints["urgency"]) == ("nut: UPS office@127.0.0.1", 2)
    alice.screenshot("hook-nut")
    ups("OL")
    assert popups.popup("on line power", timeout=30).hints["urgency"] == 1


def test_nut_of_an_administrator() -> None:
    """A program that was chosen already stays."""
    file = Path("/etc/nut/upsmon.conf")
    former = file.read_text()
    file.write_text(former + "NOTIFYCMD /usr/sbin/upssched\n")
    try:
        answer = run("msg-bridge-hook", "enable", "nut", check=False)
        assert answer.returncode == 1 and f"nut: {file} has a program already" in answer.stderr
    finally:
        file.write_text(former)


def identity() -> str:
    """What a disk answers to IDENTIFY DEVICE (ATA Command Set), as hexadecimal digits, after the four bytes that Linux
    puts in front: names of the letter D, and SMART supported and enabled."""
    names = dict.fromkeys([*range(10, 20), *range(23, 47)], 0x4444)
    words = names | {0: 0x0040, 80: 0x00F0, 82: 1, 83: 0x4000, 84: 0x4000, 85: 1, 87: 0x4000}
    return (bytes(4) + b"".join(words.get(index, 0).to_bytes(2, "little") for index in range(88))).hex()


def test_smartmontools(alice: Desktop, hook: Callable[[str], None], tmp_path: Path) -> None:
    """smartd sends its test mail. A machine of the tests has no disk, so strace answers smartd's questions to one,
    which is a file."""
    hook("smartmontools")
    popups = alice.popups()
    disk, configuration = Path("/var/tmp/disk"), tmp_path / "smartd.conf"
    disk.write_bytes(bytes(4096))
    configuration.write_text(f"{disk} -d ata -p -m root -M exec /usr/share/smartmontools/smartd-runner -M test\n")
    answer = f"--inject=ioctl:retval=0:poke_exit=@arg3={identity()}"
    strace = ("strace", f"--trace-path={disk}", "--trace=ioctl", answer)
    run(*strace, "smartd", "--debug", "--quit=onecheck", f"--configfile={configuration}", check=False)
    popup = popups.popup("TEST EMAIL")
    assert popup.summary == f"Trouble with the disk {disk}"
    assert popup.body == f"TEST EMAIL from smartd for device: {disk}"
    alice.screenshot("hook-smartmontools")
    disk.unlink()


def test_earlyoom(alice: Desktop, hook: Callable[[str], None]) -> None:
    """It finds that memory is low, and pretends to end a program."""
    run("systemctl", "start", "msg-bridge")
    settings = Path("/etc/default/earlyoom")
    former = settings.read_text()
    settings.write_text('EARLYOOM_ARGS="--dryrun -m 99 -s 100 -r 3600"\n')
    popups = alice.popups()
    try:
        hook("earlyoom")
        run("systemctl", "start", "earlyoom")
        popup = popups.popup("Low memory!")
        assert popup.summary.startswith("msg-bridge: earlyoom")
        alice.screenshot("hook-earlyoom")
        properties = run("systemctl", "show", "--property=User,DynamicUser", "earlyoom").stdout.split()
        assert properties == ["User=earlyoom", "DynamicUser=yes"]
    finally:
        run("systemctl", "stop", "earlyoom", "msg-bridge")
        settings.write_text(former)


def test_cron(alice: Desktop, hook: Callable[[str], None]) -> None:
    """There is no mail server, so that cron would drop what a job prints."""
    hook("cron")
    table = Path("/etc/cron.d/bridge")
    popups = alice.popups()
    run("systemctl", "stop", "cron")
    Path("/run/crond.reboot").unlink(missing_ok=True)  # by which it knows that it has run the jobs due at a boot
    table.write_text("@reboot alice echo The backup is old.\n")
    try:
        run("systemctl", "start", "cron")
        popup = popups.popup("The backup is old.")
        assert "Cron <alice@" in popup.summary
    finally:
        table.unlink()
