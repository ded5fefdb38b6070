"""Messages that change while their popups stand: Update, and msg --update and --progress."""

from __future__ import annotations

import re
import subprocess
import time

import pytest
from gi.repository import GLib

from lib.fake_polkit import NO, YES
from lib.machine import end
from lib.main_loop import RemoteError, look_until, wait_until

LONG = "\n".join(f"line {number}" for number in range(1, 8))


@pytest.fixture
def carol(machine, logind):
    """A user with a server that shows one popup at a time."""
    person = machine.desktop_user(identity=("gnome-shell", "GNOME"))
    logind.add("1", person)
    return person


@pytest.fixture
def desk(alice, logind):
    """alice, logged in."""
    logind.add("1", alice)
    return alice


def update(client, id, body="", **options):
    variants = {key: VARIANTS[key](value) for key, value in options.items()}
    client.call("Update", "(tsa{sv})", id, body, variants)


VARIANTS = {
    "timeout": lambda value: GLib.Variant("u", value),
    "progress": lambda value: GLib.Variant("u", value),
    "title": lambda value: GLib.Variant("s", value),
    "icon": lambda value: GLib.Variant("s", value),
    "again": lambda value: GLib.Variant("b", value),
}


def refusal(client, *arguments, **options) -> str:
    with pytest.raises(RemoteError) as error:
        update(client, *arguments, **options)
    return str(error.value)


def waiting(client, person, **options):
    """Sends a message; returns the call, which waits for its end, and the message's id, when the popup stands."""
    call = client.start_send(person.name, body="first", wait=True, **options)
    person.server.popup()
    client.wait_for_change("1", "shown")
    return call, client.changes[-1][0]


def test_a_popup_changes_in_its_place(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, body="in 10 minutes", timeout=0)
    first = desk.server.popup()
    update(client, id, "in 9 minutes", title="Reboot", icon="clock")
    second = desk.server.popup(1)
    assert (second.replaces, second.id) == (first.id, first.id)
    assert (second.summary, second.body, second.icon) == ("Reboot", "in 9 minutes", "clock")
    assert second.actions == first.actions and client.states(id) == {"1": "shown"}
    desk.server.invoke(second, "ok")
    client.wait_for_change("1", "acknowledged")


def test_the_title_that_msgd_makes_has_the_time_of_the_new_text(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, body="first", timeout=0)
    before = desk.server.popup().summary
    look_until(lambda: time.strftime("%H:%M:%S") not in before, "the next second")
    update(client, id, "second")
    after = desk.server.popup(1).summary
    assert after != before and after.startswith("Message from root ")


def test_the_time_goes_on(machine, client, desk):
    machine.start()
    call, id = waiting(client, desk, timeout=2)
    update(client, id, "second")
    assert 0 < desk.server.popup(1).timeout <= 2150
    [delivery] = call.wait()[1]
    assert delivery[3] == "expired" and 1.9 <= delivery[4]["elapsed"] < 2.9


def test_a_new_time_counts_from_now(machine, client, desk):
    machine.start()
    call, id = waiting(client, desk, timeout=1)
    update(client, id, timeout=2)
    [delivery] = call.wait()[1]
    assert delivery[3] == "expired" and delivery[4]["elapsed"] >= 2 and delivery[4]["timeout"] == 2
    assert desk.server.popup(1).body == "first"


def test_of_many_changes_the_last_is_shown(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, timeout=0)
    desk.server.popup()
    begin = time.monotonic()
    for percent in range(101):
        update(client, id, progress=percent)
    wait_until(lambda: desk.server.popups[-1].body.endswith("\n100%"), "100 %", lambda: desk.server.popups[-1])
    assert len(desk.server.popups) <= 2 + (time.monotonic() - begin) / 0.5


def test_a_server_that_draws_no_bar_gets_a_line(machine, logind, client, desk):
    machine.start()
    bars = machine.desktop_user(identity=("mako", "emersion"))
    logind.add("2", bars)
    client.send(desk.name, bars.name, body="Copying", progress=42)
    assert desk.server.popup().body == "Copying\n42%" and "value" not in desk.server.popup().hints
    assert (bars.server.popup().body, bars.server.popup().hints["value"]) == ("Copying", 42)


def test_what_waits_appears_as_it_is_to_be_then(machine, client, carol):
    machine.start()
    first, _ = client.send(carol.name, body="first", timeout=0)
    second, _ = client.send(carol.name, body="second", timeout=0)
    update(client, second, "third")
    client.call("Withdraw", "(t)", first)
    assert [carol.server.popup(index).body for index in range(2)] == ["first", "third"]


def test_what_waits_gets_a_new_time(machine, client, carol):
    machine.start()
    client.send(carol.name, body="first", timeout=3)
    call = client.start_send(carol.name, body="second", timeout=2, wait=True)
    client.wait_for_change("1", "pending")
    id = client.changes[-1][0]
    update(client, id, timeout=30)
    popup = carol.server.popup(1)
    assert popup.body == "second" and popup.timeout >= 30000
    carol.server.invoke(popup, "ok")
    assert call.wait()[1][0][3] == "acknowledged"


def test_a_change_is_not_lost_while_the_popup_is_being_raised(machine, client, desk):
    service = machine.start()
    desk.server.hangs = True
    call = client.start_send(desk.name, body="first", timeout=0)
    desk.server.popup()
    service.wait_for_log(" from uid 0")
    id = int(re.search(r"message (\d+) from uid 0", service.log())[1])
    update(client, id, "second")
    desk.server.hangs = False
    desk.server.answer_late()
    call.wait()
    assert desk.server.popup(1).body == "second"


def test_who_has_answered_is_not_bothered_again(machine, logind, client, desk):
    machine.start()
    other = machine.desktop_user()
    logind.add("2", other)
    id, _ = client.send(desk.name, other.name, body="first", timeout=0)
    desk.server.invoke(desk.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    update(client, id, "second")
    assert other.server.popup(1).body == "second"
    assert len(desk.server.popups) == 1 and client.states(id) == {"1": "acknowledged", "2": "shown"}


def test_again_shows_it_to_those_who_have_answered(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, body="first", timeout=0)
    desk.server.invoke(desk.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    assert "its text is forgotten" in refusal(client, id, again=True)
    client.changes.clear()
    update(client, id, "second", again=True)
    popup = desk.server.popup(1)
    assert (popup.body, popup.replaces) == ("second", 0)
    client.wait_for_change("1", "shown")
    desk.server.dismiss(popup)
    client.wait_for_change("1", "dismissed")
    assert client.states(id) == {"1": "dismissed"}


def test_a_withdrawn_message_does_not_come_back(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, timeout=0)
    client.call("Withdraw", "(t)", id)
    client.wait_for_change("1", "withdrawn")
    assert "was withdrawn" in refusal(client, id, "second", again=True)
    assert client.states(id) == {"1": "withdrawn"} and len(desk.server.popups) == 1


def test_a_refused_again_takes_no_place(machine, client, desk):
    """The places of the recipient's popups are counted only once nothing can refuse them any more."""
    machine.start()
    id, _ = client.send(desk.name, timeout=0)
    desk.server.invoke(desk.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    for _ in range(25):
        assert "its text is forgotten" in refusal(client, id, again=True)
    machine.polkit(lambda question: YES)
    _, [delivery] = machine.client(machine.person().account.pw_uid).send(desk.name, body="second")
    assert delivery[3] == "shown"


def test_the_text_of_an_ended_message_stays_forgotten(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, timeout=0)
    desk.server.invoke(desk.server.popup(), "ok")
    client.wait_for_change("1", "acknowledged")
    update(client, id, "second")
    assert "its text is forgotten" in refusal(client, id, again=True)


def test_only_the_sender_changes_it(machine, client, desk):
    """Root may withdraw others' messages, but not put words into their mouths."""
    machine.start()
    machine.polkit(lambda question: YES)
    sender = machine.person()
    own = machine.client(sender.account.pw_uid)
    id, _ = own.send(desk.name, body="first", timeout=0)
    reason = refusal(client, id, "second")
    assert f"there is no message {id}" in reason
    assert reason.replace(str(id), "1") == refusal(client, 1, "second")
    assert [popup.body for popup in desk.server.popups] == ["first"]


def test_who_takes_no_messages_sees_nothing_again(machine, client, desk):
    machine.start()
    machine.polkit(lambda question: YES if question.action == "org.msgd.send-user" else NO)
    sender = machine.client(machine.person().account.pw_uid)
    id, _ = sender.send(desk.name, body="first", timeout=0)
    desk.server.invoke(desk.server.popup(), "ok")
    sender.wait_for_change("1", "acknowledged")
    machine.client(desk.account.pw_uid).call("SetMuted", "(b)", True)
    assert "can be shown again to nobody" in refusal(sender, id, "second", again=True)
    assert len(desk.server.popups) == 1 and sender.states(id) == {"1": "acknowledged"}


def test_a_new_text_costs_as_much_as_a_message(machine, desk):
    machine.start()
    client = machine.client(desk.account.pw_uid)
    id, _ = client.send(desk.name, timeout=0)
    for _ in range(19):
        update(client, id, "new")
    assert "too many messages (MessagesPerMinute=60, Burst=20)" in refusal(client, id, "new")
    assert "too many messages" in refusal(client, id, title="new")
    update(client, id, progress=5)


def test_a_popup_that_the_user_closes_meanwhile_does_not_come_back(machine, client, desk):
    """The server closes the popup when it hears of the change, and raises another one, as one does that no longer
    knows the id."""

    def close_first(server, popup):
        if popup.replaces:
            server.dismiss(popup)

    machine.start()
    desk.server.before_answer = close_first
    id, _ = client.send(desk.name, timeout=0)
    popup = desk.server.popup()
    update(client, id, "second")
    client.wait_for_change("1", "dismissed")
    desk.server.wait_for_close(popup)


def test_a_button_pressed_before_the_new_text_stands_is_not_about_it(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, body="Reboot tomorrow", timeout=0)
    popup = desk.server.popup()
    client.wait_for_change("1", "shown")
    update(client, id, "Reboot now")
    desk.server.invoke(popup, "ok")
    wait_until(lambda: desk.server.popups[-1].body == "Reboot now", "the new text", lambda: desk.server.popups)
    assert desk.server.popups[-1].replaces == 0 and client.states(id) == {"1": "shown"}
    desk.server.invoke(desk.server.popups[-1], "ok")
    client.wait_for_change("1", "acknowledged")


def test_a_window_with_the_old_text_gives_way_to_the_popup(machine, client, desk, tmp_path):
    (tmp_path / "zenity").touch(mode=0o755)
    machine.environment["PATH"] = str(tmp_path)
    manager = desk.manage("DISPLAY=:0")
    machine.start()
    call = client.start_send(desk.name, body=LONG, timeout=0, wait=True)
    desk.server.invoke(desk.server.popup(), "show-all")
    client.wait_for_change("1", "shown")
    window = manager.unit()
    id = client.changes[-1][0]
    update(client, id, LONG + " is new")
    popup = desk.server.popup(1)
    assert manager.stopped == [window.name] and popup.body.endswith("is new")
    desk.server.invoke(popup, "ok")
    assert call.wait()[1][0][3] == "acknowledged"


def test_a_window_may_have_stood_for_long(machine, client, desk, tmp_path):
    """Longer than msgd waits for a popup to appear."""
    (tmp_path / "zenity").touch(mode=0o755)
    machine.environment["PATH"] = str(tmp_path)
    manager = desk.manage("DISPLAY=:0")
    machine.start()
    begin = time.monotonic()
    call = client.start_send(desk.name, body=LONG, timeout=0, wait=True)
    desk.server.invoke(desk.server.popup(), "show-all")
    client.wait_for_change("1", "shown")
    manager.unit()
    look_until(lambda: time.monotonic() - begin > 5.2, "more than five seconds")
    update(client, client.changes[-1][0], LONG + " is new")
    desk.server.invoke(desk.server.popup(1), "ok")
    assert call.wait()[1][0][3] == "acknowledged"


# --- msg ---------------------------------------------------------------------------------------------------------------


def test_msg_changes_a_message(machine, client, desk):
    machine.start()
    id, _ = client.send(desk.name, timeout=0)
    desk.server.popup()
    changed = machine.finish(machine.msg("--update", str(id), "/V", "second"))
    assert changed[0] == 0 and changed[1].startswith(f"Message to {desk.name} (session ") and "updated" in changed[1]
    desk.server.invoke(desk.server.popup(1), "ok")
    client.wait_for_change("1", "acknowledged")
    status, output = machine.finish(machine.msg("--update", str(id), "third"))
    assert status == 1 and f"nobody sees message {id} any more" in output


def test_standard_input_drives_the_popup(machine, desk):
    """The popup stays beyond its time as long as the input goes on."""
    machine.start()
    msg = machine.msg(desk.name, "/TIME:1", "--progress", "-", "Copying", input=subprocess.PIPE)
    try:
        assert desk.server.popup().body == "Copying\n0%"
        begin = time.monotonic()
        for percent in (10, 20, 99):
            msg.stdin.write(f"copying: {percent}.5%\r")
            msg.stdin.flush()
            wait_until(lambda: desk.server.popups[-1].body == f"Copying\n{percent}%", f"{percent} %")
        look_until(lambda: time.monotonic() - begin > 2.5, "longer than its time")
        assert desk.server.closed == []
        msg.stdin.close()
        assert msg.wait(timeout=10) == 0
        desk.server.wait_for_close(desk.server.popups[0])
    finally:
        end(msg)
