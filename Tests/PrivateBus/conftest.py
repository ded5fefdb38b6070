"""A private bus with logind on it, shared by all tests. Users, sessions and msgd are each test's own."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator

import pytest

from lib import mount_namespace
from lib.machine import ROOT, SYSTEM_RULES, Bus, Client, ConnectHelper, Logind, Machine, Person


def pytest_configure() -> None:
    # What a shell without job control runs in its background ignores SIGINT, and so would all that the tests start.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.geteuid() == 0:
        mount_namespace.add("msgd")
        mount_namespace.add("msgd-connect")
        mount_namespace.add("msg-relay")
        mount_namespace.open_way(ROOT)
        mount_namespace.make_runtime_directories()


@pytest.fixture(scope="session")
def folder() -> Iterator[pathlib.Path]:
    """A folder with a short path, as a socket needs, which other users may pass through."""
    assert os.geteuid() == 0, "these tests become other users: run them as root"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="msg-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def tmp_path(folder: pathlib.Path) -> pathlib.Path:
    """The same as pytest's, but readable by msgd."""
    own = pathlib.Path(tempfile.mkdtemp(dir=folder))
    own.chmod(0o755)
    return own


@pytest.fixture(scope="session")
def bus(folder: pathlib.Path) -> Iterator[Bus]:
    bus = Bus(folder, "system", SYSTEM_RULES, pwd.getpwuid(0))
    yield bus
    bus.end()


@pytest.fixture(scope="session")
def shared_logind(bus: Bus, folder: pathlib.Path) -> Iterator[Logind]:
    logind = Logind(bus.address, folder)
    yield logind
    logind.stop()


@pytest.fixture
def logind(shared_logind: Logind) -> Iterator[Logind]:
    if not shared_logind.process:
        shared_logind.start()
    yield shared_logind
    if shared_logind.process:
        shared_logind.clear()


@pytest.fixture(scope="session")
def helper(folder: pathlib.Path) -> Iterator[ConnectHelper]:
    helper = ConnectHelper(folder)
    yield helper
    helper.end()


@pytest.fixture
def machine(bus: Bus, logind: Logind, helper: ConnectHelper, tmp_path: pathlib.Path) -> Iterator[Machine]:
    machine = Machine(bus, logind, helper, tmp_path)
    yield machine
    machine.end()


@pytest.fixture
def client(machine: Machine) -> Client:
    return machine.client()


@pytest.fixture
def alice(machine: Machine) -> Person:
    """A user with a notification server, not logged in yet."""
    return machine.desktop_user()


@pytest.fixture
def bob(machine: Machine) -> Person:
    return machine.desktop_user()


def built_library(folder: pathlib.Path, name: str) -> pathlib.Path:
    """A library of lib/, for LD_PRELOAD."""
    library = folder / f"{name}.so"
    compiler = shutil.which("clang") or shutil.which("cc")
    assert compiler, "neither clang nor cc is in the path"
    source = pathlib.Path(__file__).parent / f"lib/{name}.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture(scope="session")
def clock_library(folder: pathlib.Path) -> pathlib.Path:
    return built_library(folder, "clock")


@pytest.fixture(scope="session")
def kill_library(folder: pathlib.Path) -> pathlib.Path:
    return built_library(folder, "kill")


@pytest.fixture
def programs(machine: Machine, tmp_path: pathlib.Path) -> Callable[..., None]:
    """Installs programs that open windows, by name. Nobody starts them."""

    def install(*names: str) -> None:
        for name in names:
            (tmp_path / name).touch(mode=0o755)

    machine.environment["PATH"] = str(tmp_path)
    return install


@pytest.fixture
def set_clock(machine: Machine, clock_library: pathlib.Path) -> Callable[[int], int]:
    """Moves msgd's clock by a number of seconds, forward or back."""
    offset = machine.notes.with_name("offset")
    offset.write_text("0")
    machine.environment |= {"LD_PRELOAD": str(clock_library), "CLOCK_OFFSET": str(offset), "TZ": "UTC"}
    return lambda seconds: offset.write_text(str(seconds))
