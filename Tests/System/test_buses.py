"""The machine's system bus, dbus-daemon or dbus-broker: callers that use it up, and callers that are suddenly gone."""

import os

from lib.commands import msg, outcome, service_pid
from lib.machine import run, system_bus
from lib.notification_recorder import reached

# A caller that asks msgd and the bus, and never reads an answer. msgd soon refuses to answer, so it isn't what fills
# the bus. The bus keeps its own answers until somebody reads them.
FLOOD = """
import os, socket, sys
from gi.repository import Gio

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus")

def call(serial, name, path, interface, member):
    message = Gio.DBusMessage.new_method_call(name, path, interface, member)
    message.set_serial(serial)
    return message.to_blob(Gio.DBusCapabilityFlags.NONE)

bus = socket.socket(socket.AF_UNIX)
bus.connect("/run/dbus/system_bus_socket")
bus.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\nBEGIN\\r\\n")
bus.sendall(call(1, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello"))
bus.settimeout(2)
end = "sent all"
try:
    for serial in range(2, 50000):
        name, path = ("org.msgd.Messenger1", "/org/msgd/Messenger1") if serial % 100 == 0 else BUS
        bus.sendall(call(serial, name, path, "org.freedesktop.DBus.Introspectable", "Introspect"))
except TimeoutError:
    end = "the bus takes no more"
except OSError:
    end = "the bus has closed the connection"
print(end, flush=True)
sys.stdin.read()
"""
# A caller that uses up what the bus lets one user have of match rules: the answer is an error then.
MATCHES = """
import sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
try:
    for number in range(100000):
        rule = GLib.Variant("(s)", (f"arg0='{number}'",))
        name = "org.freedesktop.DBus"
        bus.call_sync(name, "/org/freedesktop/DBus", name, "AddMatch", rule, None, 0, -1)
except GLib.Error as error:
    print(Gio.DBusError.get_remote_error(error), flush=True)
sys.stdin.read()
"""


def test_the_system_bus_is_the_one_that_the_machine_was_made_with():
    assert system_bus() == os.environ.get("RIG_BUS", "dbus-daemon")
    assert run("pgrep", "--exact", "--uid=messagebus", system_bus()).stdout


def test_a_caller_that_reads_no_answer_harms_nobody_else(desktops, recorders):
    assert msg("--sessions").returncode == 0  # the service runs
    pid = service_pid()
    flood = desktops["alice"].start("python3", "-c", FLOOD)
    end = flood.stdout.readline()
    assert end, flood.stderr.read()
    assert outcome(desktops["bob"].run("msg", "bob", "/TIME:5", "for myself", check=False)) == (0, "", "")
    assert outcome(msg("carol", "/TIME:5", "from root")) == (0, "", "")
    assert reached(recorders) == {"bob", "carol"}
    flood.communicate(timeout=30)
    assert flood.returncode == 0
    assert outcome(desktops["alice"].run("msg", "alice", "/TIME:5", "again", check=False)) == (0, "", "")
    recorders["alice"].popup("again")
    assert service_pid() == pid


def test_a_user_with_no_rules_left_harms_nobody_else(desktops, recorders):
    greedy = desktops["alice"].start("python3", "-c", MATCHES)
    assert greedy.stdout.readline() == "org.freedesktop.DBus.Error.LimitsExceeded\n"
    assert outcome(desktops["bob"].run("msg", "bob", "/TIME:5", "for myself", check=False)) == (0, "", "")
    assert outcome(msg("carol", "/TIME:5", "from root")) == (0, "", "")
    assert outcome(desktops["alice"].run("msg", "alice", "/TIME:5", "for herself", check=False)) == (0, "", "")
    assert reached(recorders) == {"alice", "bob", "carol"}
    greedy.communicate(timeout=30)
    assert greedy.returncode == 0


def test_a_sender_that_is_killed_leaves_the_service_in_order(alice, start):
    """The popup stays, because somebody may be reading it. Its end is nobody's to hear."""
    popups = alice.popups()
    sender = start("alice", "/W", "/TIME:60", "from who is gone")
    popup = popups.popup("from who is gone")
    pid = service_pid()
    sender.kill()
    sender.wait(timeout=10)
    alice.click_popup()
    popups.closed(popup.id)
    assert outcome(msg("alice", "/TIME:5", "the next")) == (0, "", "")
    popups.popup("the next")
    assert service_pid() == pid
