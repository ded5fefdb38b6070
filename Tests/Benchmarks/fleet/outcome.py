"""The output of this folder's `bench`, the promises, and whether each of them holds."""

from __future__ import annotations

import json
import pathlib
import statistics
from collections.abc import Iterator

from bounds import Row, row
from results import Line, read

# Who is compared, and what the page calls them.
PEERS = {
    "clush true": "`clush … true`", "pssh true": "`parallel-ssh … true`", "clush msg": "`clush … msg`",
    "msg": "`msg /SERVER:host1,host2,…`",
}  # fmt: skip
RATIO = 1 / 10  # to what goes over ssh, with 100 machines
KEEP_ALIVES = 2  # wake-ups in a minute: when one is due after 60 s, and when the broker answers


class Outcome:
    def __init__(self, folder: pathlib.Path):
        self.facts = json.loads((folder / "fleet-facts.json").read_text())
        self.samples = read(folder / "fleet.csv")
        self.memory = read(folder / "fleet-memory.csv")
        self.one = read(folder / "fleet-one.csv")
        self.alone = read(folder / "fleet-alone.csv")
        [self.relay] = read(folder / "fleet-relay.csv")
        self.sizes = self._sizes("fleet")
        self.hosts = self._sizes("clush true")
        self.most = self.sizes[-1]

    def _sizes(self, sender: str) -> list[int]:
        return sorted({int(line["machines"]) for line in self.samples if line["sender"] == sender})

    def lines(self, sender: str, size: int) -> list[Line]:
        """One line for each round."""
        return [line for line in self.samples if (line["sender"], line["machines"]) == (sender, size)]

    def median(self, sender: str, size: int, field: str = "wall") -> float:
        return statistics.median(line[field] for line in self.lines(sender, size))

    def ratio(self, sender: str, size: int, field: str) -> float:
        """The median of the rounds' ratios of the fleet to another sender."""
        pairs = zip(self.lines("fleet", size), self.lines(sender, size), strict=True)
        return statistics.median(ours[field] / theirs[field] for ours, theirs in pairs)

    def extrapolated(self, sender: str, size: int) -> float | None:
        """The time for more hosts than this machine bears: each further one takes what one took before. None if there
        is nothing to draw a line through."""
        if len(self.hosts) < 2:
            return None
        few, many = self.hosts[0], self.hosts[-1]
        most = self.median(sender, many)
        return most + (size - many) * (most - self.median(sender, few)) / (many - few)


def rows(outcome: Outcome) -> Iterator[Row]:
    yield from _delivered(outcome)
    for size in outcome.hosts:
        yield from _against(outcome, size)
    if 10_000 in outcome.sizes:
        growth = outcome.median("fleet", 10_000) / outcome.median("fleet", 1000)
        yield row("time(10000) / time(1000)", growth, 11, "{:.1f}")
    yield from _most(outcome)
    yield from _one(outcome)
    yield from _relay(outcome)
    yield from _alone(outcome)


def _delivered(outcome: Outcome) -> Iterator[Row]:
    for sender, what in (("fleet", "a fleet"), ("msg", "hosts with `msg /SERVER:host1,host2,…`")):
        runs = [line for line in outcome.samples if line["sender"] == sender]
        good = sum(line["status"] == 0 for line in runs)
        holds = good == len(runs) if sender == "fleet" else None
        what = f"broadcasts to {what} of which msg knew that all had shown them"
        yield Row(what, "all" if sender == "fleet" else "none", f"{good} of {len(runs)}", holds)


def _against(outcome: Outcome, size: int) -> Iterator[Row]:
    for sender, name in PEERS.items():
        for field, what in (("wall", "wall"), ("cpu", "the sender's CPU")):
            mine, theirs = outcome.median("fleet", size, field), outcome.median(sender, size, field)
            bound = RATIO if size == 100 else None
            yield row(
                f"broadcast to {size} machines against {name}: {what}", outcome.ratio(sender, size, field), bound,
                "{:.4f}", f" ({mine:.0f} ms / {theirs:.0f} ms)",
            )  # fmt: skip


def _most(outcome: Outcome) -> Iterator[Row]:
    size = outcome.most
    wall, cpu, middle, ends = (outcome.median("fleet", size, field) for field in ("wall", "cpu", "middle", "ends"))
    yield Row(
        f"broadcast to {size} machines until all receipts are in", "none",
        f"{wall:.0f} ms; CPU: msg and msg-fleet {cpu:.0f} ms, broker {middle:.0f} ms, simulated machines {ends:.0f} ms",
    )  # fmt: skip
    memory = next(line for line in outcome.memory if line["machines"] == size)
    msg, fleet, broker = (memory[field] / 1024 for field in ("msg", "msg_fleet", "broker"))
    yield Row(
        f"memory at a broadcast to {size} machines: PSS", "none",
        f"{msg + fleet:.1f} MiB (msg {msg:.1f}, msg-fleet {fleet:.1f}); the broker {broker:.1f} MiB",
    )  # fmt: skip


def _one(outcome: Outcome) -> Iterator[Row]:
    for field, what, bound in (("wall", "wall", 1.5), ("cpu", "the sender's CPU", None)):
        ours, theirs = ([pair[f"{who}_{field}"] for pair in outcome.one] for who in ("fleet", "ssh"))
        ratio = statistics.median(one / two for one, two in zip(ours, theirs, strict=True))
        yield row(
            f"one machine, against an open connection of ssh's: {what}", ratio, bound, "{:.2f}",
            f" ({statistics.median(ours):.1f} ms / {statistics.median(theirs):.1f} ms)",
        )  # fmt: skip


def _relay(outcome: Outcome) -> Iterator[Row]:
    relay = outcome.relay
    yield row("msg-relay idle: PSS", relay["pss"] / 1024, 8, "{:.1f} MiB")
    minutes = relay["seconds"] / 60
    yield row(
        "msg-relay idle: wake-ups of its threads in a minute", relay["wakeups"] / minutes, KEEP_ALIVES, "{:.1f}",
        f" ({relay['wakeups']:.0f} in {relay['seconds']:.0f} s, with {relay['cpu']:.1f} ms of CPU)",
    )  # fmt: skip


def _alone(outcome: Outcome) -> Iterator[Row]:
    pairs = outcome.alone
    more = max(pair["with_libraries"] - pair["without_libraries"] for pair in pairs)
    what = "`msg alice hi` with fleets.conf, more than without"
    yield row(f"{what}: libraries", more, 0, "{:.0f}", f" ({pairs[0]['with_libraries']:.0f} in all)")
    for field in ("wall", "cpu"):
        ours, theirs = (statistics.median(pair[f"{key}_{field}"] for pair in pairs) for key in ("with", "without"))
        later = statistics.median(pair[f"with_{field}"] - pair[f"without_{field}"] for pair in pairs)
        name = {"wall": "wall", "cpu": "CPU"}[field]
        yield row(f"{what}: {name}", later, 1, "{:.2f} ms", f" ({ours:.1f} ms and {theirs:.1f} ms)")
