#!/usr/bin/python3
"""Sends a message and prints its id: send-message.py RECIPIENT MESSAGE. Needs python3-dbus."""

import sys

import dbus

service = dbus.SystemBus().get_object("org.msgd.Messenger1", "/org/msgd/Messenger1")
recipient, message = sys.argv[1:]
try:
    print(service.SendMessage(message, recipient, dbus_interface="org.msgd.Messenger1"))
except dbus.DBusException as error:
    sys.exit(f"not sent: {error.get_dbus_message()}")
