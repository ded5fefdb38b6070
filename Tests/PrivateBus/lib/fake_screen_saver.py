"""A program that covers the screen when a test says so, and tells it on the user's bus."""

from __future__ import annotations

from gi.repository import Gio, GLib

INTERFACE = """<node><interface name="{name}">
  <method name="GetActive"><arg type="b" direction="out"/></method>
  <signal name="ActiveChanged"><arg type="b"/></signal>
</interface></node>"""


class ScreenSaver:
    """Serves until `leave`.

    - active: whether it covers the screen.
    - hangs: it answers nothing.
    """

    def __init__(self, connection: Gio.DBusConnection, name: str, *, active: bool = False, hangs: bool = False):
        self.connection = connection
        self.active = active
        self.hangs = hangs
        self.asked = 0
        self._name, self._path = name, "/" + name.replace(".", "/")
        interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE.format(name=name)).interfaces[0]
        connection.register_object(self._path, interface, self._answer, None, None)
        answer = connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            GLib.Variant("(su)", (name, 4)), None, Gio.DBusCallFlags.NONE, -1, None,
        )  # fmt: skip
        assert answer.unpack() == (1,)

    def change(self, active: bool) -> None:
        """Covers or uncovers the screen."""
        self.active = active
        self.connection.emit_signal(None, self._path, self._name, "ActiveChanged", GLib.Variant("(b)", (active,)))
        self.connection.flush_sync()

    def leave(self) -> None:
        if not self.connection.is_closed():
            self.connection.close_sync()

    def _answer(self, connection, sender, path, interface, method, arguments, invocation) -> None:
        self.asked += 1
        if not self.hangs:
            invocation.return_value(GLib.Variant("(b)", (self.active,)))
