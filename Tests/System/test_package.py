"""The package that `make deb` made, on a machine that has never seen msg: `rig package`. It is installed, used,
upgraded and purged. The tests are one story, in this order."""

import json
import re
from pathlib import Path

import pytest

from lib.commands import msg, outcome, service_pid
from lib.desktop import Desktop, await_end
from lib.machine import HERE, await_that, run

[PACKAGE] = Path("/src/.build/deb").glob("msg_*.deb")
[BRIDGE] = Path("/src/.build/deb").glob("msg-bridge_*.deb")
[FLEET] = Path("/src/.build/deb").glob("msg-fleet_*.deb")
[RELAY] = Path("/src/.build/deb").glob("msg-relay_*.deb")
# Files that change as the machine runs, and apt's and dpkg's notes of every package.
PASSING = ("/home", "/results", "/src", "/tmp", "/var/cache", "/var/lib/apt", "/var/lib/dpkg", "/var/log", "/var/tmp")
PAGES = ("msg.1", "msgd-connect.8", "msgd.8", "msgd.conf.5", "net-send.1", "org.msgd.Messenger1.5", "query-session.1")


def apt(*words):
    return run("env", "DEBIAN_FRONTEND=noninteractive", "apt", "--yes", *words, timeout=120).stdout


def files():
    """Returns every file with its kind, owner and length. Backups of the user database belong to shadow-utils."""
    passing = [word for path in PASSING for word in ("-not", "(", "-path", path, "-prune", ")")]
    found = run("find", "/", "-xdev", *passing, "-not", "-name", "*-", "-printf", r"%p %y %m %U %G %l \n", "-type", "f", "-printf", r"%p %s\n")
    info = run("find", "/var/lib/dpkg/info", "-name", "msg*")
    return set(found.stdout.splitlines()) | set(info.stdout.splitlines())


def property(name):
    answer = run("busctl", "--json=short", "get-property", "org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1", name)
    return json.loads(answer.stdout)["data"]


def pids():
    """The processes that a message needs, other than msgd."""
    return [run("systemctl", "show", "--property=MainPID", "--value", unit).stdout for unit in ("dbus", "systemd-logind")]


def helper_pid():
    """The process id; 0 while it doesn't run."""
    return int(run("systemctl", "show", "--property=MainPID", "--value", "msgd-connect").stdout)


def acknowledge(desktop, sender):
    """The user clicks, and the sender gets the report."""
    desktop.click_popup()
    assert sender.wait(timeout=10) == 0, sender.stderr.read()


@pytest.fixture(scope="module")
def user():
    return Desktop("alice")


@pytest.fixture
def alice(user):
    user.park_pointer()
    yield user
    user.clean_up()


@pytest.fixture(scope="module")
def before():
    return files()


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """The same package in the next version."""
    return next_version(PACKAGE, tmp_path_factory.mktemp("package"))


def next_version(package, folder):
    """Makes a package of the next version, which depends on those of the next version."""
    version = run("dpkg-deb", "--field", str(package), "Version").stdout.strip()
    run("dpkg-deb", "--raw-extract", str(package), str(folder / "tree"))
    control = folder / "tree/DEBIAN/control"
    control.write_text(re.sub(rf"({re.escape(version)})(?=$|\))", r"\1+later", control.read_text(), flags=re.MULTILINE))
    run("dpkg-deb", "-Znone", "--build", str(folder / "tree"), str(folder / "later.deb"))
    return folder / "later.deb"


def test_a_message_comes_through_at_once(before, alice, start):
    assert run("sh", "-c", "command -v msg || command -v pkaction || command -v ssh", check=False).stdout == ""
    popups = alice.popups()
    running = pids()

    apt("install", "--no-install-recommends", str(PACKAGE))

    sender = start("alice", "/W", "Installed")
    popups.popup("Installed")
    acknowledge(alice, sender)
    assert pids() == running


def test_everything_is_where_it_is_looked_for(before):
    version = run("dpkg-query", "--show", "--showformat=${Version}", "msg").stdout
    assert msg("--version").stdout == f"msg {version.rpartition('-')[0]}\n"
    assert property("Version") == version.rpartition("-")[0]
    for page in PAGES:
        assert Path(run("man", "--where", *page.rpartition(".")[::-2]).stdout.strip()).name == f"{page}.gz"
    assert run("systemd-analyze", "verify", "msgd.service").stderr == ""
    assert run("dpkg", "--verify", "msg").stdout == ""
    assert run("dpkg-query", "--show", "--showformat=${Conffiles}", "msg").stdout.split()[0] == "/etc/msgd.conf"
    assert " msgd: " in run("journalctl", "--list-catalog", "7cc46af44d8c4baa9df79b6d2fe22668").stdout
    assert Path("/usr/share/doc/msg/copyright").exists()


def test_without_polkit_users_reach_themselves(alice):
    popups = alice.popups()
    assert outcome(alice.run("msg", "alice", "/TIME:5", "To myself", check=False)) == (0, "", "")
    popups.popup("To myself")
    assert alice.run("msg", "erin", "To another", check=False).returncode == 77


def deferred():
    """The messages that were put off, as msgd keeps them; those that are being written don't count."""
    folder = Path("/var/lib/msgd/deferred")
    return sorted(file.name for file in folder.glob("[0-9]*")) if folder.exists() else []


def put_off(desktop, popups, body):
    """The user chooses "Later: 10 min" from dunst's menu. Returns the message's id."""
    id = msg(desktop.user, "--print-id", "--later=10m", "/TIME:0", body).stdout.strip()
    popups.popup(body)
    desktop.run("sh", "-c", "echo 'Later: 10 min' >$XDG_RUNTIME_DIR/choice; dunstctl context")
    await_that(lambda: deferred() == [id], deferred)
    desktop.run("sh", "-c", "rm -f $XDG_RUNTIME_DIR/choice")
    return id


def state(id):
    service = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")
    return json.loads(run("busctl", "--json=short", "call", *service, "GetDeliveries", "t", id).stdout)["data"][0][0][3]


def test_an_upgrade_keeps_settings_mutes_what_stands_and_what_is_to_come(alice, start, later):
    settings = Path("/etc/msgd.conf")
    settings.write_text(settings.read_text().replace("#DefaultTimeout=60", "DefaultTimeout=7"))
    alice.run("msg", "--mute")
    popups = alice.popups()
    id = put_off(alice, popups, "For later")
    held = msg("erin", "--hold=1h", "--print-id", "For erin").stdout.strip()
    sender = start("alice", "/TIME:0", "/W", "From before")
    popup = popups.popup("From before")
    old, written, helper = service_pid(), settings.read_text(), helper_pid()
    assert helper != 0

    apt("install", str(later))

    assert helper_pid() != helper  # the program with privileges is the new one

    assert run("dpkg-query", "--show", "--showformat=${Version}", "msg").stdout.endswith("+later")
    assert (service_pid(), sender.poll()) == (old, None)
    acknowledge(alice, sender)
    assert popups.action(popup.id)
    await_end(old)
    assert property("DefaultTimeout") == 7
    assert Path(f"/proc/{service_pid()}/exe").readlink() == Path("/usr/libexec/msgd")
    assert (state(id), deferred()) == ("deferred", [id])
    assert state(held) == "held"  # to the purge
    assert outcome(msg("--withdraw", id)) == (0, "", "")
    assert deferred() == []
    put_off(alice, popups, "For later, and to be purged")
    assert settings.read_text() == written
    assert alice.run("msg", "--mute-status", check=False).stdout == "muted\n"


def test_what_is_held_finds_a_msgd_again(later):
    """After an upgrade in whose way msgd had failed, and after the package was gone for a while."""
    held = msg("erin", "--hold=1h", "--print-id", "For erin, too").stdout.strip()
    drop_in = Path("/run/systemd/system/msgd.service.d/no-restart.conf")
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text("[Service]\nRestart=no\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "kill", "--signal=KILL", "msgd")
    await_that(lambda: run("systemctl", "is-failed", "msgd", check=False).stdout == "failed\n", lambda: "msgd hasn't failed")
    drop_in.unlink()

    apt("install", "--reinstall", str(later))

    await_that(is_active, lambda: "nobody delivers what is held")
    assert state(held) == "held"
    apt("remove", "msg")
    apt("install", "--no-install-recommends", str(later))
    await_that(is_active, lambda: "nobody delivers what is held")
    assert state(held) == "held"


def is_active():
    return run("systemctl", "is-active", "msgd", check=False).stdout == "active\n"


def test_a_purge_of_another_root_leaves_this_one_alone(tmp_path):
    """dpkg's --root, by which systems are put together without a chroot."""
    users = run("getent", "passwd").stdout
    (tmp_path / "etc").mkdir()
    for file in ("passwd", "group", "shadow", "gshadow", "login.defs"):
        (tmp_path / "etc" / file).write_text(Path("/etc", file).read_text())
    for name in ("info", "updates", "triggers"):
        (tmp_path / "var/lib/dpkg" / name).mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").touch()
    dpkg = ("dpkg", f"--root={tmp_path}", "--force-script-chrootless", "--force-depends")
    run(*dpkg, "--install", str(PACKAGE), str(BRIDGE), str(FLEET), str(RELAY))
    run("systemctl", f"--root={tmp_path}", "enable", "msg-bridge", "msg-relay")
    (tmp_path / "etc/msgd/relay").mkdir(parents=True)
    (tmp_path / "etc/msgd/relay/machine.key").write_text("a key")
    run(*dpkg, "--purge", "msg-bridge", "msg-fleet", "msg-relay", "msg")
    assert run("getent", "passwd").stdout == users
    assert "msg" not in (tmp_path / "etc/passwd").read_text()
    assert [path for path in tmp_path.rglob("*msg*")] == []


def test_a_purge_leaves_nothing(before, alice):
    Path("/etc/msgd").mkdir()
    Path("/etc/msgd/domains.conf").write_text("lab: pc1 pc2\n")
    running = pids()

    apt("purge", "msg")

    assert files() ^ before == set()  # nor what alice has put off, and what is held for erin
    assert run("getent", "passwd", "msgd", "msgd-connect", check=False).stdout == ""
    assert run("systemctl", "show", "--property=LoadState", "--value", "msgd").stdout == "not-found\n"
    ping = ("busctl", "call", "org.msgd.Messenger1", "/", "org.freedesktop.DBus.Peer", "Ping")
    assert "not provided by any .service files" in run(*ping, check=False).stderr
    assert pids() == running


def test_apt_brings_what_is_recommended(alice):
    apt("install", str(PACKAGE))
    popups = alice.popups()
    assert outcome(msg("alice", "/TIME:5", "Again")) == (0, "", "")
    popups.popup("Again")
    assert "org.msgd.send-user" in run("pkaction").stdout
    # polkit lets a user at the machine message others, one of whom is not there.
    assert alice.run("msg", "erin", "To another", check=False).returncode == 67
    assert run("ssh", "-V").stderr.startswith("OpenSSH")


def test_the_bridge_comes_and_goes(alice):
    """Nothing of it runs until it is enabled, and it leaves nothing, nor what its hooks have changed."""
    before = files()
    apt("install", str(BRIDGE))
    assert run("systemctl", "is-enabled", "msg-bridge", check=False).stdout == "disabled\n"
    assert run("systemd-analyze", "verify", "msg-bridge.service").stderr == ""
    popups = alice.popups()
    run("systemctl", "enable", "--now", "msg-bridge")
    run("shutdown", "+10")
    popup = popups.popup("in 10 minutes")
    run("msg-bridge-hook", "enable", "smartmontools")

    apt("purge", "msg-bridge")

    popups.closed(popup.id)
    run("shutdown", "-c")
    assert files() ^ before == set()
    assert run("getent", "passwd", "msg-bridge", check=False).stdout == ""


BROKER = "mqtt.example.org"
IDENTITY = ("relay.conf", "allowed_signers", "relay/ca.crt", "relay/machine.crt", "relay/machine.key")


def identity():
    """What makes a machine the member of a fleet: its files, with their owners and modes, and its id at the broker."""
    paths = [*(Path("/etc/msgd", name) for name in IDENTITY), Path("/var/lib/msg-relay/client-id")]
    return {path: (path.read_bytes(), path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in paths}


def enabled():
    return run("systemctl", "is-enabled", "msg-relay", check=False).stdout.strip()


def await_presence(state):
    def presence():
        answer = msg("--machines", "office", "--json").stdout
        return json.loads(answer)["state"] if answer else answer

    await_that(lambda: presence() == state, lambda: f"pc7 is {presence()}", seconds=30)


def to_the_fleet(alice, text):
    popups = alice.popups()
    assert outcome(msg("alice", "/SERVER:office", "/TIME:5", text)) == (0, "", "")
    popups.popup(text)


@pytest.fixture(scope="module")
def before_the_fleet():
    """What there is without the packages of fleets. The machine has no network, and so no other way to know the broker."""
    run("sh", "-c", f"echo 127.0.0.1 {BROKER} >>/etc/hosts")
    return files()


def test_the_agent_is_off_until_it_is_enrolled(before_the_fleet, alice):
    """This one machine is everything: the broker, the sender's desk and the machine that shows."""
    apt("install", str(FLEET), str(RELAY))
    assert enabled() == "disabled"
    run("systemctl", "start", "msg-relay")  # nothing happens: it isn't enrolled
    assert run("systemctl", "is-active", "msg-relay", check=False).stdout == "inactive\n"
    assert run("systemd-analyze", "verify", "msg-relay.service").stderr == ""
    assert run("dpkg", "--verify", "msg-fleet", "msg-relay").stdout == ""

    run("msg-fleet-ca", "init", "--broker", BROKER)
    run("systemctl", "restart", "mosquitto")
    run("sh", "-ec", "mkdir -p /etc/msgd; msg-fleet-ca sender helpdesk | tar -x -k -C /etc/msgd")
    run("sh", "-ec", "msg-fleet-ca machine pc7 | msg-relay-enroll")

    assert enabled() == "enabled"
    await_presence("online")
    to_the_fleet(alice, "Enrolled")


def test_an_upgrade_keeps_the_machine_in_its_fleet(alice, start, later, tmp_path_factory):
    """Also a message that stands meanwhile."""
    packages = [later, *(next_version(package, tmp_path_factory.mktemp("package")) for package in (FLEET, RELAY))]
    popups = alice.popups()
    sender = start("alice", "/SERVER:office", "/TIME:0", "/W", "From before")
    popups.popup("From before")
    old, member, authority = agent_pid(), identity(), tree("/var/lib/msg-fleet")

    apt("install", *map(str, packages))

    assert run("dpkg-query", "--show", "--showformat=${Version}", "msg-relay").stdout.endswith("+later")
    assert agent_pid() not in (0, old)
    assert (identity(), tree("/var/lib/msg-fleet"), enabled()) == (member, authority, "enabled")
    alice.click_popup()
    _, errors = sender.communicate(timeout=20)
    # The new agent asks msgd every five seconds, and that of the version before stays so long after the click.
    assert (sender.returncode, errors) == (0, "")
    to_the_fleet(alice, "After the upgrade")
    assert [event.body for event in popups.popups()] == ["From before", "After the upgrade"]


def agent_pid():
    return int(run("systemctl", "show", "--property=MainPID", "--value", "msg-relay").stdout)


def tree(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_the_agent_is_removed_and_comes_again(alice, tmp_path_factory):
    """It tells the broker that it leaves. It is off after the next installation, and has its identity still."""
    member = identity()
    apt("remove", "msg-relay")
    await_presence("offline")
    assert identity() == member
    apt("install", str(next_version(RELAY, tmp_path_factory.mktemp("package"))))
    assert (enabled(), agent_pid()) == ("disabled", 0)
    run("systemctl", "enable", "--now", "msg-relay")
    await_presence("online")
    assert identity() == member
    to_the_fleet(alice, "Here again")


def test_a_purge_takes_the_agent_away_and_keeps_the_authority(before_the_fleet):
    """The machine's key goes. The authority stays, because without it every machine is lost; so does what others wrote."""
    authority = tree("/var/lib/msg-fleet")
    assert Path("/var/lib/msg-fleet/ca.key") in authority

    apt("purge", "msg-relay", "msg-fleet")

    assert run("getent", "passwd", "msg-relay", check=False).stdout == run("getent", "group", "msg-relay", check=False).stdout == ""
    assert run("systemctl", "show", "--property=LoadState", "--value", "msg-relay").stdout == "not-found\n"
    assert tree("/var/lib/msg-fleet") == authority
    assert sorted(path.name for path in Path("/etc/msgd").iterdir()) == ["fleets", "fleets.conf"]
    run("systemctl", "stop", "mosquitto")
    run("sh", "-ec", "rm -r /etc/msgd /var/lib/msg-fleet /var/lib/mosquitto/mosquitto.db")
    run("sh", "-ec", "rm -r /etc/mosquitto/msg-fleet /etc/mosquitto/conf.d/msg-fleet.conf /etc/systemd/system/mosquitto.service.d")
    apt("install", "--allow-downgrades", str(PACKAGE))
    assert files() ^ before_the_fleet == set()


def test_a_purge_ends_though_something_of_its_users_does_not():
    """A process of msgd's user stays, like one that nothing can end because it waits for a file system of a user's."""
    process = HERE.start("setpriv", "--reuid=msgd-connect", "--regid=msgd-connect", "--clear-groups", "sleep", "infinity")
    try:
        await_that(lambda: run("pgrep", "--uid=msgd-connect", "sleep", check=False).stdout, lambda: "it doesn't start")

        apt("purge", "msg")

        assert run("dpkg-query", "--show", "msg", check=False).returncode != 0
        assert run("getent", "passwd", "msgd", check=False).stdout == ""
    finally:
        process.kill()
        process.communicate()
    run("userdel", "msgd-connect")
