"""A notification server that does what a test says.

It replaces real ones, which Tests/System uses, because those can't be made to hang, crash or leave on demand. (In
python-dbusmock's own, CloseNotification has the wrong type of argument, and closes popups with the reason of an
expiry.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gi.repository import Gio, GLib

from lib.main_loop import wait_until

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
XML = f"""<node><interface name="{NAME}">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{{sv}}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <property name="Dnd" type="b" access="read"/><property name="Inhibited" type="b" access="read"/>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
  <signal name="NotificationReplied"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""
SWAYNC_PATH = "/org/erikreider/swaync/cc"
SWAYNC_XML = """<node><interface name="org.erikreider.swaync.cc">
  <property name="Inhibited" type="b" access="read"/>
</interface></node>"""


@dataclass
class Popup:
    id: int
    sender: str
    summary: str
    body: str
    actions: list[str]
    timeout: int
    application: str
    icon: str
    hints: dict[str, Any]
    replaces: int  # the id of the popup that it replaces; 0 = none


Hook = Callable[["NotificationServer", Popup], None]


class NotificationServer:
    """Serves until `leave`.

    - mute: it answers nothing at all.
    - hangs: it accepts popups, and does not answer until `answer_late`.
    - crashes: it leaves the bus when a popup comes.
    - refuses: the message of the error that it answers with.
    - ignores_close: it receives CloseNotification, and neither closes nor answers.
    - before_answer, after_answer: called with a popup before, or at once after, the answer to Notify.
    - ids: the ids that it gives, instead of 1, 2, …, and those of the popups that are replaced.
    - identity: the name, vendor and version that it reports; without a version, 1.
    - capabilities: the capabilities that it reports.
    - quiet: whether it reports that it is set to "do not disturb", if its identity is of a server that does.
    - inhibited: whether it reports, as swaync does, that a program inhibits popups.
    - has_name: whether it owns the name of the desktop's notification server.
    """

    def __init__(
        self, connection: Gio.DBusConnection, *,
        mute: bool = False, hangs: bool = False, crashes: bool = False, refuses: str = "", ignores_close: bool = False,
        before_answer: Hook | None = None, after_answer: Hook | None = None, ids: list[int] | None = None, has_name: bool = True,
        identity: tuple[str, ...] = ("server", "tests"), capabilities: tuple[str, ...] = ("actions", "body"),
        quiet: bool = False, inhibited: bool = False,
    ):  # fmt: skip
        self.connection = connection
        self.mute = mute
        self._late: list[tuple[Popup, Gio.DBusMethodInvocation]] = []
        self.hangs, self.crashes, self.refuses, self.ignores_close = hangs, crashes, refuses, ignores_close
        self.before_answer, self.after_answer, self._ids = before_answer, after_answer, ids or []
        self.identity = identity
        self.capabilities = capabilities
        self.quiet, self.inhibited = quiet, inhibited
        self.popups: list[Popup] = []
        self.closed: list[int] = []  # the ids with which CloseNotification was called
        interface = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
        connection.register_object(PATH, interface, self._handle, lambda *_: GLib.Variant("b", self.quiet), None)
        swaync = Gio.DBusNodeInfo.new_for_xml(SWAYNC_XML).interfaces[0]
        connection.register_object(SWAYNC_PATH, swaync, None, lambda *_: GLib.Variant("b", self.inhibited), None)
        if has_name:
            answer = self.bus("RequestName", "(su)", NAME, 4)
            assert answer == 1, f"the bus has a notification server already ({answer})"

    def bus(self, method: str, signature: str, *arguments: Any) -> Any:
        """Calls a method of the user's bus."""
        return self.connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
            GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE, -1, None,
        ).unpack()[0]  # fmt: skip

    def popup(self, index: int = 0) -> Popup:
        """Waits for a popup, by its number in order of arrival."""
        wait_until(lambda: len(self.popups) > index, f"popup {index}", lambda: self.popups)
        return self.popups[index]

    def wait_for_close(self, popup: Popup) -> None:
        """Waits until CloseNotification was called for a popup."""
        wait_until(lambda: popup.id in self.closed, f"CloseNotification of {popup}", lambda: self.closed)

    def invoke(self, popup: Popup, key: str) -> None:
        """Presses a button."""
        self._emit(popup, "ActionInvoked", GLib.Variant("(us)", (popup.id, key)))

    def reply(self, popup: Popup, text: str) -> None:
        """Types a text into the popup's field, and sends it."""
        self._emit(popup, "NotificationReplied", GLib.Variant("(us)", (popup.id, text)))

    def activate(self, popup: Popup, token: str) -> None:
        """Sends what lets the next window come to the front, as GNOME Shell and mako do before an action."""
        self._emit(popup, "ActivationToken", GLib.Variant("(us)", (popup.id, token)))

    def dismiss(self, popup: Popup, reason: int = 2) -> None:
        self._emit(popup, "NotificationClosed", GLib.Variant("(uu)", (popup.id, reason)))

    def answer_late(self) -> None:
        """Answers the calls of Notify that it hung in."""
        for popup, invocation in self._late:
            invocation.return_value(GLib.Variant("(u)", (popup.id,)))
        self._late.clear()

    def leave(self) -> None:
        if not self.connection.is_closed():
            self.connection.close_sync()

    def _emit(self, popup: Popup, signal: str, arguments: GLib.Variant) -> None:
        self.connection.emit_signal(popup.sender, PATH, NAME, signal, arguments)

    def _handle(self, connection, sender, path, interface, method, arguments, invocation) -> None:
        if not self.mute:
            getattr(self, f"_{method}")(sender, invocation, *arguments.unpack())

    def _GetCapabilities(self, sender: str, invocation: Gio.DBusMethodInvocation) -> None:
        invocation.return_value(GLib.Variant("(as)", (self.capabilities,)))

    def _GetServerInformation(self, sender: str, invocation: Gio.DBusMethodInvocation) -> None:
        invocation.return_value(GLib.Variant("(ssss)", ((*self.identity, "1")[:3] + ("1.2",))))

    def _Notify(self, sender, invocation, application, replaces, icon, summary, body, actions, hints, timeout) -> None:
        index = len(self.popups)
        id = self._ids[index] if index < len(self._ids) else replaces or index + 1
        popup = Popup(id, sender, summary, body, actions, timeout, application, icon, hints, replaces)
        self.popups.append(popup)
        if self.before_answer:
            self.before_answer(self, popup)
        if self.crashes:
            self.leave()
        elif self.refuses:
            invocation.return_dbus_error("org.example.Refused", self.refuses)
        elif self.hangs:
            self._late.append((popup, invocation))
        else:
            invocation.return_value(GLib.Variant("(u)", (popup.id,)))
            if self.after_answer:
                self.after_answer(self, popup)

    def _CloseNotification(self, sender: str, invocation: Gio.DBusMethodInvocation, id: int) -> None:
        self.closed.append(id)
        if self.ignores_close:
            return
        invocation.return_value(None)
        self.dismiss(next(popup for popup in self.popups if popup.id == id), reason=3)
