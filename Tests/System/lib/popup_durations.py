"""How long popups stay on a screen, measured with pictures of it, on several desktops at once."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lib.desktop import Desktop
from lib.machine import HERE
from lib.notification_recorder import DEADLINE

FOREVER = 0
FOREVER_IS = 12  # seconds: servers that expire popups by themselves do so after 5 to 10 s by default


@dataclass
class PopupDuration:
    """How long a popup stood, in seconds. At least and at most, because the bus's monitor reports its beginning
    slightly late. On a busy machine pictures take long, and `at_most` is too much."""

    at_least: float
    at_most: float
    seen: float  # until the last picture with the popup was begun
    report: str  # msg's last report


def measured_durations(desktops: list[Desktop], times: list[int]) -> dict[tuple[str, int], PopupDuration | BaseException]:
    """Shows a message for each of the times, one after the other, on all desktops at once."""

    def watch(number: int, desktop: Desktop) -> dict[tuple[str, int], PopupDuration | BaseException]:
        time.sleep(0.7 * number)  # so that not all of them are looked at closely at the same time
        return {(desktop.user, seconds): _attempt(desktop, seconds) for seconds in times}

    with ThreadPoolExecutor(len(desktops)) as threads:
        parts = threads.map(watch, range(len(desktops)), desktops)
        return {key: duration for part in parts for key, duration in part.items()}


def _attempt(desktop: Desktop, seconds: int) -> PopupDuration | BaseException:
    try:
        return _measure(desktop, seconds)
    except (AssertionError, TimeoutError, subprocess.TimeoutExpired) as error:
        return error
    finally:
        desktop.clean_up()


def _measure(desktop: Desktop, seconds: int) -> PopupDuration:
    popups = desktop.popups()
    text = f"stays for {seconds} seconds"
    started = time.time()
    sender = HERE.start("msg", desktop.user, *(("/W", "/V") if seconds else ("--print-id",)), f"/TIME:{seconds}", text)
    popup = popups.popup(text)
    box = desktop.screen.await_popup()
    over = popup.time + (seconds or FOREVER_IS)
    while time.time() < over - 0.5:
        assert desktop.screen.popup(), f"gone after {time.time() - popup.time:.1f} s"
        time.sleep(0.4)
    if seconds == FOREVER:
        assert not [event for event in popups.events if event.member == "NotificationClosed" and event.id == popup.id]
        HERE.run("msg", "--withdraw", sender.communicate(timeout=5)[0].strip())
        return PopupDuration(FOREVER_IS, FOREVER_IS, FOREVER_IS, "still there")
    seen, looked = popup.time, time.time()
    while desktop.screen.popup(within=box):
        assert looked < over + DEADLINE, "it is still there"
        time.sleep(0.02)
        seen, looked = looked, time.time()
    gone = time.time()
    report = sender.communicate(timeout=5)[0].splitlines()[-1]
    closed = popups.closed(popup.id).time
    return PopupDuration(min(closed, gone) - started, max(closed, gone) - popup.time, seen - popup.time, report)
