"""README.md: its commands and programs are run as they are printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from machine import HERE, run

README = Path("/src/README.md").read_text()
EXAMPLE = Path("/src/Examples/.build/debug/send-and-wait")


def rule(file: str) -> str:
    """The rule for polkit that goes into that file."""
    [text] = [text for text in blocks(chapter("Security"), "js") if text.startswith(f"// /etc/polkit-1/rules.d/{file}\n")]
    return text


def chapter(title: str) -> str:
    """The text under a heading, up to the next of its level."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


COMMANDS = [line for block in blocks(chapter("Use"), "sh") for line in block.splitlines()]
CALLS = [pytest.param(language, block, id=block.splitlines()[0]) for language in ("sh", "python")
         for block in blocks(chapter("Call it from a program"), language)]


@pytest.fixture
def office(tmp_path, alice, second):
    """The surroundings that the README's examples take for granted: a list of colleagues, other machines, a session 42."""
    (tmp_path / "staff.txt").write_text("carol\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "shutdown").write_text('#!/bin/sh\necho "$0 $*" >>"$(dirname "$0")/../shutdown.log"\n')
    (programs / "shutdown").chmod(0o755)
    domains = re.search(r"`/etc/msgd/domains.conf`;.*?\n\n((?:    [^\n]*\n)+)", README, re.DOTALL)[1]
    lists = Path("/etc/msgd/domains.conf")
    lists.parent.mkdir(exist_ok=True)
    lists.write_text(domains)
    configuration = Path("/root/.ssh/config")
    former = configuration.read_text() if configuration.exists() else ""
    configuration.write_text("Host pc7 pc8 pc9 pc12\n  HostName second\n  HostKeyAlias second\n" + former)
    run("gpasswd", "--add", "alice", "users")
    yield tmp_path
    run("gpasswd", "--delete", "alice", "users")
    configuration.write_text(former)
    lists.unlink()


def test_there_are_examples():
    assert len(COMMANDS) > 20 and len(CALLS) > 6


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command(command, office, desktops, alice, bob):
    popups, others = alice.popups(), bob.popups()
    written = command.split("#")[0].strip()
    # The two names that are not this machine's.
    actual = re.sub(r"^msg (tty2|42) ", lambda match: f"msg {alice.session_id if match[1] == '42' else ':1'} ", written)
    sender = HERE.start("env", "-C", str(office), f"PATH={office}/bin:/usr/local/bin:/usr/bin:/bin", "bash", "-c", actual)
    if "--reply" in actual:
        for desktop, recorder in ((alice, popups), (bob, others)):
            recorder.popup("Lunch?")
            desktop.click_popup()
    elif "/W" in actual:
        popups.popup("Reboot")
        alice.click_popup()

    output, errors = sender.communicate(timeout=20)

    assert (sender.returncode, errors) == (0, ""), output
    if "--reply" in actual:
        assert sorted(output.splitlines()) == ["alice\tyes", "bob\tno"]
    if "session" in actual:
        assert "alice" in output
    elif not re.search(r"--withdraw|--doctor|mute|DOMAIN|SERVER", actual):
        assert popups.popups()
    if "shutdown" in actual:
        assert "-r 18:00" in (office / "shutdown.log").read_text()


@pytest.mark.parametrize("language, program", CALLS)
def test_a_call(language, program, alice, bob):
    popups = alice.popups()
    interpreter = {"sh": ("bash", "-e"), "python": ("python3", "-")}[language]
    answer = run(*interpreter, input=program)
    assert answer.stderr == ""
    if "ListSessions" in program:
        assert '"alice"' in answer.stdout
    else:
        assert popups.popups()


def test_the_swift_program(alice, start):
    shown = blocks(chapter("Call it from a program"), "swift")[0]
    assert shown == Path("/src/Examples/Sources/send-and-wait/main.swift").read_text()
    popups = alice.popups()
    sender = HERE.start(str(EXAMPLE), "alice")
    popups.popup("Lunch?")
    alice.click_popup()
    assert sender.communicate(timeout=5)[0] == "alice acknowledged\n"
    assert sender.returncode == 0
