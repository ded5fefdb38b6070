"""The experience at a terminal: the prompt, and the shell that expands an unquoted `*`."""

import pexpect
import pytest

from lib.commands import msg
from lib.machine import run


@pytest.fixture
def terminal(tmp_path):
    """Starts a command line in a pseudo-terminal; its standard output goes to a file, so that the terminal shows the rest."""
    children = []

    def begin(line):
        shell = f"({line}) >{tmp_path}/output; exit $?"
        children.append(pexpect.spawn("bash", ["-c", shell], encoding="utf-8", timeout=10, env=ENVIRONMENT))
        return children[-1]

    yield begin
    for child in children:
        child.close(force=True)


ENVIRONMENT = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb"}


def status(child):
    """Returns the exit status as a shell reports it."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus if child.signalstatus is None else 128 + child.signalstatus


@pytest.fixture
def popups(alice):
    """Records everything that is shown to alice from now on."""
    return alice.popups()


@pytest.fixture
def prompt(terminal):
    """A prompt for alice's message, which says how to end."""
    child = terminal("msg alice")
    child.expect("(?i)ctrl-d")
    return child


def test_what_is_typed_at_the_prompt_is_sent(popups, prompt, tmp_path):
    prompt.sendline("Reboot at 18:00")
    prompt.sendline("  -- and *no* earlier")
    prompt.sendeof()

    assert status(prompt) == 0
    assert popups.popup().body == "Reboot at 18:00\n  -- and *no* earlier"
    assert (tmp_path / "output").read_text() == ""


def test_control_c_at_the_prompt_sends_nothing(popups, prompt):
    prompt.sendline("Reboot at")
    prompt.expect_exact("Reboot at")
    prompt.sendintr()

    assert status(prompt) == 130
    assert popups.popups() == []


def test_nothing_at_the_prompt_is_refused(popups, prompt):
    prompt.sendeof()
    assert status(prompt) == 64
    assert popups.popups() == []


def test_words_ask_for_nothing(popups, terminal):
    child = terminal("msg alice no prompt")
    assert status(child) == 0
    assert "ctrl-d" not in child.before.lower()
    assert popups.popup().body == "no prompt"


def test_control_c_while_waiting(alice, popups, terminal):
    child = terminal("msg alice /W /TIME:30 waiting")
    popup = popups.popup("waiting")
    child.sendintr()
    child.expect_exact("withdrawn")
    assert status(child) == 130
    alice.click_popup()
    assert popups.action(popup.id)


# --- the shell -------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "empty").mkdir()
    for file in ("alice", "budget.ods", "zoo"):
        (tmp_path / "full" / file).touch()
    return tmp_path


def shell(folder, *command):
    return run("env", "-C", str(folder), *command, check=False)


@pytest.mark.parametrize("options", [[], ["/W", "/TIME:1"], ["--verbose"]])
@pytest.mark.parametrize("program", ["bash", "zsh"])
def test_a_folders_files_are_no_recipients(desktops, folder, program, options):
    recorders = [desktop.popups() for desktop in desktops.values()]
    answer = shell(folder / "full", program, "-c", " ".join(["msg", *options, "* hi"]))
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "'*'" in answer.stderr and "--all" in answer.stderr
    assert not any(recorder.popups() for recorder in recorders)


def test_an_asterisk_in_an_empty_folder_is_everyone(desktops, folder):
    recorders = {user: desktops[user].popups() for user in ("alice", "bob", "carol")}
    answer = shell(folder / "empty", "bash", "-c", "msg * /TIME:5 hi")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert [recorder.popup().body for recorder in recorders.values()] == ["hi"] * 3


def test_a_quoted_asterisk_is_everyone(desktops, folder):
    recorders = {user: desktops[user].popups() for user in ("alice", "bob", "carol")}
    answer = shell(folder / "full", "zsh", "-c", "msg '*' /TIME:5 hi")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert [recorder.popup().body for recorder in recorders.values()] == ["hi"] * 3


def test_no_arguments_explain_the_quoting(folder):
    """The rest of `msg *` with `nullglob`."""
    answer = shell(folder / "empty", "bash", "-O", "nullglob", "-c", "msg *")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "'*'" in answer.stderr and "--all" in answer.stderr


def test_a_lone_recipient_named_like_a_file(popups, folder):
    """A folder with a file `alice` makes no difference to a line that names her."""
    (folder / "empty" / "alice").touch()
    answer = shell(folder / "empty", "bash", "-c", "msg user:alice /TIME:5 hi")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert popups.popup().body == "hi"


def test_help_is_shown_once_asked_for():
    answer = msg("/?")
    assert answer.returncode == 0
    assert "/SERVER:" in answer.stdout
    assert answer.stderr == ""
