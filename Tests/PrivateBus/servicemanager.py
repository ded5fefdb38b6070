"""A user's systemd, as far as msgd asks it for something; the real one can't be told what the session's environment is, nor
to start nothing. Tests/System works with that."""

from __future__ import annotations

from typing import Any

from gi.repository import Gio, GLib

NAME = "org.freedesktop.systemd1"
PATH = "/org/freedesktop/systemd1"
INTERFACE = f"{NAME}.Manager"
XML = f"""<node><interface name="{INTERFACE}">
  <property name="Environment" type="as" access="read"/>
</interface></node>"""


class ServiceManager:
    """Serves until `leave`.

    - environment: the session's, as `NAME=value`.
    - hangs: it answers nothing.
    """

    def __init__(self, connection: Gio.DBusConnection, *environment: str, hangs: bool = False):
        self.connection = connection
        self.environment = list(environment)
        self.asked = 0  # how often for its environment
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

    def _get(self, connection, sender, path, interface, name) -> GLib.Variant:
        self.asked += 1
        return GLib.Variant("as", self.environment)

    def _handle(self, connection, sender, path, interface, method, arguments, invocation) -> None:
        getattr(self, f"_{method}")(invocation, *arguments.unpack())

    @staticmethod
    def _swallow(connection, message, is_incoming, *_: Any) -> Gio.DBusMessage | None:
        is_call = is_incoming and message.get_message_type() == Gio.DBusMessageType.METHOD_CALL
        return None if is_call else message
