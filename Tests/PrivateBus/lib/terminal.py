"""A terminal on which somebody is logged in."""

from __future__ import annotations

import os
import select
import termios


class Terminal:
    """A pseudo-terminal of a user's, as login(1) and sshd leave it."""

    def __init__(self, uid: int):
        self._master, self._slave = os.openpty()
        self.path = os.ttyname(self._slave)
        self.name = self.path.removeprefix("/dev/")
        self._bytes = b""
        os.fchown(self._slave, uid, -1)
        self.accept()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def accept(self) -> None:
        os.fchmod(self._slave, 0o620)

    def refuse(self) -> None:
        """What mesg n does."""
        os.fchmod(self._slave, 0o600)

    def stop(self) -> None:
        """What Ctrl-S does."""
        termios.tcflow(self._slave, termios.TCOOFF)

    def go_on(self) -> None:
        termios.tcflow(self._slave, termios.TCOON)

    def read(self, until: str) -> str:
        """Returns what was written there since the last time, as soon as it ends so. The terminal adds carriage returns."""
        while not (text := self._bytes.replace(b"\r\r\n", b"\r\n")).endswith(until.encode()):
            assert select.select([self._master], [], [], 30)[0], f"there is only {text}"
            self._bytes += os.read(self._master, 65536)
        self._bytes = b""
        return text.decode()

    def unread(self) -> str:
        """Returns what was written there since the last time."""
        os.write(self._slave, b"$")
        return self.read(until="$").removesuffix("$")

    def end(self) -> None:
        for end in {self._master, self._slave} - {-1}:
            os.close(end)
        self._master = self._slave = -1
