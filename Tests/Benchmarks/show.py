"""Tables of a page, and the report on the terminal."""

from __future__ import annotations

from bounds import Row

VERDICTS = {True: "holds", False: "**does not hold**", None: ""}


def table(head: list[str], lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *lines])


def verdicts(rows: list[Row]) -> str:
    lines = [[row.what, row.bound, row.value, VERDICTS[row.holds]] for row in rows]
    return table(["what", "bound", "measured", ""], lines)


def report(rows: list[Row]) -> None:
    width = max(len(row.what) for row in rows)
    for row in rows:
        verdict = {True: "holds", False: "DOES NOT HOLD", None: ""}[row.holds]
        print(f"{row.what:{width}}  {row.bound:>12}  {row.value}  {verdict}")
    missed = sum(row.holds is False for row in rows)
    print(f"{missed} of {len(rows)} bounds do not hold" if missed else "every bound holds")
