"""What the packages' scripts do to the machine: with a folder in the machine's place, and with programs in the place of
systemctl and others that write down how they are called."""

import os
import re

import pytest

from source import ROOT, run

STAND_INS = ("deb-systemd-helper", "deb-systemd-invoke", "groupdel", "journalctl", "msg-bridge-hook", "systemctl", "systemd-sysusers", "userdel")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


class Machine:
    def __init__(self, folder):
        self.folder, self.root, self.log = folder, folder / "root", folder / "log"
        for path in ("etc/msgd", "run/systemd/system", "var/lib/msgd/held"):
            (self.root / path).mkdir(parents=True)
        self.users("msgd", "msgd-connect", "msg-bridge", root=self.root)
        (folder / "bin").mkdir()
        for name in STAND_INS:
            self.stand_in(name)

    @staticmethod
    def users(*names, root):
        (root / "etc").mkdir(parents=True, exist_ok=True)
        for file, fields in (("passwd", "x:990:990::/:/bin/false"), ("group", "x:990:")):
            (root / "etc" / file).write_text("".join(f"{name}:{fields}\n" for name in names))

    def stand_in(self, name, answer="exit 0"):
        file = self.folder / "bin" / name
        file.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >>{self.log}\n{answer}\n')
        file.chmod(0o755)

    def calls(self, text, *words, check=True, **variables):
        """Runs a script, for which the folder is the whole machine. Returns its calls of other programs, and its answer."""
        self.log.write_text("")
        inside = text if "DPKG_ROOT" in variables else re.sub(r"\$\{DPKG_ROOT:-\}(?=/)", str(self.root), text)
        script = self.folder / "script"
        script.write_text(inside.replace("/run/systemd/system", f"{self.root}/run/systemd/system"))
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        answer = run("sh", script, *words, check=check, PATH=path, **variables)
        return self.log.read_text().splitlines(), answer


def debian(name):
    return (ROOT / "debian" / name).read_text()


@pytest.mark.parametrize("package, users", [("msg", ["msgd", "msgd-connect"]), ("msg-bridge", ["msg-bridge"])])
def test_a_purge_takes_the_users_of_its_own_root(machine, package, users):
    calls, _ = machine.calls(debian(f"{package}.postrm"), "purge")
    assert calls == [f"{kind}del {user}" for user in users for kind in ("user", "group")]

    target = machine.folder / "target"
    machine.users(*users[:1], root=target)
    calls, _ = machine.calls(debian(f"{package}.postrm"), "purge", DPKG_ROOT=str(target))
    assert calls == [f"{kind}del --prefix {target} {users[0]}" for kind in ("user", "group")]


def test_a_purge_ends_though_something_stays(machine):
    """The settings are elsewhere, behind a link, and something is mounted where the state is."""
    elsewhere = machine.folder / "elsewhere"
    (machine.root / "etc/msgd").rename(elsewhere)
    (machine.root / "etc/msgd").symlink_to(elsewhere)
    machine.stand_in("rm", f'/bin/rm "$@"; case $* in *"/var/lib/msgd") exit 1 ;; esac')
    (elsewhere / "domains.conf").write_text("")
    for package in ("msg", "msg-bridge"):
        calls, _ = machine.calls(debian(f"{package}.postrm"), "purge")
        assert any(call.startswith("userdel ") for call in calls)
    assert list(elsewhere.iterdir()) == []


def test_what_is_held_finds_a_msgd_after_an_upgrade(machine):
    calls, _ = machine.calls(debian("msg.postinst"), "configure", "0.0.9-1")
    after = calls.index("deb-systemd-invoke try-reload-or-restart msgd.service")
    assert calls[-2:] == ["deb-systemd-invoke reset-failed msgd.service", "deb-systemd-invoke start msgd-held.service"]
    assert after < len(calls) - 2


@pytest.mark.parametrize("package", ["msg", "msg-bridge"])
def test_what_policy_rc_d_forbids_is_not_done(machine, package):
    """Debian's scripts start and stop by a program that asks it."""
    for script, words in (("prerm", ["remove"]), ("postinst", ["configure", "0.0.9-1"]), ("postrm", ["remove"])):
        calls, _ = machine.calls(debian(f"{package}.{script}"), *words)
        assert [call for call in calls if re.match(r"systemctl .*(start|stop|--now|reload-or)", call)] == []
    calls, _ = machine.calls(debian(f"{package}.prerm"), "remove")
    assert [call for call in calls if call.startswith("deb-systemd-invoke stop msg")]


def test_the_test_of_debians_packages_purges_all():
    """Those that need msg keep it from going."""
    packages = set(re.findall("^Package: (.*)$", debian("control"), re.MULTILINE))
    [purged] = re.findall("^dpkg --purge (.*)$", debian("tests/life"), re.MULTILINE)
    assert set(purged.split()) == packages
    for package in packages - {"msg", "msg-fleet"}:
        assert re.search(rf"for name in .*\b{package}\b", debian("tests/life"))


def test_debians_clean_takes_what_was_built(tmp_path):
    """But not the machines of the tests, nor what was built elsewhere."""
    for folder in ("debug", "rig", "x86_64-unknown-linux-gnu"):
        (tmp_path / ".build" / folder).mkdir(parents=True)
    rules = ("make", "--file", ROOT / "debian/rules", "override_dh_auto_clean")
    run(*rules, "BUILT=/elsewhere", cwd=tmp_path)
    assert len(list((tmp_path / ".build").iterdir())) == 3
    run(*rules, cwd=tmp_path)
    assert [path.name for path in (tmp_path / ".build").iterdir()] == ["rig"]


def arch(package, function):
    return (ROOT / f"packaging/{package}.install").read_text() + f"\n{function}\n"


def test_arch_linux_does_what_the_others_do(machine):
    calls, _ = machine.calls(arch("msg", "post_install"))
    assert calls == ["systemctl --root=/ --quiet preset msgd-held.service", "systemctl daemon-reload", "systemctl start msgd-held.service"]
    calls, _ = machine.calls(arch("msg", "post_upgrade"))
    assert calls == ["systemctl daemon-reload", "systemctl try-reload-or-restart msgd.service", "systemctl try-restart msgd-connect.service",
                     "systemctl reset-failed msgd.service", "systemctl start msgd-held.service"]  # fmt: skip
    calls, _ = machine.calls(arch("msg", "pre_remove"))
    assert calls[-1] == "systemctl stop msgd.service msgd-connect.socket msgd-connect.service"
    calls, _ = machine.calls(arch("msg-bridge", "post_upgrade"))
    assert calls[-2:] == ["systemctl try-restart msg-bridge.service", "msg-bridge-hook refresh"]
    calls, _ = machine.calls(arch("msg-bridge", "pre_remove"))
    assert (calls[0], calls[-1]) == ("msg-bridge-hook disable all", "systemctl stop msg-bridge.service")


def test_where_systemd_does_not_run_nothing_is_started(machine):
    """As when a system is put together in a folder."""
    (machine.root / "run/systemd/system").rmdir()
    for package in ("msg", "msg-bridge"):
        for function in re.findall(r"^(\w+)\(\)", arch(package, ""), re.MULTILINE):
            calls, _ = machine.calls(arch(package, function))
            assert [call for call in calls if re.match(r"systemctl (?!--root=/ )", call)] == []
