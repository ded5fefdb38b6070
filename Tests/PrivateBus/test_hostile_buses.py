"""Users own their session bus, and everything in their runtime directory. Whatever they do with it, others are served
within their normal time, and the sender gets the true reason."""

import os
import socket
import time

import pytest

from lib.machine import Person, outcome

SOON = 1  # the most seconds for an unhindered message, which takes some milliseconds
PATIENCE = 6  # seconds until a delivery has failed


def expect_failure(client, hostile, alice, reason):
    """Sends a message to the hostile user and to alice, who gets hers at once."""
    begin = time.monotonic()
    call = client.start_send(hostile.name)
    assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
    assert time.monotonic() - begin < SOON
    deliveries = call.wait()[1]
    assert time.monotonic() - begin < PATIENCE
    assert outcome(deliveries) == [("failed", reason.format(name=hostile.name, path=f"{hostile.folder}/bus"))]
    begin = time.monotonic()
    assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
    assert time.monotonic() - begin < SOON


@pytest.fixture
def hostile(request, machine, logind, alice) -> Person:
    """A user whose bus behaves as the test's parameter says, logged in as alice is."""
    person = machine.hostile_person(request.param)
    logind.add("a", alice)
    logind.add("h", person)
    return person


FAILURES = {
    "never_accepts": "the session bus at {path} does not answer",
    "full_backlog": "the session bus at {path} takes no more connections",
    "garbage": "the session bus refused authentication: " + " " * 32 + bytes(range(32, 80)).decode(),
    "endless_auth_lines": "the session bus refused authentication: " + "DATA  " * 13 + "DA",
    "endless_auth_line": "the session bus refused authentication: DATA" + "x" * 76,
    "slow_auth_line": "the session bus at {path} does not answer",
    "garbage_messages": "the session bus sent what is no D-Bus message",
    "gigabyte": "the session bus sent a message of 1073741856 bytes; at most 65536 are taken",
    "gigabyte_of_fields": "the session bus sent a message of 4294967312 bytes; at most 65536 are taken",
    "half_a_message": "the session bus hung up in the middle of a message",
    "no_hello": "the session bus does not answer",
    "no_more": "the session bus hung up",
    "flood": "the session bus sends too much",
    "flood_of_calls": "the session bus sends too much",
    "flood_of_containers": "the session bus sends too much",
    "flood_of_texts": "the session bus sends too much",
    "hello_number": "the session bus answered Hello without a name",
    "hello_nothing": "the session bus answered Hello without a name",
    "notify_text": "the notification server answered Notify without an id",
    "notify_nothing": "the notification server answered Notify without an id",
}


@pytest.mark.parametrize("hostile, reason", FAILURES.items(), indirect=["hostile"], ids=FAILURES)
def test_a_hostile_bus_fails_for_its_own_reason(machine, client, alice, hostile, reason):
    machine.start()
    expect_failure(client, hostile, alice, reason)


@pytest.mark.parametrize("hostile", ["unreadable_message"], indirect=True)
def test_what_cannot_be_read_is_not_quoted_at_length(machine, client, alice, hostile):
    service = machine.start()
    call = client.start_send(hostile.name)
    assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
    [(state, reason)] = outcome(call.wait()[1])
    assert state == "failed" and reason.startswith("the session bus sent a message that can't be read: ")
    assert len(reason) < 300 and reason.isprintable()
    # GDBus would log each byte of it.
    assert len(service.log()) < 4096


@pytest.mark.parametrize("hostile", ["gigabyte_later"], indirect=True)
def test_a_bus_that_turns_hostile_while_the_popup_stands(machine, client, hostile):
    machine.start()
    call = client.start_send(hostile.name, wait=True)
    client.wait_for_change("h", "shown")
    hostile.hostile.turn()
    reason = "the session bus sent a message of 1073741856 bytes; at most 65536 are taken"
    assert outcome(call.wait()[1]) == [("failed", reason)]


@pytest.mark.parametrize("hostile", ["flood_once_shown"], indirect=True)
def test_a_flood_while_the_popup_stands_neither_answers_it_nor_keeps_it(machine, client, alice, hostile):
    machine.start()
    id = client.send(hostile.name)[0]
    begin = time.monotonic()
    for _ in range(20):
        assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
    assert time.monotonic() - begin < 20 * SOON
    assert client.states(id) == {"h": "shown"}
    client.call("Withdraw", "(t)", id)
    client.wait_for_change("h", "withdrawn")


@pytest.mark.parametrize("hostile", ["reads_no_more"], indirect=True)
def test_a_bus_that_reads_nothing_is_left(machine, client, alice, hostile):
    machine.start()
    calls = [client.start_send(hostile.name, body=f"{number:4096}") for number in range(100)]
    assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
    for call in calls:
        [(state, reason)] = outcome(call.wait()[1])
        assert state == "failed" and reason in (
            "the session bus does not read what it is sent", "the notification server does not answer"
        )  # fmt: skip
    assert hostile.hostile.received() > 0


@pytest.mark.parametrize("hostile", ["honest", "notify_zero", "tells_nothing_of_itself"], indirect=True)
def test_the_hostile_bus_of_these_tests_can_be_good(machine, client, hostile, request):
    machine.start()
    expected = {
        "honest": ("shown", ""),
        "notify_zero": ("suppressed", "the desktop took the popup and gave it no id"),
        "tells_nothing_of_itself": ("shown", ""),
    }
    assert outcome(client.send(hostile.name)[1]) == [expected[request.node.callspec.params["hostile"]]]


@pytest.mark.parametrize("kind", ["fifo", "directory", "datagram", "nothing"])
def test_what_is_no_socket_of_a_bus(machine, logind, client, alice, kind):
    person = machine.person(has_bus=False)
    path = person.folder / "bus"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "datagram":
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(str(path))
    if kind != "nothing":
        os.chown(path, person.account.pw_uid, -1)
    logind.add("a", alice)
    logind.add("h", person)
    machine.start()
    expect_failure(client, person, alice, {
        "fifo": "{path} is no socket",
        "directory": "{path} is no socket",
        "datagram": "can't connect to {path} as {name}: Protocol wrong type for socket",
        "nothing": "{name} has no session bus: {path} does not exist",
    }[kind])  # fmt: skip


def test_a_link_to_the_bus_of_somebody_else_shows_them_nothing(machine, logind, client, alice, bob):
    person = machine.person(has_bus=False)
    (person.folder / "bus").symlink_to(bob.bus.path)
    logind.add("a", alice)
    logind.add("h", person)
    machine.start()
    expect_failure(client, person, alice, "{path} is no socket")
    bob.server.bus("GetId", "()")
    assert bob.server.popups == []


def test_a_program_of_somebody_else_where_the_bus_would_be_is_told_nothing(machine, logind, client, alice):
    person = machine.person(has_bus=False)
    stranger = machine.hostile_person("honest")
    person.folder = stranger.folder  # as logind says
    logind.add("a", alice)
    logind.add("h", person)
    machine.start()
    expect_failure(client, person, alice, f"{{path}} leads to uid {stranger.account.pw_uid}, not to {{name}}")
    assert stranger.hostile.received() == 0
