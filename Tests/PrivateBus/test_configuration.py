"""msgd.conf, and its effects."""

import re

import pytest

from lib.machine import ROOT
from lib.main_loop import RemoteError


def properties(client):
    [properties] = client.call("GetAll", "(s)", client.NAME, interface="org.freedesktop.DBus.Properties")
    return properties["DefaultTimeout"], properties["MaximumBodyLength"]


def test_without_a_file_the_defaults_hold(machine, client):
    assert not machine.configuration.exists()
    service = machine.start()
    assert properties(client) == (60, 4096)
    assert service.log() == ""


def test_the_file_is_followed(machine, logind, client, alice):
    logind.add("1", alice)
    machine.configuration.write_text("[Messages]\nDefaultTimeout=1\nMaximumBodyLength=10\n")
    service = machine.start()
    assert properties(client) == (1, 10)
    assert "msgd.conf" not in service.log()

    id = client.send(alice.name, body="x" * 10)[0]
    assert 0.99 < client.wait_for_change("1", "expired")["elapsed"] < 2
    assert client.states(id) == {"1": "expired"}
    for method, signature, arguments in (
        ("Send", "(assa{sv})", ([alice.name], "x" * 11, {})),
        ("SendMessage", "(ss)", ("x" * 11, alice.name)),
    ):
        with pytest.raises(RemoteError, match="has 11 characters, and at most 10 are taken") as raised:
            client.call(method, signature, *arguments)
        assert raised.value.name == "org.msgd.Error.LimitExceeded"


def test_a_timeout_of_zero_never_ends(machine, logind, client, alice):
    logind.add("1", alice)
    machine.configuration.write_text("[Messages]\nDefaultTimeout=0\n")
    machine.start()
    client.send(alice.name)
    assert alice.server.popup().timeout == 0
    client.send(alice.name, timeout=5)
    assert alice.server.popup(1).timeout > 5000


def test_what_is_wrong_in_the_file_is_told_with_its_line_and_passed_over(machine, client):
    machine.configuration.write_text(
        "[Messages]\nDefaultTimeout=soon\nColour: blue\nMaximumBodyLength=7\nColour=red\n\n[Limit]\na=b\n[Limits]\nBurst=0\n"
    )
    service = machine.start()
    assert properties(client) == (60, 7)
    path = machine.configuration
    lines = service.log().splitlines()
    assert lines.pop(1).startswith(f"<3>{path}:3: ")  # the rest of it is GLib's
    assert lines == [
        f"<3>{path}:2: DefaultTimeout=soon in [Messages] is no number from 0 to 2147483647: it stays 60",
        f"<4>{path}:5: there is no key Colour in [Messages]",
        f"<4>{path}:7: there is no group [Limit]",
        f"<3>{path}:10: Burst=0 in [Limits] is no number from 1 to 60000: it stays 20",
    ]


def test_a_file_that_is_none_is_told(machine, client):
    machine.configuration.mkdir()
    service = machine.start()
    assert properties(client) == (60, 4096)
    [line] = service.log().splitlines()
    assert line.startswith(f"<3>{machine.configuration}: ") and line.endswith(": nothing of it is used")


def test_the_shipped_file_sets_the_defaults(machine, client):
    shipped = (ROOT / "dbus/msgd.conf").read_text()
    machine.configuration.write_text(re.sub(r"^#(?=\w+=)", "", shipped, flags=re.MULTILINE))
    service = machine.start()
    assert properties(client) == (60, 4096)
    assert service.log() == ""
