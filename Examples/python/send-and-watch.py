#!/usr/bin/python3
"""Sends a message and prints what becomes of it, until nothing more will: send-and-watch.py MESSAGE RECIPIENT…

Needs python3-gi. The signals come on the connection that has sent the message, and to nobody else.
"""

import sys

from gi.repository import Gio, GLib

NAME, PATH = "org.msgd.Messenger1", "/org/msgd/Messenger1"
OPEN = {"pending", "shown"}  # every other state is final

body, *recipients = sys.argv[1:]
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
states = {}  # by session


def tell(session, state):
    states[session] = state
    print(session, state, flush=True)


def changed(connection, sender, path, interface, signal, arguments):
    id, deliveries = arguments.unpack()
    for session, user, uid, state, details in deliveries:
        # What was signalled before the answer is in the answer, and comes here after it.
        if states[session] in OPEN and state != states[session]:
            tell(session, state)


def gone(connection, name):
    sys.exit("msgd has left, and has taken its popups back")


bus.signal_subscribe(NAME, NAME, "DeliveriesChanged", PATH, None, Gio.DBusSignalFlags.NONE, changed)
options = {"timeout": GLib.Variant("u", 30), "title": GLib.Variant("s", "Example")}
message = GLib.Variant("(assa{sv})", (recipients, body, options))
try:
    id, deliveries = bus.call_sync(NAME, PATH, NAME, "Send", message, None, Gio.DBusCallFlags.NONE, -1, None).unpack()
except GLib.Error as error:
    sys.exit(f"not sent: {error.message}")
Gio.bus_watch_name_on_connection(bus, NAME, Gio.BusNameWatcherFlags.NONE, None, gone)
for session, user, uid, state, details in deliveries:
    tell(session, state)
while not OPEN.isdisjoint(states.values()):
    GLib.MainContext.default().iteration(True)
