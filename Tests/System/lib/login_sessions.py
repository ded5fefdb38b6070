"""A test's own sessions, with desktops that the tests' users don't have."""

import contextlib
import pathlib
import pwd
import time

from lib.machine import HERE, run


def on(display, recipe, *command):
    """Returns the command of a desktop, for the rig's own programs too."""
    return ("env", f"POINTER_DISPLAY={display}", f"RIG_DESKTOP={recipe}", *command)


# With a session bus of its own.
SWAY = on(":8", "mako", "dbus-run-session", "--", "wayland-desktop", "mako", "--config", "/etc/mako.conf")
STARTX = on(":7", "dunst", "startx-desktop", "dunst")
# With the bus of the user's services.
WAYLAND = on(":8", "mako", "wayland-desktop", "mako", "--config", "/etc/mako.conf")
X11 = on(":7", "dunst", "x11-desktop", "openbox", "--startup", "dunst")
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class Session:
    """A test's own session, and its processes."""

    def __init__(self, id):
        self.id = id
        properties = run("loginctl", "show-session", "--property=Name", "--property=Scope", id).stdout.splitlines()
        self.user, self.scope = (line.partition("=")[2] for line in sorted(properties))
        self.account = pwd.getpwnam(self.user)
        self.processes = pathlib.Path(f"/sys/fs/cgroup/user.slice/user-{self.account.pw_uid}.slice/{self.scope}/cgroup.procs")
        self.environment = {}

    def programs(self):
        """The names of its processes."""
        pids = ",".join(self.processes.read_text().split())
        return run("ps", "-o", "comm=", "-p", pids, check=False).stdout.split()

    def started(self, server):
        """Waits until the desktop has its notification server."""
        deadline = time.monotonic() + 30
        while not self.environment:
            assert time.monotonic() < deadline, self.processes.read_text()
            for pid in self.processes.read_text().split():
                process = pathlib.Path("/proc", pid)
                try:
                    if (process / "comm").read_text().strip() == server:
                        variables = (process / "environ").read_text().split("\0")
                        self.environment = dict(variable.split("=", 1) for variable in variables if "=" in variable)
                except (FileNotFoundError, ProcessLookupError):
                    pass  # it has ended meanwhile
        self.run("gdbus", "wait", "--session", "--timeout", "30", "org.freedesktop.Notifications")
        self.run("remember-screen")
        return self

    @property
    def command(self):
        become = ("setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--init-groups", "env", "-i")
        return (*become, *(f"{name}={value}" for name, value in self.environment.items()))

    def run(self, *command):
        """Runs a command in the environment of the desktop."""
        return run(*self.command, *command)

    @property
    def has_own_bus(self):
        return "/run/user/" not in self.environment["DBUS_SESSION_BUS_ADDRESS"]


@contextlib.contextmanager
def watching(desktop):
    """Watches the messages to the notification server meanwhile, line by line."""
    lines = []
    watcher = HERE.start(*desktop.command, "stdbuf", "-oL", "dbus-monitor", "--session", "member='Notify'")
    try:
        while "NameLost" not in watcher.stdout.readline():  # it has become a monitor
            assert watcher.poll() is None
        yield lines
    finally:
        watcher.terminate()
        lines += watcher.communicate(timeout=10)[0].splitlines()


def calls(lines):
    return [line for line in lines if line.startswith("method call")]
