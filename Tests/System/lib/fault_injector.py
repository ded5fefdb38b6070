"""Faults for a machine under load: sessions come and go, notification servers crash, hang and return, users mute."""

from __future__ import annotations

import collections
import os
import pathlib
import signal
import threading
import traceback

from lib.login_sessions import on
from lib.machine import run

SERVERS = {"alice": "dunst", "bob": "xfce4-notifyd", "carol": "mako"}
VISITORS = {"erin": ":9", "frank": ":10"}
PAUSE = 2.0  # seconds between two faults


class FaultInjector(threading.Thread):
    """Injects one fault after the other until it is stopped, and leaves everything as it was."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.counts: collections.Counter[str] = collections.Counter()
        self.trouble: list[str] = []
        self.actions = [self.log_in, self.kill_server, self.hang_server, self.log_out, self.kill_server]
        if "--mute" in run("msg", "--help").stdout:
            self.actions += [self.mute, self.unmute]
        self._over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._over.wait(PAUSE):
            action = self.actions[number % len(self.actions)]
            self._try(action, number)
            number += 1
        for user in VISITORS:
            self._leave(user)

    @property
    def missing(self) -> set[str]:
        """The faults that never succeeded."""
        return {_name(action) for action in self.actions} - set(self.counts)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _try(self, action, number: int) -> None:
        try:
            action(number)
            self.counts[_name(action)] += 1
        except Exception:
            self.trouble.append(traceback.format_exc())

    def log_in(self, number: int) -> None:
        """Logs in a visitor who is logged out, with a desktop."""
        user = list(VISITORS)[number // len(self.actions) % len(VISITORS)]
        self._leave(user)
        options = ("--user", user, "--type", "x11", "--display", VISITORS[user])
        run("start-session", f"desktop-{user}", *options, "--", *on(VISITORS[user], "dunst", "x11-desktop", "dunst"))

    def log_out(self, number: int) -> None:
        user = list(VISITORS)[number // len(self.actions) % len(VISITORS)]
        run("loginctl", "terminate-user", user)

    def kill_server(self, number: int) -> None:
        """Kills a notification server, and starts it again."""
        user, pid, words = self._server(number)
        os.kill(pid, signal.SIGKILL)
        run("as-user", user, "sh", "-c", 'setsid "$@" >/dev/null 2>&1 </dev/null &', "sh", *words)
        run("as-user", user, "gdbus", "wait", "--session", "--timeout", "20", "org.freedesktop.Notifications")

    def hang_server(self, number: int) -> None:
        """Keeps a notification server from answering as long as a delivery waits, or less."""
        _, pid, _ = self._server(number)
        os.kill(pid, signal.SIGSTOP)
        self._over.wait(1 + number % 6)
        os.kill(pid, signal.SIGCONT)

    def mute(self, number: int) -> None:
        run("as-user", "carol", "msg", "--mute")

    def unmute(self, number: int) -> None:
        run("as-user", "carol", "msg", "--unmute")

    def _server(self, number: int) -> tuple[str, int, list[str]]:
        user = list(SERVERS)[number % len(SERVERS)]
        pid = int(run("pgrep", "--uid", user, "--newest", "--exact", SERVERS[user]).stdout)
        return user, pid, pathlib.Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")

    def _leave(self, user: str) -> None:
        run("loginctl", "terminate-user", user, check=False)
        run("systemctl", "stop", f"desktop-{user}", check=False)


def _name(action) -> str:
    return action.__name__.replace("_", " ")
