"""GLib's main loop, on which the tests, their clients and their notification servers run: one thread, no polling."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

from gi.repository import Gio, GLib

DEADLINE = 10  # the most seconds that a wait takes


def wait_until(condition: Callable[[], Any], what: str, seen: Callable[[], Any] = lambda: "nothing more to tell") -> Any:
    """Runs the main loop until the condition holds, and returns its value. `seen` says what there was instead.

    Something that comes to the main loop must make it true. What nobody reports would be seen at the deadline only."""
    is_over = False

    def end() -> bool:
        nonlocal is_over
        is_over = True
        return GLib.SOURCE_REMOVE

    source = GLib.timeout_add_seconds(DEADLINE, end)
    while not (result := condition()):
        if is_over:
            raise AssertionError(f"not within {DEADLINE} s: {what}; seen: {seen()}")
        GLib.MainContext.default().iteration(True)
    if is_over:
        raise AssertionError(f"it is true, but no event told of it: {what}")
    GLib.source_remove(source)
    return result


def look_until(condition: Callable[[], Any], what: str, seen: Callable[[], Any] = lambda: "nothing more to tell") -> Any:
    """The same for conditions that no event reports, such as the time, or the state of a process: looks each millisecond."""
    source = GLib.timeout_add(1, lambda: GLib.SOURCE_CONTINUE)
    try:
        return wait_until(condition, what, seen)
    finally:
        GLib.source_remove(source)


def wait_for_exit(process: subprocess.Popen, what: str, seen: Callable[[], Any] = lambda: "it still runs") -> int:
    """Waits for the end of a process, and returns its status."""
    descriptor = os.pidfd_open(process.pid)
    source = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, descriptor, GLib.IOCondition.IN, lambda *_: True)
    try:
        wait_until(lambda: process.poll() is not None, f"the end of {what}", seen)
    finally:
        GLib.source_remove(source)
        os.close(descriptor)
    return process.returncode


class RemoteError(Exception):
    """An error that came over the bus."""

    def __init__(self, name: str, message: str):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Call:
    """A method call that is under way. `wait` returns its answer or raises its error."""

    def __init__(
        self, connection: Gio.DBusConnection, destination: str, path: str, method: str, arguments: GLib.Variant,
        allows_interaction: bool = False,
    ):  # fmt: skip
        self.method = method
        self.is_over = False
        self._answer: Any = None
        self._error: RemoteError | None = None
        interface, _, member = method.rpartition(".")
        # Later than the deadline, because `wait` has the better message.
        timeout = 2 * DEADLINE * 1000
        flags = Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if allows_interaction else Gio.DBusCallFlags.NONE
        connection.call(destination, path, interface, member, arguments, None, flags, timeout, None, self._end)

    def _end(self, connection: Gio.DBusConnection, result: Gio.AsyncResult) -> None:
        try:
            self._answer = connection.call_finish(result).unpack()
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error) or "none"
            self._error = RemoteError(name, error.message.removeprefix(f"GDBus.Error:{name}: "))
        self.is_over = True

    def wait(self, seen: Callable[[], Any] = lambda: "no answer") -> Any:
        wait_until(lambda: self.is_over, f"the answer to {self.method}", seen)
        if self._error:
            raise self._error
        return self._answer


def connect(address: str) -> Gio.DBusConnection:
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
    connection.set_exit_on_close(False)
    return connection
