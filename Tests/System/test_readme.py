"""README.md and docs: their commands and programs run exactly as printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lib.machine import HERE, run
from lib.markdown_pages import Page

README = Page("README.md")
USE = Page("docs/USE.md")
CALLS = Page("docs/DBUS.md")
ADMIN = Page("docs/ADMIN.md")
EXAMPLE = Path("/src/Examples/.build/debug/send-and-wait")

COMMANDS = README.chapter("Use").lines() + USE.lines()
PROGRAMS = [pytest.param(language, block, id=block.splitlines()[0]) for language in ("sh", "python")
            for page in (README.chapter("The D-Bus API"), CALLS.chapter("Calls")) for block in page.blocks(language)]
QUERIES = ADMIN.chapter("Limits").blocks("sh") + ADMIN.chapter("The journal").blocks("sh")
SCRIPTS = ADMIN.chapter("Fleets").lines() + ADMIN.chapter("From scripts and services").lines()


def joined(lines: list[str]) -> list[str]:
    """Joins commands that continue after a `|` at the end of their line."""
    return re.sub(r"\|\n\s+", "| ", "\n".join(lines)).splitlines()


@pytest.fixture
def office(tmp_path, alice, second):
    """The surroundings that the examples assume: a list of colleagues, other machines, a session 42."""
    (tmp_path / "staff.txt").write_text("carol\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "shutdown").write_text('#!/bin/sh\necho "$0 $*" >>"$(dirname "$0")/../shutdown.log"\n')
    (programs / "shutdown").chmod(0o755)
    lists = Path("/etc/msgd/domains.conf")
    lists.parent.mkdir(exist_ok=True)
    lists.write_text(re.search(r"`/etc/msgd/domains.conf`\..*?\n\n((?:    [^\n]*\n)+)", USE.text, re.DOTALL)[1])
    configuration = Path("/root/.ssh/config")
    former = configuration.read_text() if configuration.exists() else ""
    configuration.write_text("Host pc7 pc8 pc9 pc12\n  HostName second\n  HostKeyAlias second\n" + former)
    run("gpasswd", "--add", "alice", "users")
    yield tmp_path
    run("gpasswd", "--delete", "alice", "users")
    configuration.write_text(former)
    lists.unlink()


def shell(office, command):
    """Starts a shell in those surroundings that runs the command."""
    path = f"{office}/bin:/usr/local/bin:/usr/bin:/bin"
    return HERE.start("env", "-C", str(office), f"PATH={path}", "bash", "-c", command)


def test_there_are_examples():
    assert len(README.chapter("Use").lines()) >= 10
    assert len(COMMANDS) > 30 and len(PROGRAMS) > 8 and len(QUERIES) == 2 and len(joined(SCRIPTS)) == 6


def test_the_first_lines_of_all(alice):
    """The first output of msg in README.md. sudo is not installed on this machine."""
    command, *lines = re.search(r"^    \$ sudo (.*\n(?:    .*\n)+)", README.text, re.MULTILINE)[1].splitlines()
    popups = alice.popups()
    sender = HERE.start("sh", "-c", command)
    popups.popup("Please save your work")
    alice.click_popup()
    shown = "".join(f"{line.strip()}\n" for line in lines).replace(" tty2", f" {alice.session_name}")
    assert sender.communicate(timeout=20) == (shown, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command(command, office, desktops, alice, bob):
    popups, others = alice.popups(), bob.popups()
    written = command.split("#")[0].strip()
    # The two names that are not this machine's.
    actual = re.sub(r"^msg (tty2|42) ", lambda match: f"msg {alice.session_id if match[1] == '42' else ':1'} ", written)
    sender = shell(office, actual)
    if "--reply" in actual:
        for desktop, recorder in ((alice, popups), (bob, others)):
            recorder.popup("Lunch?")
            desktop.click_popup()
    elif "--choose" in actual:
        popups.popup("Tea or coffee?")
        with alice.choosing("Tea"):
            alice.click_popup()
            sender.wait(timeout=20)
    elif "/W" in actual:
        popups.popup("Reboot")
        alice.click_popup()

    output, errors = sender.communicate(timeout=20)

    assert (sender.returncode, errors) == (0, ""), output
    if "--reply" in actual:
        assert sorted(output.splitlines()) == ["alice\tyes", "bob\tno"]
    if "--choose" in actual:
        assert output == "alice\tTea\n"
    if "session" in actual:
        assert "alice" in output
    elif not re.search(r"--withdraw|--held|--doctor|mute|DOMAIN|SERVER", actual):
        assert popups.popups()
    if "shutdown" in actual:
        assert "-r 18:00" in (office / "shutdown.log").read_text()


@pytest.mark.parametrize("command", joined(SCRIPTS))
def test_a_script(command, office, desktops, alice, second):
    recorder = second.popups() if "--server" in command else alice.popups()
    sender = shell(office, command)
    recorder.popup()
    output, errors = sender.communicate(timeout=20)
    assert sender.returncode == 0, errors
    printed = {"if ": "no answer: 3\n", "msg alice --json": "alice expired\n"}
    assert output == next((text for start, text in printed.items() if command.startswith(start)), "")


@pytest.mark.parametrize("block", QUERIES)
def test_a_query(block, alice):
    run("msg", "alice", "/TIME:1", "/W", "a record", check=False)
    answer = run("bash", "-e", "-o", "pipefail", "-c", block)
    assert answer.stderr == ""
    assert "MaximumBodyLength" in answer.stdout or '"MSGD_USER":"alice"' in answer.stdout


@pytest.mark.parametrize("language, program", PROGRAMS)
def test_a_call(language, program, alice, bob):
    popups = alice.popups()
    interpreter = {"sh": ("bash", "-e"), "python": ("python3", "-")}[language]
    answer = run(*interpreter, input=program)
    assert answer.stderr == ""
    if "ListSessions" in program:
        assert '"alice"' in answer.stdout
    else:
        assert popups.popups()
    if "loop.run" in program:
        assert answer.stdout.splitlines()[-1] == "alice expired"


def test_the_swift_program(alice, start):
    [shown] = CALLS.chapter("In Swift").blocks("swift")
    assert shown == Path("/src/Examples/Sources/send-and-wait/main.swift").read_text()
    popups = alice.popups()
    sender = HERE.start(str(EXAMPLE), "alice")
    popups.popup("Lunch?")
    alice.click_popup()
    assert sender.communicate(timeout=5)[0] == "alice acknowledged\n"
    assert sender.returncode == 0
