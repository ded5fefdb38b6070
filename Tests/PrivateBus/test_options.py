"""msgd's command line."""

import re
import subprocess

import pytest

from lib.machine import BUILT, ROOT


def run(*options):
    return subprocess.run([BUILT / "msgd", *options], env={}, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        (["--idle-timeout", "-1"], "--idle-timeout takes a number from 0 to 4294967295, not “-1”"),
        (["--idle-timeout=4294967296"], "not “4294967296”"),
        (["--idle-timeout=soon", "--config=/nonexistent"], "not “soon”"),
        (["--idle-timeout"], "--idle-timeout"),
        (["--nope"], "--nope"),
        (["--version", "now"], "now"),
    ],
)
def test_what_is_wrong_is_named(options, culprit):
    ended = run(*options)
    assert (ended.returncode, ended.stdout) == (64, "")
    first, second = ended.stderr.splitlines()
    assert first.startswith("msgd: ") and culprit in first
    assert second == "Run 'msgd --help' for the options."


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_printed(option):
    ended = run(option)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Usage:\n  msgd [OPTION…]\n")
    assert max(map(len, ended.stdout.splitlines())) <= 80
    found = re.findall(r"^ +(?:-h, )?--([\w-]+)", ended.stdout, re.MULTILINE)
    assert found == "idle-timeout config state locales helper messages-only retire version help".split()


def test_the_version_is_printed():
    version = re.search(r'static let version = "(.+)"', (ROOT / "Sources/MessengerContract/Messenger.swift").read_text())[1]
    ended = run("--version")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"msgd {version}\n", "")
