"""Sessions that Debian's login programs make: display managers, and xrdp for a desktop that is seen from elsewhere.
`rig logins` has a machine for them. None of the users is logged in there at first."""

import json
import pathlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bin.screen import Screen, recipe
from PIL import Image

from lib.commands import msg
from lib.login_sessions import WAYLAND, Session
from lib.machine import HERE, await_that, run
from lib.seats import graphics_card

PASSWORD = "correct horse"
X11_SESSION = pathlib.Path("/usr/share/xsessions/test-x11.desktop")
WAYLAND_SESSION = pathlib.Path("/usr/share/wayland-sessions/test-wayland.desktop")
CLIENTS_DISPLAY = ":99"
CLIENTS_LOG = pathlib.Path("/results/rdp-client.txt")


def key_file(groups: dict[str, dict[str, str]]) -> str:
    """A file of settings, such as [group] key=value."""
    return "".join(
        f"[{group}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()) for group, keys in groups.items()
    )


@dataclass(frozen=True)
class DisplayManager:
    """A display manager that logs a user in when it starts."""

    unit: str
    user: str
    pam: str  # the session's PAM service
    seat: str
    type: str
    server: str  # the desktop's notification server
    file: str
    settings: dict[str, dict[str, str]]  # what is in the file


DISPLAY_MANAGERS = [
    # It waits for other graphics cards first, for ten seconds.
    DisplayManager(
        "gdm", "alice", "gdm-autologin", "seat0", "wayland", "mako", "/etc/gdm3/daemon.conf",
        {"daemon": {"AutomaticLoginEnable": "true", "AutomaticLogin": "alice"}},
    ),
    # Somebody logs in on its login screen.
    DisplayManager(
        "greetd", "bob", "greetd", "seat0", "wayland", "mako", "/etc/greetd/config.toml",
        {
            "terminal": {"vt": '"none"'},
            "default_session": {
                "user": '"greeter"',
                "command": f"\"greetd-greeter bob '{PASSWORD}' wayland {' '.join(WAYLAND)}\"",
            },
        },
    ),
    # On seat0, it has to have a virtual terminal.
    DisplayManager(
        "lightdm", "carol", "lightdm-autologin", "seat1", "x11", "dunst", "/etc/lightdm/lightdm.conf",
        {
            "Seat:*": {
                "xserver-command": "seat-x-server",
                "autologin-user": "carol",
                "autologin-session": X11_SESSION.stem,
            }
        },
    ),
    DisplayManager(
        "sddm", "dave", "sddm-autologin", "seat0", "x11", "dunst", "/etc/sddm.conf",
        {
            "General": {"DisplayServer": "x11"},
            "X11": {"ServerPath": "/usr/local/bin/seat-x-server"},
            "Autologin": {"User": "dave", "Session": X11_SESSION.name},
        },
    ),
]  # fmt: skip


def property(session: str, name: str) -> str:
    """What logind says about a session."""
    return run("loginctl", "show-session", "--property", name, "--value", session, check=False).stdout.strip()


def session_of(user: str, unit: str) -> Session:
    """Waits until a login program has made the user's session."""

    def id() -> str:
        return run("loginctl", "show-user", "--property=Display", "--value", user, check=False).stdout.strip()

    def journal() -> str:
        return run("journalctl", "--unit", unit, "--lines=30", "--output=cat").stdout

    await_that(lambda: id() and property(id(), "State") == "active", journal, seconds=30)
    return Session(id())


def log_out(user: str) -> None:
    """Ends the user's sessions. logind keeps the user for some seconds longer."""
    run("loginctl", "terminate-user", user, check=False)
    sessions = ("loginctl", "show-user", "--property=Sessions", "--value", user)
    await_that(lambda: not run(*sessions, check=False).stdout.strip(), lambda: f"{user} is still logged in")


def listed(session: Session) -> dict[str, object]:
    """Returns what msg lists about a session."""
    [found] = [
        one for one in map(json.loads, msg("--sessions", "--json").stdout.splitlines()) if one["session"] == session.id
    ]
    return found


@pytest.fixture(scope="module", autouse=True)
def prepared() -> None:
    """Sessions to choose from, and users with passwords."""
    for file, command in ((X11_SESSION, "dunst-desktop"), (WAYLAND_SESSION, " ".join(WAYLAND))):
        file.write_text(key_file({"Desktop Entry": {"Type": "Application", "Name": "Test", "Exec": command}}))
    run("chpasswd", input="".join(f"{user}:{PASSWORD}\n" for user in ("bob", "erin")))
    uid = run("id", "--user", "alice").stdout.strip()
    account = ("org.freedesktop.Accounts", f"/org/freedesktop/Accounts/User{uid}", "org.freedesktop.Accounts.User")
    run("busctl", "call", *account, "SetSession", "s", WAYLAND_SESSION.stem)


@pytest.mark.parametrize("program", DISPLAY_MANAGERS, ids=lambda program: program.unit)
def test_a_display_managers_session_gets_popups_and_answers(program, start):
    pathlib.Path(program.file).write_text(key_file(program.settings))
    with graphics_card(program.seat):
        run("systemctl", "start", program.unit)
        try:
            session = session_of(program.user, program.unit).started(program.server)
            assert property(session.id, "Service") == program.pam
            said = listed(session)
            facts = {name: said[name] for name in ("user", "class", "type", "seat", "state", "remote", "graphical")}
            assert facts == {
                "user": program.user, "class": "user", "type": program.type, "seat": program.seat,
                "state": "active", "remote": False, "graphical": True,
            }  # fmt: skip
            sender = start(program.seat, "/W", "/V", "/TIME:60", "hello")
            session.run("click-popup")
            output, errors = sender.communicate(timeout=10)
            assert (sender.returncode, errors) == (0, "")
            assert output.splitlines()[-1] == f"Message to session {said['session-name']} responded to by user"
        finally:
            run("systemctl", "stop", program.unit)
            log_out(program.user)


@pytest.fixture
def client() -> Iterator[Screen]:
    """The screen of another machine, full of the picture that an RDP client gets of erin's desktop."""
    pathlib.Path("/home/erin/.xsession").write_text("exec dunst-desktop\n")
    run("systemctl", "start", "xrdp-sesman", "xrdp")
    screen = HERE.start("Xvfb", CLIENTS_DISPLAY, "-displayfd", "1", "-screen", "0", "1280x800x24", "-ac")
    assert screen.stdout.readline() == f"{CLIENTS_DISPLAY[1:]}\n"  # it listens
    # With 24 bits a pixel, xrdp uses no lossy codec: the same picture always looks the same.
    with CLIENTS_LOG.open("w") as log:
        program = subprocess.Popen(
            ["xfreerdp3", "/v:127.0.0.1", "/u:erin", f"/p:{PASSWORD}", "/cert:ignore", "/size:1280x800", "/bpp:24"],
            env={"DISPLAY": CLIENTS_DISPLAY, "HOME": "/root"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield Screen(CLIENTS_DISPLAY, "/run", recipe("dunst"))
    finally:
        for process in (program, screen):
            process.kill()
            process.communicate()
        log_out("erin")
        run("systemctl", "stop", "xrdp", "xrdp-sesman")


def test_a_popup_is_seen_and_answered_in_an_rdp_client(client, start):
    session = session_of("erin", "xrdp-sesman").started("dunst")
    assert property(session.id, "Service") == "xrdp-sesman"
    said = listed(session)
    facts = {name: said[name] for name in ("class", "type", "seat", "state", "remote", "graphical")}
    assert facts == {"class": "user", "type": "x11", "seat": "", "state": "active", "remote": True, "graphical": True}

    # `started` has taken a picture of the desktop's own screen.
    desktop = Image.open(f"/run/user/{session.account.pw_uid}/empty-screen{session.environment['DISPLAY']}.png")
    await_that(lambda: client.picture().tobytes() == desktop.tobytes(), CLIENTS_LOG.read_text, seconds=30)
    client.remember_empty()
    sender = start("erin", "/W", "/V", "/TIME:60", "hello")
    client.click(client.await_popup(), client.recipe["OK"])
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert output.splitlines()[-1] == f"Message to session {said['session-name']} responded to by user"
