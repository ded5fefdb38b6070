"""The time that programs take: wall-clock time and processor time."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Run:
    """A command's nanoseconds on the monotonic clock, and processor seconds with all its children."""

    start: int
    end: int
    cpu: float
    status: int

    @property
    def wall(self) -> float:
        """The wall-clock time in milliseconds."""
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
    """The processor seconds of processes, with all their threads: clock_getcpuclockid(3)."""
    return sum(time.clock_gettime_ns((~process << 3) | 2) for process in processes) / 1e9


def cpu_of_tree(process: int) -> float:
    """The processor seconds of a process and all its children, including ended ones, in hundredths."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # utime, stime, cutime, cstime: proc(5)
    return own + sum(cpu_of_tree(int(child)) for child in children)


def settle(processes: Iterable[int]) -> float:
    """Waits until processes have done almost nothing for a while, and returns their processor time until then.

    Nothing reports that a process rests, so it is looked at again and again.
    """
    processes = list(processes)
    before = cpu(processes)
    while True:
        time.sleep(0.03)
        after = cpu(processes)
        if after - before < 0.0003:
            return after
        before = after
