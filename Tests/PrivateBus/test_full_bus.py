"""A bus that holds as much for msgd as it may, and passes on nothing more. Any user can cause this for a moment."""

import signal

import pytest

from lib.raw_client import CALL, RawClient, aligned, string, strings

EXCEEDED = "org.freedesktop.DBus.Error.LimitsExceeded"
BUS, BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
STRANGER = 1


def bus_call(client, method, signature="", body=b"", interface=BUS):
    return client.send(CALL, BUS, BUS_PATH, interface, method, signature, body)


def monitor(machine):
    """A connection that sees every error that is sent."""
    client = RawClient(machine.bus.path)
    body = aligned(strings("type='error'", 1), 4) + bytes(4)
    assert client.answer(bus_call(client, "BecomeMonitor", "asu", body, "org.freedesktop.DBus.Monitoring"))[0] == 2
    return client


def await_refusal(monitor, of):
    """Waits until the bus has refused a caller's call."""
    while True:
        _, fields, _ = monitor.receive()
        if fields.get(4) == EXCEEDED and of(fields[6]):
            return


def fill(client):
    """Calls msgd until the bus holds no more for it."""
    body = aligned(string("x" * 100_000), 4) + string("nobody")
    while True:
        call = client.call("SendMessage", "ss", body)
        ping = bus_call(client, "GetId")
        while (fields := client.receive()[1]).get(5) != ping:
            if fields.get(5) == call and fields.get(4) == EXCEEDED:
                return


@pytest.fixture
def narrow(machine):
    with machine.bus.limited(max_outgoing_bytes=1 << 20):
        yield


def test_a_call_for_which_there_is_no_room_is_made_again(machine, narrow):
    service = machine.start()
    stranger = RawClient(machine.bus.path, STRANGER)
    assert stranger.answer(stranger.call("GetMuted"))[0] == 2
    errors = monitor(machine)
    service.process.send_signal(signal.SIGSTOP)
    try:
        fill(stranger)
        msg = machine.msg("--sessions")
        await_refusal(errors, of=lambda name: name != stranger.name)
    finally:
        service.process.send_signal(signal.SIGCONT)
    output, _ = msg.communicate()
    assert msg.returncode == 0, output
