"""Texts that are too long for popups: the window that a desktop's user opens for one, and its look."""

from __future__ import annotations

import time

from PIL import Image

from bin.screen import Box
from lib.desktop import Desktop
from lib.machine import run
from lib.notification_recorder import Event
from lib.notification_server import received

LAST = 6  # lines that are full of ink, at the end
TEXT = "\n".join([*(f"Line {number}" for number in range(1, 61)), *["M" * 30] * LAST])
ACTION = "show-all"

# The programs that may show it, and the keys that press their OK.
PROGRAMS = {"zenity": ("ctrl+Tab", "Tab", "space"), "kdialog": ("alt+o",), "xmessage": ("Return",)}

INK = 60  # the fewest dark pixels in a row of such a line
STEPS = 80  # the most turns of the wheel from the beginning to the end


def arrived(desktop: Desktop, popup: Event, text: str) -> bool:
    """Whether a popup has a text, or its beginning and a button for the whole."""
    shown = received(desktop, popup)
    if ACTION in popup.actions and shown.endswith("…"):
        return len(shown) > 1 and text.startswith(shown[:-1])
    return shown == text


def button(desktop: Desktop, places: list[str]) -> str:
    """Returns the place with the longest label, because some desktops put buttons in any order."""
    box = desktop.screen.await_popup()
    picture = desktop.screen.picture_of(box).convert("L")

    def length(place: str) -> int:
        middle = box.place(*place.split()[1:])[1] - box.y
        strip = picture.crop((0, middle - 5, box.width, middle + 5))
        columns = [strip.crop((x, 0, x + 1, 10)).getextrema() for x in range(box.width)]
        return sum(lightest - darkest > 50 for darkest, lightest in columns)

    return max(places, key=length)


def await_window(desktop: Desktop, timeout: float = 20) -> Box:
    """Waits until the screen shows something that is too large for a popup, and stands still."""
    deadline = time.monotonic() + timeout
    box = desktop.screen.await_popup(timeout)
    while box.width < 500 or box.height < 300:
        assert time.monotonic() < deadline, "no window appeared"
        box = desktop.screen.await_popup()
    return box


def can_be_read_to_its_end(desktop: Desktop, window: Box) -> bool:
    """Whether the last lines are visible, if necessary after turns of the wheel, or at a key."""
    without = bands(desktop.screen.picture_of(window))
    desktop.point_at(window)
    for _ in range(STEPS):
        if bands(desktop.screen.picture_of(window)) >= without + LAST:
            return True
        desktop.screen.xdotool("click", "5", "sleep", "0.05")
    # zenity 4 isn't scrolled by the wheel of a pointer in a nested GNOME Shell.
    desktop.screen.xdotool("key", "ctrl+End", "sleep", "0.5")
    return bands(desktop.screen.picture_of(window)) >= without + LAST


def bands(picture: Image.Image) -> int:
    """Returns how many lines full of ink a picture has."""
    width, height = picture.size
    gray = picture.convert("L").crop((width // 20, 0, width * 3 // 4, height))
    histogram = gray.histogram()
    paper = histogram.index(max(histogram))
    data, count, rows = gray.tobytes(), 0, 0
    for top in range(0, len(data), gray.width):
        inked = sum(abs(pixel - paper) > 50 for pixel in data[top : top + gray.width]) >= INK
        rows = rows + 1 if inked else 0
        count += rows == 5  # a frame is thinner
    return count


def close(desktop: Desktop) -> None:
    """Closes the window by its OK."""
    programs = run("ps", "--user", desktop.user, "--format", "comm=").stdout.split()
    [keys] = [keys for program, keys in PROGRAMS.items() if program in programs]
    desktop.screen.xdotool("key", "--delay", "200", *keys)
