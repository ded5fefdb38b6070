"""query-session: the columns of `query session`, where scripts look for them."""

import pytest

from lib.machine import run

COLUMNS = {"SESSIONNAME": 1, "USERNAME": 19, "STATE": 48, "TYPE": 56, "DEVICE": 68}
GRAPHICAL = ("alice", "bob", "carol")


def query_session(*arguments):
    return run("query-session", *arguments, check=False)


def rows(answer):
    """Returns the rows by user name. A row has its cells by column, and "own" for the mark of the caller's own
    session."""
    assert (answer.returncode, answer.stderr) == (0, "")
    header, *lines = answer.stdout.splitlines()
    assert {title: header.index(title) for title in COLUMNS} == COLUMNS
    assert header[:46].endswith(" ID")
    found = {}
    for line in lines:
        cells = {title: line[start:].split()[0] for title, start in COLUMNS.items() if line[start : start + 1].strip()}
        cells |= {"ID": line[38:46].strip(), "own": line[0] == ">"}
        found[cells["USERNAME"]] = cells
    return found


def test_each_session_has_a_row(desktops):
    found = rows(query_session())
    for user in GRAPHICAL:
        desktop = desktops[user]
        assert found[user]["SESSIONNAME"] == desktop.session_name
        assert found[user]["ID"] == desktop.session_id
        assert found[user]["STATE"] == "Active"
        assert found[user]["TYPE"] == desktop.session["Type"]
        assert not found[user]["own"]


def test_ones_own_session_is_marked(alice):
    found = rows(alice.run("query-session", check=False))
    assert {user for user, row in found.items() if row["own"]} == {"alice"}


def test_a_filter(desktops):
    bob = desktops["bob"]
    for filter in ("bob", bob.session_name, bob.session_id):
        assert set(rows(query_session(filter))) == {"bob"}, filter


def test_no_such_session():
    answer = query_session("nosuchuser")
    assert answer.returncode == 1
    assert "No session exists for nosuchuser" in answer.stdout + answer.stderr


@pytest.mark.parametrize("server", ["/SERVER:second", "--server=second"])
def test_sessions_of_another_machine(second, server):
    found = rows(query_session(server))
    assert set(found) >= {"alice", "bob"} and "carol" not in found
    assert found["alice"]["ID"] == second.session_id
    assert set(rows(query_session("alice", server))) == {"alice"}


def test_an_unreachable_machine():
    answer = query_session("/SERVER:refused")
    assert (answer.returncode, answer.stdout) == (69, "")
    assert "refused" in answer.stderr


def test_help():
    answer = query_session("/?")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "query-session" in answer.stdout
