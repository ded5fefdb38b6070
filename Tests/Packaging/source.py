"""The source that the packages are made of, and commands that are run there."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build/release"
VERSION = re.search(r'static let version = "(.+)"', (ROOT / "Sources/MessengerContract/Messenger.swift").read_text())[1]


def run(*command, cwd=ROOT, check=True, **environment):
    """Runs a command, with variables for its environment; its failure fails the test unless check is off."""
    # `make test` hands its own variables to every make below.
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    answer = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=inherited | environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    assert not check or answer.returncode == 0, f"{command}: {answer.returncode}\n{answer.stdout}{answer.stderr}"
    return answer


def tarball():
    """The tarball that `make dist` writes."""
    return ROOT / run("make", "--silent", "dist").stdout.strip()
