"""Messages on terminals, where somebody is logged in without a desktop."""

import contextlib
import os
import pathlib
import re
import socket
import time

import pytest

from lib.fake_polkit import NO, YES
from lib.machine import outcome
from lib.terminal import Terminal

END = "\r\n\r\n"


@pytest.fixture
def log_in(logind):
    """Opens a session on a terminal, and returns the terminal."""
    with contextlib.ExitStack() as terminals:

        def on_terminal(id, person, tty=None):
            terminal = terminals.enter_context(Terminal(person.account.pw_uid))
            logind.add(id, person, Type="tty", Display="", TTY=terminal.name if tty is None else tty)
            return terminal

        yield on_terminal


def states(deliveries):
    return {delivery[0]: delivery[3] for delivery in deliveries}


def test_who_is_on_no_desktop_gets_it_on_each_terminal(machine, logind, client, alice, log_in):
    dave = machine.person(has_bus=False)
    logind.add("1", alice)
    first, second = log_in("2", dave), log_in("3", dave)
    machine.start()
    _, deliveries = client.send("*", body="Reboot\nat 18:00", terminals="too")
    assert states(deliveries) == {"1": "shown", "2": "written", "3": "written"}
    details = {delivery[0]: delivery[4] for delivery in deliveries}
    assert (details["2"]["by"], details["2"]["session-name"]) == ("terminal", first.name)
    assert "timeout" not in details["2"] and details["2"]["elapsed"] < 5
    heading = rf"Message from root on {re.escape(socket.gethostname())} at \d\d:\d\d:\d\d:"
    for terminal in (first, second):
        assert re.fullmatch(rf"\r\n\a{heading}\r\n  Reboot\r\n  at 18:00{END}", terminal.read(until=END))
    assert alice.server.popup().body == "Reboot\nat 18:00"


def test_without_the_option_terminals_get_nothing(machine, logind, client, alice, log_in):
    dave = machine.person(has_bus=False)
    terminal = log_in("2", dave)
    logind.add("1", alice)
    machine.start()
    assert states(client.send("*")[1]) == states(client.send("*", terminals="no")[1]) == {"1": "shown"}
    assert terminal.unread() == ""


def test_what_somebody_has_on_both_is_told_once_on_the_desktop(machine, logind, client, alice, log_in):
    logind.add("1", alice)
    terminal = log_in("2", alice)
    machine.start()
    for recipients in (["*"], [alice.name], [alice.name, terminal.name]):
        assert states(client.send(*recipients, terminals="too")[1]) == {"1": "shown"}
    assert terminal.unread() == ""
    # A word that means the terminal reaches it.
    assert states(client.send(terminal.name, terminals="too")[1]) == {"2": "written"}
    assert states(client.send("*", terminals="only")[1]) == {"2": "written"}
    assert len(alice.server.popups) == 3


def test_mesg_n_keeps_others_messages_away(machine, client, log_in):
    dave, eve = machine.person(has_bus=False), machine.person(has_bus=False)
    terminal = log_in("1", dave)
    machine.polkit(lambda question: YES)
    machine.start()
    eves = machine.client(eve.account.pw_uid)
    assert states(eves.send(dave.name, terminals="too")[1]) == {"1": "written"}
    terminal.read(until=END)
    terminal.refuse()
    reason = f"{dave.name} takes messages from root only on {terminal.name} (mesg n)"
    assert outcome(eves.send(dave.name, terminals="too")[1]) == [("failed", reason)]
    assert terminal.unread() == ""
    assert states(client.send(dave.name, terminals="too")[1]) == {"1": "written"}
    assert states(machine.client(dave.account.pw_uid).send(dave.name, terminals="too")[1]) == {"1": "written"}


def test_who_takes_no_messages_is_not_written_to(machine, client, log_in):
    dave, eve = machine.person(has_bus=False), machine.person(has_bus=False)
    terminal = log_in("1", dave)
    machine.polkit(lambda question: NO if question.action == "org.msgd.override-mute" else YES)
    machine.start()
    machine.client(dave.account.pw_uid).call("SetMuted", "(b)", True)
    assert states(machine.client(eve.account.pw_uid).send(dave.name, terminals="too")[1]) == {"1": "muted"}
    assert terminal.unread() == ""


def test_a_stopped_terminal_delays_nobody(machine, logind, client, alice, log_in):
    dave, eve = machine.person(has_bus=False), machine.person(has_bus=False)
    logind.add("1", alice)
    stopped, other, fine = log_in("2", dave), log_in("3", dave), log_in("4", eve)
    stopped.stop()
    machine.start()
    begin = time.monotonic()
    _, deliveries = client.send("*", terminals="too")
    assert time.monotonic() - begin < 2
    assert states(deliveries) == {"1": "shown", "2": "failed", "3": "written", "4": "written"}
    [reason] = [delivery[4]["error-message"] for delivery in deliveries if delivery[3] == "failed"]
    advice = "is stopped (Ctrl-S), or nobody reads it: send it again after Ctrl-Q there"
    assert reason == f"the terminal {stopped.name} {advice}"
    other.read(until=END)
    fine.read(until=END)
    stopped.go_on()
    assert stopped.unread() == ""


def test_of_many_terminals_each_is_written_on(machine, client, log_in):
    dave, eve = machine.person(has_bus=False), machine.person(has_bus=False)
    terminals = [log_in(str(number), dave) for number in range(50)]
    terminals.append(log_in("50", eve))
    machine.start()
    assert set(states(client.send("*", terminals="too")[1]).values()) == {"written"}
    for terminal in terminals:
        terminal.read(until=END)


def test_terminals_that_are_gone_or_somebody_elses_are_told(machine, client, log_in):
    dave, eve = machine.person(has_bus=False), machine.person(has_bus=False)
    gone = f"pts/{pathlib.Path('/proc/sys/kernel/pty/max').read_text().strip()}"  # numbers are less than that
    log_in("1", dave, tty=gone)
    others = log_in("2", dave)
    os.chown(others.path, eve.account.pw_uid, -1)
    os.chmod(others.path, 0o666)
    machine.start()
    assert outcome(client.send(dave.name, terminals="only")[1]) == [
        ("failed", f"the terminal {gone} is gone"),
        ("failed", f"the terminal {others.name} belongs to uid {eve.account.pw_uid}, not to {dave.name}"),
    ]
    assert others.unread() == ""


def test_roots_terminals_get_nothing(machine, client, log_in):
    log_in("1", machine.root())
    machine.start()
    reason = "msgd never becomes root, so nothing is written on root's terminals"
    assert outcome(client.send("root", terminals="too")[1]) == [("failed", reason)]


@pytest.mark.parametrize("tty", ["../null", "tty", "null", "pts/1/../../null"])
def test_a_session_without_a_valid_terminal_is_not_reached(machine, logind, client, alice, log_in, tty):
    dave = machine.person(has_bus=False)
    logind.add("1", alice)
    log_in("2", dave, tty=tty)
    machine.start()
    assert states(client.send("*", terminals="too")[1]) == {"1": "shown"}
    [reason] = [reason for _, reason in outcome(client.send(alice.name, dave.name, terminals="too")[1]) if reason]
    assert reason == f"{dave.name} is logged in, but not on a desktop or terminal: session seat0 has no terminal"


def test_what_was_written_stays(machine, client, log_in):
    dave = machine.person(has_bus=False)
    terminal = log_in("1", dave)
    machine.start()
    id, _ = client.send(dave.name, terminals="too", wait=True, replies=[("y", "Yes")])
    text = terminal.read(until=END)
    client.call("Withdraw", "(t)", id)
    assert client.states(id) == {"1": "written"} and terminal.unread() == "" and "Yes" not in text


def test_senders_can_not_operate_the_terminal(machine, client, log_in):
    dave, eve = machine.person(has_bus=False), machine.person(has_bus=False)
    terminal = log_in("1", dave)
    machine.polkit(lambda question: YES)
    machine.start()
    evil = "".join(map(chr, [*range(1, 32), *range(127, 160)])) + "\x1b]0;x\x07\x1b[2J"
    machine.client(eve.account.pw_uid).send(dave.name, body=f"x{evil}\nMessage from root", title=f"t{evil}", terminals="only")
    text = terminal.read(until=END)
    assert {character for character in text if not character.isprintable()} == {"\a", "\r", "\n"}
    lines = [line for line in text.split("\r\n") if line and not line.startswith("  ")]
    assert lines[0].startswith(f"\aMessage from {eve.name} on ") and lines[1].startswith(f"{eve.name}: t") and len(lines) == 2


def test_a_long_text_is_whole_or_says_what_is_missing(machine, client, log_in):
    """Nobody reads the terminal while it is written."""
    dave = machine.person(has_bus=False)
    terminal = log_in("1", dave)
    machine.start()
    for body, end in [("word " * 700 + "end", "end"), ("漢" * 4096, " more characters)")]:
        assert outcome(client.send(dave.name, body=body, terminals="too")[1]) == [("written", "")]
        text = terminal.read(until=END)
        assert text.removesuffix(END).endswith(end) and max(map(len, text.split("\r\n"))) <= 79
        missing = re.search(r"  … \((\d+) more characters\)", text)
        assert missing is None or int(missing[1]) + text.count("漢") == 4096


def test_msg_tells_of_terminals(machine, logind, alice, log_in):
    dave = machine.person(has_bus=False)
    logind.add("1", alice)
    terminal = log_in("2", dave)
    machine.start()
    status, output = machine.finish(machine.msg("*", "--terminals", "/V", "hi"))
    assert status == 0 and f"Async message sent to {dave.name} (session {terminal.name}) (on the terminal)\n" in output
    assert machine.finish(machine.msg(dave.name, "/TERMINALS:only", "/W", "hi")) == (3, "")
    assert machine.finish(machine.msg("hi", command="msg-wall")) == (0, "")
    assert len(alice.server.popups) == 2
    terminal.refuse()
    status, output = machine.finish(machine.msg(dave.name, "--terminals", "--json", "hi"))
    assert status == 0 and '"state": "written"' in output and '"by": "terminal"' in output
