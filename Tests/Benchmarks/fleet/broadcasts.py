"""One message to many machines: through a broker, and over ssh."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import meter
import programs
from hosts import HOST, QUICK, Hosts, names
from office import Broker, Simulated
from record import say
from world import World

MSG = str(programs.BUILT / "msg")
STAY = "/TIME:1"
_numbers = itertools.count(1)


def text() -> str:
    return f"Measurement {next(_numbers)}"


@dataclass
class Sample:
    """Milliseconds. The sender's side is the command with all its children."""

    sender: str
    machines: int
    round: int
    status: int
    wall: float  # until the command has ended: all machines have answered
    cpu: float  # of the sender's side
    middle: float  # processor of the broker, or of sshd with what it starts
    ends: float  # processor of the simulated machines, or of msgd


class Broadcasts:
    """All senders to all numbers of machines. A round has each of them once, and begins with another one each time."""

    def __init__(self, there: World, hosts: Hosts, brokers: dict[int, Broker], counts: list[int]):
        self.there, self.hosts, self.brokers, self.counts = there, hosts, brokers, counts
        self.simulated: dict[int, Simulated] = {}

    def __enter__(self) -> Broadcasts:
        for size, broker in self.brokers.items():
            self.simulated[size] = Simulated(broker, size)
            self.simulated[size].await_ready()
            say(f"{size} simulated machines are connected")
        return self

    def __exit__(self, *_: object) -> None:
        for process in [process for machines in self.simulated.values() for process in machines.processes]:
            process.kill()
            process.wait()

    def round(self, round: int) -> Iterator[Sample]:
        runs = [(self._fleet, size) for size in self.brokers]
        runs += [(kind, count) for count in self.counts for kind in self._peers()]
        first = round % len(runs)
        for kind, size in runs[first:] + runs[:first]:
            sample = kind(round, size)
            say(f"{size:6} machines, {sample.sender:10} {sample.wall:9.1f} ms, sender's CPU {sample.cpu:8.1f} ms")
            # msg's failures are a row of the table. Failures of others would make them look fast.
            assert sample.status == 0 or sample.sender in ("fleet", "msg"), sample
            yield sample

    def _peers(self) -> list[Callable[[int, int], Sample]]:
        return [self._msg, self._clush_msg, self._clush_true, self._pssh_true]

    def command(self, size: int) -> list[str]:
        return [MSG, "*", f"/SERVER:{self.brokers[size].fleet}", text()]

    def _fleet(self, round: int, size: int) -> Sample:
        machines = self.simulated[size]
        ends = [process.pid for process in machines.processes]
        sample = self._take("fleet", round, size, self.command(size), self._broker(size), ends)
        machines.await_answers()
        return sample

    def _broker(self, size: int) -> int:
        return self.brokers[size].process.pid

    def _msg(self, round: int, count: int) -> Sample:
        command = [MSG, "*", f"/SERVER:{','.join(names(count))}", STAY, text()]
        return self._over_ssh("msg", round, count, command)

    def _clush_msg(self, round: int, count: int) -> Sample:
        return self._over_ssh("clush msg", round, count, self._clush(count, f"msg '*' {STAY} '{text()}'"))

    def _clush_true(self, round: int, count: int) -> Sample:
        return self._over_ssh("clush true", round, count, self._clush(count, "true", QUICK))

    def _pssh_true(self, round: int, count: int) -> Sample:
        hosts = [word for host in names(count, QUICK) for word in ("-H", host)]
        return self._over_ssh("pssh true", round, count, ["parallel-ssh", "-p", "64", "-t", "0", *hosts, "true"])

    def _clush(self, count: int, command: str, kind: str = HOST) -> list[str]:
        return ["clush", "-S", "-w", ",".join(names(count, kind)), command]

    def _over_ssh(self, sender: str, round: int, count: int, command: list[str]) -> Sample:
        sample = self._take(sender, round, count, command, self.hosts.process.pid, [self.there.msgd.pid])
        time.sleep(1.2)  # the popups' time
        return sample

    def _take(self, sender: str, round: int, size: int, command: list[str], middle: int, ends: list[int]) -> Sample:
        meter.settle(ends)
        before, there = meter.cpu_of_tree(middle), meter.cpu(ends)
        run = meter.run(command)
        used = meter.settle(ends) - there
        passed = meter.cpu_of_tree(middle) - before
        return Sample(sender, size, round, run.status, run.wall, run.cpu * 1e3, passed * 1e3, used * 1e3)


@dataclass
class Memory:
    """Proportional set sizes in KiB when msg's and msg-fleet's sum was largest. It is looked at each hundredth of a
    second."""

    machines: int
    msg: float
    msg_fleet: float
    broker: float  # afterwards


def memory(broadcasts: Broadcasts, size: int) -> Memory:
    process = subprocess.Popen(broadcasts.command(size), stdin=subprocess.DEVNULL)
    most = (0.0, 0.0)
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, StopIteration):
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            now = (pss(process.pid), sum(pss(int(child)) for child in children))
            most = max(most, now, key=sum)
        time.sleep(0.01)
    assert process.returncode == 0, process.returncode
    broadcasts.simulated[size].await_answers()
    return Memory(size, *most, pss(broadcasts.brokers[size].process.pid))


def pss(process: int) -> float:
    lines = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
