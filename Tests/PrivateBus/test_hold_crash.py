"""msgd, killed at each system call that changes what is held on the disk. What it has promised is there afterwards, whole."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest
from lib.main_loop import RemoteError, look_until, wait_until

HOUR = 3600
OLD, NEW = "old\n" * 500, "new\n" * 700


class Crashes:
    """Runs an act again and again, on a machine where something is held already or not, each time with a msgd that is
    killed one system call later, until it survives."""

    def __init__(self, machine, client, library: pathlib.Path):
        self.machine, self.client = machine, client
        self.count = machine.notes.with_name("count")
        self.library = str(library)

    def start(self, number: int):
        self.count.write_bytes(b"")
        self.count.chmod(0o666)
        self.machine.environment |= {
            "LD_PRELOAD": self.library, "KILL_AT": str(number), "KILL_COUNT": str(self.count),
        }  # fmt: skip
        return self.machine.start()

    def end(self, service) -> bool:
        """Ends the service, if it lives; says whether it did."""
        lived = service.process.poll() is None
        service.process.kill()
        service.process.wait()
        wait_until(lambda: not self.client.owner, "the name's release")
        return lived

    def whole(self):
        """Starts a msgd that nobody kills, which finds nothing strange."""
        self.machine.environment.pop("LD_PRELOAD")
        service = self.machine.start()
        entries = self.client.call("ListHeld")[0]
        assert "error" not in service.log() and "no held message" not in service.log(), service.log()
        return service, entries

    def run(self, prepare: Callable[[], object], act: Callable[[object], None], check: Callable[[object, bool], None]) -> int:
        """Returns the number of calls at which it was killed.

        `prepare` makes what the act needs, with a msgd that lives; `check` gets what it returned, and whether the act was
        answered, with another one."""
        number = 0
        while True:
            number += 1
            assert number < 60, "it never survives"
            service = self.machine.start()
            prepared = prepare()
            self.end(service)
            service = self.start(number)
            answered = True
            try:
                act(prepared)
            except RemoteError as error:
                assert "NoReply" in str(error) or "ServiceUnknown" in str(error) or "disconnected" in str(error), error
                answered = False
            killed = service.process.poll() is not None or len(self.count.read_bytes()) >= number
            self.end(service)
            service, entries = self.whole()
            check(prepared, answered, entries)
            for id in {entry[0] for entry in entries}:
                self.client.call("Withdraw", "(t)", id)
            assert not list((self.machine.state / "held").glob("*")), "something is left"
            self.end(service)
            if not killed:
                return number - 1


@pytest.fixture
def crashes(machine, client, kill_library) -> Crashes:
    return Crashes(machine, client, kill_library)


def text(machine, id) -> str:
    [file] = (machine.state / "held").glob(f"{id}.*")
    [line] = [line for line in file.read_text().splitlines() if line.startswith("Body=")]
    return line.removeprefix("Body=").replace("\\n", "\n")


def test_what_was_promised_is_there(machine, client, alice, bob, crashes):
    sent = []

    def send(_):
        sent.clear()
        id, _ = client.send(alice.name, bob.name, body=OLD, hold=HOUR)
        sent.append(id)

    def check(_, answered, entries):
        if answered:
            assert [(entry[0], entry[3]) for entry in entries] == [(sent[0], name) for name in sorted([alice.name, bob.name])]
        for entry in entries:
            [file] = (machine.state / "held").glob(f"*.{entry[3]}")
            assert "Body=" + OLD.replace("\n", "\\n") in file.read_text()

    # For each recipient: the folder, the new file, two halves of it at least, both to the disk, and its name.
    assert crashes.run(lambda: None, send, check) >= 14


def test_a_change_is_there_or_the_old_text(machine, client, alice, crashes):
    def check(id, answered, entries):
        assert [entry[0] for entry in entries] == [id]
        assert text(machine, id) in ([NEW] if answered else [OLD, NEW])

    def prepare():
        return client.send(alice.name, body=OLD, hold=HOUR)[0]

    assert crashes.run(prepare, lambda id: client.call("Update", "(tsa{sv})", id, NEW, {}), check) >= 6


def test_withdrawn_it_does_not_come_back(machine, client, alice, crashes):
    def check(id, answered, entries):
        assert not (answered and entries) and [entry[0] for entry in entries] in ([], [id])

    def prepare():
        return client.send(alice.name, body=OLD, hold=HOUR)[0]

    assert crashes.run(prepare, lambda id: client.call("Withdraw", "(t)", id), check) >= 2


def test_who_has_had_it_is_noted_or_it_comes_again(machine, logind, client, alice, crashes):
    logind.add("1", alice)

    def prepare():
        count = len(alice.server.popups)
        id = client.send("*", body=OLD, hold=HOUR, timeout=0)[0]
        alice.server.popup(count)
        return id, count

    def act(prepared):
        id, count = prepared
        popup = alice.server.popup(count + 1)  # the first one ended with the msgd before
        alice.server.invoke(popup, "ok")
        client.call("GetDeliveries", "(t)", id)
        [file] = (machine.state / "held").glob(f"{id}.*")
        look_until(lambda: b"Served=%d" % alice.account.pw_uid in file.read_bytes() or not client.owner, "the end")
        if not client.owner:
            raise RemoteError("NoReply", "msgd is gone")

    def check(prepared, answered, entries):
        id, count = prepared
        assert [entry[0] for entry in entries] == [id]  # for others who may come
        if answered:
            last = client.send(alice.name, body="last")[0]
            assert [popup.body for popup in alice.server.popups[count:]] == [OLD, OLD, "last"]
            client.call("Withdraw", "(t)", last)

    assert crashes.run(prepare, act, check) >= 6
