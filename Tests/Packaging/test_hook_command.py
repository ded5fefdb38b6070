"""msg-bridge-hook on a machine that is a folder: what it makes of other programs' files, and what is left without it. Those
that Debian's machines can run are enabled for real by Tests/System/test_bridge_hooks.py."""

import os
import re

import pytest

from source import ROOT, run

NAMES = ("apcupsd", "cron", "earlyoom", "mdadm", "needrestart", "nut", "smartmontools", "zed")
STAND_INS = {
    "deb-systemd-helper": "exit 0", "deb-systemd-invoke": "exit 0", "earlyoom": "exit 0", "getent": "exit 2", "groupdel": "exit 0",
    "id": "echo ${AS_USER:-0}", "systemctl": "exit 0", "systemd-sysusers": "exit 0", "userdel": "exit 0",
}  # fmt: skip
FILES = {
    "etc/apcupsd/apccontrol": "#!/bin/sh\n", "etc/apcupsd/onbattery": "#!/bin/sh\n# The administrator's.\nwall power\n",
    "etc/mdadm/mdadm.conf": "MAILADDR root\n", "etc/nut/upsmon.conf": "RUN_AS_USER nut\nNOTIFYFLAG ONLINE IGNORE\n# the end",
}  # fmt: skip
FOLDERS = ("etc/needrestart/notify.d", "etc/smartmontools/run.d", "etc/zfs/zed.d", "share", "usr/sbin")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


class Machine:
    def __init__(self, folder):
        self.root, self.bin, self.log = folder / "root", folder / "bin", folder / "log"
        for path in FOLDERS:
            (self.root / path).mkdir(parents=True)
        for path, text in FILES.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        self.bin.mkdir()
        for name, answer in STAND_INS.items():
            self.stand_in(name, answer)
        self.install("1")

    def stand_in(self, name, answer):
        (self.bin / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{self.log}\n{answer}\n')
        (self.bin / name).chmod(0o755)

    def install(self, version):
        """What the package brings: scripts that say how they are called."""
        for name in (*NAMES, "sendmail"):
            (self.root / "share" / name).write_text('#!/bin/sh\necho "${0##*/} $*"\n')
            (self.root / "share" / name).chmod(0o755)
        for file in (ROOT / "bridge/settings").iterdir():
            (self.root / "share" / file.name).write_text(file.read_text() + f"{'//' if file.suffix == '.rules' else '#'} {version}\n")

    def uninstall(self):
        for file in (self.root / "share").iterdir():
            file.unlink()

    def inside(self, text):
        """A script for which the folder is the whole machine, which doesn't run."""
        text = text.replace("@bridgedir@", f"{self.root}/share").replace("${DPKG_ROOT:-}", "")
        return re.sub(r"(?<![\w}])/(?=(etc|usr/sbin/sendmail|run/systemd/system)\b)", f"{self.root}/", text)

    def script(self, path, *words, check=True, **variables):
        script = self.root.parent / "script"
        script.write_text(self.inside((ROOT / path).read_text()))
        script.chmod(0o755)
        return run(script, *words, check=check, PATH=f"{self.bin}:{os.environ['PATH']}", **variables)

    def hook(self, *words, **options):
        return self.script("bridge/msg-bridge-hook.in", *words, **options)

    def states(self, **variables):
        return dict(line.split(" ", 1) for line in self.hook("list", check=False, **variables).stdout.splitlines())

    def purge(self):
        return self.script("debian/msg-bridge.postrm", "purge")

    def file(self, path):
        return self.root / path

    def files(self):
        paths = [path for name in ("etc", "usr") for path in (self.root / name).rglob("*")]
        return {str(path): os.readlink(path) if path.is_symlink() else path.read_text() for path in paths if not path.is_dir()}


@pytest.mark.parametrize("name", NAMES)
def test_disabling_takes_back_what_enabling_did(machine, name):
    before = machine.files()
    assert machine.states() == dict.fromkeys(NAMES, "disabled")
    assert machine.hook("enable", name).stdout.startswith("msg-bridge-hook: ")
    assert machine.hook("enable", name).stdout == ""
    assert machine.states() == dict.fromkeys(NAMES, "disabled") | {name: "enabled"}
    machine.hook("disable", name)
    assert machine.files() == before | ({} if name != "nut" else {str(machine.file("etc/nut/upsmon.conf")): FILES["etc/nut/upsmon.conf"] + "\n"})
    assert not machine.file("etc/msgd/hooks").exists()


@pytest.mark.parametrize("name, status", [("nut", 0), ("needrestart", 1), ("cron", 69)])
def test_what_other_programs_run_is_harmless_without_the_package(machine, name, status):
    machine.hook("enable", name)
    stub = machine.file(f"etc/msgd/hooks/{name}")
    script = "sendmail" if name == "cron" else name
    assert run(stub, "a b", "c").stdout == f"{script} a b c\n"
    machine.uninstall()
    answer = run(stub, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (status, "", "")


def test_only_stubs_are_run(machine):
    """Whatever other programs run stays when the package is removed."""
    machine.hook("enable", *NAMES)
    share = f"{machine.root}/share/"
    hooks = f"{machine.root}/etc/msgd/hooks/"
    assert [path for path, text in machine.files().items() if share in text and not path.startswith(hooks)] == []


def test_removing_the_package_leaves_other_packages_files_alone(machine):
    machine.hook("enable", *NAMES)
    before = machine.files()
    machine.stand_in("msg-bridge-hook", "exit 0")
    machine.script("debian/msg-bridge.prerm", "remove")
    assert "msg-bridge-hook disable cron earlyoom\n" in machine.log.read_text()
    assert machine.files() == before


def test_policy_rc_d_has_a_say_while_the_package_is_removed(machine):
    machine.file("run/systemd/system").mkdir(parents=True)
    machine.hook("enable", "earlyoom")
    machine.log.write_text("")
    machine.hook("disable", "earlyoom", DPKG_MAINTSCRIPT_PACKAGE="msg-bridge")
    calls = machine.log.read_text().splitlines()
    assert [call for call in calls if re.match(r"systemctl (re)?(start|stop|load)", call)] == []
    assert "deb-systemd-invoke stop earlyoom" in calls and "deb-systemd-invoke start earlyoom" in calls


def test_a_purge_leaves_what_files_of_other_packages_run(machine):
    before = machine.files()
    machine.hook("enable", *NAMES)
    machine.hook("disable", "cron", "earlyoom")
    answer = machine.purge().stderr
    left = machine.files().keys() - before.keys()
    stubs = {str(machine.file(f"etc/msgd/hooks/{name}")) for name in ("apcupsd", "mdadm", "nut")}
    added = {str(machine.file(f"etc/apcupsd/{name}")) for name in ("changeme", "commfailure", "commok", "doshutdown", "offbattery")}
    assert left == stubs | added
    assert f"nut stays, and does nothing, because it is run by: {machine.file('etc/nut/upsmon.conf')}\n" in answer


def test_a_purge_takes_all_that_is_its_own(machine):
    before = machine.files()
    machine.hook("enable", "cron", "earlyoom", "needrestart", "smartmontools", "zed")
    assert machine.purge().stderr == ""
    assert machine.files() == before
    assert not machine.file("etc/msgd").exists()


def test_a_purge_leaves_a_mail_server_that_came_later(machine):
    machine.hook("enable", "cron")
    machine.file("usr/sbin/sendmail").unlink()
    machine.file("usr/sbin/sendmail").write_text("a mail server")
    machine.purge()
    assert machine.file("usr/sbin/sendmail").read_text() == "a mail server"


def test_an_upgrade_brings_what_was_copied(machine):
    machine.hook("enable", "earlyoom", "nut")
    machine.install("2")
    machine.hook("refresh")
    for path in ("etc/dbus-1/system.d/msg-bridge-earlyoom.conf", "etc/systemd/system/earlyoom.service.d/msg-bridge.conf",
                 "etc/sysusers.d/msg-bridge-earlyoom.conf", "etc/polkit-1/rules.d/50-msg-bridge-nut.rules"):  # fmt: skip
        assert machine.file(path).read_text().endswith(" 2\n")
    assert '"nut"' in machine.file("etc/polkit-1/rules.d/50-msg-bridge-nut.rules").read_text()
    assert machine.hook("refresh").stdout == ""
    assert set(machine.states().values()) == {"enabled", "disabled"}


def test_a_line_that_lost_its_mark_is_named_and_what_it_runs_stays(machine):
    machine.hook("enable", "nut")
    settings = machine.file("etc/nut/upsmon.conf")
    settings.write_text(settings.read_text().replace("# BEGIN msg-bridge\n", ""))
    answer = machine.hook("disable", "nut", check=False)
    assert answer.returncode == 1
    assert f"{settings} still runs {machine.file('etc/msgd/hooks/nut')}: remove that line" in answer.stderr
    assert machine.file("etc/msgd/hooks/nut").exists()
    assert machine.states()["nut"] == "incomplete: enable or disable it again"


def test_the_administrators_lines_on_events_stay(machine):
    answer = machine.hook("enable", "nut")
    lines = machine.file("etc/nut/upsmon.conf").read_text().splitlines()
    assert [line for line in lines if " ONLINE" in line] == ["NOTIFYFLAG ONLINE IGNORE"]
    assert "NOTIFYFLAG ONBATT SYSLOG+WALL+EXEC" in lines
    assert "nut: desktops are not told of ONLINE, because of the line 'NOTIFYFLAG ONLINE IGNORE'" in answer.stderr


def test_half_of_a_hook_is_not_a_hook(machine):
    machine.hook("enable", "nut")
    machine.file("etc/polkit-1/rules.d/50-msg-bridge-nut.rules").unlink()
    assert machine.states()["nut"] == "incomplete: enable or disable it again"
    machine.hook("enable", "nut")
    assert machine.states()["nut"] == "enabled"


def test_a_user_is_told_what_only_root_sees(machine):
    for folder in (*machine.root.parents, machine.root):
        if "pytest" in str(folder):
            folder.chmod(0o755)
    machine.hook("enable", "nut", "smartmontools")
    machine.file("etc/nut").chmod(0)
    as_user = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups") if os.geteuid() == 0 else ()
    answer = run(*as_user, machine.root.parent / "script", "list", check=False, PATH="/usr/bin:/bin")
    lines = answer.stdout.splitlines()
    assert (answer.returncode, answer.stderr) == (1, "")
    machine.file("etc/nut").chmod(0o755)
    assert "nut unknown: only root can see it" in lines and "smartmontools enabled" in lines and "mdadm disabled" in lines


def test_a_missing_program_is_told_once_by_the_name_of_its_file(machine):
    machine.file("etc/mdadm/mdadm.conf").unlink()
    for _ in range(5):  # one of two programs in a pipe told of an error of its own, sometimes
        answer = machine.hook("enable", "mdadm", check=False)
        assert answer.stderr == (f"msg-bridge-hook: mdadm: there is no {machine.file('etc/mdadm/mdadm.conf')}: is the program installed?\n")
    assert machine.states()["mdadm"] == "disabled"


def test_without_the_service_nobody_shows_what_earlyoom_says(machine):
    machine.file("run/systemd/system").mkdir(parents=True)
    machine.stand_in("systemctl", 'case "$*" in *is-active*) exit 3 ;; esac')
    assert "systemctl enable --now msg-bridge" in machine.hook("enable", "earlyoom").stderr


def test_a_user_who_can_not_go_yet_is_tried_again(machine):
    machine.hook("enable", "earlyoom")
    machine.stand_in("getent", "echo 'earlyoom:x:990:990:Early out-of-memory daemon:/:/bin/false'")
    machine.stand_in("userdel", "echo 'user earlyoom is currently used by process 1' >&2; exit 8")
    answer = machine.hook("disable", "earlyoom", check=False)
    assert answer.returncode == 1 and "the user earlyoom stays" in answer.stderr
    machine.stand_in("userdel", "exit 0")
    assert "removed the user earlyoom" in machine.hook("disable", "earlyoom").stdout
