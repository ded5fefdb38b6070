"""Completions as installed, in each shell: the effect of the Tab key on a line."""

import pexpect
import pytest

from bin.screen import release

ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "TERM": "dumb",
    "USER": "root",
    "XDG_DATA_DIRS": "/usr/local/share:/usr/share",  # as in a desktop session; otherwise fish looks only in /usr/share
}

BASH = "PS1='> '; bind 'set enable-bracketed-paste off'; . /usr/share/bash-completion/bash_completion"
ZSH = "PS1='> '; unsetopt prompt_sp prompt_cr; autoload -Uz compinit && compinit -u -D; bindkey -e"
FISH = "function fish_prompt; echo '> '; end; set -g fish_greeting"

# The command that starts each shell with only its package's settings, and the line that makes it ready.
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], BASH),
    "zsh": (["-f", "-i"], ZSH),
    "fish": (["-i"], FISH),
}

# What each shell prints when it is ready for a line. fish 4.0 drops what is typed before it has changed the terminal's
# modes; others don't change those of a dumb one.
PROMPTS = {"bash": "> ", "zsh": "> ", "fish": r"> \x1b\[\?2004h\S*\x1b=" if release() == "13" else "> "}


class Shell:
    """A real shell in a pseudo-terminal."""

    def __init__(self, name):
        options, setup = SHELLS[name]
        terminal = {"encoding": "utf-8", "timeout": 10, "dimensions": (50, 200)}
        self.child = pexpect.spawn(name, options, env=ENVIRONMENT, cwd="/", **terminal)
        self.prompt = PROMPTS[name]
        self.child.sendline(f"{setup}; echo rea''dy")
        self.child.expect_exact("ready")
        self.child.expect(self.prompt)

    def complete(self, line):
        """Returns the line after Tab."""
        # The shell itself prints the line, with an `echo` before it, so that there are no escape sequences to read.
        to_start, to_end = "\x01", "\x05"  # Ctrl-A, Ctrl-E
        self.child.send(f"{line}\t{to_start}echo '<' {to_end} '>'\r")
        # fish sets the terminal's title, which may contain spaces, before it runs a line.
        self.child.expect(r"\n\r?(?:\x1b\][^\x07]*\x07|\x1b\S*)*\r?< (.*?) +>\r?\n")
        completed = self.child.match.group(1)
        self.child.expect(self.prompt)
        return completed

    def close(self):
        self.child.close(force=True)


@pytest.fixture(scope="module", params=SHELLS)
def shell(request):
    shell = Shell(request.param)
    yield shell
    shell.close()


@pytest.mark.parametrize(
    "line, completed",
    [
        ("msg al", "msg alice"),
        ("msg ca", "msg carol"),
        ("msg --verbose al", "msg --verbose alice"),
        ("msg --ti", "msg --ti"),  # --time or --title
        ("msg --tim", "msg --time"),
        ("msg --verb", "msg --verbose"),
        ("msg --unm", "msg --unmute"),
        ("msg --mute-", "msg --mute-status"),
        ("msg --doc", "msg --doctor"),
        ("msg --urgency cr", "msg --urgency critical"),
        ("msg --ask al", "msg --ask alice"),
        ("msg --ask=Room al", "msg --ask=Room alice"),
        ("msg --choose Tea al", "msg --choose Tea alice"),
        ("msg --window al", "msg --window alice"),
        ("msg --window=fa", "msg --window=fallback"),
        ("msg --server=se", "msg --server=second"),
        ("msg --server=second,sil", "msg --server=second,silent"),
        ("msg /SERVER:se", "msg /SERVER:second"),
        ("msg alice /SERVER:se", "msg alice /SERVER:second"),
        ("msg --server sil", "msg --server silent"),
        ("net-send al", "net-send alice"),
        ("query-session al", "query-session alice"),
    ],
)
def test_tab_completes(desktops, shell, line, completed):
    assert shell.complete(line) == completed


def test_tab_knows_who_is_logged_in(shell, desktops, open_session):
    """Completed live: erin isn't there before she logs in."""
    assert shell.complete("msg er") == "msg er"
    open_session("erin", "--type", "x11", "--display", ":8")
    assert shell.complete("msg er") == "msg erin"


def test_a_message_is_not_completed(shell, desktops):
    """The words of a message are not completed as files either."""
    assert shell.complete("msg alice hello /et") == "msg alice hello /et"
