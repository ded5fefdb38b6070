"""Plots as SVG: lines with names at their ends, on logarithmic or linear axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 820, 500
LEFT, RIGHT, TOP, BOTTOM = 80, 180, 50, 60
# Okabe and Ito's colours, which people with colour blindness can distinguish too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#000000", "#cc79a7", "#e69f00", "#56b4e9")
LINE = 17  # the height of a name

Points = list[tuple[float, float]]


@dataclass
class Axis:
    title: str
    low: float
    high: float
    is_logarithmic: bool
    start: float  # the position of low and high
    end: float

    def at(self, value: float) -> float:
        scale: Callable[[float], float] = math.log10 if self.is_logarithmic else float
        return self.start + (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low)) * (self.end - self.start)

    def ticks(self) -> list[float]:
        if not self.is_logarithmic:
            power = 10 ** math.floor(math.log10(self.high))
            step = next(power / part for part in (1, 2, 5, 10) if self.high / power * part >= 4)
            return [step * number for number in range(int(self.high / step) + 1)]
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        marks = [factor * 10.0**exponent for exponent in exponents for factor in (1, 3)]
        return [mark for mark in marks if self.low <= mark <= self.high]


def plot(title: str, x_title: str, y_title: str, series: dict[str, Points], is_logarithmic: bool) -> str:
    points = [point for line in series.values() for point in line]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x = Axis(x_title, min(xs), max(*xs, 2 * min(xs)), True, LEFT, WIDTH - RIGHT)
    y = Axis(y_title, min(ys) / 1.5 if is_logarithmic else 0, max(ys) * 1.1, is_logarithmic, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 28, title, size=17),
        *_axes(x, y),
        *_lines(x, y, series),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes(x: Axis, y: Axis) -> list[str]:
    parts = []
    for value in x.ticks():
        parts.append(_line(x.at(value), y.start, x.at(value), y.end))
        parts.append(_text(x.at(value), y.start + 20, f"{value:g}", "middle"))
    for value in y.ticks():
        parts.append(_line(x.start, y.at(value), x.end, y.at(value)))
        parts.append(_text(x.start - 8, y.at(value) + 5, f"{value:g}", "end"))
    parts.append(_text((x.start + x.end) / 2, HEIGHT - 14, x.title, "middle"))
    middle = (y.start + y.end) / 2
    parts.append(f'<g transform="rotate(-90 20 {middle:.0f})">{_text(20, middle, y.title, "middle")}</g>')
    return parts


def _lines(x: Axis, y: Axis, series: dict[str, Points]) -> list[str]:
    parts = []
    names = _spread({name: y.at(points[-1][1]) for name, points in series.items()})
    for (name, points), colour in zip(series.items(), COLOURS):
        places = [(x.at(at), y.at(value)) for at, value in points]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3.5" fill="{colour}"/>' for across, up in places]
        parts.append(_text(x.end + 10, names[name] + 5, name, colour=colour))
    return parts


def _spread(places: dict[str, float]) -> dict[str, float]:
    """Moves names down that would overlap."""
    result: dict[str, float] = {}
    lowest = -math.inf
    for name, place in sorted(places.items(), key=lambda item: item[1]):
        lowest = result[name] = max(place, lowest + LINE)
    return result


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d8d8d8"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 14, colour: str = "#222222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
