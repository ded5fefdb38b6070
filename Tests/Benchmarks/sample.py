"""The results of one run of a sender: a line of samples.csv."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import meter
from tally import RAISED
from world import World


@dataclass
class Sample:
    """Milliseconds from the sender's start. `cpu` is for the sender's side: the command, and its service."""

    sender: str
    sessions: int
    round: int
    popups: int
    status: int
    wall: float  # until the command has ended and the last popup stands
    first: float  # popup
    last: float
    end: float  # of the command
    cpu: float
    bus: float  # the system's
    logind: float
    desktops: float  # the session buses and the notification servers
    closing: float = 0.0  # processor, on the sender's side, after that: until the popups have gone


def take(world: World, sender: str, round: int, act: Callable[[], meter.Run], service: Iterable[int] = ()) -> Sample:
    """Lets a sender send to all, and waits until all popups stand. `service` has the sender's processes besides the
    command."""
    processes = {
        "cpu": list(service), "bus": [world.bus.process.pid], "logind": [world.logind.process.pid],
        "desktops": [process for desktop in world.tally.desktops() for process in (desktop.bus, desktop.server)],
    }  # fmt: skip
    world.tally.expect(RAISED, world.sessions)
    before = {key: meter.cpu(ids) for key, ids in processes.items()}
    helper = meter.cpu_of_tree(world.helper.process.pid)
    run = act()
    if run.status == 0:  # otherwise missing popups may be missing forever
        world.tally.wait(RAISED)
    used = {key: (meter.cpu(ids) - before[key]) * 1e3 for key, ids in processes.items()}
    used["cpu"] += (run.cpu + meter.cpu_of_tree(world.helper.process.pid) - helper) * 1e3
    times = [(time - run.start) / 1e6 for time in world.tally.times(RAISED, run.start)]
    return Sample(
        sender, world.sessions, round, popups=len(times), status=run.status, wall=max(run.wall, *times, 0),
        first=min(times, default=0.0), last=max(times, default=0.0), end=run.wall, **used,
    )  # fmt: skip
