"""A client of MQTT 5 that says the reason codes, which mosquitto_pub turns into words or leaves out."""

import socket
import ssl
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 4, 8, 9, 14
WILL, WILL_RETAIN, CLEAN_START = 0x04, 0x20, 0x02
SUCCESS, NO_SUBSCRIBERS, NOT_AUTHORIZED, TAKEN_OVER = 0x00, 0x10, 0x87, 0x8E
SESSION_EXPIRY = 0x11


def text(words):
    data = words.encode()
    return struct.pack("!H", len(data)) + data


def variable(number):
    """A variable byte integer (section 1.5.5)."""
    data = bytearray()
    while True:
        number, digit = divmod(number, 128)
        data.append(digit | 0x80 if number else digit)
        if not number:
            return bytes(data)


class Client:
    """A connection that fails the test if the broker is silent for ten seconds."""

    def __init__(self, port, authorities, certificate, key, name, will=None, clean=True, expiry=0):
        context = ssl.create_default_context(cafile=authorities)
        if certificate:
            context.load_cert_chain(certificate, key)
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket = context.wrap_socket(plain, server_hostname="localhost")
        self.messages = []
        self._number = 0
        flags = (CLEAN_START if clean else 0) | (WILL | WILL_RETAIN if will else 0)
        properties = struct.pack("!BI", SESSION_EXPIRY, expiry)
        body = text("MQTT") + struct.pack("!BBH", 5, flags, 60) + variable(len(properties)) + properties + text(name)
        if will:
            body += b"\0" + text(will[0]) + text(will[1])
        self._send(CONNECT, 0, body)
        answer = self._await(CONNACK)
        self.has_session, self.reason = bool(answer[0] & 1), answer[1]

    def _send(self, kind, flags, body):
        self._socket.sendall(bytes([kind << 4 | flags]) + variable(len(body)) + body)

    def _read(self, count):
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the broker has closed the connection")
            data += part
        return data

    def _packet(self):
        first = self._read(1)[0]
        length = shift = 0
        while True:
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                return first >> 4, first & 0xF, self._read(length)

    def _await(self, wanted):
        """The next packet of a kind. Messages that come before it are kept."""
        while True:
            kind, flags, body = self._packet()
            if kind == PUBLISH:
                self._take(flags, body)
            if kind == wanted:
                return body
            if kind == DISCONNECT:
                raise ConnectionError(f"the broker ends the connection: {body[0]:#x}")

    def _take(self, flags, body):
        length = struct.unpack_from("!H", body)[0]
        topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
        if flags & 6:
            self._send(PUBACK, 0, rest[:2])
            rest = rest[2:]
        self.messages.append((topic, rest[1 + rest[0] :].decode()))

    def publish(self, topic, payload="", retain=False):
        """Publishes with quality 1, and returns the reason code of the answer."""
        self._number += 1
        self._send(PUBLISH, 0b10 | retain, text(topic) + struct.pack("!HB", self._number, 0) + payload.encode())
        answer = self._await(PUBACK)
        return answer[2] if len(answer) > 2 else SUCCESS

    def subscribe(self, *filters):
        """Subscribes with quality 1, and returns the reason codes."""
        self._number += 1
        self._send(SUBSCRIBE, 0b10, struct.pack("!HB", self._number, 0) + b"".join(text(word) + b"\1" for word in filters))
        answer = self._await(SUBACK)
        return list(answer[3 + answer[2] :])

    def message(self):
        """The next message: topic and payload."""
        while not self.messages:
            self._await(PUBLISH)
        return self.messages.pop(0)

    def ended(self):
        """The reason for which the broker ends the connection; None if it just closes it."""
        try:
            return self._await(DISCONNECT)[0]
        except (ConnectionError, ssl.SSLError):
            return None

    def leave(self):
        """Ends the connection without the Will."""
        self._send(DISCONNECT, 0, b"")
        self._socket.close()

    def break_off(self):
        """Ends the connection, so that the broker publishes the Will."""
        self._socket.close()
