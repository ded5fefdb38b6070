"""The findings of the desktops' tests, for docs/DESKTOPS.md, with a cell of its table for each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bin.screen import release
from lib.desktop import RESULTS, Desktop
from lib.machine import run
from lib.notification_server import server

FILE = RESULTS / "desktops.json"


@dataclass
class DesktopResults:
    """For each desktop its server, and the outcome of each check."""

    times: list[int]  # how long popups stood, in seconds
    servers: dict[str, dict[str, str]] = field(default_factory=dict)
    cells: dict[str, dict[str, dict[str, str | bool | None]]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)  # tests that came to no conclusion
    release: str = field(default_factory=release)  # Debian's

    def identify(self, desktop: Desktop) -> None:
        """Records the notification server's name and version, and its package's version."""
        name, vendor, version, specification = server(desktop, "GetServerInformation")
        package = desktop.recipe["PACKAGE"]
        packaged = run("dpkg-query", "--show", "--showformat=${Version}", package).stdout
        self.servers[desktop.user] = {
            "name": name, "vendor": vendor, "version": version, "specification": specification,
            "capabilities": sorted(server(desktop, "GetCapabilities")[0]), "package": f"{package} {packaged}",
            "session": desktop.session["Type"], "title": desktop.recipe["TITLE"],
        }  # fmt: skip

    def conclude(self, desktop: Desktop, check: str, outcome: str, holds: bool) -> None:
        """Records an outcome, and fails the test if it is not the required one.

        If the server makes the required outcome impossible, the desktop's file has the reason, and the outcome must be
        the one in that file.
        """
        reason = desktop.recipe.get(f"DEVIATION_{check}")
        if not holds and (sometimes := desktop.recipe.get(f"SOMETIMES_{check}")):
            reason = sometimes
        self.cells.setdefault(desktop.user, {})[check] = {"outcome": outcome, "holds": holds, "reason": reason}
        self._write()
        assert not (holds and reason), f"{desktop.user}: {outcome}; the deviation is no more: {reason}"
        assert holds or reason, f"{desktop.user}: {outcome}"

    def give_up(self, name: str, test: str, error: str) -> None:
        """Records that a test failed in another way than by its findings."""
        if not error.startswith(f"AssertionError: {name}: "):
            self.failures.setdefault(name, {})[test] = error.splitlines()[0]
            self._write()

    def _write(self) -> None:
        """Writes the results after each test, because a run may end at any time."""
        FILE.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False))
