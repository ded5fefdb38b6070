"""A machine made of a private system bus, python-dbusmock's logind, and a real session bus for each user."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gi.repository import Gio, GLib

from lib.fake_notification_server import NAME as NOTIFICATIONS
from lib.fake_notification_server import NotificationServer
from lib.fake_polkit import NAME as POLKIT
from lib.fake_polkit import Polkit, Question
from lib.fake_screen_saver import ScreenSaver
from lib.fake_service_manager import ServiceManager
from lib.main_loop import Call, connect, wait_for_exit, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILT = ROOT / ".build/debug"
LOGIND = "org.freedesktop.login1"
SYSTEMD = "org.freedesktop.systemd1"
MANAGER = "/org/freedesktop/login1"
MOCK = "org.freedesktop.DBus.Mock"

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>{type}</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>{rules}</busconfig>
"""

# As on a real system bus, everything is forbidden that no service's own file allows. msgd's file lets only the user
# msgd own the name.
SYSTEM_RULES = f"""
<policy context="default">
  <allow user="*"/><deny own="*"/><deny send_type="method_call"/>
  <allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
  <allow send_requested_reply="true" send_type="error"/>
  <allow receive_type="method_call"/><allow receive_type="method_return"/>
  <allow receive_type="error"/><allow receive_type="signal"/>
  <allow send_destination="org.freedesktop.DBus"/><allow send_destination="{LOGIND}"/>
  <allow send_destination="{POLKIT}"/><allow send_destination="{SYSTEMD}"/>
</policy>
<policy user="root"><allow own="{LOGIND}"/><allow own="{POLKIT}"/><allow own="{SYSTEMD}"/></policy>
<include>{ROOT}/dbus/org.msgd.Messenger1.conf</include>
"""

# The tests, as root, are admitted besides the user, in order to serve popups.
SESSION_RULES = """
<policy context="default">
  <allow user="root"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
</policy>
"""


SERVICE = "[D-BUS Service]\nName={name}\nExec={command}\n"


def as_installed(program: str) -> list[str]:
    """The beginning of a command that runs a program as systemd runs its unit: as that user, with only these
    capabilities."""
    unit = (ROOT / f"dbus/{program}.service.in").read_text()
    names = ("User", "AmbientCapabilities", "SecureBits")
    user, capabilities, bits = (re.search(rf"^{name}=(.*)$", unit, re.M)[1].split() for name in names)
    [user] = user
    capabilities = ",".join(["-all", *(f"+{name.lower().removeprefix('cap_')}" for name in capabilities)])
    bits = ",".join(f"+{name.replace('-', '_')}" for name in bits)
    return [
        shutil.which("setpriv"), f"--reuid={user}", f"--regid={user}", "--clear-groups", f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}", f"--bounding-set={capabilities}", f"--securebits={bits}", "--no-new-privs",
    ]  # fmt: skip


class ConnectHelper:
    """msgd-connect, started by its socket as in an installation."""

    def __init__(self, folder: pathlib.Path, built: pathlib.Path = BUILT):
        self.path = folder / "msgd-connect"
        account = pwd.getpwnam("msgd")
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "Tests/PrivateBus/lib/socket_activator.py", self.path, str(account.pw_uid),
             *as_installed("msgd-connect"), built / "msgd-connect"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout.readline() == "listening\n"

    def pid(self) -> int | None:
        """The process id; None while nobody makes a request."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def workers(self) -> list[int]:
        """The processes that carry out requests, at work or idle."""
        pid = self.pid()
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(child) for child in children.split()]

    def at_work(self) -> list[int]:
        """The processes that carry out a request now. Each has a user in its name."""
        return [pid for pid in self.workers() if _name(pid).startswith("as ")]

    def end(self) -> None:
        self.process.communicate()


def _name(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Bus:
    """A real dbus-daemon, run by `user`."""

    def __init__(self, folder: pathlib.Path, type: str, rules: str, user: pwd.struct_passwd):
        self.path = folder / "bus"
        self.address = f"unix:path={self.path}"
        configuration = folder / "bus.conf"
        configuration.write_text(BUS.format(type=type, path=self.path, rules=rules))
        # It prints its address when it listens.
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--nosyslog", "--print-address"],
            stdout=subprocess.PIPE, stderr=(folder / "bus.log").open("w"),
            text=True, user=user.pw_uid, group=user.pw_gid, extra_groups=[],
        )  # fmt: skip
        assert self.process.stdout.readline(), (folder / "bus.log").read_text()

    @contextlib.contextmanager
    def limited(self, **limits: int) -> Iterator[None]:
        """Gives it limits for a time (dbus-daemon(1)). Tests share it."""
        configuration = self.path.with_name("bus.conf")
        text = configuration.read_text()
        more = "".join(f'<limit name="{name}">{value}</limit>' for name, value in limits.items())
        self._configure(text.replace("</busconfig>", f"{more}</busconfig>"))
        try:
            yield
        finally:
            self._configure(text)

    def _configure(self, text: str) -> None:
        self.path.with_name("bus.conf").write_text(text)
        self.reload()

    def reload(self) -> None:
        """Makes it read its configuration and services again."""
        name = "org.freedesktop.DBus"
        Call(connect(self.address), name, "/org/freedesktop/DBus", f"{name}.ReloadConfig", None).wait()

    def end(self) -> None:
        end(self.process)
        self.process.stdout.close()


class HostileBus:
    """A program in the place of a user's session bus: hostile_bus.py, with one of its behaviours."""

    def __init__(self, path: pathlib.Path, behaviour: str, user: pwd.struct_passwd):
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "Tests/PrivateBus/lib/hostile_bus.py", path, behaviour],
            stdout=subprocess.PIPE, user=user.pw_uid, group=user.pw_gid, extra_groups=[],
        )  # fmt: skip
        self._output = b""
        assert self.process.stdout.readline() == b"listening\n"

    def received(self) -> int:
        """Waits until msgd has hung up, and returns how many bytes it had sent."""
        output = self.process.stdout.fileno()
        source = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, output, GLib.IOCondition.IN, self._read)
        try:
            wait_until(lambda: b"\n" in self._output, "msgd's hanging up")
        finally:
            GLib.source_remove(source)
        line, _, self._output = self._output.partition(b"\n")
        return int(line)

    def turn(self) -> None:
        """Lets a bus turn hostile that waits for this signal."""
        self.process.send_signal(signal.SIGUSR1)

    def _read(self, output: int, condition: GLib.IOCondition) -> bool:
        self._output += os.read(output, 4096)
        return True

    def end(self) -> None:
        end(self.process)
        self.process.stdout.close()


class Person:
    """A user of the machine, with a bus in their runtime directory unless the test asked for none."""

    def __init__(
        self, account: pwd.struct_passwd, folder: pathlib.Path, has_bus: bool, behaviour: str = "", activates: str = ""
    ):  # fmt: skip
        self.name = account.pw_name
        self.account = account
        self.folder = folder
        folder.mkdir()
        os.chown(folder, account.pw_uid, account.pw_gid)
        self._log_in()
        self.services = folder / "services"
        self.services.mkdir()
        if activates:
            (self.services / f"{NOTIFICATIONS}.service").write_text(SERVICE.format(name=NOTIFICATIONS, command=activates.format(folder=folder)))
        self.bus = self._start_bus() if has_bus else None
        self.hostile = HostileBus(folder / "bus", behaviour, account) if behaviour else None
        self.server: NotificationServer | None = None
        self.manager: ServiceManager | None = None
        self.savers: list[ScreenSaver] = []

    def _log_in(self) -> None:
        """Makes a runtime directory, as logind does. It determines the user's group; the bus is elsewhere here."""
        directory = pathlib.Path(f"/run/user/{self.account.pw_uid}")
        directory.mkdir(exist_ok=True)
        os.chown(directory, self.account.pw_uid, self.account.pw_gid)

    def serve(self, **behaviour: Any) -> NotificationServer:
        """Starts a notification server on the user's bus."""
        self.server = NotificationServer(connect(self.bus.address), **behaviour)
        return self.server

    def manage(self, *environment: str, **behaviour: Any) -> ServiceManager:
        """Starts a systemd on the user's bus."""
        self.manager = ServiceManager(connect(self.bus.address), *environment, **behaviour)
        return self.manager

    def cover(self, name: str, **behaviour: Any) -> ScreenSaver:
        """Starts a screen saver on the user's bus."""
        self.savers.append(ScreenSaver(connect(self.bus.address), name, **behaviour))
        return self.savers[-1]

    def restart_bus(self) -> None:
        """Ends the user's bus and starts another one at the same address, as a logout and a login do."""
        self.server.leave()
        self.bus.end()
        self.bus = self._start_bus()

    def _start_bus(self) -> Bus:
        rules = f"{SESSION_RULES}<servicedir>{self.services}</servicedir>"
        return Bus(self.folder, "session", rules, self.account)

    def end(self) -> None:
        if self.server:
            self.server.leave()
        if self.manager:
            self.manager.leave()
        for saver in self.savers:
            saver.leave()
        if self.bus:
            self.bus.end()
        if self.hostile:
            self.hostile.end()


# The properties of sessions whose changes the real logind signals (systemd 252 to 257). `State` is not among them.
SIGNALLED = {"Active", "Class", "Display", "IdleHint", "LockedHint", "TTY", "Type"}
# Sets properties of an object, and signals nothing.
QUIETLY = "objects[args[0]].props[args[1]].update(args[2])"
# Since systemd 256: id, uid, name, seat, leader, class, terminal, whether and since when it is idle, path.
LIST_SESSIONS = """
sessions = [(path, object.props["org.freedesktop.login1.Session"]) for path, object in objects.items() if "/session/" in path]
ret = [
    (own["Id"], own["User"][0], own["Name"], own["Seat"][0], 0, own["Class"], own["TTY"], False, 0, path)
    for path, own in sessions
]
"""


class Logind:
    """python-dbusmock's logind, with the real one's signals when sessions come, change and go. A session is `opening`
    when its SessionNew comes; its seat then shows it; its later states are never signalled."""

    def __init__(self, address: str, folder: pathlib.Path):
        self.connection = connect(address)
        self._address = address
        self._folder = folder
        self.process: subprocess.Popen | None = None
        self._known: set[str] = set()
        self._sessions: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._owner = ""
        self.connection.signal_subscribe(
            "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", None, LOGIND, Gio.DBusSignalFlags.NONE,
            lambda *event: setattr(self, "_owner", event[5].unpack()[2]),
        )  # fmt: skip

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dbusmock", "--system", "--template", "logind"],
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self._address},
            stdout=subprocess.DEVNULL, stderr=(self._folder / "logind.log").open("a"),
        )  # fmt: skip
        wait_until(lambda: self._owner, "logind on the bus", (self._folder / "logind.log").read_text)
        self._mock("AddMethod", "(sssss)", MOCK, "SetQuietly", "osa{sv}", "", QUIETLY)

    def learn_to_list_classes(self) -> None:
        """Gives it what systemd 256 has and older ones don't. It ends with the process."""
        self._mock("AddMethod", "(sssss)", f"{LOGIND}.Manager", "ListSessionsEx", "", "a(sussussbto)", LIST_SESSIONS)

    def stop(self) -> None:
        if self.process:
            end(self.process)
            self.process = None
            wait_until(lambda: not self._owner, "logind's leaving")
        self._forget()

    def add(self, id: str, person: Person, announce: bool = True, seat: str = "seat0", **properties: Any) -> str:
        """Opens a session, graphical on :0 unless the properties say otherwise, and signals it. Its seat shows it from
        then on."""
        path = f"{MANAGER}/session/{id}"
        self._add_user(person)
        self._hide(seat, announce)
        self._mock("AddSession", "(ssusb)", id, seat, person.account.pw_uid, person.name, True)
        self._sessions[id] = path
        properties = {"Type": "x11", "Display": ":0", "State": "active", **properties}
        if announce:
            self._set(path, "Session", **texts({**properties, "State": "opening", "Active": GLib.Variant("b", False)}))
            self._mock("EmitSignal", "(sssav)", f"{LOGIND}.Manager", "SessionNew", "so", _variants(id, path))
        self._set(path, "Session", **texts({**properties, "Active": GLib.Variant("b", True)}))
        self._shown[seat] = id
        if announce:
            self._show(id, seat)
        return id

    def change(self, id: str, **properties: Any) -> None:
        """Changes properties of a session (texts unless they are variants), and signals those that logind signals."""
        variants = texts(properties)
        self._set(self._sessions[id], "Session", **variants)
        if signalled := {key: value for key, value in variants.items() if key in SIGNALLED}:
            self._update(self._sessions[id], "Session", **signalled)

    def activate(self, id: str, seat: str = "seat0") -> None:
        """Makes a seat show another of its sessions."""
        self._hide(seat)
        self._shown[seat] = id
        self._set(self._sessions[id], "Session", State=GLib.Variant("s", "active"))
        self.change(id, Active=GLib.Variant("b", True))
        self._show(id, seat)

    def keep_quiet_about(self, person: Person, quiet: bool = True) -> None:
        """Makes it list the person's sessions, but answer no question about them until it is told otherwise."""
        exchange = "objects[args[0]].props[args[2]] = objects[args[0]].props.pop(args[1])"
        self._mock("AddMethod", "(sssss)", MOCK, "RenameInterface", "oss", "", exchange)
        names = [f"{LOGIND}.User", f"{LOGIND}.Nothing"]
        self._mock("RenameInterface", "(oss)", self._user(person), *(names if quiet else reversed(names)))

    def remove(self, id: str) -> None:
        path = self._sessions.pop(id)
        self._mock("RemoveObject", "(s)", path)
        self._mock("EmitSignal", "(sssav)", f"{LOGIND}.Manager", "SessionRemoved", "so", _variants(id, path))
        for seat in [seat for seat, shown in self._shown.items() if shown == id]:
            del self._shown[seat]
            self._show("", seat)

    def remove_user(self, person: Person) -> None:
        """Forgets a user who has no session any more, and signals it."""
        path = f"{MANAGER}/user/{person.account.pw_uid}"
        self._mock("RemoveObject", "(s)", path)
        self._known.discard(path)
        arguments = [GLib.Variant("u", person.account.pw_uid), GLib.Variant("o", path)]
        self._mock("EmitSignal", "(sssav)", f"{LOGIND}.Manager", "UserRemoved", "uo", arguments)

    def clear(self) -> None:
        for path in [*self._sessions.values(), *self._known]:
            self._mock("RemoveObject", "(s)", path)
        self._forget()

    def _user(self, person: Person) -> str:
        return f"{MANAGER}/user/{person.account.pw_uid}"

    def _add_user(self, person: Person) -> None:
        user = self._user(person)
        if user not in self._known:
            self._known.add(user)
            self._mock("AddUser", "(usb)", person.account.pw_uid, person.name, True)
            self._update(
                user, "User", GID=GLib.Variant("u", person.account.pw_gid), RuntimePath=GLib.Variant("s", str(person.folder))
            )

    def _forget(self) -> None:
        self._known.clear()
        self._sessions.clear()
        self._shown.clear()

    def _hide(self, seat: str, announce: bool = True) -> None:
        """Makes the session inactive that a seat has shown until now."""
        if shown := self._shown.pop(seat, ""):
            inactive = {"Active": GLib.Variant("b", False), "State": GLib.Variant("s", "online")}
            self._set(self._sessions[shown], "Session", **inactive)
            if announce:
                self.change(shown, Active=inactive["Active"])

    def _show(self, id: str, seat: str) -> None:
        shown = GLib.Variant("(so)", (id, self._sessions.get(id, "/")))
        arguments = GLib.Variant("(ssv)", (f"{LOGIND}.Seat", "ActiveSession", shown))
        # It signals properties that are set in this way.
        Call(self.connection, LOGIND, f"{MANAGER}/seat/{seat}", "org.freedesktop.DBus.Properties.Set", arguments).wait()

    def _set(self, path: str, interface: str, **properties: GLib.Variant) -> None:
        self._mock("SetQuietly", "(osa{sv})", path, f"{LOGIND}.{interface}", properties)

    def _update(self, path: str, interface: str, **properties: GLib.Variant) -> None:
        self._mock("UpdateProperties", "(sa{sv})", f"{LOGIND}.{interface}", properties, path=path)

    def _mock(self, method: str, signature: str, *arguments: Any, path: str = MANAGER) -> None:
        Call(self.connection, LOGIND, path, f"{MOCK}.{method}", GLib.Variant(signature, arguments)).wait()


def texts(properties: dict[str, Any]) -> dict[str, GLib.Variant]:
    """Makes variants of properties: texts unless they are variants already."""
    return {key: GLib.Variant("s", value) if isinstance(value, str) else value for key, value in properties.items()}


class Service:
    """msgd as built for debugging, run as in an installation. Its configuration and state are not the machine's."""

    def __init__(
        self, address: str, log: pathlib.Path, configuration: pathlib.Path, state: pathlib.Path, *options: str,
        environment: dict[str, str] = {},
    ):  # fmt: skip
        self._log = log
        self.process = subprocess.Popen(
            [*as_installed("msgd"), BUILT / "msgd", f"--config={configuration}", f"--state={state}", *options],
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log.open("w"),
        )  # fmt: skip

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stops it for a time. It then finds everything that happened meanwhile at once."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        return self._log.read_text()

    def wait(self) -> int:
        return wait_for_exit(self.process, "msgd", self.log)

    def wait_for_log(self, text: str) -> None:
        with watching(self._log):
            wait_until(lambda: text in self.log(), text, self.log)


class Machine:
    """The surroundings of a test. Everything that the test started ends with it."""

    def __init__(self, bus: Bus, logind: Logind, helper: ConnectHelper, folder: pathlib.Path):
        self.bus = bus
        self.helper = helper
        self.logind = logind
        self._folder = folder
        self.configuration = folder / "msgd.conf"  # msgd's; there is none unless a test writes it
        self.state = folder / "state"  # what msgd keeps while it doesn't run
        self.notes = folder / "notes"  # msgd's, for after a crash
        for own in (self.state, self.notes):
            own.mkdir()
            shutil.chown(own, "msgd", "msgd")
        # Runs the main loop when something changes there.
        self._monitor = Gio.File.new_for_path(str(self.notes)).monitor_directory(Gio.FileMonitorFlags.NONE)
        self.environment = {"RUNTIME_DIRECTORY": str(self.notes)}  # msgd's, in addition to the test's own
        self._people: list[Person] = []
        self._services: list[Service] = []
        self._clients: list[Client] = []
        self._impostors: list[NotificationServer] = []
        self._polkits: list[Polkit] = []
        # Accounts that every Linux has. Any would do, but a bus knows only users who are in the database.
        self._accounts = (account for account in pwd.getpwall() if 0 < account.pw_uid < 100)

    def person(self, has_bus: bool = True, activates: str = "") -> Person:
        """A user with a bus. If a command is given, the bus starts it for callers of a missing notification server;
        `{folder}` in it is the user's own."""
        account = next(self._accounts)
        person = Person(account, self._folder / account.pw_name, has_bus, activates=activates)
        self._people.append(person)
        return person

    def desktop_user(self, **server: Any) -> Person:
        """A user with a notification server, not logged in yet."""
        person = self.person()
        person.serve(**server)
        return person

    def moved(self, person: Person) -> Person:
        """The same user with a notification server, in another runtime directory."""
        moved = Person(person.account, self._folder / f"{person.name}-moved", has_bus=True)
        self._people.append(moved)
        moved.serve()
        return moved

    def root(self) -> Person:
        """Root, with a notification server, not logged in yet."""
        root = Person(pwd.getpwuid(0), self._folder / "root", has_bus=True)
        self._people.append(root)
        root.serve()
        return root

    def hostile_person(self, behaviour: str) -> Person:
        """A user whose session bus is hostile."""
        account = next(self._accounts)
        person = Person(account, self._folder / account.pw_name, has_bus=False, behaviour=behaviour)
        self._people.append(person)
        return person

    def client(self, uid: int = 0) -> Client:
        """A program on the system bus, of root or another user."""
        os.seteuid(uid)
        try:
            client = Client(connect(self.bus.address))
        finally:
            os.seteuid(0)
        self._clients.append(client)
        return client

    def spawn(self, *options: str) -> Service:
        """Starts msgd without waiting for it."""
        log = self._folder / f"msgd-{len(self._services)}.log"
        options = (f"--helper={self.helper.path}", *options)
        service = Service(self.bus.address, log, self.configuration, self.state, *options, environment=self.environment)
        self._services.append(service)
        return service

    def start(self, *options: str) -> Service:
        """Starts msgd, and waits until it owns its name."""
        client = self.client()
        service = self.spawn(*options)
        wait_until(lambda: client.owner, "msgd on the bus", service.log)
        return service

    def msg(
        self, *arguments: str, person: Person | None = None, address: str = "", command: str = "msg",
        input: int = subprocess.DEVNULL,
    ) -> subprocess.Popen:  # fmt: skip
        """Starts msg, or what it is also called, as root or as a person on their own desktop, on the system bus or another one."""
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address or self.bus.address}
        identity = {}
        if person:
            environment = {name: value for name, value in environment.items() if not name.startswith("SSH_")}
            environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={person.folder}/bus"
            identity = dict(user=person.account.pw_uid, group=person.account.pw_gid, extra_groups=[])
        return subprocess.Popen(
            [command, *arguments], executable=BUILT / "msg", env=environment, **identity,
            stdin=input, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def finish(self, command: subprocess.Popen) -> tuple[int, str]:
        """Returns the command's exit status and its output, which must be short."""
        status = wait_for_exit(command, "msg")
        with command.stdout:
            return status, command.stdout.read()

    def impostor(self, person: Person) -> NotificationServer:
        """A program on the user's bus that sends signals like a notification server's without being one."""
        self._impostors.append(NotificationServer(connect(person.bus.address), has_name=False))
        return self._impostors[-1]

    def polkit(self, decide: Callable[[Question], tuple[bool, bool] | None]) -> Polkit:
        """Starts a polkit that decides so. Without this, there is none."""
        self._polkits.append(Polkit(connect(self.bus.address), decide))
        return self._polkits[-1]

    def end(self) -> None:
        self._monitor.cancel()
        for other in [*self._impostors, *self._polkits]:
            other.leave()
        for client in self._clients:
            client.leave()
        for service in self._services:
            end(service.process)
        for person in self._people:
            person.end()


class Client:
    """A program that talks to msgd."""

    NAME = "org.msgd.Messenger1"
    PATH = "/org/msgd/Messenger1"

    def __init__(self, connection: Gio.DBusConnection):
        self.connection = connection
        self.allows_interaction = False  # whether its calls wait while somebody is asked for a password
        self.changes: list[tuple[int, str, str, dict[str, Any]]] = []
        self.owner = ""
        connection.signal_subscribe(
            None, self.NAME, "DeliveriesChanged", None, None, Gio.DBusSignalFlags.NONE,
            lambda *event: self._note(*event[5].unpack()),
        )  # fmt: skip
        connection.signal_subscribe(
            "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", None, self.NAME, Gio.DBusSignalFlags.NONE,
            lambda *event: setattr(self, "owner", event[5].unpack()[2]),
        )  # fmt: skip

    def start(self, method: str, signature: str = "()", *arguments: Any, interface: str = NAME) -> Call:
        arguments = GLib.Variant(signature, arguments)
        return Call(self.connection, self.NAME, self.PATH, f"{interface}.{method}", arguments, self.allows_interaction)

    def call(self, method: str, signature: str = "()", *arguments: Any, interface: str = NAME) -> Any:
        return self.start(method, signature, *arguments, interface=interface).wait(lambda: f"changes {self.changes}")

    def start_send(self, *recipients: str, body: str = "Hello", **options: Any) -> Call:
        types = {bool: "b", int: "u", str: "s", list: "a(ss)", tuple: "as"}
        values = {
            key: value if isinstance(value, GLib.Variant) else GLib.Variant(types[type(value)], value)
            for key, value in options.items()
        }
        return self.start("Send", "(assa{sv})", recipients, body, values)

    def send(self, *recipients: str, body: str = "Hello", **options: Any) -> tuple[int, list]:
        """Sends a message; returns its id and its deliveries."""
        return self.start_send(*recipients, body=body, **options).wait(lambda: f"changes {self.changes}")

    def leave(self) -> None:
        if not self.connection.is_closed():
            self.connection.close_sync()

    def states(self, id: int) -> dict[str, str]:
        """Returns the states of a message's deliveries, by session id."""
        return {delivery[0]: delivery[3] for delivery in self.call("GetDeliveries", "(t)", id)[0]}

    def _note(self, id: int, deliveries: list[tuple[str, str, int, str, dict[str, Any]]]) -> None:
        for session, _, _, state, details in deliveries:
            self.changes.append((id, session, state, details))

    def wait_for_change(self, session: str, state: str) -> dict[str, Any]:
        """Waits for a delivery to change to a state, and returns its details."""
        return wait_until(
            lambda: next((change for change in self.changes if change[1:3] == (session, state)), None),
            f"session {session} {state}", lambda: self.changes,
        )[3]  # fmt: skip


LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def hanging(folder: pathlib.Path, person: Person, options: str = "allow_other") -> Iterator[int]:
    """Mounts a file system of the user's in a folder's place that answers nothing, because nobody reads the kernel's
    requests, unless the test does from the descriptor."""
    account, fuse = person.account, os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40000,user_id={account.pw_uid},group_id={account.pw_gid},{options}"
    assert LIBC.mount(b"none", os.fsencode(folder), b"fuse", 0, options.encode()) == 0, os.strerror(ctypes.get_errno())
    try:
        yield fuse
    finally:
        os.close(fuse)
        assert LIBC.umount2(os.fsencode(folder), 2) == 0, os.strerror(ctypes.get_errno())


@contextlib.contextmanager
def watching(path: pathlib.Path) -> Iterator[None]:
    """Runs the main loop when something changes there."""
    monitor = Gio.File.new_for_path(str(path)).monitor(Gio.FileMonitorFlags.NONE)
    yield
    monitor.cancel()


def outcome(deliveries: list) -> list[tuple[str, str]]:
    """The state of each delivery, and the reason."""
    return [(delivery[3], delivery[4].get("error-message", "")) for delivery in deliveries]


def end(process: subprocess.Popen) -> None:
    """Ends a process of the test's that is no longer needed."""
    if process.poll() is None:
        process.kill()
    process.wait()


def _variants(id: str, path: str) -> list[GLib.Variant]:
    return [GLib.Variant("s", id), GLib.Variant("o", path)]
