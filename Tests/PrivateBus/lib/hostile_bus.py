"""A session bus that does what no bus should: `hostile_bus.py SOCKET BEHAVIOUR`, run as the user to whom it belongs.

It is a process of its own, because msgd checks who listens, and because the tests' Python must not slow a flood down.
It prints a line when it listens. When msgd has hung up, it prints a line with the number of bytes that msgd sent.
"""

from __future__ import annotations

import array
import errno
import itertools
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator

from gi.repository import Gio, GLib

SERVER = "org.freedesktop.Notifications"
SERVER_PATH = "/org/freedesktop/Notifications"
BUS = "org.freedesktop.DBus"
NOTHING = Gio.DBusCapabilityFlags.NONE
ANSWERS = {
    "Hello": GLib.Variant("(s)", (":1.1",)),
    "GetCapabilities": GLib.Variant("(as)", (["actions"],)),
    "GetServerInformation": GLib.Variant("(ssss)", ("hostile", "tests", "1", "1.2")),
    "GetNameOwner": GLib.Variant("(s)", (":1.2",)),
    "Notify": GLib.Variant("(u)", (7,)),
    "CloseNotification": None,
}  # fmt: skip


def silence(peer: Peer, call: Gio.DBusMessage) -> None:
    """Leaves a call without an answer."""


class Peer:
    """msgd, as a bus sees it."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self.received = b""
        self.count = 0
        self._serials = itertools.count(1)

    def read(self) -> bool:
        """Reads on; returns false if msgd has hung up."""
        data = self.socket.recv(65536)
        self.received += data
        self.count += len(data)
        return bool(data)

    def greet(self, answer: bytes = b"DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nERROR\r\n") -> None:
        """Waits for everything that msgd sends to authenticate, and answers it."""
        while b"BEGIN\r\n" not in self.received:
            if not self.read():
                raise BrokenPipeError
        self.received = self.received.partition(b"BEGIN\r\n")[2]
        self.socket.sendall(answer)

    def await_hello(self) -> None:
        """Authenticates, and waits for the first call. (Anything sent before would count as an answer to
        authentication.)"""
        self.greet()
        next(self.calls())

    def calls(self) -> Iterator[Gio.DBusMessage]:
        """What msgd calls, until it hangs up."""
        while True:
            while len(self.received) >= 16:
                needed = Gio.DBusMessage.bytes_needed(self.received[:16])
                if len(self.received) < needed:
                    break
                message, self.received = self.received[:needed], self.received[needed:]
                yield Gio.DBusMessage.new_from_blob(message, NOTHING)
            if not self.read():
                return

    def blob(self, message: Gio.DBusMessage, body: GLib.Variant | None, sender: str) -> bytes:
        message.set_sender(sender)
        message.set_serial(next(self._serials))
        if body is not None:
            message.set_body(body)
        return message.to_blob(NOTHING)

    def answer(self, call: Gio.DBusMessage, body: GLib.Variant | None) -> None:
        sender = BUS if call.get_destination() == BUS else ":1.2"
        self.socket.sendall(self.blob(Gio.DBusMessage.new_method_reply(call), body, sender))

    def signal(self, member: str, body: GLib.Variant) -> bytes:
        return self.blob(Gio.DBusMessage.new_signal(SERVER_PATH, SERVER, member), body, ":1.2")

    def serve(self, **answers: GLib.Variant | Callable[[Peer, Gio.DBusMessage], None] | None) -> None:
        """Answers as a bus and a notification server would, but for what is said otherwise."""
        for call in self.calls():
            answer = {**ANSWERS, **answers}.get(call.get_member(), silence)
            if callable(answer):
                answer(self, call)
            else:
                self.answer(call, answer)

    def flood(self, data: bytes) -> None:
        """Sends data again and again, as fast as possible, and answers nothing any more."""
        data *= max(1, 65536 // len(data))
        while True:
            self.socket.sendall(data)

    def await_end(self) -> None:
        while self.read():
            pass


def garbage(peer: Peer) -> None:
    peer.socket.sendall(bytes(range(256)) * 16)
    peer.await_end()


def endless_auth_lines(peer: Peer) -> None:
    peer.greet(b"")
    peer.flood(b"DATA\r\n")


def endless_auth_line(peer: Peer) -> None:
    peer.greet(b"DATA")
    peer.flood(b"x")


def slow_auth_line(peer: Peer) -> None:
    peer.greet(b"DATA\r\nOK ")
    while True:
        peer.socket.sendall(b"x")
        time.sleep(0.1)  # makes it slow; nothing is waited for


def garbage_messages(peer: Peer) -> None:
    peer.await_hello()
    peer.flood(b"garbage ")


def unreadable_message(peer: Peer) -> None:
    peer.await_hello()
    # Correctly framed, and as long as is accepted, with invalid fields.
    length = 65536 - 16
    peer.socket.sendall(struct.pack("<cBBBIII", b"l", 1, 0, 1, 0, 1, length) + b"\x1b" * length)
    peer.await_end()


def gigabyte(peer: Peer) -> None:
    peer.await_hello()
    peer.socket.sendall(struct.pack("<cBBBIII", b"l", 2, 0, 1, 1 << 30, 1, 16))
    peer.flood(bytes(65536))


def gigabyte_of_fields(peer: Peer) -> None:
    peer.await_hello()
    peer.socket.sendall(struct.pack(">cBBBIII", b"B", 2, 0, 1, 0, 1, 0xFFFFFFFF))
    peer.await_end()


def gigabyte_later(peer: Peer) -> None:
    """Sends it once the popup stands, which the test reports by SIGUSR1."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

    def notify(peer: Peer, call: Gio.DBusMessage) -> None:
        peer.answer(call, ANSWERS["Notify"])
        signal.sigwait([signal.SIGUSR1])
        peer.socket.sendall(struct.pack("<cBBBIII", b"l", 2, 0, 1, 1 << 30, 1, 16))

    peer.greet()
    peer.serve(Notify=notify)


def half_a_message(peer: Peer) -> None:
    peer.await_hello()
    peer.socket.sendall(struct.pack("<cBBBIII", b"l", 2, 0, 1, 100, 1, 16) + b"half")
    peer.socket.shutdown(socket.SHUT_WR)
    peer.await_end()


def no_hello(peer: Peer) -> None:
    peer.await_hello()
    peer.await_end()


def no_more(peer: Peer) -> None:
    """Hangs up on Hello."""
    peer.await_hello()


def flood(peer: Peer) -> None:
    """Sends signals of others' popups, from the start."""
    peer.greet()
    peer.answer(next(peer.calls()), ANSWERS["Hello"])
    peer.flood(b"".join(peer.signal("ActionInvoked", GLib.Variant("(us)", (id, "ok"))) for id in range(1000)))


def flood_of_containers(peer: Peer) -> None:
    """Sends messages that become many times larger when they are unpacked."""
    peer.greet()
    peer.answer(next(peer.calls()), ANSWERS["Hello"])
    bytes_each = GLib.Variant("av", [GLib.Variant("y", 0)] * 15_000)
    peer.flood(peer.signal("ActionInvoked", GLib.Variant.new_tuple(bytes_each)))


def answers_of_containers(peer: Peer) -> None:
    """The same as answers to each call."""
    many = GLib.Variant.new_tuple(GLib.Variant("av", [GLib.Variant("y", 0)] * 15_000))
    peer.greet()
    peer.serve(GetCapabilities=many)


def flood_of_texts(peer: Peer) -> None:
    peer.greet()
    peer.answer(next(peer.calls()), ANSWERS["Hello"])
    peer.flood(peer.signal("ActionInvoked", GLib.Variant("(us)", (1, "x" * 60_000))))


def flood_of_calls(peer: Peer) -> None:
    """Calls methods that every GDBus program has, without reading the answers."""
    peer.greet()
    peer.answer(next(peer.calls()), ANSWERS["Hello"])
    call = Gio.DBusMessage.new_method_call(None, "/", "org.freedesktop.DBus.Introspectable", "Introspect")
    peer.flood(peer.blob(call, None, ":1.2"))


def flood_once_shown(peer: Peer) -> None:
    """Sends signals of others' popups while msgd's stands."""

    def notify(peer: Peer, call: Gio.DBusMessage) -> None:
        peer.answer(call, ANSWERS["Notify"])
        peer.flood(b"".join(peer.signal("ActionInvoked", GLib.Variant("(us)", (id, "ok"))) for id in range(1000, 2000)))

    peer.greet()
    peer.serve(Notify=notify)


def descriptors(peer: Peer) -> None:
    """Sends the beginning of a message, each byte with as many file descriptors as the kernel accepts."""
    peer.greet()
    blob = peer.blob(Gio.DBusMessage.new_method_reply(next(peer.calls())), ANSWERS["Hello"], BUS)
    null = os.open("/dev/null", os.O_RDONLY)
    for byte in blob[:-1]:
        try:
            peer.socket.sendmsg([bytes([byte])], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * 253))])
        except OSError as error:
            if error.errno != errno.ETOOMANYREFS:  # as long as too many of this user's are on their way
                raise
            peer.socket.sendall(bytes([byte]))
    peer.await_end()


def answers_twice(peer: Peer) -> None:
    """Gives a popup two ids, and presses another button on the second."""

    def notify(peer: Peer, call: Gio.DBusMessage) -> None:
        for id in (7, 8):
            peer.answer(call, GLib.Variant("(u)", (id,)))
        for id, key in ((8, "y"), (7, "n")):
            peer.socket.sendall(peer.signal("ActionInvoked", GLib.Variant("(us)", (id, key))))

    peer.greet()
    peer.serve(Notify=notify)


def reads_no_more(peer: Peer) -> None:
    """Reports that there is a server, and reads none of the popups."""

    def wait(peer: Peer, call: Gio.DBusMessage) -> None:
        hung_up = select.poll()
        hung_up.register(peer.socket, 0)
        hung_up.poll()
        raise BrokenPipeError

    peer.greet()
    peer.serve(Notify=wait)


def answers(**answers: GLib.Variant | None) -> Callable[[Peer], None]:
    def behave(peer: Peer) -> None:
        peer.greet()
        peer.serve(**answers)

    return behave


BEHAVIOURS: dict[str, Callable[[Peer], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        garbage, endless_auth_lines, endless_auth_line, slow_auth_line, garbage_messages, unreadable_message, gigabyte,
        gigabyte_of_fields, gigabyte_later, half_a_message, no_hello, no_more, flood, flood_of_containers, answers_of_containers,
        flood_of_texts, flood_of_calls, flood_once_shown, answers_twice, descriptors, reads_no_more,
    )
} | {
    "honest": answers(),
    "tells_nothing_of_itself": answers(GetServerInformation=silence),
    "hello_number": answers(Hello=GLib.Variant("(u)", (1,))),
    "hello_nothing": answers(Hello=None),
    "notify_text": answers(Notify=GLib.Variant("(s)", ("7",))),
    "notify_nothing": answers(Notify=None),
    "notify_zero": answers(Notify=GLib.Variant("(u)", (0,))),
}  # fmt: skip


def main(path: str, behaviour: str) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o777)
    listener.listen(0 if behaviour == "full_backlog" else 8)
    kept = []
    while behaviour == "full_backlog":
        kept.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
        try:
            kept[-1].connect(path)
        except BlockingIOError:
            break
    print("listening", flush=True)
    while behaviour in ("full_backlog", "never_accepts"):
        signal.pause()
    while True:
        peer = Peer(listener.accept()[0])
        try:
            BEHAVIOURS[behaviour](peer)
        except (BrokenPipeError, ConnectionResetError):
            pass
        peer.socket.close()
        print(peer.count, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
