"""The benchmarks' own programs, compiled into the build folder."""

from __future__ import annotations

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# The tests of the benchmarks use the debug build.
BUILT = ROOT / ".build" / os.environ.get("BUILD", "release")
FOLDER = ROOT / ".build/benchmarks"


def build() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for folder, library in ((HERE, "dbus-1"), (HERE / "fleet", "libmosquitto")):
        command = ["pkg-config", "--cflags", "--libs", library]
        flags = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        for source in folder.glob("*.c"):
            _compile(source, flags)


def _compile(source: pathlib.Path, flags: list[str]) -> None:
    options = ["-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
    subprocess.run(["cc", *options, "-o", FOLDER / source.stem, source, *flags], check=True)


def path(name: str) -> str:
    return str(FOLDER / name)
