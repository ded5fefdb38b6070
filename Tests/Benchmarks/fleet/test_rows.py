"""The benchmark of fleets and its section of the page, with ten machines. Durations are not judged here. `make bench`
runs it first, because only that installs clustershell, pssh and sshd, with which fleets are compared."""

import csv
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SIZE = {"MACHINES": "10", "ROUNDS": "1", "IDLE": "1"}


def run(*command):
    return subprocess.run(
        [str(part) for part in command], check=True, env={**os.environ, **SIZE}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, timeout=120,
    ).stdout  # fmt: skip


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_row_about_fleets_has_a_value(tmp_path):
    results, docs = tmp_path / "results", tmp_path / "docs"
    docs.mkdir()
    (docs / "BENCHMARKS.md").write_text("# Benchmarks\n\nText.\n\n## Fleets\n\nOld text.\n")
    run(HERE / "bench", results)
    report = run(HERE / "page", results, docs)

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
