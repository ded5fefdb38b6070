"""A client on a bus that writes its messages byte by byte, however large or odd. GDBus would need a minute for three
million strings, and libraries write no wrong ones."""

from __future__ import annotations

import os
import socket
import struct

NAME = "org.msgd.Messenger1"
PATH = "/org/msgd/Messenger1"
CALL, SIGNAL = 1, 4
NO_REPLY_EXPECTED = 1


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def strings(text: str, count: int) -> bytes:
    """An `as` with the same text many times, at the beginning of a body."""
    element = string(text)
    padding = b"\0" * (-len(element) % 4)
    content = (element + padding) * (count - 1) + element if count else b""
    return struct.pack("<I", len(content)) + content


def aligned(data: bytes, alignment: int) -> bytes:
    return data + b"\0" * (-len(data) % alignment)


def send_body(recipients: bytes, body: str = "Hello") -> bytes:
    """The arguments of `Send`, without options."""
    data = aligned(recipients, 4) + string(body)
    return aligned(aligned(data, 4) + struct.pack("<I", 0), 8)


class RawClient:
    """A user's connection, which waits for each answer itself."""

    def __init__(self, path, uid: int = 0):
        os.seteuid(uid)
        try:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(60)
            self.socket.connect(str(path))
        finally:
            os.seteuid(0)
        self.socket.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n")
        self._rest = b""
        while not (b"OK " in self._rest and self._rest.endswith(b"\r\n")):
            self._rest += self.socket.recv(4096)
        self._rest = b""
        self._answers: dict = {}  # those that came before one that came later was asked for
        self.serial = 0
        self.name = ""
        hello = self.send(CALL, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
        _, _, body = self.answer(hello)
        self.name = body[4:-1].decode()

    def message(
        self, type: int, destination: str, path: str, interface: str, member: str, signature: str = "",
        body: bytes = b"", flags: int = 0,
    ) -> bytes:  # fmt: skip
        self.serial += 1
        fields = b""
        for code, kind, value in (
            (1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", destination), (8, "g", signature)
        ):  # fmt: skip
            if not value:
                continue
            fields = aligned(fields, 8) + bytes([code, 1, ord(kind), 0])
            fields += bytes([len(value)]) + value.encode() + b"\0" if kind == "g" else string(value)
        head = struct.pack("<cBBBIII", b"l", type, flags, 1, len(body), self.serial, len(fields))
        return aligned(head + fields, 8) + body

    def send(self, *arguments, **more) -> int:
        """Sends a message, and returns its serial number."""
        self.socket.sendall(self.message(*arguments, **more))
        return self.serial

    def call(self, method: str, signature: str = "", body: bytes = b"", flags: int = 0) -> int:
        """Calls msgd, and returns the serial number for `answer`."""
        return self.send(CALL, NAME, PATH, NAME, method, signature, body, flags)

    def answer(self, serial: int) -> tuple[int, str, bytes]:
        """Returns the type of the answer to a call, the name if it is an error, and the body."""
        while serial not in self._answers:
            type, fields, body = self.receive()
            self._answers[fields.get(5)] = type, fields.get(4, ""), body
        return self._answers.pop(serial)

    def error(self, serial: int) -> tuple[str, str]:
        """Returns the name and the text of the error that answers a call."""
        type, name, body = self.answer(serial)
        assert type == 3, (type, body)
        return name, body[4:-1].decode()

    def close(self) -> None:
        self.socket.close()

    def receive(self) -> tuple[int, dict, bytes]:
        """Returns the next message: its type, the fields of its header by their numbers, and its body."""
        head = self._take(16)
        _, type, _, _, body_length, _, fields_length = struct.unpack("<cBBBIII", head)
        fields = self._take((fields_length + 7) // 8 * 8)
        found: dict = {}
        at = 0
        while at < fields_length:
            at = (at + 7) // 8 * 8
            code, kind = fields[at], chr(fields[at + 2])
            at += 4
            if kind == "u":
                found[code] = struct.unpack_from("<I", fields, at)[0]
                at += 4
            elif kind == "g":
                at += fields[at] + 2
            else:
                length = struct.unpack_from("<I", fields, at)[0]
                found[code] = fields[at + 4 : at + 4 + length].decode()
                at += length + 5
        return type, found, self._take(body_length)

    def _take(self, count: int) -> bytes:
        while len(self._rest) < count:
            data = self.socket.recv(65536)
            assert data, "the bus hung up"
            self._rest += data
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken
