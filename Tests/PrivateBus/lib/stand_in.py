"""Machines of a fleet that answer as a test says: one client of the broker plays all of them, as only the user forger may.

Real agents can't be made to lie, to flood or to say nothing on demand.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ = 1, 3, 4, 8, 9, 12


def text(words: str) -> bytes:
    data = words.encode()
    return struct.pack("!H", len(data)) + data


def variable(number: int) -> bytes:
    """A variable byte integer (MQTT 5, section 1.5.5)."""
    data = bytearray()
    while True:
        number, digit = divmod(number, 128)
        data.append(digit | 0x80 if number else digit)
        if not number:
            return bytes(data)


class Client:
    """A connection to the broker. What comes is passed on, on a thread of its own."""

    def __init__(self, port: int, on_message: Callable[[str, bytes], None], files: str = "", name: str = "stand-in"):
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        if files:
            context = ssl.create_default_context(cafile=f"{files}/ca.crt")
            context.load_cert_chain(f"{files}/forger.crt", f"{files}/forger.key")
            plain = context.wrap_socket(plain, server_hostname="localhost")
        plain.settimeout(None)
        self._socket, self._on_message = plain, on_message
        self._lock, self._number = threading.Lock(), 0
        self._answers = threading.Semaphore(0)
        self._send(CONNECT, 0, text("MQTT") + struct.pack("!BBHB", 5, 2, 0, 0) + text(name))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._answers.acquire()

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        with self._lock:
            self._socket.sendall(bytes([kind << 4 | flags]) + variable(len(body)) + body)

    def _run(self) -> None:
        data = b""
        while part := self._read():
            data += part
            while packet := self._packet(data):
                data, first, body = packet
                self._take(first >> 4, first & 15, body)

    def _read(self) -> bytes:
        try:
            return self._socket.recv(1 << 16)
        except OSError:
            return b""

    @staticmethod
    def _packet(data: bytes) -> tuple[bytes, int, bytes] | None:
        length = shift = 0
        for index, byte in enumerate(data[1:5], 2):
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                end = index + length
                return (data[end:], data[0], data[index:end]) if len(data) >= end else None
        return None

    def _take(self, kind: int, flags: int, body: bytes) -> None:
        if kind in (2, SUBACK, PUBACK):
            self._answers.release()
        if kind != PUBLISH:
            return
        length = struct.unpack_from("!H", body)[0]
        topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
        if flags & 6:
            self._send(PUBACK, 0, rest[:2])
            rest = rest[2:]
        # A list of properties of more than 127 bytes has two bytes of length.
        size, skip = rest[0] & 0x7F, 1
        if rest[0] & 0x80:
            size, skip = size | rest[1] << 7, 2
        self._on_message(topic, rest[skip + size :])

    def publish(self, topic: str, payload: str = "", retain: bool = False, waits: bool = True) -> None:
        if waits:
            self._number = self._number % 65535 + 1
            body = text(topic) + struct.pack("!HB", self._number, 0) + payload.encode()
            self._send(PUBLISH, 2 | retain, body)
            if threading.current_thread() is not self._thread:
                self._answers.acquire()
        else:
            self._send(PUBLISH, int(retain), text(topic) + b"\0" + payload.encode())

    def subscribe(self, *filters: str) -> None:
        self._send(SUBSCRIBE, 2, b"\0\1\0" + b"".join(text(word) + b"\1" for word in filters))
        self._answers.acquire()

    def leave(self) -> None:
        self._socket.close()


DELIVERY = ["3", "alice", 1000, "shown", {"session-name": "seat0", "timeout": 60, "by": "popup"}]

Answer = Callable[[dict], "list[dict] | None"]


def shown(state: str = "shown", final: bool = False) -> Answer:
    """Answers that the message is in that state for alice."""
    return lambda _: [{"stage": "sent", "deliveries": [DELIVERY[:3] + [state] + DELIVERY[4:]], "final": final}]


def refused(code: str, message: str) -> Answer:
    error = f"org.msgd.Error.{code}"
    return lambda _: [{"stage": "refused", "deliveries": [], "error": error, "error-message": message, "final": True}]


class Machines:
    """The machines, each with what it answers."""

    def __init__(self, port: int, files: str = "", quality: bool = True):
        self.answers: dict[str, Answer] = {}
        self.heard: list[dict] = []
        self._waits = quality
        self._client = Client(port, self._take, files)
        self._client.subscribe("msg/1/fleet/+/+", "msg/1/machine/+/+")

    def enrol(self, name: str, answer: Answer | None = None, online: bool = True, **presence: object) -> None:
        """Adds a machine that answers so, or says nothing."""
        self.answers[name] = answer or (lambda _: None)
        entry = {"v": 1, "state": "online" if online else "offline", "since": 1795000000, "agent": "0.1.0"} | presence
        if not online:
            self.answers[name] = lambda _: None
        self.publish(f"msg/1/presence/{name}", json.dumps(entry), retain=True)

    def publish(self, topic: str, payload: str, retain: bool = False) -> None:
        self._client.publish(topic, payload, retain, self._waits)

    def receipt(self, message: dict, name: str, number: int = 0, **fields: object) -> None:
        """Says what has become of a message on a machine."""
        receipt = {"v": 1, "id": message["id"], "at": int(time.time()), "number": number} | fields
        self.publish(f"msg/1/receipt/{message['sender']}/{message['id']}/{name}", json.dumps(receipt))

    def _take(self, topic: str, payload: bytes) -> None:
        message = json.loads(payload)
        self.heard.append(message)
        for name, answer in list(self.answers.items()):
            if message.get("machine") in (None, name):
                for number, fields in enumerate(answer(message) or []):
                    self.receipt(message, name, number, **fields)

    def leave(self) -> None:
        self._client.leave()
