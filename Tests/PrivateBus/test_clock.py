"""The wall clock is changed while popups stand."""

import time

import pytest


@pytest.mark.parametrize("seconds", [-2 * 3600, 2 * 3600])
def test_a_popup_keeps_its_time_when_the_clock_is_set(machine, logind, client, alice, set_clock, seconds):
    logind.add("1", alice)
    machine.start()
    call = client.start_send(alice.name, timeout=2, wait=True)
    began = time.monotonic()
    popup = alice.server.popup()

    set_clock(seconds)

    [delivery] = call.wait()[1]
    assert 2 <= time.monotonic() - began < 3
    assert delivery[3] == "expired"
    assert 2 <= delivery[4]["elapsed"] < 3
    assert alice.server.closed == [popup.id]


def test_the_next_message_has_the_new_time_and_an_id_of_its_own(machine, logind, client, alice, set_clock):
    """This shows that msgd's clock has really changed."""
    logind.add("1", alice)
    machine.start()
    before, _ = client.send(alice.name, timeout=0)

    set_clock(-2 * 3600)

    after, _ = client.send(alice.name, timeout=0)
    assert after > before
    hours = [int(alice.server.popup(number).summary.split()[-1].split(":")[0]) for number in range(2)]
    assert (hours[0] - hours[1]) % 24 in (1, 2)  # 1 if the hour ended between
    assert client.states(before) == client.states(after) == {"1": "shown"}
