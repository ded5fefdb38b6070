"""msgd's output on standard error, if that is not the journal's: a line for each record."""

import re

import pytest

from lib.fake_polkit import YES
from lib.main_loop import RemoteError, look_until

BODY = "b0dy of nobody else's business"
TITLE = "t1tle of nobody else's business"


def records(service, count):
    """Waits for a number of lines, and returns them."""
    return look_until(lambda: len(service.log().splitlines()) >= count, f"{count} records", service.log) and (
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


def test_one_word_many_times_is_one_recipient(machine, logind, alice):
    """A word that is repeated a thousand times makes neither a thousand deliveries nor a thousand records."""
    logind.add("1", alice)
    machine.polkit(lambda question: YES)
    service = machine.start()
    client = machine.client(alice.account.pw_uid)
    for _ in range(20):
        _, deliveries = client.send(alice.name, *["nobody-here"] * 999, timeout=0)
        assert [(delivery[0], delivery[1]) for delivery in deliveries] == [("1", alice.name), ("", "nobody-here")]
    assert len(records(service, 40)) == 40


def test_recipients_who_are_not_there_have_one_record(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    id, deliveries = client.send(alice.name, *(f"x{number}" for number in range(1, 999)), timeout=0)
    assert len(deliveries) == 999
    accepted, unreached = records(service, 2)
    assert accepted.endswith("x8, x9 and 989 more: 1 sessions")
    assert unreached == (
        f"<6>message {id} to x1, x2, x3, x4, x5, x6, x7, x8, x9, x10 and 988 more: failed: "
        "they do not exist or are disconnected"
    )


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
