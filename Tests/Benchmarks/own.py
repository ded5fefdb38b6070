#!/usr/bin/python3 -B
"""One message to one's own desktop, by msg and by notify-send in turns.

As a program, `own.py PAIRS` measures in the machine of the system tests, in alice's session after `desktops up alice`,
with the real logind, polkit and notification server, and prints a CSV file.
"""

from __future__ import annotations

import csv
import getpass
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields

import meter

STAY = 1  # seconds


@dataclass
class Pair:
    """Milliseconds. msgd's part is everything that it does until the popup has gone."""

    msg_wall: float
    msg_cpu: float
    msgd_cpu: float
    notify_send_wall: float
    notify_send_cpu: float


def pairs(msg: str, user: str, count: int, msgd: Callable[[], int], **options: object) -> Iterator[Pair]:
    """The programs take turns, and the order of each pair alternates, so that neither has the quieter machine."""

    def by_msg(text: str) -> tuple[float, float, float]:
        before = meter.cpu([msgd()])
        run = meter.run([msg, user, f"/TIME:{STAY}", text], **options)
        assert run.status == 0, run
        time.sleep(STAY)  # the popup's own time, in which nothing happens
        return run.wall, run.cpu * 1e3, (meter.settle([msgd()]) - before) * 1e3

    def by_notify_send(text: str) -> tuple[float, float]:
        run = meter.run(["notify-send", f"--expire-time={STAY}000", text], **options)
        assert run.status == 0, run
        return run.wall, run.cpu * 1e3

    for number in range(count):
        text = f"Measurement {number}"
        if number % 2:
            own = by_msg(text)
            yield Pair(*own, *by_notify_send(text))
        else:
            other = by_notify_send(text)
            yield Pair(*by_msg(text), *other)


def main() -> None:
    def msgd() -> int:
        call = ["busctl", "call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s"]
        output = subprocess.run([*call, "org.msgd.Messenger1"], check=True, stdout=subprocess.PIPE, text=True).stdout
        return int(output.split()[1])

    lines = csv.writer(sys.stdout, lineterminator="\n")
    lines.writerow(field.name for field in fields(Pair))
    subprocess.run(["msg", getpass.getuser(), f"/TIME:{STAY}", "The first one starts msgd"], check=True)
    for pair in pairs("msg", getpass.getuser(), int(sys.argv[1]), msgd):
        lines.writerow(round(value, 3) for value in astuple(pair))


if __name__ == "__main__":
    main()
