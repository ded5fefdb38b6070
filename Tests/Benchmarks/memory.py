"""The memory that msgd uses."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import meter
import programs
from senders import text
from tally import CLOSED, RAISED
from world import World


@dataclass
class Memory:
    """The proportional set size of msgd in KiB, with the numbers of known sessions, sent messages and standing
    popups."""

    sessions: int
    messages: int
    standing: int
    pss: float


def rest(world: World) -> None:
    """Waits until msgd is idle, because it returns free memory when nothing has happened for a second."""
    meter.settle([world.msgd.pid])
    time.sleep(1.5)
    meter.settle([world.msgd.pid])


def of_desktops(world: World) -> Iterator[Memory]:
    """A newly started msgd, before and after a broadcast whose popups stay."""
    world.start_msgd()
    rest(world)
    yield Memory(world.sessions, 0, 0, world.pss())
    before = world.tally.count(RAISED) - world.tally.count(CLOSED)
    meter.run([str(programs.BUILT / "msg"), "*", "/TIME:0", text()])
    rest(world)
    yield Memory(world.sessions, 1, world.tally.count(RAISED) - world.tally.count(CLOSED) - before, world.pss())
    world.stop_msgd()


def of_messages(world: World, counts: list[int]) -> Iterator[Memory]:
    """One msgd after each total of messages, when their popups have gone."""
    world.start_msgd()
    sent = 0
    for count in counts:
        world.tally.expect(CLOSED, count - sent)
        refused = subprocess.run(
            [programs.path("sender"), str(count - sent), str(world.sessions)], check=True, stdout=subprocess.PIPE
        ).stdout
        assert int(refused) == 0, refused
        assert world.tally.wait(CLOSED)
        rest(world)
        sent = count
        yield Memory(world.sessions, sent, 0, world.pss())
    world.stop_msgd()
