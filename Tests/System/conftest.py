"""The users of the test machines as fixtures; see `desktops` for the users' desktops."""

from __future__ import annotations

import functools
import itertools
import pathlib
import pwd
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from lib.desktop import Desktop
from lib.desktop_groups import DesktopGroups, every, group, small
from lib.desktop_results import DesktopResults
from lib.login_sessions import Session
from lib.machine import HERE, SECOND, await_that, run
from lib.notification_recorder import Recorder

A_TEST_TAKES = 400  # the most seconds on a desktop, with its login and with popups that stand for 5, 12 and 70 s
ITS_END_TAKES = 60

SSH = pathlib.Path.home() / ".ssh"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--desktops", help="desktops of etc/desktops that test_desktops.py checks, with commas, or: all")
    parser.addoption("--times", default="5", help="how long popups stand there, in seconds, with commas")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "each_release: what `make test` tests on Debian 12, too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "subject" in metafunc.fixturenames:
        metafunc.parametrize("subject", checked(metafunc.config), indirect=True)


def checked(config: pytest.Config) -> list[str]:
    """The desktops to check."""
    names = config.getoption("desktops")
    if names == "all":
        return every()
    return names.split(",") if names else small()


def subject_of(item: pytest.Item) -> str | None:
    """The name of the desktop that a test checks. On a release without small desktops pytest has a placeholder for it."""
    name = item.callspec.params.get("subject") if hasattr(item, "callspec") else None
    return name if isinstance(name, str) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests of desktops that are logged in together next to each other, after the others, which send to
    everyone."""
    groups = [""] + [group(name) if (name := subject_of(item)) else "" for item in items]
    places = dict(zip(items, map(groups.index, groups[1:])))
    items.sort(key=places.__getitem__)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Lets a test fail if its desktop hangs, and goes on with the run."""

    def interrupt(*_: object) -> None:
        signal.alarm(ITS_END_TAKES)
        raise TimeoutError("the test takes too long")

    signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(A_TEST_TAKES if subject_of(item) else 0)
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Records for docs/DESKTOPS.md, too, that a test came to no conclusion."""
    yield
    if call.excinfo and "desktop_results" in getattr(item, "funcargs", {}):
        item.funcargs["desktop_results"].give_up(subject_of(item), item.originalname, call.excinfo.exconly())


@pytest.fixture(scope="session")
def all_desktops() -> dict[str, Desktop]:
    return {user: Desktop(user) for user in ("alice", "bob", "carol", "dave", "greeter")}


@pytest.fixture
def desktops(all_desktops: dict[str, Desktop]) -> Iterator[dict[str, Desktop]]:
    """All desktops by user name, with the pointers out of the way. Popups that the test leaves open are closed.

    alice is at seat0. When another test's session has left it, it is empty until a session is activated.
    """
    if all_desktops["alice"].session["State"] != "active":
        run("loginctl", "activate", all_desktops["alice"].session_id)
    for desktop in all_desktops.values():
        if desktop.has_screen:
            desktop.park_pointer()
            desktop.popups()  # so that popups that no test looks at are closed, too
    yield all_desktops
    for desktop in all_desktops.values():
        desktop.clean_up()


@pytest.fixture
def recorders(desktops: dict[str, Desktop]) -> dict[str, Recorder]:
    """Records everything that is shown to each user from now on."""
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
    """The times for which popups are to stand, in seconds."""
    return [int(seconds) for seconds in request.config.getoption("times").split(",")]


@pytest.fixture(scope="session")
def desktop_results(times: list[int]) -> DesktopResults:
    return DesktopResults(times)


@pytest.fixture(scope="session")
def desktop_groups(request: pytest.FixtureRequest, desktop_results: DesktopResults) -> Iterator[DesktopGroups]:
    desktop_groups = DesktopGroups(checked(request.config), desktop_results)
    yield desktop_groups
    desktop_groups.end()


@pytest.fixture
def subject(request: pytest.FixtureRequest, desktop_groups: DesktopGroups) -> Iterator[Desktop]:
    """The desktop whose notification server is checked, with a user of its name."""
    desktop = desktop_groups.desktop(request.param)
    desktop.park_pointer()
    yield desktop
    desktop.clean_up()


@pytest.fixture
def conclude(subject: Desktop, desktop_results: DesktopResults) -> Callable[[str, str, bool], None]:
    """Records the outcome of a check, and whether it is the required one."""
    return functools.partial(desktop_results.conclude, subject)


@pytest.fixture(scope="session")
def alices_second_desktop() -> Desktop:
    return Desktop("alice", SECOND)


@pytest.fixture
def second(alices_second_desktop: Desktop) -> Iterator[Desktop]:
    """alice's desktop on the second machine, on which bob is logged in too."""
    alices_second_desktop.park_pointer()
    alices_second_desktop.popups()
    yield alices_second_desktop
    alices_second_desktop.clean_up()


@pytest.fixture(scope="module")
def key_for_messages() -> Iterator[None]:
    """A key of root's for messages only, which ssh uses for the host "restricted", another name of `second`."""
    file, configuration = SSH / "for-messages", SSH / "config"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "for-messages", "-f", str(file))
    places = "ls /usr/local/libexec/msgd /usr/libexec/msgd 2>/dev/null"
    program = SECOND.run("sh", "-c", places, check=False).stdout.split()[0]
    line = f'restrict,command="{program} --messages-only" {file.with_suffix(".pub").read_text().strip()}'
    SECOND.run("sh", "-c", "cat >>~/.ssh/authorized_keys", input=line + "\n")
    configuration.write_text(
        "Host restricted\n  HostName second\n  HostKeyAlias second\n"
        f"  IdentityFile {file}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
    )
    yield
    SECOND.run("sed", "-i", "/for-messages/d", "/root/.ssh/authorized_keys")
    for leftover in (configuration, file, file.with_suffix(".pub")):
        leftover.unlink()


@pytest.fixture
def restricted(key_for_messages: None) -> Iterator[str]:
    """The second machine's name, with the key for messages only. However a test ends, no process stays there."""
    yield "restricted"
    gate = "msgd --messages-only"
    await_that(lambda: SECOND.run("pgrep", "-f", gate, check=False).returncode == 1, lambda: f"{gate} is left")


@pytest.fixture(params=["second", "restricted"])
def host(request: pytest.FixtureRequest) -> str:
    """The second machine's name, for a key without restrictions and for one for messages only."""
    return request.getfixturevalue("restricted") if request.param == "restricted" else request.param


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts msg as root without waiting for its end: start("alice", "/W", "hello")."""
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


@pytest.fixture
def open_desktop(open_session: Callable[..., str]) -> Iterator[Callable[..., Session]]:
    """Opens a session with a desktop, and ends all of its processes, because dbus-run-session leaves its children
    behind."""
    sessions: list[Session] = []

    def open(server: str, user: str, *options: str, command: tuple[str, ...]) -> Session:
        sessions.append(Session(open_session(user, *options, command=command)))
        return sessions[-1].started(server)

    yield open
    for session in sessions:
        run("systemctl", "stop", session.scope, check=False)


@pytest.fixture
def broker() -> Iterator[None]:
    """Makes dbus-broker frank's user bus."""
    units = pathlib.Path(pwd.getpwnam("frank").pw_dir, ".config/systemd/user")
    run("install", "-d", "-o", "frank", "-g", "frank", str(units))
    (units / "dbus.service").symlink_to("/usr/lib/systemd/user/dbus-broker.service")
    yield
    (units / "dbus.service").unlink()
    run("loginctl", "terminate-user", "frank", check=False)
