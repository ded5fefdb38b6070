"""The wall clock is changed while popups stand."""

import pathlib
import shutil
import subprocess
import time

import pytest

SOURCE = pathlib.Path(__file__).parent / "lib/clock.c"


@pytest.fixture(scope="session")
def clock_library(folder):
    library = folder / "clock.so"
    compiler = shutil.which("clang") or shutil.which("cc")
    assert compiler, "neither clang nor cc is in the path"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, SOURCE], check=True)
    return library


@pytest.fixture
def set_clock(machine, clock_library):
    """Moves msgd's clock by a number of seconds, forward or back."""
    offset = machine.notes.with_name("offset")
    offset.write_text("0")
    machine.environment |= {"LD_PRELOAD": str(clock_library), "CLOCK_OFFSET": str(offset), "TZ": "UTC"}
    return lambda seconds: offset.write_text(str(seconds))


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
