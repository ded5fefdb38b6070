"""Texts that are hard to bring across unharmed, and what a notification server made of one."""

from __future__ import annotations

import json

from desktop import Desktop
from recorder import Event

TEXTS = {
    "emoji": "🎉👩‍👩‍👧‍👦🇪🇺",
    "right-to-left": "שלום, עולם! مرحبا 123",
    "directions": "a \u2068b\u2069 \u200ec\u200f",
    "joiners": "می\u200cخواهم क्\u200dष 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "combining": "e\u0301 n\u0303 Z\u0351\u036b\u0343",  # decomposed: nothing may compose them
    "astral": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 漢字",
    "4096 characters": "".join(chr(0x4E00 + number) for number in range(4096)),
    "200 lines": "\n".join(f"line {number}" for number in range(200)),
    "markup": "<b>&amp;</b> <i>a</i><br/> <img src='/etc/passwd'/> &#65; <",
    "format": "%s %n %d %1$s %% {} \\0",
    "command substitution": "$(id) `id` ${HOME} !!",
    "command": "; rm -rf / | cat && x > y < z & # \"'",
    "newlines": "first\n\nthird\twith a tab",
    "backslashes": r"C:\new\table \\server\share",
    "blanks": "  two  and  two  ",
    "dash": "-5 degrees",
    "switch": "/W is a switch",
}

SERVER = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications")


def server(desktop: Desktop, method: str) -> list:
    """What the desktop's notification server answers to GetCapabilities or GetServerInformation."""
    return json.loads(desktop.run("busctl", "--user", "--json=short", "call", *SERVER, method).stdout)["data"]


def received(desktop: Desktop, popup: Event) -> str:
    """The text of a popup, as its server shows it: some read markup."""
    if "body-markup" not in server(desktop, "GetCapabilities")[0]:
        return popup.body
    return popup.body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
