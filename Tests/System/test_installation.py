"""What `make install` installs: the bus's policy, the service's unit, settings, pages and completions."""

from pathlib import Path

import pytest

from lib.machine import await_that, run

SERVICE = ("--system", "--dest", "org.msgd.Messenger1", "--object-path", "/org/msgd/Messenger1")


def call(desktop, method):
    return desktop.run("gdbus", "call", *SERVICE, "--method", method, check=False)


@pytest.mark.parametrize("method", ["org.freedesktop.DBus.Peer.Ping", "org.freedesktop.DBus.Introspectable.Introspect"])
def test_a_user_may_ask_the_service(alice, method):
    assert call(alice, method).returncode == 0


def test_the_bus_refuses_other_interfaces(alice):
    answer = call(alice, "org.example.Other.Method")
    assert "org.freedesktop.DBus.Error.AccessDenied: Rejected send message" in answer.stderr


@pytest.mark.parametrize("user", ["root", "alice"])
def test_nobody_else_owns_the_name(desktops, user):
    command = ("busctl", "call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName", "su")
    answer = (run if user == "root" else desktops[user].run)(*command, "org.msgd.Messenger1", "0", check=False)
    assert answer.stderr == "Call failed: Access denied\n"


def test_the_service_has_no_capabilities(alice):
    call(alice, "org.freedesktop.DBus.Peer.Ping")
    pid = run("systemctl", "show", "--property=MainPID", "--value", "msgd").stdout.strip()
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    sets = {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    assert sets == {0}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_the_units_are_valid(desktops):
    assert run("systemd-analyze", "verify", "msgd.service", "msgd-connect.service", "msgd-connect.socket", "msgd-held.service").stderr == ""


def staged(folder, prefix="/usr/local"):
    return ("make", "--silent", "--directory=/src", f"DESTDIR={folder}", f"PREFIX={prefix}")


@pytest.mark.parametrize("prefix, system", [("/usr", "/usr"), ("/usr/local", "/usr/local"), ("/opt/msg", "/usr/local")])
def test_a_staged_installation_is_taken_away_whole(tmp_path, prefix, system):
    make = staged(tmp_path, prefix)
    run(*make, "install")
    files = [f"/{file.relative_to(tmp_path)}" for file in tmp_path.rglob("*") if file.is_file()]
    entry, unit = f"{system}/share/applications/org.msgd.Messenger1.desktop", f"{system}/lib/systemd/system/msgd.service"
    assert {f"{prefix}/bin/msg", f"{prefix}/libexec/msgd", f"{prefix}/share/locale/de/LC_MESSAGES/msgd.mo", entry, unit} < set(files)
    assert f"ExecStart={prefix}/libexec/msgd --locales={prefix}/share/locale\n" in (tmp_path / f"./{unit}").read_text()
    assert f"Exec={prefix}/bin/msg --help\n" in (tmp_path / f"./{entry}").read_text()

    run(*make, "uninstall")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("program", ["msg", "net-send", "query-session"])
def test_every_program_has_its_page_and_completions(tmp_path, program):
    run(*staged(tmp_path), "install")
    share = tmp_path / "usr/local/share"
    assert run(str(tmp_path / "usr/local/bin" / program), "--version").stdout.startswith(f"{program} ")
    assert f"\n.Nm {program}\n" in (share / f"man/man1/{program}.1").read_text()
    completions = [f"bash-completion/completions/{program}", f"zsh/site-functions/_{program}"]
    completions.append(f"fish/vendor_completions.d/{program}.fish")
    for file in completions:
        assert f"_{program}" in (share / file).read_text()


def test_other_names_of_msg_are_links_that_can_be_moved(tmp_path):
    run(*staged(tmp_path), "install")
    links = {name: str((tmp_path / "usr/local/bin" / name).readlink()) for name in ("net-send", "query-session")}
    assert links == {"net-send": "msg", "query-session": "msg"}


def test_the_administrators_settings_stay(tmp_path):
    settings = tmp_path / "etc/msgd.conf"
    run(*staged(tmp_path), "install")
    settings.write_text("[Messages]\nDefaultTimeout=0\n")
    run(*staged(tmp_path), "install")
    answer = run(*staged(tmp_path), "uninstall")
    assert answer.stdout == f"{settings} has been changed, and stays\n"
    assert settings.read_text() == "[Messages]\nDefaultTimeout=0\n"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [settings]


@pytest.mark.parametrize("prefix", ["/home/alice/msg", "/root/msg", "opt/msg", "/opt/msg /srv"])
def test_a_folder_that_msgd_is_not_started_from_is_refused(tmp_path, prefix):
    answer = run(*staged(tmp_path, prefix), "install", check=False)
    assert (answer.returncode, list(tmp_path.iterdir())) == (2, [])
    assert f"PREFIX={prefix}: " in answer.stderr


def test_msgd_starts_with_the_machine_if_something_is_held():
    """Unless an administrator has masked it, which is no failure."""
    assert run("systemctl", "is-enabled", "msgd-held").stdout == "enabled\n"
    held = Path("/var/lib/msgd/held/made-up")
    held.parent.mkdir(parents=True, exist_ok=True)
    held.touch()
    run("systemctl", "stop", "msgd")
    try:
        run("systemctl", "mask", "--runtime", "msgd")
        run("systemctl", "start", "msgd-held")
        assert run("systemctl", "is-failed", "msgd-held", check=False).stdout == "inactive\n"
        run("systemctl", "unmask", "--runtime", "msgd")
        run("systemctl", "start", "msgd-held")
        await_that(lambda: run("systemctl", "is-active", "msgd", check=False).stdout == "active\n", lambda: "msgd doesn't start")
    finally:
        run("systemctl", "unmask", "--runtime", "msgd")
        held.unlink(missing_ok=True)


def test_an_installation_leaves_disabled_what_an_administrator_disabled():
    run("systemctl", "disable", "msgd-held")
    try:
        run("make", "--silent", "--directory=/src", "install")
        assert run("systemctl", "is-enabled", "msgd-held", check=False).stdout == "disabled\n"
    finally:
        run("systemctl", "enable", "msgd-held")


@pytest.mark.parametrize("prefix", ["/usr/local", "/opt/msg"])
def test_uninstalling_leaves_nothing(desktops, prefix):
    before = installed = after = set()
    make = ("make", "--silent", "--directory=/src", f"PREFIX={prefix}")
    try:
        run("make", "--silent", "--directory=/src", "uninstall")
        before = files()
        run(*make, "install")
        installed = files() - before
        popups = desktops["alice"].popups()
        run(f"{prefix}/bin/msg", "alice", "/TIME:5", f"From {prefix}")
        popups.popup(f"From {prefix}")
        run(*make, "uninstall")
        after = files()
        assert run("getent", "passwd", "msgd", check=False).stdout == ""
    finally:
        run("make", "--silent", "--directory=/src", "install")
    assert {f"{prefix}/bin/msg", f"{prefix}/libexec/msgd", "/usr/local/lib/systemd/system/msgd.service"} <= installed
    assert {"/etc/msgd.conf", f"{prefix}/bin/net-send", f"{prefix}/share/man/man1/msg.1"} <= installed
    assert after == before


def files():
    """Returns every file and folder that an installation could leave. Backups of the user database belong to
    shadow-utils."""
    found = run("find", "/etc", "/opt", "/usr", "/var/lib", "-xdev", "-not", "-name", "*-", "-not", "-path", "/var/lib/systemd/*")
    return set(found.stdout.splitlines())
