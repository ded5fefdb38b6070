"""The events on the desktops: the file that tally.h describes."""

from __future__ import annotations

import mmap
import os
import pathlib
import select
from dataclasses import dataclass

READY, RAISED, CLOSED = range(3)
EVENTS = 3
DESKTOP = 2 + 2 * EVENTS  # numbers for each
PATIENCE = 30  # seconds between two relevant events


@dataclass(frozen=True)
class Desktop:
    bus: int
    server: int


class Tally:
    def __init__(self, folder: pathlib.Path, count: int):
        self.path = folder / "tally"
        self.fifo = folder / "reached"
        self._count = count
        with self.path.open("w+b") as file:
            file.truncate(8 * (2 * EVENTS + DESKTOP * count))
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
        os.mkfifo(self.fifo)
        for path in (self.path, self.fifo):
            path.chmod(0o666)
        self._reached = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def count(self, event: int) -> int:
        return self._numbers[event]

    def expect(self, event: int, more: int) -> None:
        """Must be called before the events are caused. When `wait` returns, they have happened."""
        self._numbers[EVENTS + event] = self.count(event) + more

    def wait(self, event: int) -> bool:
        """Whether all of them came."""
        poll = select.poll()
        poll.register(self._reached, select.POLLIN)
        while self.count(event) < self._numbers[EVENTS + event]:
            if not poll.poll(PATIENCE * 1000):
                return False
            os.read(self._reached, 4096)
        return True

    def desktops(self) -> list[Desktop]:
        return [Desktop(*self._numbers[start : start + 2]) for start in self._starts()]

    def times(self, event: int, since: int = 0) -> list[int]:
        """The time of each desktop's last such event, in nanoseconds of the monotonic clock; without those before
        `since`."""
        return [time for time in self.all_times(event) if time > since]

    def all_times(self, event: int) -> list[int]:
        return [self._numbers[start + 2 + EVENTS + event] for start in self._starts()]

    def _starts(self) -> range:
        return range(2 * EVENTS, 2 * EVENTS + DESKTOP * self._count, DESKTOP)
