"""Messages in windows instead of popups, opened through the user's own service manager."""

import os

import pytest

from gi.repository import GLib

from lib.fake_polkit import NO, YES
from lib.machine import outcome
from lib.main_loop import RemoteError, look_until, wait_until

DENIED = "org.msgd.Error.NotAuthorized"
SWAYNC = ("SwayNotificationCenter", "ErikReider")


@pytest.fixture
def desk(alice, logind, programs):
    """alice's session, with a notification server, a service manager, and zenity."""
    logind.add("1", alice)
    programs("zenity")
    alice.manage("DISPLAY=:0")
    return alice


@pytest.fixture
def bare(machine, logind, programs):
    """A session without a notification server."""
    person = machine.person()
    logind.add("1", person)
    programs("zenity")
    person.manage("DISPLAY=:0")
    return person


def begin(machine, client, person, **options):
    """Sends a message that waits for its end; returns the call and the unit of the window."""
    machine.start()
    call = client.start_send(person.name, wait=True, **options)
    unit = person.manager.unit()
    details = client.wait_for_change("1", "shown")
    assert details["by"] == "window" and "certain" not in details
    return call, unit


def end(call):
    [delivery] = call.wait()[1]
    details = delivery[4]
    return delivery[3], details.get("reply"), details.get("by"), details.get("error-message", "")


def test_a_window_shows_it_instead_of_a_popup(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always", title="Kitchen", body="Tea?", timeout=0)
    assert unit.input == "Kitchen\n\nTea?\n"
    arguments = " ".join(unit.command) + unit.properties["Description"]
    assert "--ok-label=OK" in unit.command and "Kitchen" not in arguments and "Tea" not in arguments
    assert desk.server.popups == [] and "TimeoutStartUSec" not in unit.properties
    desk.manager.answer(unit, "", 0)
    assert end(call) == ("acknowledged", None, "window", "")
    assert desk.manager.stopped == []


@pytest.mark.parametrize("output, status, reply", [("", 0, "yes"), ("Not now\n", 10, "no")])
def test_a_reply_is_chosen(machine, client, desk, output, status, reply):
    call, unit = begin(machine, client, desk, window="always", replies=[("yes", "Yes"), ("no", "Not now")])
    desk.manager.answer(unit, output, status)
    assert end(call) == ("acknowledged", reply, "window", "")


def test_a_window_is_put_off_and_comes_again(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always", later=GLib.Variant("au", [1]))
    desk.manager.answer(unit, "Later: 1 s\n", 10)
    details = client.wait_for_change("1", "deferred")
    assert "by" not in details
    desk.manager.answer(desk.manager.unit(1), "", 0)
    assert end(call) == ("acknowledged", None, "window", "")
    assert desk.server.popups == []


@pytest.mark.parametrize("question", [{"ask": "Room?"}, {"choices": ("4", "5")}])
def test_a_window_in_place_of_a_popup_has_no_field(machine, client, desk, question):
    machine.start()
    for use in "always", "fallback":
        with pytest.raises(RemoteError, match=f"{[*question][0]} and window exclude each other"):
            client.send(desk.name, window=use, **question)


@pytest.mark.parametrize("question", [{"ask": "Room?"}, {"choices": ("4", "5")}])
def test_without_a_notification_server_nothing_is_asked(machine, client, bare, question):
    machine.start()
    [delivery] = client.send(bare.name, **question)[1]
    assert delivery[3] == "failed" and bare.manager.units == []


def test_a_closed_window_is_dismissed(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always")
    desk.manager.answer(unit, "", 10)
    assert end(call) == ("dismissed", None, "window", "")


def test_it_is_closed_when_its_time_is_over(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always", timeout=2)
    assert 1_000_000 < unit.properties["TimeoutStartUSec"] <= 3_000_000
    assert end(call) == ("expired", None, "window", "")
    assert desk.manager.stopped == [unit.name]


def test_it_goes_with_the_message(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always")
    client.call("Withdraw", "(t)", client.changes[0][0])
    assert end(call) == ("withdrawn", None, "window", "")
    assert desk.manager.stopped == [unit.name]


def test_it_goes_with_the_session(machine, client, logind, desk):
    call, unit = begin(machine, client, desk, window="always")
    logind.remove("1")
    assert end(call) == ("session-closed", None, "window", "")
    wait_until(lambda: desk.manager.stopped == [unit.name], "the end of the window", lambda: desk.manager.stopped)


def test_the_next_program_is_tried(machine, client, desk, programs):
    programs("xmessage")
    machine.start()
    call = client.start_send(desk.name, wait=True, window="always")
    desk.manager.answer(desk.manager.unit(0), "", 1)
    unit = desk.manager.unit(1)
    assert unit.name.endswith("-xmessage.service") and not call.is_over
    desk.manager.answer(unit, "", 11)
    assert end(call) == ("acknowledged", None, "window", "")


def test_xmessage_fails_early_or_was_closed(machine, logind, client, alice, programs):
    logind.add("1", alice)
    programs("xmessage")
    alice.manage("DISPLAY=:0")
    machine.start()
    call = client.start_send(alice.name, wait=True, window="always")
    alice.manager.answer(alice.manager.unit(), "", 1)
    assert end(call)[0] == "failed"
    call = client.start_send(alice.name, wait=True, window="always")
    unit = alice.manager.unit(1)
    client.wait_for_change("1", "shown")
    alice.manager.answer(unit, "", 1)
    assert end(call) == ("dismissed", None, "window", "")


def test_no_window_is_told(machine, client, desk):
    machine.start()
    call = client.start_send(desk.name, wait=True, window="always")
    unit = desk.manager.unit()
    desk.manager.answer(unit, "cannot open display\n", 1)
    assert end(call) == ("failed", None, None, f"the window could not be shown: {unit.name} failed")


def test_what_is_to_be_installed_is_told(machine, logind, client, alice, programs):
    programs()
    logind.add("1", alice)
    alice.manage("DISPLAY=:0")
    machine.start()
    reason = "no window could be opened: install zenity, kdialog or xmessage (x11-utils) for the recipient"
    assert outcome(client.send(alice.name, window="always")[1]) == [("failed", reason)]


def test_no_service_manager_is_told(machine, logind, client, alice, programs):
    programs("zenity")
    logind.add("1", alice)
    machine.start()
    reason = "no window could be opened: the user has no service manager (systemd --user) on a session bus"
    assert outcome(client.send(alice.name, window="always")[1]) == [("failed", reason)]


def test_an_update_opens_it_anew(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always", body="one", timeout=0)
    client.call("Update", "(tsa{sv})", client.changes[0][0], "two", {})
    other = desk.manager.unit(1)
    assert other.name != unit.name and other.input.endswith("\n\ntwo\n") and desk.manager.stopped == [unit.name]
    # The end of the first one doesn't concern the second.
    desk.manager.finish(unit, "canceled")
    desk.manager.answer(other, "", 0)
    assert end(call) == ("acknowledged", None, "window", "")


def test_a_longer_time_opens_it_anew(machine, client, desk):
    """Otherwise the service manager would end it at its old time."""
    call, unit = begin(machine, client, desk, window="always", timeout=3)
    client.call("Update", "(tsa{sv})", client.changes[0][0], "", {"timeout": GLib.Variant("u", 600)})
    other = desk.manager.unit(1)
    assert desk.manager.stopped == [unit.name] and other.properties["TimeoutStartUSec"] > 500_000_000
    desk.manager.answer(other, "", 0)
    assert end(call) == ("acknowledged", None, "window", "")


def test_it_is_not_hurried_at_its_end(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always", timeout=2, body="0")
    deadline = GLib.get_monotonic_time() + 1_500_000
    look_until(lambda: GLib.get_monotonic_time() > deadline, "the last half second")
    for number in range(10):
        client.call("Update", "(tsa{sv})", client.changes[0][0], f"{number + 1}", {})
    assert end(call)[0] == "expired"
    assert len(desk.manager.units) <= 2


def test_what_never_opened_was_not_shown(machine, client, logind, programs):
    person = machine.desktop_user()
    logind.add("1", person)
    programs("zenity")
    manager = person.manage("DISPLAY=:0")
    manager.swallows = True
    machine.start()
    call = client.start_send(person.name, wait=True, window="always", timeout=1)
    assert end(call) == ("failed", None, None, "the window did not open in time")
    assert "shown" not in [change[2] for change in client.changes]


def test_a_bus_that_breaks_has_failed(machine, client, desk):
    call, _ = begin(machine, client, desk, window="always", timeout=0)
    desk.server.connection.emit_signal(
        None, "/a", "org.freedesktop.Notifications", "ActionInvoked", GLib.Variant("(us)", (1, 1_000_000 * "x"))
    )
    state, _, _, reason = end(call)
    assert state == "failed" and reason.startswith("the session bus ")


def test_on_wayland_it_is_not_certain(machine, client, logind, alice, programs):
    logind.add("1", alice)
    programs("zenity")
    alice.manage("WAYLAND_DISPLAY=wayland-0")
    machine.start()
    [delivery] = client.send(alice.name, window="always")[1]
    assert (delivery[3], delivery[4]["by"], delivery[4]["certain"]) == ("shown", "window", False)


def test_a_sender_has_one_window_at_a_time(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always", timeout=0)
    _, deliveries = client.send(desk.name, window="always", timeout=0)
    assert outcome(deliveries) == [("pending", "another window of this sender stands, and each has one at a time")]
    own = machine.client(desk.account.pw_uid).start_send(desk.name, window="always", timeout=0)
    desk.manager.answer(desk.manager.unit(1), "", 0)
    assert outcome(own.wait()[1])[0][0] in ("shown", "acknowledged")
    desk.manager.answer(unit, "", 0)
    assert end(call)[0] == "acknowledged"
    desk.manager.answer(desk.manager.unit(2), "", 0)
    client.wait_for_change("1", "acknowledged")


def test_a_window_waits_no_longer_than_its_time(machine, client, desk):
    begin(machine, client, desk, window="always", timeout=0)
    second = client.start_send(desk.name, wait=True, window="always", timeout=1)
    reason = "another window of this sender stood all the while"
    assert end(second) == ("suppressed", None, None, reason)
    assert len(desk.manager.units) == 1


def test_without_a_notification_server_a_window_opens(machine, client, bare):
    call, unit = begin(machine, client, bare)
    bare.manager.answer(unit, "", 0)
    assert end(call) == ("acknowledged", None, "window", "")


def test_without_either_both_are_told(machine, logind, client, programs):
    person = machine.person()
    logind.add("1", person)
    programs()
    person.manage("DISPLAY=:0")
    machine.start()
    [(state, reason)] = outcome(client.send(person.name)[1])
    assert state == "failed" and reason.startswith("there is no notification server on the desktop, and no window ")
    assert "install zenity" in reason


def test_never_is_respected(machine, client, bare):
    machine.start()
    deliveries = client.send(bare.name, window="never")[1]
    assert outcome(deliveries) == [("failed", "there is no notification server on the desktop")]
    assert bare.manager.units == []


def test_a_popup_says_so(machine, client, desk):
    machine.start()
    _, [delivery] = client.send(desk.name)
    assert delivery[3] == "shown" and delivery[4]["by"] == "popup"
    desk.server.invoke(desk.server.popup(), "ok")
    assert client.wait_for_change("1", "acknowledged")["by"] == "popup"


# --- window=fallback ---------------------------------------------------------------------------------------------------


def test_a_window_follows_a_popup_that_is_kept_back(machine, client, logind, programs):
    person = machine.desktop_user(ids=[0])
    logind.add("1", person)
    programs("zenity")
    person.manage("DISPLAY=:0")
    call, unit = begin(machine, client, person, window="fallback")
    assert len(person.server.popups) == 1
    person.manager.answer(unit, "", 0)
    assert end(call) == ("acknowledged", None, "window", "")
    assert "suppressed" not in [change[2] for change in client.changes]


def test_a_popup_that_is_seen_needs_no_window(machine, client, desk):
    machine.start()
    call = client.start_send(desk.name, wait=True, window="fallback")
    client.wait_for_change("1", "shown")
    desk.server.invoke(desk.server.popup(), "ok")
    assert end(call) == ("acknowledged", None, "popup", "")
    assert desk.manager.units == []


def test_where_the_popup_may_be_hidden_there_is_a_window(machine, client, logind, programs):
    person = machine.desktop_user(identity=("mako", "emersion"))
    logind.add("1", person)
    programs("zenity")
    person.manage("DISPLAY=:0")
    call, unit = begin(machine, client, person, window="fallback")
    assert person.server.popups == []
    person.manager.answer(unit, "", 10)
    assert end(call) == ("dismissed", None, "window", "")


def test_a_window_follows_where_there_was_no_place(machine, client, logind, programs):
    person = machine.desktop_user(identity=("gnome-shell", "GNOME"))
    logind.add("1", person)
    programs("zenity")
    person.manage("DISPLAY=:0")
    machine.start()
    client.send(person.name, body="first", timeout=0, replies=[("y", "Yes")])  # which no other message joins
    call = client.start_send(person.name, body="second", wait=True, window="fallback", timeout=1)
    unit = person.manager.unit()
    assert unit.input.endswith("second\n")
    person.manager.answer(unit, "", 0)
    assert end(call) == ("acknowledged", None, "window", "")


@pytest.mark.parametrize("answer", [NO, YES])
def test_fallback_is_for_broadcasters(machine, logind, desk, bob, answer):
    logind.add("2", bob)
    machine.polkit(lambda question: answer if question.action == "org.msgd.broadcast" else YES)
    machine.start()
    sender = machine.client(bob.account.pw_uid)
    if answer == YES:
        assert sender.send(desk.name, window="fallback")[1][0][3] == "shown"
        return
    with pytest.raises(RemoteError) as error:
        sender.send(desk.name, window="fallback")
    assert error.value.name == DENIED and "use window=always" in error.value.message
    assert desk.server.popups == []


def test_a_window_does_not_get_round_do_not_disturb(machine, logind, bob, programs):
    person = machine.desktop_user(identity=SWAYNC, quiet=True)
    logind.add("1", person)
    logind.add("2", bob)
    programs("zenity")
    person.manage("DISPLAY=:0")
    machine.polkit(lambda question: NO if question.action == "org.msgd.broadcast" else YES)
    machine.start()
    deliveries = machine.client(bob.account.pw_uid).send(person.name, window="always")[1]
    assert outcome(deliveries) == [("suppressed", "the desktop is set to do not disturb")]
    assert person.manager.units == []


# --- hostile programs and crashes --------------------------------------------------------------------------------------


def test_what_prints_too_much_is_ended(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always")
    os.set_blocking(unit.output, False)
    try:
        while True:
            os.write(unit.output, 4096 * b"x")
            desk.manager.connection.flush_sync()
    except (BlockingIOError, BrokenPipeError):
        pass
    assert end(call)[::3] == ("failed", f"the window could not be shown: {unit.name} printed more than 17408 bytes")
    wait_until(lambda: desk.manager.stopped == [unit.name], "the end of the window", lambda: desk.manager.stopped)


def test_the_end_counts_once(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always")
    desk.manager.answer(unit, "", 10)
    desk.manager.finish(unit, "failed")
    desk.manager.finish(unit)
    assert end(call) == ("dismissed", None, "window", "")


def test_an_end_without_a_status_acknowledges_nothing(machine, client, desk):
    call, unit = begin(machine, client, desk, window="always")
    desk.manager.finish(unit)
    assert end(call)[0] == "failed"


def test_a_killed_msgds_window_is_closed_by_the_next(machine, client, desk):
    service = machine.start()
    client.send(desk.name, window="always", timeout=0)
    unit = desk.manager.unit()
    look_until(lambda: list(machine.notes.iterdir()), "the window's note")
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")
    machine.start()
    wait_until(lambda: unit.name in desk.manager.stopped, "the end of the window", lambda: desk.manager.stopped)
    look_until(lambda: not list(machine.notes.iterdir()), "an empty folder")
    assert len(desk.manager.units) == 1


def test_the_activation_token_goes_to_show_all(machine, client, desk):
    machine.start()
    call = client.start_send(desk.name, body=7 * "line\n", wait=True)
    popup = desk.server.popup()
    client.wait_for_change("1", "shown")
    desk.server.activate(popup, "token_42")
    desk.server.invoke(popup, "show-all")
    unit = desk.manager.unit()
    assert {"XDG_ACTIVATION_TOKEN=token_42", "DESKTOP_STARTUP_ID=token_42"} <= set(unit.properties["Environment"])
    desk.manager.finish(unit)
    assert end(call)[0] == "acknowledged"
