"""One message to one machine, through a broker and over an open connection of ssh's; and the agent at rest."""

from __future__ import annotations

import pathlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import meter
from broadcasts import MSG, pss, text
from hosts import OPEN
from office import PC, Relay


# Seconds. A message of a fleet is over when its popup's time is, and counts whole seconds: with one, some would be over
# before they arrive.
STAY = 2


@dataclass
class Pair:
    """Milliseconds until msg has ended: the popup stands, and msg has been told so. CPU is the sender's."""

    fleet_wall: float
    fleet_cpu: float
    ssh_wall: float
    ssh_cpu: float


def pairs(count: int) -> Iterator[Pair]:
    """They take turns, and the order of each pair alternates."""

    def send(server: str) -> tuple[float, float]:
        run = meter.run([MSG, "*", f"/SERVER:{server}", f"/TIME:{STAY}", text()])
        assert run.status == 0, (server, run)
        time.sleep(STAY + 0.2)  # the popup's time
        return run.wall, run.cpu * 1e3

    send(f"office/{PC}")
    send(OPEN)
    for number in range(count):
        if number % 2:
            fleet = send(f"office/{PC}")
            yield Pair(*fleet, *send(OPEN))
        else:
            ssh = send(OPEN)
            yield Pair(*send(f"office/{PC}"), *ssh)


@dataclass
class Idle:
    """An agent to which nothing happens: how often its threads woke, and its proportional set size in KiB."""

    seconds: float
    wakeups: int
    threads: int
    cpu: float  # milliseconds
    pss: float


def idle(relay: Relay, seconds: float) -> Idle:
    pid = relay.process.pid
    # It gives free memory back when it has had nothing to do, and threads that GLib keeps for a while end.
    time.sleep(min(20, seconds))
    before, cpu = wakeups(pid), meter.cpu([pid])
    time.sleep(seconds)
    after = wakeups(pid)
    woken = sum(count - before.get(thread, 0) for thread, count in after.items()) + len(before.keys() - after.keys())
    return Idle(seconds, woken, len(after), (meter.cpu([pid]) - cpu) * 1e3, pss(pid))


def wakeups(pid: int) -> dict[str, int]:
    """How often each thread of a process has gone to sleep: proc(5), voluntary_ctxt_switches."""
    texts = {file.parent.name: file.read_text() for file in pathlib.Path(f"/proc/{pid}/task").glob("*/status")}
    field = re.compile(r"^voluntary_ctxt_switches:\s*(\d+)", re.M)
    return {thread: int(field.search(text)[1]) for thread, text in texts.items()}
