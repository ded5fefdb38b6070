"""The users of the test machines as fixtures; see `desktops` for who has which desktop."""

from __future__ import annotations

import functools
import itertools
import subprocess
from collections.abc import Callable, Iterator

import pytest

from desktop import Desktop
from findings import Findings
from machine import HERE, SECOND, run
from recorder import Recorder

LIGHT = "dunst,lxqt,mako,mate,notification-daemon,swaync,xfce"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--desktops", default=LIGHT, help="desktops of etc/desktops that test_desktops.py checks, with commas")
    parser.addoption("--times", default="5", help="how long popups stand there, in seconds, with commas")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "subject" in metafunc.fixturenames:
        metafunc.parametrize("subject", metafunc.config.getoption("desktops").split(","), indirect=True)


@pytest.fixture(scope="session")
def all_desktops() -> dict[str, Desktop]:
    return {user: Desktop(user) for user in ("alice", "bob", "carol", "dave", "greeter")}


@pytest.fixture
def desktops(all_desktops: dict[str, Desktop]) -> Iterator[dict[str, Desktop]]:
    """All of them, by user name, with pointers out of the way; what the test leaves open is closed."""
    for desktop in all_desktops.values():
        if desktop.has_screen:
            desktop.park_pointer()
            desktop.popups()  # so that what no test looks at is closed, too
    yield all_desktops
    for desktop in all_desktops.values():
        desktop.clean_up()


@pytest.fixture
def recorders(desktops: dict[str, Desktop]) -> dict[str, Recorder]:
    """What is shown to each user from now on."""
    return {user: desktop.popups() for user, desktop in desktops.items()}


@pytest.fixture
def alice(desktops: dict[str, Desktop]) -> Desktop:
    return desktops["alice"]


@pytest.fixture
def bob(desktops: dict[str, Desktop]) -> Desktop:
    return desktops["bob"]


@pytest.fixture
def carol(desktops: dict[str, Desktop]) -> Desktop:
    return desktops["carol"]


@pytest.fixture
def dave(desktops: dict[str, Desktop]) -> Desktop:
    return desktops["dave"]


@pytest.fixture
def greeter(desktops: dict[str, Desktop]) -> Desktop:
    return desktops["greeter"]


@pytest.fixture(scope="session")
def times(request: pytest.FixtureRequest) -> list[int]:
    """How long popups are to stand, in seconds."""
    return [int(seconds) for seconds in request.config.getoption("times").split(",")]


@pytest.fixture(scope="session")
def findings(times: list[int]) -> Iterator[Findings]:
    findings = Findings(times)
    yield findings
    findings.write()


@pytest.fixture(scope="module")
def subjects(request: pytest.FixtureRequest, findings: Findings) -> Iterator[dict[str, Desktop]]:
    """The desktops whose notification servers are checked, each with a user of its name, who is logged in meanwhile."""
    names = request.config.getoption("desktops").split(",")
    run("desktops", "up", *names, timeout=180)
    desktops = {name: Desktop(name) for name in names}
    for desktop in desktops.values():
        findings.identify(desktop)
    yield desktops
    run("desktops", "down", *names)


@pytest.fixture
def subject(request: pytest.FixtureRequest, subjects: dict[str, Desktop]) -> Iterator[Desktop]:
    """The desktop whose notification server is checked."""
    desktop = subjects[request.param]
    desktop.park_pointer()
    yield desktop
    desktop.clean_up()


@pytest.fixture
def conclude(subject: Desktop, findings: Findings) -> Callable[[str, str, bool], None]:
    """Notes what a check has found, and whether that is as it has to be."""
    return functools.partial(findings.conclude, subject)


@pytest.fixture(scope="session")
def alices_second_desktop() -> Desktop:
    return Desktop("alice", SECOND)


@pytest.fixture
def second(alices_second_desktop: Desktop) -> Iterator[Desktop]:
    """alice's desktop on the second machine, where bob is logged in too."""
    alices_second_desktop.park_pointer()
    alices_second_desktop.popups()
    yield alices_second_desktop
    alices_second_desktop.clean_up()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts msg as root, to be waited for: start("alice", "/W", "hello")."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        processes.append(HERE.start("msg", *arguments))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


numbers = itertools.count(1)


@pytest.fixture
def open_session() -> Iterator[Callable[..., str]]:
    """Opens a session without programs of its own and returns its id: open_session("erin", "--type", "wayland")."""
    units: list[str] = []

    def open(user: str, *options: str, command: tuple[str, ...] = ("sleep", "infinity")) -> str:
        units.append(f"session-of-test-{next(numbers)}")
        return run("start-session", units[-1], "--user", user, *options, "--", *command).stdout.strip()

    yield open
    for unit in units:
        run("systemctl", "stop", unit, check=False)
