"""The machine of the measurements. Nothing reveals whose it is."""

from __future__ import annotations

import datetime
import os
import pathlib
import platform
import re
import subprocess

import programs


def facts(rounds: int) -> dict[str, str | int]:
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "processor": model[1] if model else platform.machine(),
        "memory_mib": int(memory[1]) // 1024,
        "kernel": platform.release().split("-")[0],
        "system": _system(),
        "dbus_daemon": version("dbus-daemon", "--version"),
        "notify_send": version("notify-send", "--version"),
        "swift": version("swift", "--version"),
        "rounds": rounds,
        "msg_bytes": (programs.BUILT / "msg").stat().st_size,
        "msgd_bytes": (programs.BUILT / "msgd").stat().st_size,
    }


def _system() -> str:
    return re.search(r'^PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text(), re.M)[1]


def version(*command: str) -> str:
    """Returns the first number with a point that a program prints. Some fail after they have printed it."""
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    return re.search(r"\d+(\.\d+)+", output)[0]
