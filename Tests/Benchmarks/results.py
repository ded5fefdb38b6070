"""The output of `bench`, and its medians."""

from __future__ import annotations

import csv
import json
import pathlib
import statistics

Line = dict[str, float | str]

# The sender's work: the command's and its service's, until the popups have gone.
CPU = ("cpu", "closing")
# The part of it that raises popups.
RAISING = ("cpu",)
WALL = ("wall",)


class Results:
    def __init__(self, folder: pathlib.Path):
        self.facts = json.loads((folder / "facts.json").read_text())
        self.samples = read(folder / "samples.csv")
        self.memory = read(folder / "memory.csv")
        self.lateness = sorted(line["milliseconds"] for line in read(folder / "lateness.csv"))
        self.held = read(folder / "held.csv")
        self.bystander = read(folder / "bystander.csv")
        self.own = {"real": read(folder / "own-real.csv"), "private": read(folder / "own.csv")}
        self.sizes = sorted({int(line["sessions"]) for line in self.samples})
        self.most = self.sizes[-1]

    def lines(self, sender: str, sessions: int) -> list[Line]:
        """One line for each round."""
        return [line for line in self.samples if (line["sender"], line["sessions"]) == (sender, sessions)]

    def median(self, sender: str, sessions: int, fields: tuple[str, ...] = WALL) -> float:
        return statistics.median(total(line, fields) for line in self.lines(sender, sessions))

    def ratio(self, sender: str, other: str, sessions: int, fields: tuple[str, ...] = WALL) -> float:
        """The median of the rounds' ratios."""
        pairs = zip(self.lines(sender, sessions), self.lines(other, sessions), strict=True)
        return statistics.median(total(one, fields) / total(two, fields) for one, two in pairs)

    def idle(self, sessions: int) -> Line:
        return next(line for line in self.memory if line["sessions"] == sessions and not line["messages"])

    def standing(self, sessions: int) -> Line:
        return next(line for line in self.memory if line["sessions"] == sessions and line["standing"])

    def after_messages(self) -> list[Line]:
        return [line for line in self.memory if line["messages"] and not line["standing"]]

    def own_ratio(self, machine: str, ours: tuple[str, ...], theirs: str) -> float:
        return statistics.median(total(line, ours) / line[theirs] for line in self.own[machine])


def total(line: Line, fields: tuple[str, ...]) -> float:
    return sum(line[field] for field in fields)


def percentile(values: list[float], percent: float) -> float:
    """Returns the value at a percentile of sorted values."""
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


def read(path: pathlib.Path) -> list[Line]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{key: _value(text) for key, text in line.items()} for line in csv.DictReader(file)]


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
