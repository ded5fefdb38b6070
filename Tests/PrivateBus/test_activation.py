"""Desktops without a notification server: the session bus may start one, and msgd does not wait forever."""

import os
import time

import pytest
from gi.repository import GLib

from lib.main_loop import wait_until

ABSENCE = "there is no notification server on the desktop"
BOUND = 5  # seconds, after which msgd gives up


def failure(client, person):
    [delivery] = client.send(person.name)[1]
    assert delivery[3:] == ("failed", delivery[4]) and delivery[4]["error"] == "org.msgd.Error.Failed"
    return delivery[4]["error-message"]


@pytest.mark.parametrize(
    "command, reason",
    [
        ("", ABSENCE),
        ("/nonexistent/server", f"{ABSENCE}, and none could be started: "),
        ("/bin/false", f"{ABSENCE}, and none could be started: "),
    ],
)
def test_no_server_can_be_started(machine, logind, client, command, reason):
    person = machine.person(activates=command)
    logind.add("1", person)
    machine.start()
    begin = time.monotonic()
    told = failure(client, person)
    assert told.startswith(reason) and (command != "" or told == reason), told
    assert time.monotonic() - begin < BOUND


# It reports that it runs, and ends when the bus does.
IDLER = "/bin/sh -c 'echo >{folder}/started; exec tail --pid=$PPID -f /dev/null'"


@pytest.fixture
def idle_person(machine):
    """A user whose bus starts a program that does not become a notification server."""
    person = machine.person(activates=IDLER)
    os.mkfifo(person.folder / "started")
    os.chown(person.folder / "started", person.account.pw_uid, -1)
    return person


@pytest.fixture
def is_started(idle_person):
    """Whether that program runs."""
    starts = []
    pipe = os.open(idle_person.folder / "started", os.O_RDONLY | os.O_NONBLOCK)
    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, pipe, GLib.IOCondition.IN, lambda *_: starts.append(True))
    yield lambda: starts
    os.close(pipe)


def test_a_server_that_takes_no_name_is_given_up(machine, logind, client, alice, idle_person, is_started):
    logind.add("1", idle_person)
    logind.add("2", alice)
    machine.start()
    begin = time.monotonic()
    call = client.start_send("*")
    client.wait_for_change("2", "shown")
    wait_until(is_started, "the start of the program")
    assert not call.is_over
    told = {delivery[0]: (delivery[3], delivery[4].get("error-message")) for delivery in call.wait()[1]}
    assert BOUND <= time.monotonic() - begin < BOUND + 2
    assert told == {"1": ("failed", f"{ABSENCE}, and the one that is to be started does not come up"), "2": ("shown", None)}


def test_a_server_that_comes_up_shows_the_popup(machine, logind, client, idle_person, is_started):
    logind.add("1", idle_person)
    machine.start()
    call = client.start_send(idle_person.name)
    wait_until(is_started, "the start of the program")
    server = idle_person.serve()
    assert [delivery[3] for delivery in call.wait()[1]] == ["shown"]
    assert server.popup().body == "Hello"
