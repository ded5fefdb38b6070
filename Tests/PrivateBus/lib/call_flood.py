#!/usr/bin/python3
"""Calls msgd 1000 times a second until its standard input ends: call_flood.py ADDRESS METHOD NAME

It pipelines its calls. When msgd has refused the first one, it prints a line. At its end, when all are answered, it
prints how many calls it made, in how many seconds, how many were refused, and after how many seconds the last one was
answered.
"""

import sys
import time

from gi.repository import Gio, GLib

NAME = "org.msgd.Messenger1"
PERIOD = 10  # milliseconds
# msgd's refusal, and the bus's if 128 calls wait for an answer.
REFUSALS = ["org.msgd.Error.LimitExceeded", "org.freedesktop.DBus.Error.LimitsExceeded"]
FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION


class Flood:
    def __init__(self, address, method, name):
        self.connection = Gio.DBusConnection.new_for_address_sync(address, FLAGS, None, None)
        self.method = method
        self.arguments = {
            "Send": GLib.Variant("(assa{sv})", ([name], "Flood", {"timeout": GLib.Variant("u", 1)})),
            "ListSessions": None,
            "SetMuted": GLib.Variant("(b)", (True,)),
        }[method]
        self.made = self.answered = self.refused = 0
        self.is_refused = False  # by msgd
        self.seconds = None  # set once it makes no more calls
        self.begin = time.monotonic()

    def tick(self):
        self.call_until(time.monotonic())
        return GLib.SOURCE_CONTINUE if self.seconds is None else GLib.SOURCE_REMOVE

    def call_until(self, now):
        if self.seconds is not None:
            return
        # As many as are due, so that a late timer makes up for it.
        due = int((now - self.begin) * 1000) + 1
        for _ in range(due - self.made):
            self.connection.call(
                NAME, "/org/msgd/Messenger1", NAME, self.method, self.arguments, None, Gio.DBusCallFlags.NONE, -1, None,
                self.end,
            )  # fmt: skip
        self.made = due

    def stop(self, *_):
        now = time.monotonic()
        self.call_until(now)
        self.seconds = now - self.begin
        self.leave_when_answered()
        return GLib.SOURCE_REMOVE

    def leave_when_answered(self):
        if self.seconds is not None and self.answered == self.made:
            loop.quit()

    def end(self, connection, result):
        self.answered += 1
        try:
            connection.call_finish(result)
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)
            self.refused += name in REFUSALS
            if name == REFUSALS[0] and not self.is_refused:
                self.is_refused = True
                print("refused", flush=True)
        self.leave_when_answered()


flood = Flood(*sys.argv[1:])
loop = GLib.MainLoop()
GLib.timeout_add(PERIOD, flood.tick)
GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IOCondition.IN | GLib.IOCondition.HUP, flood.stop)
loop.run()
print(flood.made, flood.seconds, flood.refused, time.monotonic() - flood.begin)
