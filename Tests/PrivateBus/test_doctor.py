"""msg --doctor on machines with one fault each."""

import json
import pathlib
import pwd
import signal
import time

import pytest
from gi.repository import GLib

from lib.fake_polkit import CHALLENGE, NO
from lib.machine import SERVICE, SESSION_RULES, SYSTEM_RULES, Bus, Logind
from lib.main_loop import Call, connect

CHECKS = [
    "system bus", "service", "bus policy", "configuration", "polkit", "logind", "connections", "own session", "mute",
    "notification server",
]  # fmt: skip
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.RequestName")
POLICIES = ["/usr/share/dbus-1/system.d", "/etc/dbus-1/system.d"]
UNASKED = ("unknown", "not checked: msgd can't be asked", None, None)


def examine(machine, person=None, **options):
    """Returns the exit status, and for each check the state, the text, the reason and the fix."""
    status, output = machine.finish(machine.msg("--doctor", "--json", person=person, **options))
    found = [json.loads(line) for line in output.splitlines()]
    assert [check["check"] for check in found] == CHECKS, output
    assert status == int(any(check["state"] == "wrong" for check in found))
    return {check["check"]: (check["state"], check["text"], check["reason"], check["fix"]) for check in found}


def not_ok(found):
    return {check: answer for check, answer in found.items() if answer[0] != "ok"}


@pytest.fixture
def ann(machine, logind, alice):
    """alice with a session on her desktop, msgd and polkit."""
    logind.add("1", alice)
    alice.polkit = machine.polkit(lambda question: CHALLENGE if question.action == "org.msgd.send-user" else NO)
    alice.msgd = machine.start()
    return alice


@pytest.fixture
def own_bus(folder, tmp_path_factory):
    """Starts a system bus with the test's own rules."""
    buses = []

    def start(rules, type="system"):
        place = folder / f"bus-{len(buses)}"
        place.mkdir()
        place.chmod(0o755)
        buses.append(Bus(place, type, rules, pwd.getpwuid(0)))
        return buses[-1]

    yield start
    for bus in buses:
        bus.process.send_signal(signal.SIGCONT)
        bus.end()
        for file in bus.path.parent.iterdir():
            file.unlink()
        bus.path.parent.rmdir()


def test_all_is_well(machine, ann):
    found = examine(machine, ann)
    # Here only the test starts msgd, and there is no systemd.
    assert list(not_ok(found)) == ["service", "connections"]
    assert found.pop("connections")[1] == "not checked: systemd can't be asked about msgd-connect"
    state, text, reason, _ = found["service"]
    assert state == "note" and text.endswith(" answers, but can't be started again when it has left")
    assert {check: answer[1] for check, answer in found.items() if check != "service"} == {
        "configuration": f"{machine.configuration} is in force, with the defaults for what it does not set",
        "system bus": "answers",
        "bus policy": "lets you ask msgd",
        "polkit": "messages to another user: with an administrator's password; "
                  "to several or everyone: refused",
        "logind": "knows 1 session",
        "own session": "messages reach session 1 (x11, :0)",
        "mute": "you take messages",
        "notification server": "server 1 (tests)",
    }  # fmt: skip


def test_the_configuration(machine, logind, alice):
    """Lines that aren't in force as written, and settings that a running msgd hasn't read yet."""
    logind.add("1", alice)
    path = machine.configuration
    path.write_text("[Messages]\nDefaultTimeout=7\n")
    machine.start()
    in_force = ("ok", f"{path} is in force, with the defaults for what it does not set", None, None)
    assert examine(machine, alice)["configuration"] == in_force

    changed = f"{path} was changed since msgd started, which has its former settings"
    reload = "sudo systemctl reload msgd"
    path.write_text("[Messages]\nDefaultTimeout=8\n")
    assert examine(machine, alice)["configuration"] == ("note", "msgd has other settings than its file", changed, reload)

    path.write_text("[Messages]\nDefaultTimeout=7\nColour=red\nDefaultTimeout=7\n[Limits]\nBurst=0\nx\n[Limit]\n")
    state, text, reason, fix = examine(machine, alice)["configuration"]
    assert (state, text) == ("wrong", f"{path} is not in force as it is written")
    assert fix == f"edit {path}, see msgd.conf(5), then: {reload}"
    lines = reason.splitlines()
    assert lines.pop(3).startswith(f"{path}:7: ")  # the rest of it is GLib's
    assert lines == [
        f"{path}:3: there is no key Colour in [Messages]",
        f"{path}:4: DefaultTimeout in [Messages] is set on line 2, too: this line counts",
        f"{path}:6: Burst=0 in [Limits] is no number from 1 to 60000: it stays 20",
        f"{path}:8: there is no group [Limit]",
    ]

    path.unlink()
    path.mkdir()
    state, _, reason, _ = examine(machine, alice)["configuration"]
    assert state == "wrong" and reason.splitlines()[0].endswith(": nothing of it is used")
    assert reason.splitlines()[1:] == [changed]


def test_root_needs_no_desktop(machine, ann):
    found = examine(machine)
    assert found["polkit"][:2] == ("ok", "root may message everyone, and polkit decides for others")
    reason = "root is not logged in, and need not be"
    assert found["own session"] == ("note", "there is none that messages to you would reach", reason, None)
    assert found["notification server"][:2] == ("note", "not asked: no desktop of yours is known")


def test_no_system_bus(machine, ann):
    found = examine(machine, ann, address="unix:path=/nonexistent/bus")
    state, text, reason, fix = found.pop("system bus")
    assert (state, fix) == ("wrong", "unset DBUS_SYSTEM_BUS_ADDRESS")
    assert "unix:path=/nonexistent/bus" in text and "No such file or directory" in reason
    del found["notification server"]
    assert {answer[:2] for answer in found.values()} == {("unknown", "not checked: the system bus can't be reached")}


def test_a_system_bus_that_hangs(machine, own_bus):
    bus = own_bus(SYSTEM_RULES)
    bus.process.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    found = examine(machine, address=bus.address)
    assert found["system bus"][2] == "no answer within 5 seconds"
    assert time.monotonic() - begin < 8


def test_no_service(machine, logind, alice):
    logind.add("1", alice)
    found = examine(machine, alice)
    assert found["service"][:3] == ("wrong", "msgd is not installed", "the bus knows no service org.msgd.Messenger1")
    assert found["bus policy"][:2] == ("unknown", "not checked: msgd does not run")
    assert found["own session"] == found["mute"] == UNASKED
    assert found["logind"][1] == "knows 1 session"


def test_service_managers_are_no_sessions(machine, logind, ann):
    """systemd 256 and later list them."""
    logind.learn_to_list_classes()
    for id, session_class in enumerate(("manager", "manager-early", "background"), 2):
        logind.add(str(id), ann, Class=session_class, Type="unspecified")
    found = examine(machine, ann)
    assert found["logind"][:2] == ("ok", "knows 2 sessions")
    assert found["own session"][1] == "messages reach session 1 (x11, :0)"


def test_a_bus_that_forbids_what_its_logind_does_not_have(machine, own_bus, tmp_path, alice):
    """The policies of systemd 255 and older name no method that lists classes."""
    denial = '<deny send_interface="org.freedesktop.login1.Manager" send_member="ListSessionsEx"/>'
    bus = own_bus(f'{SYSTEM_RULES}<policy context="mandatory">{denial}</policy>')
    logind = Logind(bus.address, tmp_path)
    logind.start()
    logind.add("1", alice)
    found = examine(machine, address=bus.address)
    logind.stop()
    logind.connection.close_sync()
    assert found["logind"][:2] == ("ok", "knows 1 session")


def test_a_service_that_fails(machine, own_bus, tmp_path):
    (tmp_path / "msgd.service").write_text(SERVICE.format(name="org.msgd.Messenger1", command="/bin/false"))
    # A session bus, because a system bus starts nothing without its helper, which belongs to root and uses a fixed
    # folder.
    bus = own_bus(f"{SESSION_RULES}<servicedir>{tmp_path}</servicedir>", "session")
    found = examine(machine, address=bus.address)
    if any(pathlib.Path(folder, "org.msgd.Messenger1.conf").exists() for folder in POLICIES):
        state, text, reason, fix = found["service"]
        assert (state, text) == ("wrong", "msgd can't be started")
        assert reason == "Process org.msgd.Messenger1 exited with status 1"
        assert fix == "systemctl status msgd; journalctl -u msgd  # say why\nsudo systemctl restart msgd"
    else:  # the first thing to fix
        assert found["service"][:2] == ("unknown", "not checked: msgd can't be started without its bus policy")
        assert found["bus policy"][:2] == ("wrong", "there is none for msgd")
    assert found["own session"] == found["mute"] == UNASKED


def test_a_service_that_does_not_answer(machine, ann):
    ann.msgd.process.send_signal(signal.SIGSTOP)
    found = examine(machine, ann)
    ann.msgd.process.send_signal(signal.SIGCONT)
    assert found["service"][:3] == ("wrong", "msgd does not answer", "no answer within 5 seconds")
    assert found["bus policy"][:2] == ("unknown", "not checked: msgd does not answer")
    assert found["own session"] == found["mute"] == UNASKED


def test_a_bus_without_the_policy(machine, own_bus):
    rules = SYSTEM_RULES.replace("<include", '<include ignore_missing="yes"').replace("Messenger1.conf", "nothing.conf")
    bus = own_bus(f'{rules}<policy user="root"><allow own="org.msgd.Messenger1"/></policy>')
    owner = connect(bus.address)
    Call(owner, *BUS, GLib.Variant("(su)", ("org.msgd.Messenger1", 4))).wait()
    found = examine(machine, address=bus.address)
    owner.close_sync()
    state, text, reason, fix = found["bus policy"]
    assert state == "wrong" and "Rejected send message" in reason
    assert fix.endswith("sudo systemctl reload dbus")
    assert found["service"][:2] == ("unknown", "not checked: the bus refuses access to msgd")
    assert found["own session"] == found["mute"] == UNASKED


def test_no_polkit(machine, ann):
    ann.polkit.leave()
    consequence = "without it nobody but root may message others"
    assert examine(machine, ann)["polkit"][:3] == ("wrong", "it is not installed", consequence)
    assert examine(machine)["polkit"][:3] == ("note", "it is not installed", consequence)


def test_polkit_without_the_actions(machine, ann):
    ann.polkit.known = ann.polkit.known[:2]
    for person in (None, ann):
        assert examine(machine, person)["polkit"][:2] == ("wrong", "it does not know org.msgd.manage, org.msgd.override-mute, org.msgd.hold, org.msgd.relay")


def test_polkit_does_not_answer(machine, ann):
    # For its list of sessions, msgd asks about another action.
    ann.polkit.decide = lambda question: None if question.action == "org.msgd.broadcast" else NO
    begin = time.monotonic()
    assert examine(machine, ann)["polkit"][:3] == ("wrong", "it does not say what you may", "no answer within 5 seconds")
    assert time.monotonic() - begin < 8


def test_no_logind(machine, logind, ann):
    logind.stop()
    found = examine(machine, ann)
    assert found["logind"][:2] == ("wrong", "it can't be asked, so msgd doesn't know who is logged in")
    assert "org.freedesktop.login1" in found["logind"][2]
    assert found["own session"] == ("unknown", "not checked: logind can't be asked", None, None)


def test_a_terminal_is_no_desktop(machine, logind, alice):
    logind.add("1", alice, Type="tty", TTY="tty3", Display="")
    machine.start()
    found = examine(machine, alice)
    reason = "session 1 is on the terminal tty3, where no desktop was started"
    assert found["own session"] == ("note", "there is none that messages to you would reach", reason, None)
    assert found["notification server"][:2] == ("note", "not asked: no desktop of yours is known")


def test_muted(machine, ann):
    machine.finish(machine.msg("--mute", person=ann))
    assert examine(machine, ann)["mute"] == (
        "note", "you take no messages but root's and your own", "msg --mute was called", "msg --unmute",
    )  # fmt: skip


@pytest.fixture
def server(machine, logind):
    """Returns the findings about a user's notification server."""

    def look(person):
        logind.add("1", person)
        machine.start()
        return examine(machine, person)["notification server"]

    return look


def test_no_session_bus(machine, server):
    person = machine.person(has_bus=False)
    state, text, reason, fix = server(person)
    assert (state, text) == ("wrong", f"the session bus at unix:path={person.folder}/bus can't be reached")
    assert "No such file or directory" in reason


def test_no_notification_server(machine, server):
    person = machine.person()
    state, text, reason, fix = server(person)
    assert (state, text) == ("wrong", f"there is none on the session bus at {person.bus.address}")
    assert "start dunst, mako or the like" in fix


def test_a_notification_server_that_cannot_be_started(machine, server):
    state, text, reason, fix = server(machine.person(activates="/bin/false"))
    assert (state, text) == ("wrong", "it can't be started or asked")
    assert reason == "Process org.freedesktop.Notifications exited with status 1"


def test_a_notification_server_that_hangs(machine, server):
    answer = server(machine.desktop_user(mute=True))
    assert answer == ("wrong", "it does not answer", "no answer within 5 seconds", "restart it, or log out and in again")


def test_a_notification_server_without_buttons(machine, server):
    state, text, reason, fix = server(machine.desktop_user(capabilities=("body",)))
    assert (state, text) == ("note", "server 1 (tests)")
    assert reason == "it has no actions: nobody can acknowledge a message (/W) or choose a reply"
