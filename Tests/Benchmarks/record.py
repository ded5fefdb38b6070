"""What the benchmarks write and say."""

from __future__ import annotations

import csv
import pathlib
import time
from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any

BEGUN = time.monotonic()


def write(path: pathlib.Path, rows: Iterable[Any]) -> None:
    rows = list(rows)
    with path.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(field.name for field in fields(rows[0]))
        for row in rows:
            lines.writerow(round(value, 3) if isinstance(value, float) else value for value in astuple(row))


def say(*words: object) -> None:
    print(f"{time.monotonic() - BEGUN:7.1f} s ", *words, flush=True)
