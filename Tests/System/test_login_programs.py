"""Sessions that Debian's login programs make: display managers, and xrdp for a desktop that is seen from elsewhere.
`rig logins` has a machine for them. None of the users is logged in there at first."""

import json
import pathlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from bin.screen import Screen, recipe
from PIL import Image, ImageChops

from lib.commands import msg
from lib.login_sessions import WAYLAND, Session
from lib.machine import HERE, await_that, run
from lib.seats import graphics_card

PASSWORD = "correct horse"
X11_SESSION = pathlib.Path("/usr/share/xsessions/test-x11.desktop")
WAYLAND_SESSION = pathlib.Path("/usr/share/wayland-sessions/test-wayland.desktop")
CLIENTS_DISPLAY = ":99"
CLIENTS_LOG = pathlib.Path("/results/rdp-client.txt")


def entry(command: str) -> str:
    """A session in the list of a display manager."""
    return f"[Desktop Entry]\nType=Application\nName=Test\nExec={command}\n"


@dataclass(frozen=True)
class DisplayManager:
    """A display manager, and what it is to do when it starts."""

    unit: str
    user: str
    pam: str  # the PAM service of the session
    seat: str
    type: str
    server: str  # the desktop's notification server
    settings: dict[str, str] = field(default_factory=dict)  # the contents of its files


DISPLAY_MANAGERS = [
    DisplayManager(
        "gdm3", "alice", "gdm-autologin", "seat0", "wayland", "mako",
        {"/etc/gdm3/daemon.conf": "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=alice\n"},
    ),
    # Somebody logs in on its login screen, with a password.
    DisplayManager(
        "greetd", "bob", "greetd", "seat0", "wayland", "mako",
        {"/etc/greetd/config.toml": f"""[terminal]
vt = "none"
[default_session]
user = "greeter"
command = "greetd-greeter bob '{PASSWORD}' wayland {' '.join(WAYLAND)}"
"""},
    ),
    # On seat0 it has to have a virtual terminal.
    DisplayManager(
        "lightdm", "carol", "lightdm-autologin", "seat1", "x11", "dunst",
        {"/etc/lightdm/lightdm.conf": f"""[Seat:*]
xserver-command=seat-x-server
autologin-user=carol
autologin-session={X11_SESSION.stem}
"""},
    ),
    DisplayManager(
        "sddm", "dave", "sddm-autologin", "seat0", "x11", "dunst",
        {"/etc/sddm.conf": f"""[General]
DisplayServer=x11
[X11]
ServerPath=/usr/local/bin/seat-x-server
[Autologin]
User=dave
Session={X11_SESSION.name}
"""},
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
    X11_SESSION.write_text(entry("dunst-desktop"))
    WAYLAND_SESSION.write_text(entry(f"env {' '.join(WAYLAND[1:])}"))
    run("chpasswd", input="".join(f"{user}:{PASSWORD}\n" for user in ("bob", "erin")))
    uid = run("id", "--user", "alice").stdout.strip()
    account = ("org.freedesktop.Accounts", f"/org/freedesktop/Accounts/User{uid}", "org.freedesktop.Accounts.User")
    run("busctl", "call", *account, "SetSession", "s", WAYLAND_SESSION.stem)


@pytest.mark.parametrize("program", DISPLAY_MANAGERS, ids=lambda program: program.unit)
def test_a_display_managers_session_gets_popups_and_answers(program, start):
    for path, text in program.settings.items():
        pathlib.Path(path).write_text(text)
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
    home = pathlib.Path("/home/erin")
    (home / ".xsession").write_text("exec dunst-desktop\n")
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

    desktop = Image.open(f"/run/user/{session.account.pw_uid}/empty-screen{session.environment['DISPLAY']}.png")
    shows_it = lambda: not ImageChops.difference(client.picture(), desktop).getbbox()
    await_that(shows_it, CLIENTS_LOG.read_text, seconds=30)
    client.remember_empty()
    sender = start("erin", "/W", "/V", "/TIME:60", "hello")
    client.click(client.await_popup(), client.recipe["OK"])
    output, errors = sender.communicate(timeout=10)
    assert (sender.returncode, errors) == (0, "")
    assert output.splitlines()[-1] == f"Message to session {said['session-name']} responded to by user"
