"""The benchmarks and their page, with the smallest numbers that make each row. Durations are not judged here."""

import csv
import os
import pathlib
import subprocess
import xml.dom.minidom

from lib.machine import ROOT

PROGRAMS = ROOT / "Tests/Benchmarks"
# The smallest numbers for two sizes.
SIZE = {"SESSIONS": "12", "ROUNDS": "1", "MESSAGES": "20", "MACHINES": "10", "IDLE": "1", "BUILD": "debug"}


def run(*command):
    return subprocess.run(
        [str(part) for part in command], check=True, env={**os.environ, **SIZE}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, timeout=120,
    ).stdout  # fmt: skip


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_row_has_a_value(tmp_path):
    results, docs = tmp_path / "results", tmp_path / "docs"
    run(PROGRAMS / "bench", results)
    (results / "own-real.csv").write_bytes((results / "own.csv").read_bytes())  # from the system tests' machine
    report = run(PROGRAMS / "page", results, docs)

    senders = ("msg cold", "msg warm", "floor cold", "floor warm", "loop", "loop of 8", "agents")
    samples = read(results / "samples.csv")
    assert {(line["sender"], line["sessions"]) for line in samples} == {
        (sender, sessions) for sender in senders for sessions in ("10", "12")
    }
    for line in samples:
        assert (line["status"], line["popups"]) == ("0", line["sessions"]), line
        assert 0 < float(line["first"]) <= float(line["last"]) <= float(line["wall"]), line
        assert float(line["cpu"]) > 0 and float(line["desktops"]) > 0, line
    assert [float(line["pss"]) > 0 for line in read(results / "memory.csv")] == [True] * 14
    assert [line["held"] for line in read(results / "held.csv")][:2] == ["10000", "0"]
    assert len(read(results / "lateness.csv")) == 24

    rows = [line.split("|")[1:-1] for line in page_rows(docs)]
    assert len(rows) == len(report.splitlines()) - 1 == 24
    for what, bound, measured, verdict in rows:
        assert any(character.isdigit() for character in measured), what
        assert ("hold" in verdict) == (bound.strip() != "none"), what
    for plot in ("time", "memory"):
        lines = xml.dom.minidom.parse(str(docs / f"benchmarks/{plot}.svg")).getElementsByTagName("polyline")
        assert len(lines) == (7 if plot == "time" else 2)


def page_rows(docs: pathlib.Path) -> list[str]:
    text = (docs / "BENCHMARKS.md").read_text()
    table = text.split("| what |")[1].split("\n\n")[0]
    return table.splitlines()[2:]
