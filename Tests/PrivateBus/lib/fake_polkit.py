"""A polkit for tests: it decides as a test says, and records the questions.

Tests/System uses the real one, which can't be made to be slow or to leave on demand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gi.repository import Gio, GLib

from lib.main_loop import wait_until

NAME = "org.freedesktop.PolicyKit1"
PATH = "/org/freedesktop/PolicyKit1/Authority"
XML = f"""<node><interface name="{NAME}.Authority">
  <method name="CheckAuthorization">
    <arg type="(sa{{sv}})" direction="in"/><arg type="s" direction="in"/><arg type="a{{ss}}" direction="in"/>
    <arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="(bba{{ss}})" direction="out"/>
  </method>
  <method name="EnumerateActions"><arg type="s" direction="in"/><arg type="a(ssssssuuua{{ss}})" direction="out"/></method>
  <method name="CancelCheckAuthorization"><arg type="s" direction="in"/></method>
</interface></node>"""

YES, NO, CHALLENGE = (True, False), (False, False), (False, True)


@dataclass(frozen=True)
class Question:
    subject: str  # the unique name of a connection
    action: str
    details: tuple[tuple[str, str], ...]
    allows_interaction: bool
    cancellation: str


class Polkit:
    """Decides until `leave`. `decide` returns the answer to a question; with None there is none until `answer_late`."""

    known = [f"org.msgd.{name}" for name in ("send-user", "broadcast", "manage", "override-mute", "hold", "relay")]

    def __init__(self, connection: Gio.DBusConnection, decide: Callable[[Question], tuple[bool, bool] | None]):
        self.connection = connection
        self.decide = decide
        self.questions: list[Question] = []
        self.cancelled: list[str] = []
        self._open: list[Gio.DBusMethodInvocation] = []
        connection.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], self._handle, None, None)
        self._call("RequestName", "(su)", NAME, 4)

    @property
    def actions(self) -> list[str]:
        return [question.action.removeprefix("org.msgd.") for question in self.questions]

    def await_open_question(self) -> None:
        wait_until(lambda: self._open, "a question to polkit", lambda: self.questions)

    def answer_late(self, answer: tuple[bool, bool]) -> None:
        for invocation in self._open:
            invocation.return_value(GLib.Variant("((bba{ss}))", ((*answer, {}),)))
        self._open.clear()

    def leave(self) -> None:
        if not self.connection.is_closed():
            self.connection.close_sync()

    def _call(self, method: str, signature: str, *arguments: object) -> None:
        self.connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
            GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE, -1, None,
        )  # fmt: skip

    def _handle(self, connection, sender, path, interface, method, parameters, invocation) -> None:
        if method == "CancelCheckAuthorization":
            self.cancelled.append(parameters.unpack()[0])
            invocation.return_value(None)
            return
        if method == "EnumerateActions":
            actions = [(action, *[""] * 5, 0, 0, 0, {}) for action in ("org.example.other", *self.known)]
            invocation.return_value(GLib.Variant("(a(ssssssuuua{ss}))", (actions,)))
            return
        (kind, subject), action, details, flags, cancellation = parameters.unpack()
        assert kind == "system-bus-name" and flags in (0, 1)
        question = Question(subject["name"], action, tuple(sorted(details.items())), flags == 1, cancellation)
        self.questions.append(question)
        self._open.append(invocation)
        answer = self.decide(question)
        if answer:
            self._open.remove(invocation)
            invocation.return_value(GLib.Variant("((bba{ss}))", ((*answer, {}),)))
