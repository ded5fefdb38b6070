"""A desktop's screen, as the programs of the rig see and click it: an X server that also holds nested Wayland
desktops."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageGrab

DEADLINE = 10  # the most seconds that a wait takes
BUTTONS = {"left": "1", "middle": "2", "right": "3"}
PARKED = (5, 300)  # a place without popups and panels


RELEASES = ("12", "13", "testing")


def release() -> str:
    """Debian's release on this machine; testing has no number."""
    return platform.freedesktop_os_release().get("VERSION_ID", "testing")


def recipe(name: str) -> dict[str, str]:
    """Reads the description of a desktop in /etc/desktops/NAME; README.md has the variables.

    A variable whose name ends in a release counts on that release only, in place of the one without.
    """
    words = shlex.split(Path("/etc/desktops", name).read_text(), comments=True)
    written = dict(word.split("=", 1) for word in words)
    common = {name: value for name, value in written.items() if not name.endswith(tuple(f"_{one}" for one in RELEASES))}
    own = {name.removesuffix(suffix): value for name, value in written.items() if name.endswith(suffix := f"_{release()}")}
    return {name: value for name, value in (common | own).items() if value}


@dataclass(frozen=True)
class Box:
    """A rectangle of the screen."""

    x: int
    y: int
    width: int
    height: int

    def place(self, x: str, y: str) -> tuple[int, int]:
        """A point of it, in pixels from the left and the top (negative: from the right and the bottom), or in per
        cent."""
        return self.x + self._offset(x, self.width), self.y + self._offset(y, self.height)

    def wider(self, margin: int) -> Box:
        return Box(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)

    @staticmethod
    def _offset(text: str, length: int) -> int:
        if text.endswith("%"):
            return length * int(text[:-1]) // 100
        return int(text) if int(text) >= 0 else length + int(text)


class Screen:
    """The screen of a user's desktop. A popup is the difference from the screen when it was empty.

    Pictures are taken again and again, with short pauses, because nothing reports that a screen has come to rest.
    """

    def __init__(self, display: str, runtime_directory: str, recipe: dict[str, str]):
        self.display = display
        self.recipe = recipe
        self._empty_file = Path(runtime_directory, f"empty-screen{display}.png")

    @classmethod
    def own(cls) -> Screen:
        """The screen of the session in which this program runs."""
        display = os.environ.get("POINTER_DISPLAY") or os.environ["DISPLAY"]
        return cls(display, os.environ["XDG_RUNTIME_DIR"], recipe(os.environ["RIG_DESKTOP"]))

    def picture(self) -> Image.Image:
        """Takes a picture of the whole screen, without the pointer."""
        return ImageGrab.grab(xdisplay=self.display)

    def picture_of(self, box: Box) -> Image.Image:
        """Takes a picture of a part of it."""
        return self._part(self.picture(), box)

    def remember_empty(self, unchanged: float = 1) -> None:
        """Takes the screen as empty once it has not changed for some seconds."""
        deadline = time.monotonic() + 60
        picture, since = self.picture(), time.monotonic()
        while time.monotonic() - since < unchanged:
            assert time.monotonic() < deadline, "the screen does not come to rest"
            time.sleep(0.05)
            if (now := self.picture()).tobytes() != picture.tobytes():
                picture, since = now, time.monotonic()
        picture.save(self._empty_file)

    @property
    def area(self) -> Box:
        """The area of popups, without parts that change by themselves, such as a clock in a panel."""
        return Box(*map(int, self.recipe.get("AREA", "0 0 1280 800").split()))

    @property
    def shade(self) -> int:
        """By how much the colour of a place may change, of 255, without being a popup there."""
        return int(self.recipe.get("SHADE", "0"))

    def is_covered(self) -> bool:
        """Whether something as large as the screen is there."""
        box = self.popup()
        return box is not None and box.width * box.height >= 0.9 * self.area.width * self.area.height

    def popup(self, within: Box | None = None) -> Box | None:
        """The place of the popups, if there are any."""
        area = within or self.area
        with Image.open(self._empty_file) as empty:
            difference = ImageChops.difference(self._part(self.picture(), area), self._part(empty, area))
        box = difference.point(lambda value: value if value > self.shade else 0).getbbox()
        return box and Box(area.x + box[0], area.y + box[1], box[2] - box[0], box[3] - box[1])

    @staticmethod
    def _part(picture: Image.Image, box: Box) -> Image.Image:
        return picture.crop((box.x, box.y, box.x + box.width, box.y + box.height)).convert("RGB")

    def shows(self, popup: Image.Image, place: Box) -> bool:
        """Whether a popup is on the screen as it is in a picture, apart from its rim, which may be translucent."""
        now = self._part(self.picture(), place)
        inner = (20, 20, place.width - 20, place.height - 20)
        return now.crop(inner).tobytes() == popup.crop(inner).tobytes()

    def popup_picture(self, margin: int = 0) -> Image.Image:
        """Takes a picture of the popup, once it has not changed for a moment."""
        deadline = time.monotonic() + DEADLINE
        last, picture = None, self._part(self.picture(), self.await_popup().wider(margin))
        while picture != last:
            assert time.monotonic() < deadline, "the popup does not come to rest"
            time.sleep(0.15)
            last, picture = picture, self._part(self.picture(), self.await_popup().wider(margin))
        return picture

    def await_popup(self, timeout: float = DEADLINE) -> Box:
        """Waits until a popup stands still, because some fade or slide in."""
        deadline = time.monotonic() + timeout
        last, box = None, self.popup()
        while box is None or box != last:
            if time.monotonic() > deadline:
                raise TimeoutError("no popup appeared" if box is None else "the popup does not stand still")
            time.sleep(0.1)
            last, box = box, self.popup()
        return box

    def await_no_popup(self, timeout: float = DEADLINE, within: Box | None = None) -> None:
        deadline = time.monotonic() + timeout
        while self.popup(within):
            if time.monotonic() > deadline:
                raise TimeoutError("a popup is still there")
            time.sleep(0.02)

    def click(self, box: Box, where: str, shift: int = 0) -> None:
        """Clicks "BUTTON X Y" of a box with the real pointer, a number of pixels further to the right. "swipe X Y" pushes
        the place to the right."""
        button, x, y = where.split()
        x, y = box.place(x, y)
        if button == "swipe":
            steps = 10 * ("mousemove_relative", "30", "0", "sleep", "0.02")
            self.xdotool("mousemove", str(x), str(y), "sleep", "0.3", "mousedown", "1", *steps, "mouseup", "1")
            return
        # Cinnamon misses clicks that are shorter than a hand's.
        press = ("mousedown", BUTTONS[button], "sleep", "0.1", "mouseup", BUTTONS[button])
        self.xdotool("mousemove", str(x + shift), str(y), "sleep", "0.3", *press)

    def point_at(self, box: Box) -> None:
        """Moves the pointer into the middle of a box."""
        self.xdotool("mousemove", *map(str, box.place("50%", "50%")), "sleep", "0.1")

    def park_pointer(self) -> None:
        self.xdotool("mousemove", *map(str, PARKED))

    def xdotool(self, *command: str) -> None:
        subprocess.run(["xdotool", *command], env=os.environ | {"DISPLAY": self.display}, check=True)
