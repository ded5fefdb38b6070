"""Calls as large as the bus lets through, and strangers' signals: msgd's reaction, and the cost for others."""

import pytest

from lib.main_loop import wait_until
from lib.machine import LOGIND, MANAGER
from test_hostile_bounds import peak
from lib.raw_client import CALL, NAME, NO_REPLY_EXPECTED, PATH, SIGNAL, RawClient, aligned, send_body, string, strings

EXCEEDED = "org.msgd.Error.LimitExceeded"
INVALID = "org.msgd.Error.InvalidArgument"
STRANGER, INNOCENT = 1, 2
# How much more memory msgd may need than before. The call has 24 MB.
BOUND = 8 << 20


def is_muted(client):
    type, _, body = client.answer(client.call("GetMuted"))
    assert type == 2
    return body != b"\0\0\0\0"


def test_a_call_of_more_than_a_mebibyte_is_refused(machine):
    service = machine.start()
    before = peak(service)
    body = send_body(strings("", 3_000_000))
    client = RawClient(machine.bus.path, STRANGER)
    name, text = client.error(client.call("Send", "assa{sv}", body))
    assert name == EXCEEDED
    assert "bytes, and at most 1048576 are taken" in text and int(text.split()[3]) > len(body)
    assert not is_muted(client)
    assert peak(service) - before < BOUND


def test_others_are_answered_meanwhile(machine):
    service = machine.start()
    innocent = RawClient(machine.bus.path, INNOCENT)
    assert not is_muted(innocent)
    before = peak(service)
    body = send_body(strings("", 3_000_000))
    strangers = [RawClient(machine.bus.path, STRANGER) for _ in range(6)]
    calls = [(stranger, stranger.call("Send", "assa{sv}", body)) for stranger in strangers]
    assert not is_muted(innocent)
    for stranger, call in calls:
        assert stranger.error(call)[0] == EXCEEDED
    assert peak(service) - before < BOUND


def test_recipients_are_counted_before_they_are_unpacked(machine):
    service = machine.start()
    client = RawClient(machine.bus.path, STRANGER)
    assert not is_muted(client)
    before = peak(service)
    body = send_body(strings("", 130_000))
    for _ in range(20):
        name, text = client.error(client.call("Send", "assa{sv}", body))
        assert (name, text) == (INVALID, "too many recipients: 130000 (RecipientsPerCall=1000)")
    assert peak(service) - before < BOUND


def test_options_are_counted_before_they_are_unpacked(machine):
    service = machine.start()
    client = RawClient(machine.bus.path, STRANGER)
    before = peak(service)
    data = aligned(aligned(strings("a", 1), 4) + string("Hello"), 4)
    place = len(data)
    data = aligned(data + bytes(4), 8)
    begin = len(data)
    data = aligned(data + string("icon") + b"\2as\0", 4) + strings("", 130_000)
    data = data[:place] + (len(data) - begin).to_bytes(4, "little") + data[place + 4 :]
    name, text = client.error(client.call("Send", "assa{sv}", data))
    assert name == INVALID
    assert text == "argument 3 of Send has 130005 values, and at most 256 are taken"
    assert peak(service) - before < BOUND


def test_calls_of_those_who_are_not_known_yet_are_few(machine):
    """All of these arrive before the bus has said who sends them."""
    service = machine.start()
    before = peak(service)
    client = RawClient(machine.bus.path, STRANGER)
    message = client.message(CALL, NAME, PATH, NAME, "Send", "assa{sv}", send_body(strings("a", 1), "x" * 1_000_000))
    quiet = message[:2] + bytes([NO_REPLY_EXPECTED]) + message[3:]
    client.socket.sendall(quiet * 60)
    name, _ = client.error(client.call("SendMessage", "ss", aligned(string("x" * 5000), 4) + string("nobody")))
    assert name == EXCEEDED
    innocent = RawClient(machine.bus.path, INNOCENT)
    assert not is_muted(innocent)
    assert peak(service) - before < 3 * BOUND


@pytest.mark.parametrize("method", ["Send", "Nothing"])
def test_who_calls_too_often_is_refused_whatever_they_call(machine, method):
    machine.configuration.write_text("[Limits]\nCallsPerMinute=60\n")
    machine.start()
    client = RawClient(machine.bus.path, STRANGER)
    calls = [client.call(method, "assa{sv}", send_body(strings("", 130_000))) for _ in range(20)]
    errors = [client.error(call) for call in calls]
    assert [text for name, text in errors if name == EXCEEDED and text.startswith("too many calls (CallsPerMinute=60)")]


def test_a_strangers_signal_is_not_logins(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    stranger = RawClient(machine.bus.path, STRANGER)
    assert not is_muted(stranger)
    owner = wait_until(lambda: client.owner, "msgd's own name")
    id, _ = client.send(alice.name, timeout=0)
    arguments = aligned(string("1"), 4) + string(f"{MANAGER}/session/1")
    stranger.send(SIGNAL, owner, MANAGER, f"{LOGIND}.Manager", "SessionRemoved", "so", arguments)
    # It has arrived when this is answered.
    assert not is_muted(stranger)
    assert client.states(id) == {"1": "shown"}
    logind.remove("1")
    client.wait_for_change("1", "session-closed")
