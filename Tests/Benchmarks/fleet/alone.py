"""A message without a fleet, on a machine that has fleets.conf and on one that hasn't."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import meter
from broadcasts import MSG, STAY, text
from world import FIRST, World, name


@dataclass
class Pair:
    """A user's message to their own desktop: milliseconds of msg, and the files that the dynamic linker loads."""

    with_wall: float
    with_cpu: float
    with_libraries: int
    without_wall: float
    without_cpu: float
    without_libraries: int


def without_fleet(there: World, count: int, configuration: pathlib.Path) -> Iterator[Pair]:
    """They take turns, and the order of each pair alternates."""
    folders = {key: pathlib.Path(f"/run/user/{FIRST}/{key}") for key in ("with", "without")}
    for key, folder in folders.items():
        (folder / "msg").mkdir(parents=True)
        if key == "with":
            shutil.copyfile(configuration, folder / "msg/fleets.conf")
    environments = {key: there.environment(0) | {"XDG_CONFIG_HOME": str(folder)} for key, folder in folders.items()}
    libraries = {key: _libraries(environment) for key, environment in environments.items()}

    def send(key: str) -> tuple[float, float, int]:
        run = meter.run([MSG, name(0), STAY, text()], FIRST, environments[key])
        assert run.status == 0, run
        time.sleep(1.2)  # the popup's time
        return run.wall, run.cpu * 1e3, len(libraries[key])

    for number in range(count):
        keys = ["with", "without"] if number % 2 else ["without", "with"]
        values = {key: send(key) for key in keys}
        yield Pair(*values["with"], *values["without"])


def _libraries(environment: dict[str, str]) -> set[str]:
    """What the dynamic linker says that it loads: ld.so(8), LD_DEBUG."""
    output = subprocess.run(
        [MSG, name(0), STAY, text()], env=environment | {"LD_DEBUG": "files"}, user=FIRST, group=FIRST, extra_groups=[],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ).stderr  # fmt: skip
    time.sleep(1.2)
    found = set(re.findall(r"file=(\S+) \[\d+\];  generating link map", output))
    assert found, output
    return found
