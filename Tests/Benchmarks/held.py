"""msgd's start while messages are held."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass

import world as machine
from memory import rest
from world import RemoteError, World

HELD = 10_000


@dataclass
class Start:
    """Milliseconds from the start of msgd to its first answer that depends on what is held, and its proportional set size
    in KiB when it is idle."""

    held: int
    milliseconds: float
    pss: float


def starts(world: World, rounds: int) -> Iterator[Start]:
    """Starts msgd with nothing held and with many messages, in turn."""
    folder = machine.FOLDER / "state" / "held"
    aside = folder.with_name("held-aside")
    _fill(world, folder)
    for _ in range(rounds):
        yield _start(world, HELD)
        folder.rename(aside)
        yield _start(world, 0)
        aside.rename(folder)
    shutil.rmtree(folder)


def _start(world: World, held: int) -> Start:
    begun = time.monotonic()
    world.start_msgd()
    with contextlib.suppress(RemoteError):  # no message has this id
        world.client.call("GetDeliveries", "(t)", 1)
    milliseconds = (time.monotonic() - begun) * 1e3
    assert len(world.client.call("ListHeld")[0]) == held
    rest(world)
    pss = world.pss()
    world.stop_msgd()
    return Start(held, milliseconds, pss)


def _fill(world: World, folder: os.PathLike[str]) -> None:
    """Has a message held for a user who isn't there, and copies it: a file's name has the message's id."""
    world.start_msgd()
    user = machine.name(world.users - 1)
    world.client.send(f"user:{user}", body="The laboratory is open until six o'clock today", hold=86_400)
    world.stop_msgd()
    [file] = folder.iterdir()
    id, rest = file.name.split(".", 1)
    for number in range(1, HELD):
        copy = folder / f"{int(id) + number}.{rest}"
        shutil.copyfile(file, copy)
        os.chown(copy, file.stat().st_uid, file.stat().st_gid)
