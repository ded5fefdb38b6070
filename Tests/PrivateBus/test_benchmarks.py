"""The benchmarks and their page, with the smallest numbers that make each row. Durations are not judged here."""

import csv
import os
import pathlib
import shutil
import subprocess
import xml.dom.minidom

import pytest

from lib.machine import ROOT

PROGRAMS = ROOT / "Tests/Benchmarks"
# The smallest numbers for two sizes.
SIZE = {"SESSIONS": "12", "ROUNDS": "1", "MESSAGES": "20", "MACHINES": "10", "IDLE": "1", "BUILD": "debug"}
PEERS = ("clush", "parallel-ssh", "/usr/sbin/sshd")


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


@pytest.mark.skipif(not all(map(shutil.which, PEERS)), reason="make bench installs what fleets are compared with")
def test_each_row_about_fleets_has_a_value(tmp_path):
    results, docs = tmp_path / "results", tmp_path / "docs"
    docs.mkdir()
    (docs / "BENCHMARKS.md").write_text("# Benchmarks\n\nText.\n\n## Fleets\n\nOld text.\n")
    run(PROGRAMS / "fleet/bench", results)
    report = run(PROGRAMS / "fleet/page", results, docs)

    samples = read(results / "fleet.csv")
    senders = {"fleet", "msg", "clush msg", "clush true", "pssh true"}
    assert {line["sender"] for line in samples} == senders and {line["machines"] for line in samples} == {"10"}
    for line in samples:
        assert line["status"] == "0" and float(line["wall"]) > 0 and float(line["cpu"]) > 0, line
    assert len(read(results / "fleet-one.csv")) == 4 and len(read(results / "fleet-alone.csv")) == 8
    [memory] = read(results / "fleet-memory.csv")
    assert all(float(memory[program]) > 0 for program in ("msg", "msg_fleet", "broker"))

    text = (docs / "BENCHMARKS.md").read_text()
    assert text.startswith("# Benchmarks\n\nText.\n\n## Fleets\n") and "Old text" not in text
    rows = [line.split("|")[1:-1] for line in page_rows(docs)]
    assert len(rows) == len(report.splitlines()) - 1 == 19
    for what, bound, measured, verdict in rows:
        assert any(character.isdigit() for character in measured), what
        assert ("hold" in verdict) == (bound.strip() != "none"), what


def page_rows(docs: pathlib.Path) -> list[str]:
    text = (docs / "BENCHMARKS.md").read_text()
    table = text.split("| what |")[1].split("\n\n")[0]
    return table.splitlines()[2:]
