"""A desktop's notification server: its answers about itself, and its view of a text."""

from __future__ import annotations

import json

from lib.desktop import Desktop
from lib.notification_recorder import Event

SERVER = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications")


def server(desktop: Desktop, method: str) -> list:
    """Returns the server's answer to GetCapabilities or GetServerInformation."""
    return json.loads(desktop.run("busctl", "--user", "--json=short", "call", *SERVER, method).stdout)["data"]


def received(desktop: Desktop, popup: Event) -> str:
    """Returns the text of a popup as its server shows it, because some servers read markup, and GNOME breaks lines at line
    separators only. awesome needs an empty line below letters of a taller font."""
    text = popup.body.replace("\N{LINE SEPARATOR}", "\n")
    if server(desktop, "GetServerInformation")[0] == "naughty" and not text.isascii():
        text = text.removesuffix("\n")
    if "body-markup" not in server(desktop, "GetCapabilities")[0]:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
