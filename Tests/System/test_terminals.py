"""Messages on real terminals: of login(1), as on a console, and of sshd; msgd and msgd-connect as installed."""

import json
import re
import time

import pexpect
import pytest

from lib.commands import msg, outcome
from lib.machine import HERE, SECOND, await_that, run

BELL = "\a"


class Login:
    """A person's shell on a terminal."""

    def __init__(self, user, machine, command, *arguments):
        self.user = user
        self.machine = machine
        self.child = pexpect.spawn(command, list(arguments), encoding="utf-8", timeout=20, dimensions=(24, 200))
        self.terminal = self.ask("tty").removeprefix("/dev/")
        self.accept()
        [self.session] = [
            session["session"] for session in sessions(machine) if session["user"] == user and self.terminal in processes(machine, session)
        ]

    def ask(self, command):
        """Returns the one line that a command prints."""
        self.child.sendline(f"stty -echo; PS1=; clear; echo; echo \"says-\"$({command})")
        self.child.expect(r"\nsays-([^\r\n]*)\r")
        return self.child.match[1]

    def do(self, command):
        assert self.ask(f"{command}; echo done").endswith("done")

    def accept(self):
        """What mesg(1) does, which isn't installed everywhere. login(1) of Debian leaves it at n."""
        self.do("chmod g+w $(tty)")

    def refuse(self):
        self.do("chmod g-w $(tty)")

    def reads(self, text):
        """Waits for a message, and returns all that came since the last one."""
        self.child.expect(re.escape(text) + r"\r+\n\r+\n")
        return self.child.before + text

    def reads_nothing(self):
        self.do("true")
        assert BELL not in self.child.before

    def end(self):
        self.child.close(force=True)


def sessions(machine):
    return [json.loads(line) for line in machine.run("msg", "--sessions", "--json").stdout.splitlines()]


def processes(machine, session):
    """The terminals of a session's processes."""
    show = ("loginctl", "show-session", "--property=Scope", "--value", session["session"])
    scope = machine.run(*show).stdout.strip()
    pids = machine.run("cat", f"/sys/fs/cgroup/user.slice/user-{session['uid']}.slice/{scope}/cgroup.procs").stdout.split()
    return machine.run("ps", "-o", "tty=", "-p", ",".join(pids), check=False).stdout.split()


@pytest.fixture
def logins():
    """Logs people in, and out in the end."""
    open = []

    def log_in(user, machine, command, *arguments):
        open.append(Login(user, machine, command, *arguments))
        return open[-1]

    yield log_in
    for login in open:
        login.end()


@pytest.fixture
def on_console(logins):
    return lambda user: logins(user, HERE, "login", "-f", user)


@pytest.fixture
def over_ssh(logins):
    """Logs a user in on the second machine, with root's key."""

    def log_in(user):
        home = f"/home/{user}/.ssh"
        SECOND.run("install", "-d", "-o", user, "-g", user, "-m", "700", home)
        SECOND.run("install", "-o", user, "-g", user, "-m", "600", "/root/.ssh/authorized_keys", f"{home}/authorized_keys")
        return logins(user, SECOND, "ssh", "-tt", f"{user}@second")

    return log_in


def states(answer):
    """Returns the state of each delivery, by user; a user with several sessions has several."""
    result = {}
    for line in answer.stdout.splitlines():
        delivery = json.loads(line)
        result.setdefault(delivery["user"], []).append((delivery["state"], delivery["by"]))
    return {user: sorted(found) for user, found in result.items()}


def test_everyone_is_told_once_on_a_desktop_a_console_or_over_ssh(dave, recorders, on_console):
    frank = on_console("frank")
    answer = msg("*", "--terminals", "/V", "/TIME:30", "to everyone here")
    name = f"frank (session {frank.terminal})"
    assert f"Sending message to {name}\nAsync message sent to {name} (on the terminal)\n" in answer.stdout
    for user in ("alice", "bob", "carol"):
        assert answer.stdout.count(f"Async message sent to {user} ") == 1
        assert recorders[user].popup("to everyone here")
    # logind is told that dave is on pts/7, which does not exist.
    reason = f"dave (session {dave.session_id}, pts/7): failed: the terminal pts/7 is gone\n"
    assert (answer.returncode, answer.stderr) == (1, reason)
    text = frank.reads("  to everyone here")
    assert re.search(rf"{BELL}Message from root on \S+ at \d\d:\d\d:\d\d:\r+\n  to everyone here$", text)


def test_over_ssh_with_and_without_a_desktop(second, over_ssh):
    erin, also_erin, alice = over_ssh("erin"), over_ssh("erin"), over_ssh("alice")
    popups = second.popups()
    answer = msg("*", "--terminals", "/SERVER:second", "--json", "/TIME:30", "to everyone there")
    found = states(answer)
    found.pop("root", None)  # whoever the tests themselves are there
    written = ("written", "terminal")
    assert found == {"alice": [("shown", "popup")], "bob": [("shown", "popup")], "erin": [written, written]}
    assert popups.popup("to everyone there")
    erin.reads("  to everyone there")
    also_erin.reads("  to everyone there")
    alice.reads_nothing()
    # With the terminal's name, whatever logind calls the session.
    assert outcome(msg(erin.terminal, "--terminals", "/SERVER:second", "/W", "to one terminal")) == (3, "", "")
    erin.reads("  to one terminal")
    also_erin.reads_nothing()
    assert states(msg("*", "--terminals=only", "/SERVER:second", "--json", "to terminals")).get("alice") == [written]
    alice.reads("  to terminals")


def test_a_terminal_that_logind_does_not_know_is_that_of_the_sessions_programs(open_session, tmp_path):
    """As sshd's where there is no utmp."""
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        parent.chmod(parent.stat().st_mode | 0o011)
    screen = tmp_path / "screen"
    session = open_session("erin", "--type", "tty", command=("script", "-qfc", "tty; sleep infinity", str(screen)))
    assert run("loginctl", "show-session", "--property=TTY", "--value", session).stdout.strip() == ""
    await_that(lambda: screen.exists() and "/dev/pts/" in screen.read_text(), lambda: "it has no terminal")
    terminal = re.search(r"/dev/(pts/\d+)", screen.read_text())[1]
    for recipient in ("erin", terminal, f"id:{session}"):
        answer = msg(recipient, "--terminals", "--json", f"to {recipient}")
        [delivery] = map(json.loads, answer.stdout.splitlines())
        assert (delivery["state"], delivery["session-name"], delivery["session"]) == ("written", terminal, session)
        await_that(lambda: f"  to {recipient}" in screen.read_text(), screen.read_text)


def test_a_terminal_that_is_stopped_with_ctrl_s_delays_nobody(over_ssh):
    stopped, erin = over_ssh("dave"), over_ssh("erin")
    stopped.child.send("\x13")
    # Nobody can write on it any more, as poll(2) says.
    ask = f"import os, select; f = os.open('/dev/{stopped.terminal}', os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY); " \
          "p = select.poll(); p.register(f, select.POLLOUT); print(p.poll(0))"
    await_that(lambda: SECOND.run("python3", "-c", ask).stdout == "[]\n", lambda: "it goes on")
    begin = time.monotonic()
    answer = msg("dave,erin", "--terminals", "/SERVER:second", "--json", "never mind")
    assert time.monotonic() - begin < 3
    assert states(answer) == {"dave": [("failed", None)], "erin": [("written", "terminal")]}
    reasons = [json.loads(line)["error-message"] for line in answer.stdout.splitlines()]
    advice = "is stopped (Ctrl-S), or nobody reads it: send it again after Ctrl-Q there"
    assert f"the terminal {stopped.terminal} {advice}" in reasons
    erin.reads("  never mind")
    stopped.child.send("\x11")
    stopped.reads_nothing()


def test_mesg_n_is_respected_but_for_root(alice, on_console):
    frank = on_console("frank")
    assert outcome(alice.run("msg", "frank", "--terminals", "from alice", check=False)) == (0, "", "")
    text = frank.reads("  from alice")
    assert "Message from alice on " in text
    frank.refuse()
    answer = alice.run("msg", "frank", "--terminals", "again", check=False)
    reason = f"frank takes messages from root only on {frank.terminal} (mesg n)"
    assert outcome(answer) == (1, "", f"frank (session {frank.session}, {frank.terminal}): failed: {reason}\n")
    frank.reads_nothing()
    assert outcome(msg("frank", "--terminals", "from root")) == (0, "", "")
    frank.reads("  from root")


def test_msg_wall(on_console, alice):
    frank = on_console("frank")
    popups = alice.popups()
    answer = run("msg-wall", check=False, input="two\nlines\n")
    assert answer.returncode == 1 and "dave" in answer.stderr and "frank" not in answer.stderr  # dave's terminal is none
    assert "  two\r" in frank.reads("  lines")
    assert popups.popup("two").body == "two\nlines"
    assert outcome(run("msg-wall", "-g", "frank", "to", "a", "group", check=False)) == (0, "", "")
    frank.reads("  to a group")
