"""A stand-in for a user's systemd, with the calls that msgd makes. It starts nothing, and units end when a test says
so. Tests/System uses the real one."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any

from gi.repository import Gio, GLib

from lib.main_loop import wait_until

NAME = "org.freedesktop.systemd1"
PATH = "/org/freedesktop/systemd1"
INTERFACE = f"{NAME}.Manager"
XML = f"""<node><interface name="{INTERFACE}">
  <property name="Environment" type="as" access="read"/>
  <method name="StartTransientUnit">
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="a(sv)" direction="in"/>
    <arg type="a(sa(sv))" direction="in"/><arg type="o" direction="out"/>
  </method>
  <method name="StopUnit">
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/>
  </method>
  <signal name="JobRemoved"><arg type="u"/><arg type="o"/><arg type="s"/><arg type="s"/></signal>
</interface></node>"""


@dataclass
class Unit:
    name: str
    properties: dict[str, Any]
    output: int | None = None  # the descriptor that its programs print to, if the unit has one

    @property
    def command(self) -> list[str]:
        [command] = self.commands
        return command

    def print(self, text: str, last: bool = True) -> None:
        """Writes what the program prints."""
        assert self.output is not None
        os.write(self.output, text.encode())
        if last:
            os.close(self.output)
            self.output = None

    @property
    def commands(self) -> list[list[str]]:
        return [command for _, command, _ in self.properties["ExecStart"]]

    @property
    def input(self) -> str:
        return bytes(self.properties["StandardInputData"]).decode()


class ServiceManager:
    """Serves until `leave`.

    - environment: the session's environment, as `NAME=value`.
    - hangs: it answers nothing.
    - refuses: the message of the error with which it answers a start.
    """

    def __init__(self, connection: Gio.DBusConnection, *environment: str, hangs: bool = False, refuses: str = ""):
        self.connection = connection
        self.environment = list(environment)
        self.refuses = refuses
        self.swallows = False  # whether it answers no start from now on
        self.units: list[Unit] = []  # all that it was asked to start
        self.stopped: list[str] = []  # the names of those that it was asked to stop
        self.asked = 0  # how often it was asked for its environment
        interface = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
        if not hangs:
            connection.register_object(PATH, interface, self._handle, self._get, None)
        else:
            connection.add_filter(self._swallow)
        connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            GLib.Variant("(su)", (NAME, 4)), None, Gio.DBusCallFlags.NONE, -1, None,
        )  # fmt: skip

    def leave(self) -> None:
        if not self.connection.is_closed():
            self.connection.close_sync()

    def unit(self, index: int = 0) -> Unit:
        """Waits for a unit, by its number in the order of starts."""
        wait_until(lambda: len(self.units) > index, f"unit {index}", lambda: self.units)
        return self.units[index]

    def answer(self, unit: Unit, output: str, status: int) -> None:
        """Ends a program that was asked something."""
        self.finish(unit, printed=f"{output}{status}\n")

    def finish(self, unit: Unit, result: str = "done", printed: str = "") -> None:
        """Ends the unit's program, after it has printed a text."""
        if unit.output is not None:
            self.print(unit, printed)
            os.close(unit.output)
            unit.output = None
        arguments = GLib.Variant("(uoss)", (1, f"{PATH}/job/1", unit.name, result))
        self.connection.emit_signal(None, PATH, INTERFACE, "JobRemoved", arguments)

    def print(self, unit: Unit, text: str) -> None:
        """Lets the unit's program print a text, which msgd may refuse to read."""
        with contextlib.suppress(BrokenPipeError, BlockingIOError):
            os.set_blocking(unit.output, False)
            os.write(unit.output, text.encode())

    def _get(self, connection, sender, path, interface, name) -> GLib.Variant:
        self.asked += 1
        return GLib.Variant("as", self.environment)

    def _handle(self, connection, sender, path, interface, method, arguments, invocation) -> None:
        getattr(self, f"_{method}")(invocation, *arguments.unpack())

    def _StartTransientUnit(self, invocation, name, mode, properties, others) -> None:
        unit = Unit(name, dict(properties))
        if (handle := unit.properties.get("StandardOutputFileDescriptor")) is not None:
            unit.output = invocation.get_message().get_unix_fd_list().get(handle)
        self.units.append(unit)
        if self.swallows:
            return
        if self.refuses:
            invocation.return_dbus_error("org.example.Refused", self.refuses)
        else:
            invocation.return_value(GLib.Variant("(o)", (f"{PATH}/job/1",)))

    def _StopUnit(self, invocation, name, mode) -> None:
        self.stopped.append(name)
        invocation.return_value(GLib.Variant("(o)", (f"{PATH}/job/2",)))

    @staticmethod
    def _swallow(connection, message, is_incoming, *_: Any) -> Gio.DBusMessage | None:
        is_call = is_incoming and message.get_message_type() == Gio.DBusMessageType.METHOD_CALL
        return None if is_call else message
