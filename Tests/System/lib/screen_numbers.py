"""Texts that can be read from a screen: numbers as two bars of full blocks each, which look the same on every
desktop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from PIL import Image

BLOCK = "\N{FULL BLOCK}"
LEAST, MOST = 2, 6  # blocks of a bar
NUMBERS = (MOST - LEAST + 1) ** 2  # how many there are
ROWS = 4  # the fewest pixels of a bar's height that must be visible
SEAM = 1  # pixels between blocks

Color = tuple[int, int, int]


def text(number: int) -> str:
    """Returns a number as two bars."""
    first, second = divmod(number, MOST - LEAST + 1)
    return f"{BLOCK * (first + LEAST)} {BLOCK * (second + LEAST)}"


@dataclass(frozen=True)
class Run:
    """Neighbouring pixels of one colour in a row."""

    start: int
    length: int
    color: Color


@dataclass(frozen=True)
class Bars:
    """The look of bars on a desktop."""

    color: Color
    width: float  # of a block, in pixels

    @classmethod
    def learn(cls, picture: Image.Image, number: int) -> Bars:
        """Learns their look from a picture of a popup with a number whose bars differ in length."""
        first, second = (len(bar) for bar in text(number).split())
        found: dict[Bars, int] = {}
        for row in _rows(picture):
            for one, gap, other in _pairs(row):
                bars = cls(one.color, (one.length + other.length) / (first + second))
                if gap < one.length and bars._is(one, first) and bars._is(other, second):
                    found[bars] = found.get(bars, 0) + 1
        assert found and max(found.values()) >= ROWS, "no bars are seen"
        return max(found, key=found.__getitem__)

    def read(self, picture: Image.Image) -> set[int]:
        """Returns the visible numbers."""
        rows: dict[int, int] = {}
        for row in _rows(picture):
            for number in {number for one, gap, other in _pairs(row) if (number := self._number(one, gap, other)) is not None}:
                rows[number] = rows.get(number, 0) + 1
        return {number for number, count in rows.items() if count >= ROWS}

    def _number(self, one: Run, gap: int, other: Run) -> int | None:
        first, second = round(one.length / self.width), round(other.length / self.width)
        if not (LEAST <= first <= MOST and LEAST <= second <= MOST and gap < LEAST * self.width):
            return None
        if one.color != self.color or not self._is(one, first) or not self._is(other, second):
            return None
        return (first - LEAST) * (MOST - LEAST + 1) + second - LEAST

    def _is(self, run: Run, blocks: int) -> bool:
        return abs(run.length - blocks * self.width) <= 2


def _rows(picture: Image.Image) -> Iterator[list[Run]]:
    """The runs of each row that is not empty."""
    picture = picture.convert("RGB")
    width, data = picture.width, picture.tobytes()
    previous, runs = b"", []
    for top in range(0, len(data), 3 * width):
        row = data[top : top + 3 * width]
        if row != previous:
            previous, runs = row, _runs(row)
        if len(runs) > 2:
            yield runs


def _runs(row: bytes) -> list[Run]:
    """The runs of a row. Blocks form one bar, although some desktops leave a seam between them."""
    runs: list[Run] = []
    start = 0
    for color, pixels in groupby(zip(row[::3], row[1::3], row[2::3])):
        length = len(list(pixels))
        if len(runs) > 1 and runs[-2].color == color and runs[-1].length <= SEAM and min(runs[-2].length, length) > SEAM:
            runs.pop()
            runs[-1] = Run(runs[-1].start, start + length - runs[-1].start, color)
        else:
            runs.append(Run(start, length, color))
        start += length
    return runs


def _pairs(row: list[Run]) -> Iterator[tuple[Run, int, Run]]:
    """Pairs of runs of the same colour that are too wide for gaps between letters, with the distance between them."""
    wide = [run for run in row if run.length >= 8]
    for index, one in enumerate(wide):
        for other in wide[index + 1 : index + 3]:
            if other.color == one.color:
                yield one, other.start - one.start - one.length, other
