"""What msgd tells standard error, where that is not the journal's: a line for each record."""

import re

import pytest

from loop import RemoteError, wait_until

BODY = "b0dy of nobody else's business"
TITLE = "t1tle of nobody else's business"


def records(service, count):
    """The lines, as soon as there are so many."""
    return wait_until(lambda: len(service.log().splitlines()) >= count, f"{count} records", service.log) and (
        service.log().splitlines()
    )


def test_a_message_and_each_of_its_ends_are_told(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    id, _ = client.send(alice.name, "nobody-here", body=BODY, title=TITLE, replies=[("key-of-the-reply", "Yes")])
    alice.server.invoke(alice.server.popup(), "key-of-the-reply")
    client.wait_for_change("1", "acknowledged")

    assert records(service, 3) == [
        f"<6>message {id} from uid 0 to {alice.name}, nobody-here: 1 sessions",
        f"<6>message {id} to nobody-here: failed: nobody-here does not exist or is disconnected",
        f"<6>message {id} to {alice.name}, session 1: acknowledged",
    ]
    for secret in (BODY, TITLE, "key-of-the-reply"):
        assert secret not in service.log()


def test_a_refusal_is_told_once_and_then_counted(machine, logind, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    service = machine.start()
    client = machine.client(alice.account.pw_uid)
    for _ in range(20):
        with pytest.raises(RemoteError):
            client.send("*", body=BODY)
    service.process.terminate()
    assert service.wait() == 0

    first, count = service.log().splitlines()
    assert re.fullmatch(rf"<5>refused uid {alice.account.pw_uid}: {alice.name} may not .+", first)
    assert count == f"<5>refused uid {alice.account.pw_uid} 19 more times in 10 seconds"
    assert BODY not in service.log()


def test_nobody_forges_a_line(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    client.send(alice.name, "x\n<2>message 1 from uid 0 to root\x1b[2J", timeout=0)
    for line in records(service, 2):
        assert line.startswith("<6>message ") and "\x1b" not in line
