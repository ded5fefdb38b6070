"""Records messages between programs and the notification server on a user's session bus, here or on another machine."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.machine import Machine

INTERFACE = "org.freedesktop.Notifications"
DEADLINE = 10  # the most seconds that a wait takes, unless the test says otherwise
LATE = 0.02  # how many seconds later busctl may see a call


@dataclass
class Event:
    """A call or a signal of org.freedesktop.Notifications; properties beyond the first lines belong to some members only."""

    member: str  # Notify, CloseNotification, NotificationClosed, ActionInvoked, …
    sender: str  # unique bus name
    arguments: list[Any]
    time: float  # when busctl saw it, in the form of time.time()
    id: int | None = None  # the popup's; for a Notify call it comes with the reply
    error: str | None = None  # a Notify call's, if it failed

    @property
    def summary(self) -> str:
        return self.arguments[3]

    @property
    def body(self) -> str:
        return self.arguments[4]

    @property
    def actions(self) -> dict[str, str]:
        """The labels by key, in the order of the buttons."""
        return dict(zip(self.arguments[5][::2], self.arguments[5][1::2]))

    @property
    def hints(self) -> dict[str, Any]:
        return {key: variant["data"] for key, variant in self.arguments[6].items()}

    @property
    def expire_timeout(self) -> int:
        """The timeout in milliseconds."""
        return self.arguments[7]

    @property
    def reason(self) -> int:
        """The reason why a popup closed: 1 expired, 2 dismissed by the user, 3 by CloseNotification, 4 undefined."""
        return self.arguments[1]

    @property
    def key(self) -> str:
        """The action of ActionInvoked."""
        return self.arguments[1]


def reached(recorders: dict[str, Recorder]) -> set[str]:
    """Returns the names of the users who have got a popup since the recorders exist. Each must have got exactly one."""
    numbers = {user: len(recorder.popups()) for user, recorder in recorders.items()}
    assert set(numbers.values()) <= {0, 1}, numbers
    return {user for user, number in numbers.items() if number}


class Recorder:
    """Monitors a user's session bus, as that user, from its creation on. It stays outside the user's session."""

    def __init__(self, user: str, uid: int, machine: Machine):
        self.user = user
        self.uid = uid
        self.machine = machine
        self.events: list[Event] = []
        self._changed = threading.Condition()
        self._pending: dict[tuple[str, int], Event] = {}
        self._barriers = itertools.count(1)
        self._monitor = self._busctl(
            "monitor", "--json=short", f"--match=interface={INTERFACE}", "--match=type=method_return", "--match=type=error"
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._await_monitor()

    def wait_for(self, predicate: Callable[[Event], bool], timeout: float = DEADLINE) -> Event:
        """Waits for the first event since the recorder's creation that satisfies the predicate."""
        found: Event | None = None

        def look() -> bool:
            nonlocal found
            found = next(filter(predicate, self.events), None)
            return found is not None

        with self._changed:
            self._changed.wait_for(look, timeout)
        if found is None:
            seen = "\n  ".join(map(str, self.events)) or "nothing"
            raise AssertionError(f"not seen on the bus of {self.user} within {timeout} s; seen:\n  {seen}")
        return found

    def popup(self, text: str = "", timeout: float = DEADLINE) -> Event:
        """Waits for the first Notify call with the text in its summary or body, and for the server's answer to it."""
        return self.wait_for(
            lambda event: event.member == "Notify"
            and text in event.summary + "\n" + event.body
            and (event.id is not None or event.error is not None),
            timeout,
        )

    def action(self, id: int, timeout: float = DEADLINE) -> Event:
        return self.wait_for(lambda event: event.member == "ActionInvoked" and event.id == id, timeout)

    def closed(self, id: int, timeout: float = DEADLINE) -> Event:
        return self.wait_for(lambda event: event.member == "NotificationClosed" and event.id == id, timeout)

    def stood(self, popup: Event) -> float:
        """Returns the seconds for which a popup stood, or some milliseconds more, because on a busy machine busctl sees
        its call late."""
        return self.closed(popup.id).time - popup.time + LATE

    def popups(self) -> list[Event]:
        """Returns all Notify calls so far, including all that were sent on this bus before."""
        assert self._call_is_seen(within=DEADLINE), f"not seen on the bus of {self.user}: {self.events}"
        return [event for event in self.events if event.member == "Notify"]

    def close(self) -> None:
        """Stops recording, and closes the popups that are still open, so that the next test finds an empty screen."""
        closed = {event.id for event in self.events if event.member == "NotificationClosed"}
        for id in {event.id for event in self.events if event.member == "Notify" and event.id} - closed:
            path = "/org/freedesktop/Notifications"
            self._busctl("call", INTERFACE, path, INTERFACE, "CloseNotification", "u", str(id)).communicate(timeout=DEADLINE)
        self._monitor.kill()
        self._monitor.wait()

    def _await_monitor(self) -> None:
        """Makes calls until one is seen, because busctl doesn't always say that it monitors."""
        deadline = time.monotonic() + DEADLINE
        while not self._call_is_seen(within=0.1):
            assert self._monitor.poll() is None, f"can't monitor the bus of {self.user}: {self._monitor.stderr.read()}"
            assert time.monotonic() < deadline, f"no call is seen on the bus of {self.user}"

    def _call_is_seen(self, within: float) -> bool:
        """Makes a call that nobody implements: the bus answers with an error, and the monitor sees both."""
        member = f"Barrier{next(self._barriers)}"
        self._busctl("call", "org.freedesktop.DBus", "/", INTERFACE, member).communicate(timeout=DEADLINE)
        with self._changed:
            return self._changed.wait_for(lambda: any(event.member == member for event in self.events), within)

    def _busctl(self, *arguments: str) -> subprocess.Popen[str]:
        become = ("setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups")
        address = f"--address=unix:path=/run/user/{self.uid}/bus"
        return self.machine.start(*become, "busctl", address, *arguments)

    def _read(self) -> None:
        for line in self._monitor.stdout:
            with self._changed:
                self._add(json.loads(line))
                self._changed.notify_all()

    def _add(self, message: dict[str, Any]) -> None:
        arguments = message.get("payload", {}).get("data", [])
        if message["type"] in ("method_return", "error"):
            call = self._pending.pop((message["destination"], message["reply_cookie"]), None)
            if call and message["type"] == "error":
                call.error = arguments[0] if arguments else "error without a message"
            elif call:
                call.id = arguments[0]
            return
        event = Event(message["member"], message["sender"], arguments, message["timestamp-realtime"] / 1e6)
        if event.member == "Notify":
            self._pending[(event.sender, message["cookie"])] = event
        elif event.member in ("CloseNotification", "NotificationClosed", "ActionInvoked", "ActivationToken"):
            event.id = arguments[0]
        self.events.append(event)
