"""The sender's name comes first in each popup's title, with the real polkit and on real desktops."""

from __future__ import annotations

import re

import pytest

from lib.commands import outcome
from lib.login_sessions import calls, on, watching
from lib.machine import run

SPOOF = "Message from root 14:05:32"
SEND = ("busctl", "call", "org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1", "Send", "assa{sv}")

SWAYNC = on(":8", "swaync", "dbus-run-session", "--", "wayland-desktop", "swaync")


@pytest.mark.parametrize(
    "title, shown",
    [
        ("Lunch", "alice: Lunch"),
        (f"{SPOOF}\nYour password?", f"alice: {SPOOF} Your password?"),
        ("\u202e23:50:41 toor morf egasseM", "alice: 23:50:41 toor morf egasseM"),
    ],
)
@pytest.mark.parametrize("recipient", ["bob", "carol"])  # xfce4-notifyd, mako
def test_a_title_begins_with_the_senders_name(desktops, recipient, title, shown):
    popups = desktops[recipient].popups()
    answer = desktops["alice"].run("msg", recipient, "/TIME:5", "--title", title, "psst")
    assert outcome(answer) == (0, "", "")
    assert popups.popup("psst").summary == shown


@pytest.mark.parametrize("title", ["", "   ", "\u200b\u3164"])
def test_a_title_that_shows_nothing_is_none(desktops, title):
    popups = desktops["bob"].popups()
    answer = desktops["alice"].run("msg", "bob", "/TIME:5", "--title", title, "psst")
    assert outcome(answer) == (0, "", "")
    assert re.fullmatch(r"Message from alice \d\d:\d\d:\d\d", popups.popup("psst").summary)


def test_roots_title_is_roots(desktops):
    popups = desktops["bob"].popups()
    run("msg", "bob", "/TIME:5", "--title", "Lunch", "psst")
    assert popups.popup("psst").summary == "Lunch"


KEYS = ("default", "inline-reply", "ok", "settings", "show-all", "x-anything")


def test_reserved_keys_are_refused_by_name(open_desktop):
    """swaync makes a field for text of inline-reply, so it must never get one."""
    swaync = open_desktop("swaync", "erin", "--type", "wayland", command=SWAYNC)
    with watching(swaync) as seen:
        for key in KEYS:
            sent = run(*SEND, "1", "erin", "psst", "1", "replies", "a(ss)", "1", key, "Password:", check=False)
            assert sent.returncode == 1
            assert f"the option replies: the key '{key}' is reserved" in sent.stderr
            told = run("msg", "erin", "--reply", f"{key}=Password:", "psst", check=False)
            assert (told.returncode, told.stdout) == (64, "")
            assert "--reply" in told.stderr and f"The key '{key}' is reserved" in told.stderr
        run("msg", "erin", "/TIME:1", "/W", "the last", check=False)
    assert len(calls(seen)) == 1, seen
