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
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "dbus-1"], check=True, stdout=subprocess.PIPE, text=True)
    for source in HERE.glob("*.c"):
        subprocess.run(
            ["cc", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o", FOLDER / source.stem, source,
             *flags.stdout.split()], check=True,
        )  # fmt: skip


def path(name: str) -> str:
    return str(FOLDER / name)
