"""The button Show all, and the window that it opens through the user's own service manager."""

import pytest

from lib.main_loop import wait_until

LONG = "\n".join(f"line {number} costs $HOME & <more>" for number in range(1, 8))
BUTTONS = ["ok", "OK", "show-all", "Show all", "default", ""]
PLAIN = ["ok", "OK", "default", ""]


@pytest.fixture
def manager(alice, logind, programs):
    """alice's service manager, in a session on X11 with zenity and kdialog."""
    logind.add("1", alice)
    programs("zenity", "kdialog")
    return alice.manage("DISPLAY=:0", "XDG_CURRENT_DESKTOP=XFCE")


def begin(machine, client, alice, **options):
    """Sends a long text and presses Show all; returns the call, which waits, and the popup."""
    machine.start()
    call = client.start_send(alice.name, body=LONG, wait=True, **options)
    popup = alice.server.popup()
    client.wait_for_change("1", "shown")
    alice.server.invoke(popup, "show-all")
    return call, popup


def outcome(call):
    [delivery] = call.wait()[1]
    return delivery[3], delivery[4].get("error-message", "")


@pytest.mark.parametrize("body, actions", [("x", PLAIN), (250 * "x", PLAIN), (251 * "x", BUTTONS), (6 * "x\n" + "x", BUTTONS)])
def test_long_texts_have_the_button(machine, client, alice, manager, body, actions):
    machine.start()
    client.send(alice.name, body=body)
    assert alice.server.popup().actions == actions


@pytest.mark.parametrize(
    "environment, installed, offered",
    [
        (["DISPLAY=:0"], ["zenity"], True),
        (["DISPLAY=:0"], ["xmessage"], True),
        (["WAYLAND_DISPLAY=wayland-0"], ["kdialog"], True),
        (["WAYLAND_DISPLAY=wayland-0"], ["xmessage"], False),
        (["DISPLAY=:0"], ["xterm"], False),
        (["PATH=/bin"], ["zenity"], False),
        (None, ["zenity"], False),
    ],
)
def test_the_button_is_there_where_a_window_can_open(
    machine, logind, client, alice, programs, environment, installed, offered
):
    logind.add("1", alice)
    programs(*installed)
    if environment is not None:
        alice.manage(*environment)
    machine.start()
    client.send(alice.name, body=LONG)
    assert alice.server.popup().actions == (BUTTONS if offered else PLAIN)


def test_reply_buttons_stand_alone(machine, client, alice, manager):
    machine.start()
    client.send(alice.name, body=LONG, replies=[("y", "Yes")])
    assert alice.server.popup().actions == ["y", "Yes"]


def test_closing_the_window_acknowledges(machine, client, alice, manager):
    call, popup = begin(machine, client, alice, title="Kitchen", timeout=0)
    unit = manager.unit()
    assert unit.name.startswith("msg-") and unit.name.endswith("-zenity.service")
    assert unit.input == f"Kitchen\n\n{LONG}\n"
    assert unit.properties["Type"] == "oneshot" and unit.properties["StandardInput"] == "data"
    # The part that others can read among the arguments of programs contains none of the sender's words.
    arguments = " ".join(unit.command) + unit.properties["Description"]
    assert "Message from root" in arguments and "Kitchen" not in arguments and "line" not in arguments
    assert "TimeoutStartUSec" not in unit.properties
    alice.server.wait_for_close(popup)
    assert not call.is_over

    manager.finish(type(unit)("msg-other.service", {}))
    manager.connection.flush_sync()
    assert not call.is_over
    manager.finish(unit)
    assert outcome(call) == ("acknowledged", "")
    assert manager.stopped == []


def test_xmessages_failure_after_anothers_is_told(machine, logind, client, alice, programs):
    logind.add("1", alice)
    programs("zenity", "xmessage")
    manager = alice.manage("DISPLAY=:0")
    call, _ = begin(machine, client, alice)
    for index in (0, 1):
        manager.finish(manager.unit(index), "failed")
    assert outcome(call)[0] == "failed"


def test_plasma_has_its_own_program(machine, logind, client, alice, programs):
    logind.add("1", alice)
    programs("zenity", "kdialog", "xmessage")
    manager = alice.manage("DISPLAY=:0", "XDG_CURRENT_DESKTOP=KDE")
    call, _ = begin(machine, client, alice)
    assert manager.unit(0).command[0] == "kdialog"
    manager.finish(manager.unit(0), "failed")
    assert manager.unit(1).command[0] == "zenity"
    manager.finish(manager.unit(1))
    assert outcome(call) == ("acknowledged", "")


def test_a_window_that_can_not_open_is_told(machine, client, alice, manager):
    call, _ = begin(machine, client, alice)
    for index in (0, 1):
        manager.finish(manager.unit(index), "failed")
    name = manager.unit(1).name
    assert name.endswith("-kdialog.service")
    assert outcome(call) == ("failed", f"the whole text could not be shown: {name} failed")


def test_a_manager_that_refuses_is_told(machine, client, alice, manager):
    manager.refuses = "no more units"
    call, _ = begin(machine, client, alice)
    reason = "kdialog could not be started: no more units"
    assert outcome(call) == ("failed", f"the whole text could not be shown: {reason}")


def test_xmessage_does_not_tell_a_closed_window_from_none(machine, logind, client, alice, programs):
    logind.add("1", alice)
    programs("xmessage")
    manager = alice.manage("DISPLAY=:0")
    call, _ = begin(machine, client, alice)
    manager.finish(manager.unit(), "failed")
    assert outcome(call) == ("dismissed", "")


def test_a_window_that_others_end_acknowledges_nothing(machine, client, alice, manager):
    call, _ = begin(machine, client, alice)
    manager.finish(manager.unit(), "canceled")
    assert outcome(call)[0] == "failed"


def test_the_window_is_closed_when_the_time_is_over(machine, client, alice, manager):
    call, _ = begin(machine, client, alice, timeout=2)
    unit = manager.unit()
    # The manager's own limit is for the case that msgd is gone.
    assert 1_000_000 < unit.properties["TimeoutStartUSec"] <= 3_000_000
    assert outcome(call) == ("expired", "")
    assert manager.stopped == [unit.name]


def test_the_window_goes_with_the_message(machine, client, alice, manager):
    call, _ = begin(machine, client, alice)
    unit = manager.unit()
    client.call("Withdraw", "(t)", client.changes[0][0])
    assert outcome(call) == ("withdrawn", "")
    assert manager.stopped == [unit.name]


def test_the_window_goes_with_the_session(machine, logind, client, alice, manager):
    call, _ = begin(machine, client, alice)
    unit = manager.unit()
    alice.server.wait_for_close(alice.server.popup())
    logind.remove("1")
    assert outcome(call) == ("session-closed", "")
    wait_until(lambda: manager.stopped == [unit.name], "the end of the window", lambda: manager.stopped)


def test_the_window_does_not_need_the_notification_server(machine, client, alice, manager):
    call, popup = begin(machine, client, alice)
    unit = manager.unit()
    alice.server.wait_for_close(popup)
    alice.server.leave()
    # The next server gives the same ids.
    server = alice.serve()
    other = client.start_send(alice.name, wait=True)
    server.invoke(server.popup(), "ok")
    assert outcome(other) == ("acknowledged", "")
    assert not call.is_over
    manager.finish(unit)
    assert outcome(call) == ("acknowledged", "")
