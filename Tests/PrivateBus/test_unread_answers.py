"""Unread answers stay with the bus, which has limited room for msgd's and then reads nothing more from it: how much of
the room one user can take, and how others fare."""

import pytest

from lib.raw_client import CALL, NAME, PATH, RawClient

EXCEEDED = "org.msgd.Error.LimitExceeded"
UNKNOWN_OBJECT = "org.freedesktop.DBus.Error.UnknownObject"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
STRANGER, INNOCENT = 1, 2
ROOM = 16 << 20  # the bus's room for what one connection has sent; by default 127 MiB


def is_answered(client):
    return client.answer(client.call("GetMuted"))[0] == 2


def introspect(client, path=PATH):
    return client.send(CALL, NAME, path, INTROSPECTABLE, "Introspect")


def start(machine):
    machine.configuration.write_text("[Limits]\nCallsPerMinute=600000\n")
    machine.start()


def test_an_error_quotes_little_of_a_long_call(machine):
    start(machine)
    client = RawClient(machine.bus.path, STRANGER)
    name, text = client.error(introspect(client, "/" + "a" * 800_000))
    assert name == UNKNOWN_OBJECT
    assert text.startswith("there is no object /aaa") and text.endswith("a…") and len(text) == 4097


@pytest.fixture
def narrow(machine):
    with machine.bus.limited(max_incoming_bytes=ROOM):
        yield


def test_long_errors_that_nobody_reads_stop_nobody_else(machine, narrow):
    root = RawClient(machine.bus.path)
    start(machine)
    innocent = RawClient(machine.bus.path, INNOCENT)
    strangers = [RawClient(machine.bus.path, STRANGER) for _ in range(4)]
    path = "/" + "a" * 1_000_000
    for number in range(ROOM // len(path) + 10):
        introspect(strangers[number % len(strangers)], path)
        # This message is accepted; the test isn't about waiting calls.
        assert is_answered(innocent), number
    assert is_answered(root)


def test_a_user_gets_answers_of_so_many_bytes(machine):
    start(machine)
    client = RawClient(machine.bus.path, STRANGER)
    size = 0
    while (answer := client.answer(introspect(client)))[0] == 2:
        size += len(answer[2])
    assert (8 << 20) - (1 << 20) < size
    # The errors count too: in the end nothing is answered, until some time has passed.
    assert answer[1] == EXCEEDED
    assert answer[2][4:-1].decode().startswith("too much to answer in a short time, the last of it ")
    assert is_answered(RawClient(machine.bus.path, INNOCENT))
