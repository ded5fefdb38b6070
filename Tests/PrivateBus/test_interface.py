"""org.msgd.Messenger1 as programs use it."""

import xml.etree.ElementTree

import pytest
from gi.repository import GLib

from lib.machine import ROOT
from lib.main_loop import Call, RemoteError
from lib.raw_client import CALL, NAME, NO_REPLY_EXPECTED, PATH, RawClient, aligned, string

INVALID = "org.msgd.Error.InvalidArgument"
PROPERTIES = "org.freedesktop.DBus.Properties"
DBUS = "org.freedesktop.DBus.Error."


def members(text):
    """Methods, signals and properties of org.msgd.Messenger1, with the types of their arguments."""
    [interface] = xml.etree.ElementTree.fromstring(text).findall("interface[@name='org.msgd.Messenger1']")
    return {
        (member.tag, member.get("name"), member.get("type"), member.get("access"))
        + tuple((arg.get("name"), arg.get("type"), arg.get("direction")) for arg in member.findall("arg"))
        for member in interface
        if isinstance(member.tag, str)
    }


def test_introspection_is_the_contract(machine, client):
    machine.start()
    [live] = client.call("Introspect", interface="org.freedesktop.DBus.Introspectable")
    contract = (ROOT / "dbus/org.msgd.Messenger1.xml").read_text()
    assert members(live) == members(contract)


def test_properties(machine, client):
    machine.start()
    [properties] = client.call("GetAll", "(s)", client.NAME, interface="org.freedesktop.DBus.Properties")
    assert properties.keys() == {"Version", "DefaultTimeout", "MaximumBodyLength"}
    with pytest.raises(RemoteError) as raised:
        client.call(
            "Set", "(ssv)", client.NAME, "DefaultTimeout", GLib.Variant("u", 1), interface="org.freedesktop.DBus.Properties"
        )
    assert raised.value.name == DBUS + "PropertyReadOnly"


@pytest.mark.parametrize(
    "path, interface, method, signature, body, error",
    [
        (PATH, NAME, "Shout", "", b"", "UnknownMethod"),
        ("/org/msgd/Nobody", NAME, "GetMuted", "", b"", "UnknownObject"),
        (PATH, PROPERTIES, "Get", "ss", aligned(string(NAME), 4) + string("Colour"), "UnknownProperty"),
        (PATH, PROPERTIES, "Get", "ss", aligned(string("a.b"), 4) + string("Version"), "UnknownInterface"),
    ],
)
def test_what_is_not_there(machine, path, interface, method, signature, body, error):
    machine.start()
    client = RawClient(machine.bus.path)
    serial = client.send(CALL, NAME, path, interface, method, signature, body)
    assert client.error(serial)[0] == DBUS + error


def test_who_wants_no_answer_gets_none(machine):
    machine.start()
    client = RawClient(machine.bus.path)
    silent = [client.call("GetMuted", flags=NO_REPLY_EXPECTED), client.call("Withdraw", flags=NO_REPLY_EXPECTED)]
    asked = client.call("GetMuted")
    # Answers come in the order of the calls.
    seen = []
    while asked not in seen:
        _, fields, _ = client.receive()
        seen.append(fields.get(5))
    assert not set(silent) & set(seen)


def test_every_object_above_tells_of_the_one_below(machine, client):
    machine.start()
    names = []
    for path in ("/", "/org", "/org/msgd"):
        introspect = "org.freedesktop.DBus.Introspectable.Introspect"
        call = Call(client.connection, NAME, path, introspect, GLib.Variant("()", ()))
        names += [node.get("name") for node in xml.etree.ElementTree.fromstring(call.wait()[0]).findall("node")]
    assert names == ["org", "msgd", "Messenger1"]


@pytest.mark.parametrize(
    "method, signature, arguments, error, words",
    [
        ("Send", "(ssa{sv})", ("*", "Hello", {}), INVALID, r"Send takes .* \(assa\{sv\}\), and .* \(ssa\{sv\}\)$"),
        ("Send", "(as)", (["*"],), INVALID, "type"),
        ("SendMessage", "(s)", ("Hello",), INVALID, "type"),
        ("GetDeliveries", "(s)", ("1",), INVALID, "type"),
        ("Withdraw", "()", (), INVALID, r"Withdraw takes .* \(t\), and was called with \(\)"),
        ("SetMuted", "(u)", (1,), INVALID, "type"),
        ("Shout", "(s)", ("Hello",), DBUS + "UnknownMethod", "Shout"),
        ("Send", "(assa{sv})", ([], "Hello", {}), INVALID, "no recipient"),
        ("Send", "(assa{sv})", ([""], "Hello", {}), INVALID, "recipient is empty"),
        ("Send", "(assa{sv})", (["*"], " \n", {}), INVALID, "message is empty"),
        ("SendMessage", "(ss)", ("", ""), INVALID, "message is empty"),
        ("Send", "(assa{sv})", (["x" * 257], "Hello", {}), INVALID, "recipient has 257"),
        ("Send", "(assa{sv})", (["alice"] * 1001, "Hello", {}), INVALID, "RecipientsPerCall"),
        ("Send", "(assa{sv})", (["*"], "x" * 100_000, {}), "org.msgd.Error.LimitExceeded", "100000"),
    ],
)
def test_wrong_arguments(machine, logind, client, alice, method, signature, arguments, error, words):
    logind.add("1", alice)
    machine.start()
    with pytest.raises(RemoteError, match=words) as raised:
        client.call(method, signature, *arguments)
    assert raised.value.name == error
    assert [delivery[3] for delivery in client.send("*")[1]] == ["shown"]
    assert len(alice.server.popups) == 1


@pytest.mark.parametrize(
    "option, type, value",
    [
        ("colour", "s", "red"),
        ("timeout", "i", 5),
        ("timeout", "u", 4_000_000_000),
        ("timeout", "s", "5"),
        ("title", "u", 1),
        ("wait", "u", 1),
        ("urgency", "s", "grave"),
        ("urgency", "y", 2),
        ("icon", "as", ["mail"]),
        ("replies", "as", ["y", "Yes"]),
        ("replies", "a{ss}", {"y": "Yes"}),
        ("replies", "a(ss)", [("", "Yes")]),
        ("replies", "a(ss)", [("y", "Yes"), ("y", "Yeah")]),
        ("replies", "a(ss)", [("default", "Yes")]),
        ("replies", "a(ss)", [("inline-reply", "Password:")]),
        ("replies", "a(ss)", [(str(key), "Yes") for key in range(4)]),
        ("replies", "a(ss)", [("y", "x" * 21)]),
        ("ask", "as", ["Room?"]),
        ("ask", "s", "x" * 257),
        ("choices", "s", "A"),
        ("choices", "as", ["A", "A"]),
        ("choices", "as", [str(number) for number in range(33)]),
        ("icon", "s", "/tmp/fifo"),
        ("icon", "s", "file:///tmp/image.png"),
        ("title", "s", "x" * 257),
    ],
)
def test_wrong_options(machine, logind, client, alice, option, type, value):
    logind.add("1", alice)
    machine.start()
    with pytest.raises(RemoteError, match=option) as raised:
        client.call("Send", "(assa{sv})", ["*"], "Hello", {option: GLib.Variant(type, value)})
    assert raised.value.name == INVALID
    assert alice.server.popups == []
    assert client.call("ListSessions")[0][0][0] == "1"


def test_an_option_that_is_given_twice_is_named(machine, logind, client, alice):
    """An a{sv} is an array, on the wire and in GLib, so it can contain a key twice."""
    logind.add("1", alice)
    machine.start()
    options = GLib.VariantBuilder(GLib.VariantType("a{sv}"))
    for title in ("Lunch", "Kitchen"):
        options.add_value(GLib.Variant.new_dict_entry(GLib.Variant("s", "title"), GLib.Variant("v", GLib.Variant("s", title))))
    arguments = GLib.Variant.new_tuple(GLib.Variant("as", ["*"]), GLib.Variant("s", "Hello"), options.end())
    call = Call(client.connection, client.NAME, client.PATH, f"{client.NAME}.Send", arguments)
    with pytest.raises(RemoteError, match="the option title is given twice") as raised:
        call.wait(lambda: "")
    assert raised.value.name == INVALID
    assert alice.server.popups == []
