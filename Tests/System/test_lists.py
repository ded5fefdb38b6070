"""Recipients from a file or standard input: `@file`, `@-`."""

import pytest

from lib.commands import msg, outcome
from lib.notification_recorder import reached

UNKNOWN = "nosuchuser does not exist or is disconnected\n"


@pytest.fixture
def list_file(tmp_path):
    def write(content):
        file = tmp_path / "recipients.txt"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return write


@pytest.mark.parametrize(
    "content",
    [
        "alice\nbob\n",
        "alice bob",
        "\ufeffalice\r\nbob\r\n",
        "# the team\n\nalice # on Mondays\n  # nosuchuser\n\tbob\n\n",
    ],
)
def test_a_list(recorders, list_file, content):
    assert outcome(msg(f"@{list_file(content)}", "/TIME:5", "from a list")) == (0, "", "")
    assert reached(recorders) == {"alice", "bob"}


def test_a_list_with_an_unknown_name_waiting(desktops, start, list_file):
    """`msg @list /V /W`, as an administrator would use it."""
    recorders = {user: desktops[user].popups() for user in ("alice", "carol")}
    file = list_file("\ufeff# desk one\r\nalice\r\nnosuchuser\r\ncarol # by the window\r\n")
    sender = start(f"@{file}", "/V", "/W", "/TIME:30", "for the whole list")
    for user, recorder in recorders.items():
        recorder.popup("for the whole list")
        desktops[user].click_popup()

    output, errors = sender.communicate(timeout=5)

    assert (sender.returncode, errors) == (1, UNKNOWN)
    names = {user: desktops[user].session_name for user in recorders}
    assert sorted(output.splitlines()) == sorted(
        [f"Sending message to {user} (session {name}), display time 30" for user, name in names.items()]
        + [f"Message to session {name} responded to by user" for name in names.values()]
    )


def test_each_unknown_entry_is_reported(recorders, list_file):
    answer = msg(f"@{list_file('nosuchuser alice nobodyelse')}", "/TIME:5", "hi")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert sorted(answer.stderr.splitlines(keepends=True)) == [UNKNOWN.replace("nosuchuser", "nobodyelse"), UNKNOWN]
    assert reached(recorders) == {"alice"}


def test_a_list_of_unknown_names_only(recorders, list_file):
    answer = msg(f"@{list_file('nosuchuser')}", "hi")
    assert outcome(answer) == (67, "", UNKNOWN)


def test_a_list_on_standard_input(recorders):
    assert outcome(msg("@-", "/TIME:5", "from", "a", "list", input="alice\nbob\n")) == (0, "", "")
    assert reached(recorders) == {"alice", "bob"}
    assert recorders["alice"].popup().body == "from a list"


def test_a_list_beside_a_name(recorders, list_file):
    assert outcome(msg(f"carol,@{list_file('alice')}", "/TIME:5", "hi")) == (0, "", "")
    assert reached(recorders) == {"alice", "carol"}


@pytest.mark.parametrize(
    "content", ["", "# nobody\n", b"alice\xff\n", "alice\n" * 2_000_000], ids=["empty", "comment", "Latin-1", "12 MB"]
)
def test_a_bad_list_is_named_and_nothing_sent(recorders, list_file, content):
    file = list_file(content)
    answer = msg(f"@{file}", "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert file in answer.stderr
    assert reached(recorders) == set()


@pytest.mark.parametrize("file", ["/nonexistent/list", "/", "/dev/null"])
def test_a_list_that_is_none(recorders, file):
    answer = msg(f"@{file}", "hi")
    assert (answer.returncode, answer.stdout) == (64, "")
    assert file in answer.stderr
    assert reached(recorders) == set()


def test_a_list_is_read_with_the_callers_rights(alice, tmp_path):
    (tmp_path / "secret").write_text("alice\n")
    (tmp_path / "secret").chmod(0o600)
    answer = alice.run("msg", f"@{tmp_path}/secret", "hi", check=False)
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "secret" in answer.stderr
