"""The senders of a popup to each desktop: msg, and the programs that it is compared with. Each run has a new text."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Iterable, Iterator

import meter
import programs
from sample import Sample, take
from tally import CLOSED, READY
from world import FIRST, World

# The loop that administrators use, one user after the other, or eight at a time.
NOTIFY = "setpriv --reuid={0} --regid={0} --init-groups env DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{0}/bus notify-send {1}"
LOOP = f'for user in $(seq $0 $1); do {NOTIFY.format("$user", chr(34) + "$2" + chr(34))}; done'
LOOP_8 = f'seq $0 $1 | xargs -P 8 -I % {NOTIFY.format("%", chr(34) + "$2" + chr(34))}'
# How many seconds popups of a broadcast to many stay, so that all of them stand at once.
STAY_LONG = 3

_numbers = itertools.count(1)


def text() -> str:
    return f"Measurement {next(_numbers)}"


class Broadcasts:
    """The senders to all sessions of a world. A round has each of them once, and begins with another one each time."""

    def __init__(self, world: World):
        self.world = world
        self.late: list[float] = []  # how many milliseconds late each of msg's popups was closed
        self._agents: list[subprocess.Popen] = []
        self._warm: subprocess.Popen | None = None

    def __enter__(self) -> Broadcasts:
        self._start_agents()
        self._warm = subprocess.Popen(
            [programs.path("floor"), str(FIRST), str(self.world.sessions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._warm.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        for process in [self._warm, *self._agents]:
            process.kill()
            process.wait()

    def round(self, round: int) -> Iterator[Sample]:
        senders = [self._msg, self._floor_cold, self._floor_warm, self._loop, self._loop_8, self._signal]
        first = round % len(senders)
        for sender in senders[first:] + senders[:first]:
            yield from sender(round)

    def _start_agents(self) -> None:
        self.world.tally.expect(READY, self.world.sessions)
        self._agents = [
            subprocess.Popen(
                [programs.path("agent"), self.world.tally.path, self.world.tally.fifo, str(index)],
                env=self.world.environment(index), user=FIRST + index, group=FIRST + index, extra_groups=[],
            ) for index in range(self.world.sessions)
        ]  # fmt: skip
        assert self.world.tally.wait(READY)

    def _msg(self, round: int) -> Iterator[Sample]:
        """Cold: msgd is newly started, knows the sessions, and has joined no session bus. Warm: the popups have just
        gone."""
        self.world.start_msgd()
        stay = STAY_LONG if self.world.sessions > 100 else 1
        msgd = [self.world.msgd.pid]
        for temperature in ("cold", "warm"):
            self.world.tally.expect(CLOSED, self.world.sessions)
            meter.settle(msgd)
            sample = self._take(
                f"msg {temperature}", round, [str(programs.BUILT / "msg"), "*", f"/TIME:{stay}", text()], msgd
            )
            before = meter.cpu(msgd)
            self.world.tally.wait(CLOSED)
            sample.closing = (meter.settle(msgd) - before) * 1e3
            self.late += self.world.lateness(stay)
            yield sample
        self.world.stop_msgd()

    def _floor_cold(self, round: int) -> Iterator[Sample]:
        yield self._take("floor cold", round, [programs.path("floor"), str(FIRST), str(self.world.sessions), text()])

    def _floor_warm(self, round: int) -> Iterator[Sample]:
        def act() -> meter.Run:
            start = time.monotonic_ns()
            self._warm.stdin.write(f"{text()}\n".encode())
            self._warm.stdin.flush()
            cpu = int(self._warm.stdout.readline())
            return meter.Run(start, time.monotonic_ns(), cpu / 1e9, 0)

        yield take(self.world, "floor warm", round, act)

    def _loop(self, round: int) -> Iterator[Sample]:
        yield self._take("loop", round, self._shell(LOOP))

    def _loop_8(self, round: int) -> Iterator[Sample]:
        yield self._take("loop of 8", round, self._shell(LOOP_8))

    def _signal(self, round: int) -> Iterator[Sample]:
        command = ["dbus-send", "--system", "--type=signal", "/", "org.msgd.Benchmark.Notify", f"string:{text()}"]
        yield self._take("agents", round, command, [agent.pid for agent in self._agents])

    def _shell(self, script: str) -> list[str]:
        return ["sh", "-c", script, str(FIRST), str(FIRST + self.world.sessions - 1), text()]

    def _take(self, sender: str, round: int, command: list[str], service: Iterable[int] = ()) -> Sample:
        return take(self.world, sender, round, lambda: meter.run(command), service)
