"""A logged-in user of a test machine, with the user's actions and view of the screen."""

from __future__ import annotations

import contextlib
import json
import pwd
import subprocess
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from bin.screen import Box, Screen, recipe
from lib.machine import HERE, Machine
from lib.notification_recorder import DEADLINE, INTERFACE, Recorder

RESULTS = Path("/results")
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


def await_end(pid: int, timeout: float = DEADLINE) -> None:
    """Returns when a process has ended, even if nobody has waited for it yet."""
    deadline = time.monotonic() + timeout
    try:
        while Path(f"/proc/{pid}/cmdline").read_bytes():  # empty for a zombie
            assert time.monotonic() < deadline, f"process {pid} does not end"
            time.sleep(0.02)
    except (FileNotFoundError, ProcessLookupError):
        pass


class Desktop:
    """A user whom `desktops up` has logged in."""

    def __init__(self, user: str, machine: Machine = HERE):
        self.user = user
        self.machine = machine
        self.uid = pwd.getpwnam(user).pw_uid  # the same on every machine
        status = machine.run("systemctl", "show", "--property=StatusText", "--value", f"desktop-{user}")
        self.session_id = status.stdout.strip()
        self._pointer_is_parked = False
        self._recorders: list[Recorder] = []
        self._processes: list[subprocess.Popen[str]] = []

    @property
    def session(self) -> dict[str, str]:
        """logind's properties of the session: Type, Class, Active, …"""
        lines = self.machine.run("loginctl", "show-session", self.session_id).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def session_name(self) -> str:
        """The session's name as msg reports it."""
        session = self.session
        return session.get("TTY") or session.get("Display") or session.get("Seat") or self.session_id

    @cached_property
    def has_screen(self) -> bool:
        return self.session["Type"] in ("x11", "wayland", "mir")

    @cached_property
    def recipe(self) -> dict[str, str]:
        """The description in /etc/desktops."""
        return recipe(self.run("printenv", "RIG_DESKTOP").stdout.strip())

    @cached_property
    def screen(self) -> Screen:
        """The screen, seen from outside the session. Only on this machine."""
        return Screen(self.run("printenv", "POINTER_DISPLAY").stdout.strip(), f"/run/user/{self.uid}", self.recipe)

    def run(self, *command: str, check: bool = True, timeout: float = 30, input: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command as the user, in the session."""
        return self.machine.run("as-user", self.user, *command, check=check, timeout=timeout, input=input)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Starts a command as the user, in the session. The test's end kills it if it still runs."""
        self._processes.append(self.machine.start("as-user", self.user, *command, stdin=subprocess.PIPE))
        return self._processes[-1]

    def popups(self) -> Recorder:
        """Records the user's session bus from now on, until the end of the test."""
        recorder = Recorder(self.user, self.uid, self.machine)
        self._recorders.append(recorder)
        return recorder

    def click_popup(self, button: int | str = 1) -> None:
        """Answers the popup on the screen with a real click: on the Nth button from the right, if any, or, for
        "default", on the popup itself."""
        self._pointer_is_parked = False
        self.run("click-popup", str(button))

    @contextlib.contextmanager
    def choosing(self, label: str) -> Iterator[None]:
        """Chooses the action with this label meanwhile in the menu of actions, which dunst puts in any order."""
        self.run("sh", "-c", 'echo "$0" >"$XDG_RUNTIME_DIR/choice"', label)
        yield
        self.run("sh", "-c", 'rm "$XDG_RUNTIME_DIR/choice"')

    def click(self, where: str) -> None:
        """Clicks "BUTTON X Y" of the popup on the screen."""
        self._pointer_is_parked = False
        self.screen.click(self.screen.await_popup(), where)

    def point_at(self, box: Box) -> None:
        """Moves the pointer into the middle of a box."""
        self._pointer_is_parked = False
        self.screen.point_at(box)

    def dismiss_popup(self) -> None:
        """Closes the popup on the screen with a real click that answers nothing."""
        self._pointer_is_parked = False
        self.run("dismiss-popup")

    def restart_server(self) -> None:
        """Kills the notification server, and starts it again in the same way."""
        with self.without_server():
            pass

    @contextlib.contextmanager
    def without_server(self) -> Iterator[None]:
        """Kills the notification server, and starts it again afterwards in the same way."""
        pid = self._server_pid()
        command, environment = (Path(f"/proc/{pid}/{name}").read_bytes().decode().split("\0")[:-1] for name in ("cmdline", "environ"))
        self.machine.run("kill", "-KILL", str(pid))
        await_end(pid)
        yield
        self.run("sh", "-c", 'exec setsid --fork env -i "$@" >/dev/null 2>&1', "sh", *environment, *command)
        self.run("gdbus", "wait", "--session", "--timeout", "30", INTERFACE)
        self.run("sh", "-c", self.recipe.get("READY", ":"))
        self.run("remember-screen")

    def _server_pid(self) -> int:
        """The process that owns org.freedesktop.Notifications, or that of the description's PROCESS."""
        if process := self.recipe.get("PROCESS"):
            return int(self.machine.run("pgrep", "--uid", self.user, "--exact", process).stdout)
        question = ("busctl", "--user", "--json=short", "call", *BUS, "GetConnectionUnixProcessID", "s", INTERFACE)
        return json.loads(self.run(*question).stdout)["data"][0]

    def park_pointer(self) -> None:
        """Moves the pointer away from popups, because popups under it do not expire."""
        if not self._pointer_is_parked:
            self.run("park-pointer")
        self._pointer_is_parked = True

    def screenshot(self, name: str) -> Path:
        """Saves a picture of the screen in the results folder."""
        file = RESULTS / f"{name}.png"
        self.run("screenshot", str(file))
        return file

    def screenshot_unlike(self, before: Path, name: str, timeout: float = DEADLINE) -> Path:
        """Saves a picture once the screen looks different from a previous one."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            file = self.screenshot(name)
            if file.read_bytes() != before.read_bytes():
                return file
        raise AssertionError(f"the screen of {self.user} looks like {before} for {timeout} s")

    def clean_up(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()
        for recorder in self._recorders:
            recorder.close()
        self._processes.clear()
        self._recorders.clear()
