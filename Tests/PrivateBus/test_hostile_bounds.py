"""What hostile users can make msgd hold: memory, file descriptors, threads."""

import ctypes
import os
import pathlib
import re
import time

import pytest

from test_hostile_buses import expect_failure, outcome

LIBC = ctypes.CDLL(None, use_errno=True)
BOUND = 8 << 20  # bytes for each user: docs/ARCHITECTURE.md, "Hostile surroundings"
FLOODS = ["flood", "flood_of_calls", "flood_of_containers", "flood_of_texts", "flood_once_shown"]


def peak(service) -> int:
    """The most memory that msgd ever had resident, in bytes."""
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def test_memory_is_bounded_for_each_hostile_user(machine, logind, client, alice):
    people = [machine.hostile_person(flood) for flood in FLOODS * 2]
    logind.add("a", alice)
    for number, person in enumerate(people):
        logind.add(f"h{number}", person)
    service = machine.start()
    assert outcome(client.send(alice.name)[1]) == [("shown", "")]
    base = peak(service)

    # Each flood goes on for as long as the message counts, five seconds, and alice is served all the while.
    calls = [client.start_send(person.name, timeout=6, wait=True) for person in people]
    times = []
    while not all(call.is_over for call in calls):
        begin = time.monotonic()
        assert outcome(client.send(alice.name)[1]) == [("shown", "")]
        times.append(time.monotonic() - begin)

    print(f"\n{len(people)} floods: {(peak(service) - base) >> 10} kB, messages in {sorted(times)[len(times) // 2] * 1000:.1f} ms")
    assert peak(service) < base + len(people) * BOUND
    assert sorted(times)[len(times) * 9 // 10] < 1


@pytest.mark.parametrize("hostile", ["descriptors"])
def test_no_file_descriptors_are_taken(machine, logind, client, hostile):
    person = machine.hostile_person(hostile)
    logind.add("h", person)
    service = machine.start()
    descriptors = f"/proc/{service.process.pid}/fd"
    before = len(os.listdir(descriptors))
    assert outcome(client.send(person.name)[1]) == [("shown", "")]
    assert len(os.listdir(descriptors)) <= before + 2


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


def test_a_file_system_that_never_answers_holds_one_thread(machine, logind, client, alice):
    person = machine.person(has_bus=False)
    logind.add("a", alice)
    logind.add("h", person)
    service = machine.start()
    threads = f"/proc/{service.process.pid}/task"
    fuse = os.open("/dev/fuse", os.O_RDWR)
    mount(person, fuse)
    try:
        expect_failure(client, person, alice, "the session bus at {path} does not answer")
        before = len(os.listdir(threads))
        for _ in range(5):
            expect_failure(client, person, alice, "an earlier attempt to connect to {path} still hangs")
        assert len(os.listdir(threads)) <= before
    finally:
        os.close(fuse)
        assert LIBC.umount2(os.fsencode(person.folder), 2) == 0, os.strerror(ctypes.get_errno())
    # The file system is gone, and with it what hung.
    hanging = f"an earlier attempt to connect to {person.folder}/bus still hangs"
    while outcome(client.send(person.name)[1]) == [("failed", hanging)]:
        pass
    expect_failure(client, person, alice, "{name} has no session bus: {path} does not exist")


def mount(person, fuse):
    """A file system of the user's own, which answers nothing: nobody reads what the kernel asks."""
    account = person.account
    options = f"fd={fuse},rootmode=40000,user_id={account.pw_uid},group_id={account.pw_gid},allow_other"
    result = LIBC.mount(b"none", os.fsencode(person.folder), b"fuse", 0, options.encode())
    assert result == 0, os.strerror(ctypes.get_errno())
