"""Time that programs take: by the clock, and of the processor."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Run:
    """Nanoseconds of the monotonic clock, and seconds of the processor of a command with all its children."""

    start: int
    end: int
    cpu: float
    status: int

    @property
    def wall(self) -> float:
        """In milliseconds."""
        return (self.end - self.start) / 1e6


def run(command: list[str], uid: int | None = None, environment: dict[str, str] | None = None) -> Run:
    user = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    start = time.monotonic_ns()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user
    )
    _, status, usage = os.wait4(process.pid, 0)
    end = time.monotonic_ns()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(start, end, usage.ru_utime + usage.ru_stime, process.returncode)


def cpu(processes: Iterable[int]) -> float:
    """Seconds of the processor that processes have had, with all their threads: clock_getcpuclockid(3)."""
    return sum(time.clock_gettime_ns((~process << 3) | 2) for process in processes) / 1e9


def cpu_of_tree(process: int) -> float:
    """Seconds of the processor that a process has had, and all its children, those that have ended too; in hundredths."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # utime, stime, cutime, cstime: proc(5)
    return own + sum(cpu_of_tree(int(child)) for child in children)


def settle(processes: Iterable[int]) -> float:
    """Waits until processes have done next to nothing for a while, and returns what they have had of the processor by then.

    Nothing tells that a process rests: it is looked at again and again.
    """
    processes = list(processes)
    before = cpu(processes)
    while True:
        time.sleep(0.03)
        after = cpu(processes)
        if after - before < 0.0003:
            return after
        before = after
