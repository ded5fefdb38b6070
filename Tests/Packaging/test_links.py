"""What docs/links checks of the decisions, on a source with one decision and one mistake each."""

import shutil

import pytest

from source import ROOT, run

DECISION = "# 0001: One thing\n\n**Context.** a\n\n**Decision.** `Known` does b.\n\n**Consequence.** c\n"
NAME = "docs/decisions/0001-one-thing.md"
INDEX = "docs/decisions/README.md"


@pytest.fixture
def tree(tmp_path):
    files = {
        "CONTRIBUTING.md": "[why](docs/ARCHITECTURE.md), [each](docs/decisions/README.md)\n",
        "Makefile": "",
        "Package.swift": "",
        "Sources/Known.swift": "struct Known {}\n",
        "docs/ARCHITECTURE.md": "# Architecture\n",
        INDEX: "# Decisions\n\n- [0001](0001-one-thing.md) One thing\n",
        NAME: DECISION,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(ROOT / "docs/links", tmp_path / "docs/links")
    return tmp_path


def mistakes(tree):
    return run(tree / "docs/links", cwd=tree, check=False).stderr.splitlines()


def test_a_whole_decision(tree):
    assert mistakes(tree) == []


@pytest.mark.parametrize(
    "name, text, mistake",
    [
        (INDEX, "# Decisions\n", f"{INDEX} doesn't name 0001-one-thing.md once"),
        (NAME, DECISION.replace("**Decision.**", "**Choice.**"), f"{NAME} doesn't consist of Context, Decision and Consequence"),
        (NAME, DECISION.replace("0001", "0002"), f"{NAME} doesn't begin with its number and title"),
        (NAME, DECISION.replace("Known", "Unknown"), f"{NAME}: there is no Unknown"),
        (NAME, DECISION.replace("a\n", "[a](0003-gone.md)\n", 1), f"{NAME}: 0003-gone.md is not there"),
    ],
)
def test_a_mistake_is_told(tree, name, text, mistake):
    (tree / name).write_text(text)
    assert mistakes(tree) == [mistake]


def test_a_number_is_taken_once(tree):
    (tree / "docs/decisions/0001-other-thing.md").write_text(DECISION)
    (tree / INDEX).write_text((tree / INDEX).read_text() + "- [0001](0001-other-thing.md) Other thing\n")
    assert mistakes(tree) == [f"docs/decisions/0001-{thing}-thing.md: another decision has this number" for thing in ("one", "other")]


def test_a_name_without_a_number_is_told(tree):
    (tree / NAME).rename(tree / "docs/decisions/one-thing.md")
    (tree / INDEX).write_text("# Decisions\n\n- [one](one-thing.md) One thing\n")
    assert "docs/decisions/one-thing.md is not named NNNN-short-name.md" in mistakes(tree)
