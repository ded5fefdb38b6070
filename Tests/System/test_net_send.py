"""net-send: Net Send's grammar and words."""

from pathlib import Path

import pytest

from lib.commands import outcome
from lib.machine import run

GRAPHICAL = ("alice", "bob", "carol")
DOMAINS = Path("/etc/msgd/domains.conf")


def net_send(*arguments):
    return run("net-send", *arguments, check=False)


@pytest.fixture
def domains():
    """Writes the list of hosts, and removes it at the end of the test."""
    DOMAINS.parent.mkdir(exist_ok=True)
    yield DOMAINS.write_text
    DOMAINS.unlink(missing_ok=True)


LISTS = "# the machines\n\nlab = second localhost # both\nfar = second\ndead = refused second\n"


def test_a_user(alice):
    popups = alice.popups()
    assert outcome(net_send("alice", "hi", "there")) == (0, "The message was successfully sent to alice.\n", "")
    assert popups.popup().body == "hi there"


def test_an_unknown_name(alice):
    popups = alice.popups()
    assert outcome(net_send("nosuchuser", "hi")) == (
        67,
        "",
        "An error occurred while sending a message to nosuchuser.\n"
        + "The message alias could not be found on the network.\n"
        + "More help is available by typing NET HELPMSG 2273.\n",
    )
    assert popups.popups() == []


@pytest.mark.parametrize("switch", ["/USERS", "/users"])
def test_all_users_of_this_machine(desktops, second, switch):
    recorders = [desktops[user].popups() for user in GRAPHICAL]
    there = second.popups()
    answer = net_send(switch, "hi")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("The message was successfully sent to ")
    assert [recorder.popup().body for recorder in recorders] == ["hi"] * 3
    assert there.popups() == []


@pytest.mark.parametrize("recipient", ["*", "/DOMAIN", "/DOMAIN:lab", "/domain:lab"])
def test_everybody_of_a_domain(desktops, second, domains, recipient):
    domains(LISTS)
    recorders = [desktops[user].popups() for user in GRAPHICAL]
    there = second.popups()
    answer = net_send(recipient, "hi")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert [recorder.popup().body for recorder in [*recorders, there]] == ["hi"] * 4


def test_another_domain(alice, second, domains):
    domains(LISTS)
    here, there = alice.popups(), second.popups()
    answer = net_send("/DOMAIN:far", "hi")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert there.popup().body == "hi"
    assert here.popups() == []


def test_a_dead_host_in_a_domain(second, domains):
    domains(LISTS)
    there = second.popups()
    answer = net_send("/DOMAIN:dead", "hi")
    assert answer.returncode == 1
    assert "refused" in answer.stderr
    assert there.popup().body == "hi"


def test_a_host_of_the_list_is_everybody_there(alice, second, domains):
    domains(LISTS)
    here, there = alice.popups(), second.popups()
    assert outcome(net_send("second", "hi")) == (0, "The message was successfully sent to second.\n", "")
    assert there.popup().body == "hi"
    assert here.popups() == []


@pytest.mark.parametrize("recipient", ["*", "/DOMAIN", "/DOMAIN:lab"])
def test_a_missing_list_is_named(alice, recipient):
    popups = alice.popups()
    DOMAINS.unlink(missing_ok=True)
    answer = net_send(recipient, "hi")
    assert answer.returncode != 0 and answer.stdout == ""
    assert str(DOMAINS) in answer.stderr
    assert popups.popups() == []


def test_an_unknown_domain_is_named(alice, domains):
    domains(LISTS)
    popups = alice.popups()
    answer = net_send("/DOMAIN:nosuchdomain", "hi")
    assert answer.returncode != 0 and answer.stdout == ""
    assert "nosuchdomain" in answer.stderr
    assert popups.popups() == []


@pytest.mark.parametrize("arguments", [(), ("alice",), ("/USERS",), ("/FOO", "hi")])
def test_wrong_usage(desktops, arguments):
    recorders = [desktops[user].popups() for user in GRAPHICAL]
    answer = net_send(*arguments)
    assert (answer.returncode, answer.stdout) == (64, "")
    assert "net-send" in answer.stderr
    assert not any(recorder.popups() for recorder in recorders)


def test_who_may_not(desktops):
    popups = desktops["alice"].popups()
    answer = desktops["bob"].run("net-send", "alice", "psst", check=False)
    assert (answer.returncode, answer.stdout) == (77, "")
    assert popups.popups() == []
