"""Bounds on what hostile users can make msgd use: memory, file descriptors, threads."""

import os
import pathlib
import re
import time
from collections.abc import Callable, Iterator

from gi.repository import GLib

from lib.machine import hanging
from lib.main_loop import look_until, wait_until
from test_hostile_buses import expect_failure, outcome

# Bytes for each user. docs/ARCHITECTURE.md, "Hostile surroundings", allows four times as much, for a machine that is
# too busy for msgd's main loop.
BOUND = 2 << 20
FLOODS = [
    "answers_of_containers", "flood", "flood_of_calls", "flood_of_containers", "flood_of_texts", "flood_once_shown",
]  # fmt: skip


def peak(service) -> int:
    """The most memory that msgd has had resident, in bytes."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def processor_time(service) -> float:
    """The seconds for which msgd has run, on all processors."""
    fields = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# The reason for a path that leads to a file system that doesn't answer.
HANGING = (
    "nothing came of connecting to {path}: a file system of {name}'s hangs, or msgd-connect does "
    "(see: systemctl status msgd-connect)"
)


def beats(until: Callable[[], bool]) -> Iterator[None]:
    """Ten times a second, as often as somebody else may send meanwhile."""
    count = 0

    def beat() -> bool:
        nonlocal count
        count += 1
        return GLib.SOURCE_CONTINUE

    source = GLib.timeout_add(100, beat)
    while not until():
        seen = count
        yield
        wait_until(lambda: count > seen, "the next beat")
    GLib.source_remove(source)


def test_memory_and_time_are_bounded_for_each_hostile_user(machine, logind, client, alice):
    people = [machine.hostile_person(flood) for flood in FLOODS * 2]
    logind.add("a", alice)
    for number, person in enumerate(people):
        logind.add(f"h{number}", person)
    service = machine.start()
    assert outcome(client.send(alice.name)[1]) == [("shown", "")]
    base = peak(service)
    begin, used = time.monotonic(), processor_time(service)

    # Each flood goes on until the message fails, after five seconds, or ends. alice is served all the time.
    calls = [client.start_send(person.name, timeout=5, wait=True) for person in people for _ in range(10)]
    times = []
    for _ in beats(until=lambda: all(call.is_over for call in calls)):
        sent = time.monotonic()
        assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
        times.append(time.monotonic() - sent)

    memory, share = peak(service) - base, (processor_time(service) - used) / (time.monotonic() - begin)
    figures = f"{memory >> 10} kB, {share:.0%} of a processor, messages in {sorted(times)[len(times) // 2] * 1000:.0f} ms"
    print(f"\n{len(people)} floods: {figures}")
    assert memory < len(people) * BOUND, figures
    assert share < 0.4, figures
    assert sorted(times)[len(times) * 9 // 10] < 1, figures


def test_no_file_descriptors_are_taken(machine, logind, client, alice):
    person = machine.hostile_person("descriptors")
    logind.add("a", alice)
    logind.add("h", person)
    service = machine.start()
    descriptors = f"/proc/{service.process.pid}/fd"
    before, most = len(os.listdir(descriptors)), 0
    call = client.start_send(person.name)
    for _ in beats(until=lambda: call.is_over):
        client.send(alice.name, timeout=1)
        most = max(most, len(os.listdir(descriptors)))
    assert outcome(call.wait()[1]) == [("failed", "the session bus does not answer")]
    assert most <= before + 5


def test_a_server_that_never_answers_gets_one_connection(machine, logind, client, alice):
    alice.server.hangs = True
    logind.add("a", alice)
    service = machine.start()
    descriptors = f"/proc/{service.process.pid}/fd"
    failure = [("failed", "the notification server does not answer")]
    assert outcome(client.send(alice.name)[1]) == failure
    before = len(os.listdir(descriptors))
    assert outcome(client.send(alice.name)[1]) == failure
    assert len(os.listdir(descriptors)) == before
    assert alice.server.popup(0).sender == alice.server.popup(1).sender


def test_popups_that_come_too_late_are_taken_back_up_to_a_number(machine, logind, client, alice):
    alice.server.hangs = True
    logind.add("a", alice)
    machine.start()
    calls = [client.start_send(alice.name, body=str(number)) for number in range(80)]
    assert {state for call in calls for state, _ in outcome(call.wait()[1])} == {"failed"}
    alice.server.answer_late()
    wait_until(lambda: len(alice.server.closed) >= 64, "CloseNotification", lambda: len(alice.server.closed))
    # Anything else from msgd would have come before this.
    alice.server.hangs = False
    client.send(alice.name)
    assert len(alice.server.closed) == 64


def test_a_file_system_that_never_answers_holds_nothing(machine, logind, client, alice):
    person = machine.person(has_bus=False)
    logind.add("a", alice)
    logind.add("h", person)
    service = machine.start()
    threads, descriptors = f"/proc/{service.process.pid}/task", f"/proc/{service.process.pid}/fd"
    with hanging(person.folder, person):
        expect_failure(client, person, alice, HANGING)
        before = len(os.listdir(threads)), len(os.listdir(descriptors))
        calls = [client.start_send(person.name) for _ in range(20)]
        assert outcome(client.send(alice.name, timeout=1)[1]) == [("shown", "")]
        silence = HANGING.format(name=person.name, path=f"{person.folder}/bus")
        assert {answer for call in calls for answer in outcome(call.wait()[1])} == {("failed", silence)}
        assert (len(os.listdir(threads)), len(os.listdir(descriptors))) <= before
        look_until(lambda: not machine.helper.at_work(), "the end of what hung", machine.helper.at_work)
    # The file system is gone, and so is the request that hung.
    expect_failure(client, person, alice, "{name} has no session bus: {path} does not exist")


def test_another_bus_of_the_same_user_is_joined_while_one_hangs(machine, logind, client, alice):
    person = machine.person(has_bus=False)
    logind.add("a", alice)
    logind.add("h", person)
    machine.start()
    with hanging(person.folder, person):
        expect_failure(client, person, alice, HANGING)
        logind.remove("h")
        logind.remove_user(person)
        logind.add("m", machine.moved(person))
        assert outcome(client.send(person.name)[1]) == [("shown", "")]
