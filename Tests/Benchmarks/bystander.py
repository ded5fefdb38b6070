"""How much a broadcast delays a message that another user sends meanwhile."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import meter
import programs
from senders import STAY_LONG, text
from tally import RAISED
from world import FIRST, World, name


@dataclass
class Disturbance:
    """The milliseconds that msg takes for a message to the sender's own desktop."""

    sessions: int
    alone: float
    during: float  # a broadcast of root's to all sessions, half of whose popups stand


def disturbances(world: World, count: int) -> Iterator[Disturbance]:
    """Each message has a newly started msgd. Their order alternates."""
    for number in range(count):
        steps = [_alone, _during]
        values = {step: step(world) for step in (steps if number % 2 else reversed(steps))}
        yield Disturbance(world.sessions, values[_alone], values[_during])


def _alone(world: World) -> float:
    world.start_msgd()
    wall = _send(world)
    world.stop_msgd()
    return wall


def _during(world: World) -> float:
    world.start_msgd()
    world.tally.expect(RAISED, world.sessions // 2)
    broadcast = subprocess.Popen(
        [programs.BUILT / "msg", "*", f"/TIME:{STAY_LONG}", text()],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert world.tally.wait(RAISED)
    wall = _send(world)
    broadcast.wait()
    world.stop_msgd()
    return wall


def _send(world: World) -> float:
    index = world.sessions - 1
    run = meter.run(
        [str(programs.BUILT / "msg"), name(index), f"/TIME:{STAY_LONG}", text()], FIRST + index, world.environment(index)
    )
    assert run.status == 0, run
    return run.wall
