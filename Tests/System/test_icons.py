"""An icon must be a name in the theme. Notification servers open a path or a URI as their user, and a FIFO stops them
for good."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lib.commands import msg
from lib.machine import run

SEND = ("busctl", "--json=short", "call", "org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1", "Send")


@pytest.fixture
def fifo():
    """A FIFO that anybody may open, and that nobody writes to."""
    path = Path("/tmp/fifo")
    os.mkfifo(path)
    path.chmod(0o666)
    yield path
    path.unlink()


@pytest.mark.parametrize("form", ["{}", "file://{}"])
@pytest.mark.parametrize("recipient", ["alice", "carol"])  # dunst, mako
def test_a_file_is_no_icon(desktops, fifo, recipient, form):
    recorder = desktops[recipient].popups()
    icon = form.format(fifo)

    sent = run(*SEND, "assa{sv}", "1", recipient, "look", "1", "icon", "s", icon, check=False)
    told = msg(recipient, "--icon", icon, "look")

    assert sent.returncode == 1
    assert f"the option icon wants an icon's name (letters of a to z, digits, . _ + and -), not '{icon}'" in sent.stderr
    assert (told.returncode, told.stdout) == (64, "")
    assert "--icon" in told.stderr and icon in told.stderr
    assert recorder.popups() == []
    assert still_shows(desktops[recipient])


def still_shows(desktop):
    """Whether the notification server answers, and shows new popups."""
    answer = json.loads(msg(desktop.user, "--json", "/TIME:0", "--icon", "face-smile", "still there?").stdout)
    desktop.screen.await_popup()
    run("msg", "--withdraw", str(answer["id"]))
    desktop.screen.await_no_popup()
    return answer["state"] == "shown"
