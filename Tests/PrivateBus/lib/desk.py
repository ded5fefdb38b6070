"""Who sends to a fleet."""

from __future__ import annotations

import os
import pathlib
import subprocess

from lib.broker import Broker
from lib.machine import BUILT


class Desk:
    """Who sends: msg with a fleets.conf of its own."""

    def __init__(self, broker: Broker, files: pathlib.Path, folder: pathlib.Path):
        self.broker, self.files, self.folder = broker, files, folder
        (folder / "msg").mkdir()
        (folder / "bin").mkdir()
        self.settings = {
            "Broker": f"localhost:{broker.port}", "Sender": "helpdesk", "Authorities": files / "ca.crt",
            "Certificate": files / "helpdesk.crt", "Key": files / "helpdesk.key", "SigningKey": files / "helpdesk.sign",
        }  # fmt: skip
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(folder), "LC_ALL": "C.UTF-8"}

    def start(self, *words: str, program: str = "msg", **settings: object) -> subprocess.Popen:
        entries = {key: value for key, value in {**self.settings, **settings}.items() if value is not None}
        lines = "".join(f"{key}={value}\n" for key, value in entries.items())
        (self.folder / "msg/fleets.conf").write_text(f"[office]\n{lines}")
        link = self.folder / "bin" / program
        if not link.exists():
            link.symlink_to(BUILT / "msg")
        return subprocess.Popen(
            [link, *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def msg(self, *words: str, status: int = 0, program: str = "msg", **settings: object) -> tuple[str, str]:
        """Runs it to its end, and returns what it printed."""
        process = self.start(*words, program=program, **settings)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == status, f"{process.returncode}: {output}{errors}"
        return output, errors
