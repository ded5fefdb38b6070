"""Which desktops are logged in when they are checked: the small ones together, and each large one by itself.

Several large ones at once keep a machine so busy that popups come and go late.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bin.screen import recipe
from desktop import Desktop
from findings import Findings
from machine import run
from standing import FOREVER, Stay, stays


def small() -> list[str]:
    """The desktops that are small enough for every run of the tests."""
    names = sorted(path.name for path in Path("/etc/desktops").iterdir())
    return [name for name in names if group(name) == "small"]


def group(name: str) -> str:
    """What desktops that are logged in together have in common."""
    return name if "LARGE" in recipe(name) else "small"


class Sittings:
    """Logs desktops in, a group at a time, each with a user of its name."""

    def __init__(self, names: Iterable[str], findings: Findings):
        self._names = list(names)
        self._findings = findings
        self._group = ""
        self._desktops: dict[str, Desktop] = {}
        self._failure: BaseException | None = None
        self._stays: dict[tuple[str, int], Stay | BaseException] | None = None

    def desktop(self, name: str) -> Desktop:
        """The desktop, logged in."""
        if group(name) != self._group:
            self.end()
            self._begin(group(name))
        if self._failure:
            raise AssertionError(f"{name} is not logged in: {self._failure}")
        return self._desktops[name]

    def stays(self, times: list[int]) -> dict[tuple[str, int], Stay | BaseException]:
        """How long popups stood on the desktops that are logged in: watched once, on all of them at once."""
        if self._stays is None:
            self._stays = stays(list(self._desktops.values()), [*times, FOREVER])
        return self._stays

    def end(self) -> None:
        """Logs out who is logged in."""
        names = self._members(self._group)
        self._group, self._desktops, self._failure, self._stays = "", {}, None, None
        if names:
            run("desktops", "down", *names, timeout=90)

    def _begin(self, group: str) -> None:
        self._group = group
        try:
            names = self._members(group)
            run("desktops", "up", *names, timeout=180)
            self._desktops = {name: Desktop(name) for name in names}
            for desktop in self._desktops.values():
                self._findings.identify(desktop)
        except Exception as error:
            self._failure = error

    def _members(self, wanted: str) -> list[str]:
        return [name for name in self._names if group(name) == wanted]
