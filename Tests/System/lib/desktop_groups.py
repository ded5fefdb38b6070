"""The groups in which desktops are logged in when they are checked: the small ones together, and each large one alone.

Several large ones at once keep a machine so busy that popups come and go late.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bin.screen import recipe, release
from lib.desktop import Desktop
from lib.desktop_results import DesktopResults
from lib.machine import run
from lib.popup_durations import FOREVER, PopupDuration, measured_durations


def every() -> list[str]:
    """The desktops that this release has: those that name it or, without any name, 12 and 13."""
    names = sorted(path.name for path in Path("/etc/desktops").iterdir())
    return [name for name in names if release() in recipe(name).get("RELEASES", "12 13").split()]


def small() -> list[str]:
    """The desktops that are small enough for every run of the tests."""
    return [name for name in every() if group(name) == "small"]


def group(name: str) -> str:
    """The name of the group with which a desktop is logged in."""
    return name if "LARGE" in recipe(name) else "small"


class DesktopGroups:
    """Logs desktops in, a group at a time, each with a user of its name."""

    def __init__(self, names: Iterable[str], results: DesktopResults):
        self._names = list(names)
        self._results = results
        self._group = ""
        self._desktops: dict[str, Desktop] = {}
        self._failure: BaseException | None = None
        self._durations: dict[tuple[str, int], PopupDuration | BaseException] | None = None

    def desktop(self, name: str) -> Desktop:
        """Returns the desktop, logged in."""
        if group(name) != self._group:
            self.end()
            self._begin(group(name))
        if self._failure:
            raise AssertionError(f"{name} is not logged in: {self._failure}")
        return self._desktops[name]

    def popup_durations(self, times: list[int]) -> dict[tuple[str, int], PopupDuration | BaseException]:
        """How long popups stood on the desktops that are logged in, measured once, on all of them at once."""
        if self._durations is None:
            self._durations = measured_durations(list(self._desktops.values()), [*times, FOREVER])
        return self._durations

    def end(self) -> None:
        """Logs all users out."""
        names = self._members(self._group)
        self._group, self._desktops, self._failure, self._durations = "", {}, None, None
        if names:
            run("desktops", "down", *names, timeout=90)

    def _begin(self, group: str) -> None:
        self._group = group
        try:
            names = self._members(group)
            run("desktops", "up", *names, timeout=180)
            self._desktops = {name: Desktop(name) for name in names}
            for desktop in self._desktops.values():
                self._results.identify(desktop)
        except Exception as error:
            self._failure = error

    def _members(self, wanted: str) -> list[str]:
        return [name for name in self._names if group(name) == wanted]
