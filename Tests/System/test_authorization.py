"""Who may message whom, as the real polkit decides: for users at the machine, elsewhere, and over ssh.

alice sits at seat0. The others' sessions are on no seat, so polkit treats them as remote.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pexpect
import pytest

from lib.commands import msg, outcome
from lib.desktop import Desktop
from lib.machine import HERE, SECOND, Machine, run, system_bus
from lib.markdown_pages import rule
from lib.notification_recorder import reached

SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")
PASSWORD = "correct horse battery staple"
UNASKED = "nobody could be asked: use a terminal, or be root"


@pytest.fixture(scope="module", autouse=True)
def unlimited():
    """alice and bob make more calls here than the limits allow."""
    configuration = Path("/etc/msgd.conf")
    former = configuration.read_text()
    configuration.write_text("[Limits]\nMessagesPerMinute=60000\nBurst=60000\n")
    run("systemctl", "restart", "msgd")
    yield
    configuration.write_text(former)
    run("systemctl", "restart", "msgd")


def by_command(run_as, recipient):
    """Sends with msg; returns whether that was allowed, and the error if it wasn't."""
    answer = run_as("msg", recipient, "/TIME:5", "psst", check=False)
    assert answer.returncode in (0, 77) and answer.stdout == "", answer
    return answer.returncode == 0, answer.stderr.strip().removeprefix("msg: ")


def by_busctl(run_as, recipient):
    """The same with busctl, which permits a question for a password."""
    answer = run_as("busctl", "call", *SERVICE, "SendMessage", "ss", "psst", recipient, check=False)
    return answer.returncode == 0, answer.stderr.strip().removeprefix("Call failed: ")


BOTH = pytest.mark.parametrize("send", [by_command, by_busctl])


def listed(run_as):
    """Returns the users whose sessions are shown."""
    return {json.loads(line)["user"] for line in run_as("msg", "--sessions", "--json").stdout.splitlines()}


# --- as it is installed ----------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("sender", ["alice", "bob", "carol"])
def test_users_may_message_themselves(desktops, recorders, send, sender):
    assert send(desktops[sender].run, sender) == (True, "")
    assert reached(recorders) == {sender}
    assert recorders[sender].popup("psst").summary.startswith(f"Message from {sender} ")


@BOTH
def test_who_sits_at_the_machine_may_message_another(alice, recorders, send):
    assert send(alice.run, "bob") == (True, "")
    assert reached(recorders) == {"bob"}
    assert recorders["bob"].popup("psst").summary.startswith("Message from alice ")


@BOTH
@pytest.mark.parametrize("recipient", ["*", "group:users", "bo?", "user:*"])
def test_who_sits_at_the_machine_may_not_message_many(alice, recorders, send, recipient):
    who = "everyone" if recipient == "*" else recipient
    assert send(alice.run, recipient) == (
        False, f"alice may not message {who}: polkit wants a password for org.msgd.broadcast, and {UNASKED}",
    )  # fmt: skip
    assert reached(recorders) == set()


def test_several_are_many(alice, recorders):
    answer = alice.run("msg", "bob,carol", "psst", check=False)
    assert answer.returncode == 77 and "alice may not message bob, carol: " in answer.stderr
    assert reached(recorders) == set()


@BOTH
@pytest.mark.parametrize("sender", ["bob", "dave"])
def test_a_refusal_tells_nothing_of_who_is_logged_in(desktops, recorders, send, sender):
    """A user on a desktop, a user on a terminal, a user who is not logged in, and no user at all."""
    names = ("alice", "greeter", "erin", "nosuchuser")
    # Whomever these mean, or if they mean nobody, they count like everyone.
    others = ("tty7", "id:4711", f"id:{desktops['alice'].session_id}", "seat0", "session:seat7")
    for recipients, action in (names, "send-user"), (others, "broadcast"):
        for recipient in recipients:
            assert send(desktops[sender].run, recipient) == (
                False,
                f"{sender} may not message {recipient}: polkit wants a password for org.msgd.{action}, and {UNASKED}",
            )
    assert reached(recorders) == set()
    assert listed(desktops[sender].run) == {sender}


def test_who_may_message_others_sees_them(alice):
    assert {"alice", "bob", "carol", "dave"} <= listed(alice.run)


def test_one_display_for_several_is_nobodys(alice, recorders, open_session):
    """erin and frank claim one display. alice may message either, and a user who shares a display with nobody."""
    ids = [open_session(user, "--display", ":77") for user in ("erin", "frank")]
    for word in (":77", "session::77"):
        claimed = f"msg: {word} is several users' display (erin, frank): name the user\n"
        assert outcome(alice.run("msg", word, "psst", check=False)) == (64, "", claimed)
    for word in ("erin", f"id:{ids[0]}"):
        # There is no notification server, which msg reports only if it looks for one.
        assert "erin (session " in alice.run("msg", word, "hi", check=False).stderr
    for word in (":2", "Bob", "user:bob", "bob,:2"):
        assert by_command(alice.run, word) == (True, "")
    assert {user: len(recorder.popups()) for user, recorder in recorders.items() if recorder.popups()} == {"bob": 4}


@BOTH
def test_root_may_message_everyone(recorders, send):
    assert send(run, "bob") == (True, "")
    assert send(run, "*") == (True, "")
    assert recorders["alice"].popup("psst") and len(recorders["bob"].popups()) == 2


# --- over ssh, where polkit asks -------------------------------------------------------------------------------------


def over_ssh(*command, **options):
    """Runs a command as alice on the second machine, in the session of a login by ssh, without a terminal."""
    return Machine("alice@second").run(*command, **options)


@pytest.fixture
def there(second):
    """bob's desktop beside alice's on the second machine."""
    desktop = Desktop("bob", SECOND)
    desktop.park_pointer()
    yield desktop.popups()
    desktop.clean_up()


@pytest.fixture
def terminal():
    """Starts a command as alice on the second machine, at a terminal."""
    children = []

    def begin(command):
        arguments = ["-q", "-tt", "alice@second", command]
        children.append(pexpect.spawn("ssh", arguments, encoding="utf-8", timeout=20))
        return children[-1]

    yield begin
    for child in children:
        child.close(force=True)


@pytest.fixture(scope="module")
def erin():
    """An administrator on the second machine, with a password."""
    SECOND.run("chpasswd", input=f"erin:{PASSWORD}\n")
    SECOND.run("gpasswd", "--add", "erin", "sudo")
    yield
    SECOND.run("gpasswd", "--delete", "erin", "sudo")
    SECOND.run("usermod", "--lock", "erin")


def end(child):
    """Returns the rest of its output, and its exit status."""
    child.expect(pexpect.EOF)
    child.close()
    return child.before, child.exitstatus


@BOTH
def test_over_ssh_one_may_message_oneself(second, there, send):
    popups = second.popups()
    assert send(over_ssh, "alice") == (True, "")
    assert popups.popup("psst")
    assert listed(over_ssh) == {"alice"}


@BOTH
def test_over_ssh_another_takes_a_password(there, send):
    assert send(over_ssh, "bob") == (
        False, f"alice may not message bob: polkit wants a password for org.msgd.send-user, and {UNASKED}",
    )  # fmt: skip
    assert there.popups() == []


def test_the_dialogue_does_not_tell_who_is_meant(terminal, there, erin):
    """The agent may be the sender's own program. It gets the words, and nothing about the users whom they mean."""
    word = f"id:{Desktop('bob', SECOND).session_id}"
    watcher = SECOND.start("stdbuf", "-oL", "dbus-monitor", "--system", "member='BeginAuthentication'")
    while "NameLost" not in watcher.stdout.readline():  # it has become a monitor
        assert watcher.poll() is None
    child = terminal(f"msg {word} /TIME:5 psst")
    child.expect_exact(f"Authentication is required to show a message to several users at once: {word}")
    child.expect("Password: ")
    watcher.terminate()
    told = watcher.communicate(timeout=10)[0]
    child.sendline(PASSWORD)
    assert end(child)[1] == 0
    assert there.popup("psst")
    texts = re.findall(r'string "(.*)"', told[told.index("BeginAuthentication") :])
    assert texts[1].endswith(f": {word}")
    assert not any("bob" in text for text in texts), texts


def test_the_password_of_an_administrator_is_asked_for_at_the_terminal(terminal, there, erin):
    child = terminal("msg bob /TIME:5 psst")
    child.expect_exact("Authentication is required to show a message to bob")
    child.expect("(?i)authenticating as: .*erin")
    child.expect("Password: ")
    assert there.popups() == []
    child.sendline(PASSWORD)
    rest, status = end(child)
    assert (status, "AUTHENTICATION COMPLETE" in rest) == (0, True), rest
    assert there.popup("psst").summary.startswith("Message from alice ")


TWICE = """
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
for recipient, flags in ("bob", Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION), ("erin", 0), ("bob", 0):
    try:
        arguments = GLib.Variant("(ss)", ("psst", recipient))
        bus.call_sync(*SERVICE, "SendMessage", arguments, None, flags, -1, None)
        print("sent to", recipient)
    except GLib.Error as error:
        print(error.message)
"""


def test_a_password_is_for_one_message(terminal, there, erin):
    """polkit would keep it for the action and the process. The password was for bob, and must not allow a message to
    erin."""
    program = TWICE.replace("SERVICE", repr((SERVICE[0], SERVICE[1], SERVICE[2])))
    agent = "mkfifo /tmp/ready; pkttyagent --process $$ --notify-fd 3 3>/tmp/ready & cat /tmp/ready; rm /tmp/ready"
    child = terminal(f"{agent}; exec python3 -c {shlex.quote(program)}")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    rest, _ = end(child)
    assert "sent to bob" in rest
    for recipient in ("bob", "erin"):
        assert f"alice may not message {recipient}: polkit wants a password for org.msgd.send-user" in rest
    assert [popup.body for popup in there.popups()] == ["psst"]


def test_a_wrong_password_is_refused(terminal, there, erin):
    child = terminal("msg bob psst")
    child.expect("Password: ")
    child.sendline("swordfish")
    rest, status = end(child)
    assert (status, "swordfish" in rest) == (77, False), rest
    assert "alice may not message bob: the authentication for org.msgd.send-user failed" in rest
    assert there.popups() == []


def test_busctl_is_asked_too(terminal, there, erin):
    """It starts no agent of its own, so the test starts one."""
    agent = "mkfifo /tmp/ready; pkttyagent --process $$ --notify-fd 3 3>/tmp/ready & cat /tmp/ready; rm /tmp/ready"
    child = terminal(f"{agent}; exec busctl call {' '.join(SERVICE)} SendMessage ss psst bob")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    rest, status = end(child)
    assert status == 0, rest
    assert there.popup("psst")


@pytest.mark.parametrize("signal", ["INT", "KILL"])
def test_who_ends_the_dialogue_sends_nothing_and_has_the_terminal_back(terminal, there, erin, signal):
    child = terminal("trap : INT; msg bob psst; echo status $?; pidwait pkttyagent; stty -a")
    child.expect("Password: ")
    if signal == "INT":
        child.sendintr()
    else:
        SECOND.run("pkill", f"-{signal}", "-x", "msg")
    child.expect_exact(f"status {dict(INT=130, KILL=137)[signal]}")
    rest, _ = end(child)
    assert " echo " in rest  # which the dialogue had turned off
    assert there.popups() == []


def test_many_take_a_password_too(terminal, there, erin):
    child = terminal("msg '*' /TIME:5 psst")
    child.expect_exact("Authentication is required to show a message to several users at once: everyone")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    assert end(child)[1] == 0
    assert there.popup("psst")


def test_anothers_message_is_withdrawn_with_a_password(terminal, there, erin):
    id = SECOND.run("msg", "bob", "--print-id", "/TIME:30", "take this back").stdout.strip()
    popup = there.popup("take this back")
    child = terminal(f"msg --withdraw {id}")
    child.expect_exact(f"Authentication is required to look into or take back message {id}")
    child.expect("Password: ")
    child.sendline(PASSWORD)
    assert end(child)[1] == 0
    assert there.closed(popup.id).reason == 3


def test_what_needs_no_password_starts_no_agent(terminal, second, there):
    trace = "strace -qq -f -e trace=execve -o /tmp/trace"
    child = terminal(f"{trace} msg alice /TIME:5 psst; grep -c pkttyagent /tmp/trace")
    rest, _ = end(child)
    assert rest.strip() == "0"


def test_nobody_is_asked_where_that_is_not_wanted(terminal, there, erin):
    rest, status = end(terminal("msg bob --no-ask-password psst"))
    assert status == 77
    assert rest.strip() == (
        f"msg: alice may not message bob: polkit wants a password for org.msgd.send-user, and {UNASKED}"
    )
    assert there.popups() == []


# --- the administrator's rules ---------------------------------------------------------------------------------------


@pytest.fixture
def rules():
    """Installs a rule from docs/ADMIN.md, and makes users members of its group, if it has one."""
    done = []

    def install(file, group=None, *users):
        if group:
            run("groupadd", group)
        for user in users:
            run("gpasswd", "--add", user, group)
        path = Path("/etc/polkit-1/rules.d", file)
        path.write_text(rule(file))
        done.append((path, group))
        restart_polkit()

    yield install
    for path, group in done:
        path.unlink()
        if group:
            run("groupdel", group)
    restart_polkit()


def restart_polkit():
    """Restarts polkit, which would notice a changed file by itself, but at an unknown time."""
    run("systemctl", "reset-failed", "polkit", check=False)  # it may be started five times in ten seconds
    run("systemctl", "restart", "polkit")


def test_a_rule_for_a_service(recorders, rules):
    run("useradd", "--system", "nagios")
    try:
        command = ("setpriv", "--reuid=nagios", "--regid=nagios", "--clear-groups", "msg", "alice,bob", "a check failed")
        assert run(*command, check=False).returncode == 77
        rules("50-msgd-monitoring.rules")
        assert outcome(run(*command)) == (0, "", "")
        assert reached(recorders) == {"alice", "bob"}
    finally:
        run("userdel", "nagios")


def test_a_service_with_a_dynamic_user_learns_what_it_needs(alice):
    """dbus-daemon closes its connection. As a user who exists it is admitted, and judged like everybody. dbus-broker
    admits it as it is."""
    service = ("systemd-run", "--quiet", "--pipe", "--wait", "--property=DynamicUser=yes")
    for command in (["msg", "alice", "hi"], ["msg", "--sessions"]):
        answer = run(*service, *command, check=False)
        if system_bus() == "dbus-daemon":
            assert (answer.returncode, answer.stdout) == (69, "")
            assert answer.stderr.endswith("give a service with DynamicUser= a User= that exists\n")
        elif "alice" in command:
            assert answer.returncode == 77 and re.match(r"msg: uid \d+ may not message alice: ", answer.stderr), answer
        else:
            assert answer.returncode == 0 and "alice" not in answer.stdout, answer
    answer = run(*service, "--property=User=daemon", "msg", "alice", "hi", check=False)
    assert answer.returncode == 77 and answer.stderr.startswith("msg: daemon may not message alice: ")


@BOTH
def test_a_rule_for_the_helpdesk(desktops, recorders, rules, send):
    rules("50-msgd.rules", "helpdesk", "bob")
    assert send(desktops["bob"].run, "carol") == (True, "")
    assert send(desktops["bob"].run, "*") == (True, "")
    assert recorders["alice"].popup("psst")
    assert {"alice", "bob", "carol", "dave"} <= listed(desktops["bob"].run)
    assert send(desktops["dave"].run, "carol")[0] is False
    assert send(desktops["alice"].run, "*")[0] is False


@BOTH
def test_a_rule_by_recipient(desktops, recorders, rules, send):
    rules("50-msgd-students.rules", "students", "bob", "alice")
    assert send(desktops["bob"].run, "alice") == (True, "")
    refusal = "may not message carol: polkit refuses org.msgd.send-user"
    assert send(desktops["bob"].run, "carol") == (False, f"bob {refusal}")
    assert send(desktops["alice"].run, "carol") == (False, f"alice {refusal}")
    assert reached(recorders) == {"alice"}


def test_a_rule_against_a_user_holds_for_all_their_names(desktops, recorders, rules):
    """The rule denies messages to carol, by whatever word, alone and with others. She herself may send."""
    rules("40-msgd-carol.rules")
    alice, carol = desktops["alice"], desktops["carol"]
    by_name = ("carol", "user:carol", "Carol", "user:CAROL", f"id:{carol.session_id}", carol.session_name)
    for word in by_name:
        assert by_command(alice.run, word) == (False, f"alice may not message {word}: polkit refuses org.msgd.send-user")
    for word, who in {"bob,carol": "bob, carol", "*": "everyone", "car*": "car*"}.items():
        assert by_command(alice.run, word) == (False, f"alice may not message {who}: polkit refuses org.msgd.broadcast")
    assert by_command(alice.run, "bob") == by_command(carol.run, "carol") == (True, "")
    assert reached(recorders) == {"bob", "carol"}
    # For bob, who may not see other sessions, her session is like any other.
    for word in (f"id:{carol.session_id}", f"id:{alice.session_id}"):
        assert "polkit wants a password for org.msgd.broadcast" in by_command(desktops["bob"].run, word)[1]


# --- without polkit --------------------------------------------------------------------------------------------------


@pytest.fixture
def no_polkit():
    run("systemctl", "mask", "--runtime", "--now", "polkit")
    yield
    run("systemctl", "unmask", "--runtime", "polkit")
    restart_polkit()


@BOTH
def test_without_polkit(desktops, no_polkit, send):
    alice, bob = desktops["alice"], desktops["bob"]
    popups, others = alice.popups(), bob.popups()
    assert send(alice.run, "alice") == (True, "")
    assert popups.popup("psst")
    for recipient, who in {"bob": "bob", "nosuchuser": "nosuchuser", "bo*": "bo*"}.items():
        assert send(alice.run, recipient) == (
            False, f"alice may not message {who}: polkit is not running, and without it only root may",
        )  # fmt: skip
    assert listed(alice.run) == {"alice"}
    assert others.popups() == []
    assert send(run, "bob") == (True, "")
    assert others.popup("psst")


def test_without_polkit_a_terminal_says_so_too(desktops, no_polkit):
    command = HERE.command("as-user", "alice", "msg", "bob", "psst")
    child = pexpect.spawn(command[0], command[1:], encoding="utf-8", timeout=20)
    assert end(child) == ("msg: alice may not message bob: polkit is not running, and without it only root may\r\n", 77)
