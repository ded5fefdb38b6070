"""Which of many popups were on a screen, and for how long, measured with pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from lib import screen_numbers
from lib.commands import msg
from lib.desktop import Desktop

SAMPLE = 4  # the number whose bars differ most
DEADLINE = 60


class PopupVisibility:
    """Looks at popups with numbers in the form of `screen_numbers`."""

    def __init__(self, desktop: Desktop):
        self._screen = desktop.screen
        id = msg(desktop.user, "/TIME:0", "--print-id", "--title=Title", screen_numbers.text(SAMPLE)).stdout.strip()
        self._bars = screen_numbers.Bars.learn(self._screen.popup_picture(), SAMPLE)
        msg("--withdraw", id)
        self._screen.await_no_popup()
        self._seconds: dict[int, float] = {}

    def watch(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        seen, since = set(), time.monotonic()
        while not until():
            assert time.monotonic() < deadline, "it takes too long"
            picture, now = self._screen.picture(), time.monotonic()
            # A number that was there at the last look and still is was there meanwhile.
            visible = self._bars.read(picture)
            for number in seen & visible:
                self._seconds[number] = self.seconds(number) + now - since
            seen, since = visible, now

    def seconds(self, number: int) -> float:
        """The seconds for which a number was visible."""
        return self._seconds.get(number, 0)
