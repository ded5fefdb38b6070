"""The promises, the measurements, and whether each promise holds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from results import CPU, RAISING, WALL, Results, percentile

MEBI = 1 << 20


@dataclass
class Row:
    what: str
    bound: str
    value: str
    holds: bool | None = None  # None: there is no bound


def rows(results: Results) -> Iterator[Row]:
    yield from _own(results)
    yield from _delivered(results)
    for sessions in sorted({size for size in results.sizes if size in (100, results.most)}):
        yield from _broadcast(results, sessions)
    yield from _growth(results)
    yield from _latency(results)
    yield from _expiry(results)
    yield from _memory(results)
    yield from _held(results)
    size = results.facts["msg_bytes"] + results.facts["msgd_bytes"]
    yield row("installed size of both programs", size / MEBI, 20, "{:.1f} MiB")
    later = statistics.median(line["during"] - line["alone"] for line in results.bystander)
    yield row(f"another user's message during a broadcast to {results.most}, later than alone", later, 50, "{:.0f} ms")


def row(what: str, value: float, bound: float | None, form: str, note: str = "") -> Row:
    measured = form.format(value) + note
    return Row(what, "none", measured) if bound is None else Row(what, "≤ " + form.format(bound), measured, value <= bound)


def _own(results: Results) -> Iterator[Row]:
    for machine, where in (("real", "real logind, polkit and dunst"), ("private", "private machine")):
        pairs = results.own[machine]
        if not pairs:
            continue
        what = f"one message to one's own desktop against notify-send ({where})"
        for name, ours, theirs in (
            ("wall", ("msg_wall",), "notify_send_wall"), ("CPU", ("msg_cpu", "msgd_cpu"), "notify_send_cpu"),
        ):  # fmt: skip
            mine = statistics.median(sum(pair[field] for field in ours) for pair in pairs)
            other = statistics.median(pair[theirs] for pair in pairs)
            ratio = results.own_ratio(machine, ours, theirs)
            yield row(f"{what}: {name}", ratio, 1.0, "{:.2f}", f" ({mine:.1f} ms / {other:.1f} ms)")


def _delivered(results: Results) -> Iterator[Row]:
    runs = [line for line in results.samples if line["sender"] in ("msg cold", "msg warm")]
    good = sum(line["status"] == 0 and line["popups"] == line["sessions"] for line in runs)
    yield Row("broadcasts of which every popup stood and was reported so", "all", f"{good} of {len(runs)}", good == len(runs))


def _broadcast(results: Results, sessions: int) -> Iterator[Row]:
    for sender, other, against, fields, bound, form in (
        ("msg cold", "loop", "the loop: wall", WALL, 1 / 10, "{:.4f}"),
        ("msg cold", "loop", "the loop: CPU", CPU, 1 / 10, "{:.4f}"),
        ("msg warm", "loop", "the loop: wall", WALL, 1 / 30, "{:.4f}"),
        ("msg warm", "loop", "the loop: CPU", CPU, 1 / 30, "{:.4f}"),
        ("msg cold", "floor cold", "the bare calls: wall", WALL, 1.5, "{:.2f}"),
        ("msg cold", "floor cold", "the bare calls: CPU", RAISING, 1.5, "{:.2f}"),
        ("msg warm", "floor warm", "the bare calls on open connections: wall", WALL, 2.0, "{:.2f}"),
        ("msg warm", "floor warm", "the bare calls on open connections: CPU", RAISING, None, "{:.2f}"),
        ("msg cold", "agents", "agents: wall", WALL, None, "{:.2f}"),
        ("msg warm", "agents", "agents: wall", WALL, None, "{:.2f}"),
    ):  # fmt: skip
        mine, theirs = (results.median(who, sessions, fields) for who in (sender, other))
        yield row(
            f"broadcast to {sessions}, {sender.removeprefix('msg ')}, against {against}",
            results.ratio(sender, other, sessions, fields), bound, form, f" ({mine:.1f} ms / {theirs:.1f} ms)",
        )  # fmt: skip


def _growth(results: Results) -> Iterator[Row]:
    if 100 in results.sizes and results.most > 100:
        for sender in ("msg cold", "msg warm"):
            growth = results.median(sender, results.most) / results.median(sender, 100)
            bound = 11 * results.most / 1000
            yield row(f"time({results.most}) / time(100), {sender.removeprefix('msg ')}", growth, bound, "{:.1f}")


def _latency(results: Results) -> Iterator[Row]:
    first, last, end = (results.median("msg cold", results.most, (field,)) for field in ("first", "last", "end"))
    few = results.sizes[0]
    alone = results.median("msg cold", few, ("first",))
    yield Row(
        f"the last popup of {results.most}, cold", "none",
        f"{last:.0f} ms: {first:.0f} until the first popup ({alone:.0f} with {few} sessions), {last - first:.0f} from there to "
        f"the last; msg ends {end - last:.0f} ms later",
    )  # fmt: skip


def _expiry(results: Results) -> Iterator[Row]:
    late = results.lateness
    yield row(
        f"expiry of {results.most} popups at once, later than /TIME, 99th percentile", percentile(late, 99), 50, "{:.0f} ms",
        f" (median {percentile(late, 50):.0f}, least {late[0]:.0f}, most {late[-1]:.0f})",
    )  # fmt: skip


def _held(results: Results) -> Iterator[Row]:
    if not results.held:
        return
    many = max(line["held"] for line in results.held)

    def median(held: float, field: str) -> float:
        return statistics.median(line[field] for line in results.held if line["held"] == held)

    what = f"msgd's start with {many:.0f} messages held, more than with none"
    took, alone = median(many, "milliseconds"), median(0, "milliseconds")
    yield row(f"{what}: until its first answer", took - alone, 100, "{:.0f} ms", f" ({took:.0f} and {alone:.0f} ms)")
    pss, empty = median(many, "pss") / 1024, median(0, "pss") / 1024
    yield row(f"{what}: PSS", pss - empty, 8, "{:.1f} MiB", f" ({pss:.1f} and {empty:.1f} MiB)")


def _memory(results: Results) -> Iterator[Row]:
    few, most = results.sizes[0], results.most
    idle, standing = results.idle(most), results.standing(most)
    yield row(
        f"msgd idle, {most} sessions known: PSS", idle["pss"] / 1024, 8, "{:.1f} MiB",
        f" ({results.idle(few)['pss'] / 1024:.1f} with {few} sessions)",
    )  # fmt: skip
    yield row(
        f"msgd for each open user bus, {standing['standing']:.0f} popups standing: PSS",
        (standing["pss"] - idle["pss"]) / standing["standing"], 30, "{:.1f} KiB",
    )  # fmt: skip
    before, *_, after = results.after_messages()
    yield row(
        f"msgd after {after['messages']:.0f} messages, more than after {before['messages']:.0f}: PSS",
        (after["pss"] - before["pss"]) / 1024, 1, "{:.2f} MiB", f" ({before['pss'] / 1024:.1f} and {after['pss'] / 1024:.1f} MiB)",
    )  # fmt: skip
