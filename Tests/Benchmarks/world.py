"""A private machine: accounts, a system bus with logind, and a desktop for each user. It ends with the benchmarks'
namespaces."""

from __future__ import annotations

import os
import pathlib
import pwd
import re
import subprocess
import sys
import types

import programs
import tally

sys.path.insert(0, str(programs.ROOT / "Tests/PrivateBus"))
from gi.repository import GLib  # noqa: E402
from lib import mount_namespace  # noqa: E402
from lib.machine import LOGIND, MANAGER, MOCK, SYSTEM_RULES, Bus, Client, ConnectHelper, Logind, as_installed  # noqa: E402
from lib.main_loop import Call, RemoteError, connect, wait_until  # noqa: E402

FIRST = 20001  # uid and gid of the first user
FOLDER = pathlib.Path("/run/bench")
# The unit's limit on files and environment for msgd.
UNIT = (programs.ROOT / "dbus/msgd.service.in").read_text()
FILES = re.search(r"^LimitNOFILE=(\d+)$", UNIT, re.M)[1]
ENVIRONMENT = dict(re.findall(r"^Environment=(\w+)=(\S+)$", UNIT, re.M))


def isolate() -> None:
    """Runs this program again in mount and process namespaces of its own, unless it is in them."""
    if os.getpid() != 1:
        os.execvp("unshare", ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *sys.orig_argv])


def name(index: int) -> str:
    return f"user{index + 1}"


class World:
    def __init__(self, users: int):
        self.users = users
        self._make_folders()
        self._make_accounts()
        self.tally = tally.Tally(FOLDER, users)
        self.bus = Bus(pathlib.Path("/run/dbus"), "system", SYSTEM_RULES, pwd.getpwuid(0))
        pathlib.Path("/run/dbus/system_bus_socket").symlink_to("bus")
        self._journal = subprocess.Popen([programs.path("journal"), "/run/systemd/journal/socket"])
        self.logind = Logind(self.bus.address, FOLDER)
        self.logind.start()
        self.client = Client(connect(self.bus.address))
        self.helper = ConnectHelper(pathlib.Path("/run"), programs.BUILT)
        self.sessions = 0
        self.msgd: subprocess.Popen | None = None
        self._start_desktops()

    def _make_folders(self) -> None:
        for folder in ("/run", "/sys/fs/cgroup"):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
        for folder in ("/run/user", "/run/dbus", "/run/systemd/journal", FOLDER, "/run/msgd", FOLDER / "state"):
            os.makedirs(folder)

    def _make_accounts(self) -> None:
        mount_namespace.open_way(programs.ROOT)
        services = {"msgd": FIRST - 1, "msgd-connect": FIRST - 2, "msg-relay": FIRST - 3}
        users = [(name(index), FIRST + index) for index in range(self.users)] + list(services.items())
        lines = {
            "passwd": [f"{user}:x:{id}:{id}::/nonexistent:/bin/sh\n" for user, id in users],
            "group": [f"{user}:x:{id}:\n" for user, id in users],
        }
        for file, added in lines.items():
            there = [line for line in pathlib.Path("/etc", file).open() if line.partition(":")[0] not in services]
            copy = FOLDER / file
            copy.write_text("".join([*there, *added]))
            subprocess.run(["mount", "--bind", copy, f"/etc/{file}"], check=True)
        for folder in ("/run/msgd", FOLDER / "state"):
            os.chown(folder, FIRST - 1, FIRST - 1)

    def _start_desktops(self) -> None:
        self.tally.expect(tally.READY, self.users)
        for index in range(self.users):
            self._start_desktop(index)
        assert self.tally.wait(tally.READY), "not all desktops came up"

    def _start_desktop(self, index: int) -> None:
        uid = FIRST + index
        folder = f"/run/user/{uid}"
        os.mkdir(folder, 0o700)
        os.chown(folder, uid, uid)
        subprocess.Popen(
            [programs.path("desktop"), self.tally.path, self.tally.fifo, str(index)],
            env=self.environment(index), user=uid, group=uid, extra_groups=[], stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def environment(self, index: int) -> dict[str, str]:
        """The environment of a user's programs."""
        folder = f"/run/user/{FIRST + index}"
        return {
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus", "DISPLAY": ":0", "HOME": "/nonexistent",
            "LANG": "en_US.UTF-8", "PATH": os.environ["PATH"], "USER": name(index), "XDG_CURRENT_DESKTOP": "bench",
            "XDG_RUNTIME_DIR": folder,
        }  # fmt: skip

    def open_sessions(self, count: int) -> None:
        """Makes logind know the sessions of the first `count` users, each with the processes of its desktop."""
        desktops = self.tally.desktops()
        for index in range(self.sessions, count):
            account = pwd.getpwuid(FIRST + index)
            person = types.SimpleNamespace(account=account, name=account.pw_name, folder=f"/run/user/{account.pw_uid}")
            scope = pathlib.Path(f"/sys/fs/cgroup/user.slice/user-{account.pw_uid}.slice/session-{index + 1}.scope")
            scope.mkdir(parents=True)
            (scope / "cgroup.procs").write_text(f"{desktops[index].bus}\n{desktops[index].server}\n")
            self._add_scope(self.logind.add(str(index + 1), person, announce=False), scope.name)
        self.sessions = count

    def _add_scope(self, session: str, scope: str) -> None:
        """Adds the session's scope, which logind reports and the mock doesn't."""
        arguments = GLib.Variant("(ssv)", (f"{LOGIND}.Session", "Scope", GLib.Variant("s", scope)))
        Call(self.logind.connection, LOGIND, f"{MANAGER}/session/{session}", f"{MOCK}.AddProperty", arguments).wait()

    def start_msgd(self) -> None:
        """Starts msgd, and waits until it knows the sessions."""
        self.msgd = subprocess.Popen(
            ["prlimit", f"--nofile={FILES}", *as_installed("msgd"), programs.BUILT / "msgd", f"--config={FOLDER}/msgd.conf"],
            env=ENVIRONMENT | {
                "PATH": os.environ["PATH"], "RUNTIME_DIRECTORY": "/run/msgd", "STATE_DIRECTORY": f"{FOLDER}/state"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(FOLDER / "msgd.log").open("a"),
        )  # fmt: skip
        wait_until(lambda: self.client.owner, "msgd on the bus", (FOLDER / "msgd.log").read_text)
        assert len(self.client.call("ListSessions")[0]) == self.sessions

    def stop_msgd(self) -> None:
        self.msgd.terminate()
        assert self.msgd.wait() == 0, (FOLDER / "msgd.log").read_text()
        wait_until(lambda: not self.client.owner, "msgd's leaving")

    def lateness(self, stay: float) -> list[float]:
        """How many milliseconds late the last popup of each desktop was closed, if it is closed."""
        raised, closed = self.tally.all_times(tally.RAISED), self.tally.all_times(tally.CLOSED)
        return [(end - start) / 1e6 - stay * 1e3 for start, end in zip(raised, closed) if end > start]

    def pss(self) -> float:
        """The proportional set size of msgd, in KiB."""
        lines = pathlib.Path(f"/proc/{self.msgd.pid}/smaps_rollup").read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
