"""Load for msgd: programs that send messages as fast as earlier ones end, and measurements of the service meanwhile."""

from __future__ import annotations

import collections
import pathlib
import random
import re
import statistics
import time

from gi.repository import Gio, GLib

from lib.commands import service_pid
from lib.machine import run

NAME, PATH = "org.msgd.Messenger1", "/org/msgd/Messenger1"
SENDERS = 4
CALLS = 12  # calls of each that are under way
PATIENCE = 120  # seconds until a call counts as lost


class Sender:
    """A program on the system bus with some calls of Send under way, each of which waits for the end of its message."""

    def __init__(self, load: Load, number: int):
        self._load = load
        self._random = random.Random(number)
        self._withdrawn = set()
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        address = Gio.dbus_address_get_for_bus_sync(Gio.BusType.SYSTEM, None)
        self._bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self._bus.signal_subscribe(NAME, NAME, "DeliveriesChanged", PATH, None, Gio.DBusSignalFlags.NONE, self._changed)

    def send(self):
        choice = self._random.random()
        people = ("alice", "bob", "carol", "erin", "frank")
        recipients = ["*"] if choice < 0.1 else self._random.sample(people, 1 if choice < 0.8 else 2)
        body = "m" + "".join(self._random.choices("abc äß→😀\n<&", k=self._random.choice((4, 49, 499, 3999))))
        options = {"timeout": GLib.Variant("u", 1), "wait": GLib.Variant("b", True)}
        self._bus.call(
            NAME, PATH, NAME, "Send", GLib.Variant("(assa{sv})", (recipients, body, options)), None,
            Gio.DBusCallFlags.NONE, PATIENCE * 1000, None, self._ended,
        )  # fmt: skip

    def _changed(self, *event):
        id, deliveries = event[5].unpack()
        is_shown = any(state == "shown" for _, _, _, state, _ in deliveries)
        # Every other message is withdrawn as soon as it stands.
        if is_shown and id % 2 and id not in self._withdrawn:
            self._withdrawn.add(id)
            self._bus.call(NAME, PATH, NAME, "Withdraw", GLib.Variant("(t)", (id,)), None, 0, -1, None, None)

    def _ended(self, bus, result):
        try:
            id, deliveries = bus.call_finish(result).unpack()
            self._withdrawn.discard(id)
            self._load.ended(self, deliveries)
        except GLib.Error as error:
            self._load.failed(self, Gio.DBusError.get_remote_error(error) or error.message)


class Load:
    """The run: the messages that were sent, their outcomes, and measurements of msgd."""

    def __init__(self, messages, minutes):
        self.messages, self.deadline = messages, time.monotonic() + minutes * 60
        self.loop = GLib.MainLoop()
        self.sent = self.done = 0
        self.states, self.reasons, self.errors = collections.Counter(), collections.Counter(), collections.Counter()
        self.samples = []  # messages that ended, PSS and RSS in KiB, threads, descriptors

    def run(self):
        senders = [Sender(self, number) for number in range(SENDERS)]
        run("busctl", "call", NAME, PATH, "org.freedesktop.DBus.Peer", "Ping")
        self.pid = service_pid()
        GLib.timeout_add(500, self.sample)
        began = time.monotonic()
        for sender in senders:
            for _ in range(CALLS):
                self.begin(sender)
        self.loop.run()
        self.seconds = time.monotonic() - began
        self.sample()

    def begin(self, sender):
        if self.sent < self.messages and time.monotonic() < self.deadline:
            self.sent += 1
            sender.send()
        elif self.done == self.sent:
            self.loop.quit()

    def ended(self, sender, deliveries):
        self.states.update(delivery[3] for delivery in deliveries)
        failures = [delivery[4]["error-message"] for delivery in deliveries if delivery[3] in ("failed", "suppressed")]
        self.reasons.update(re.sub(r"^\w+ (does|has)\b|/run/user/\d+", "…", failure) for failure in failures)
        self.over(sender)

    def failed(self, sender, name):
        self.errors[name] += 1
        self.over(sender)

    def over(self, sender):
        self.done += 1
        self.begin(sender)

    def sample(self):
        process = pathlib.Path(f"/proc/{self.pid}")
        try:
            sizes = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
            kib = [int(sizes[name].split()[0]) for name in ("Pss", "Rss")]
            counts = [len(list((process / folder).iterdir())) for folder in ("task", "fd")]
            self.samples.append((self.done, *kib, *counts))
        except (FileNotFoundError, ProcessLookupError):
            self.loop.quit()  # it has ended
        return True

    @property
    def survived(self):
        """Whether msgd is still the same process."""
        return service_pid() == self.pid

    def pss(self, begin, end):
        """The median of the PSS in KiB, while the messages between two fractions of all messages ended."""
        found = [sample[1] for sample in self.samples if begin * self.done <= sample[0] <= end * self.done]
        return statistics.median(found)
