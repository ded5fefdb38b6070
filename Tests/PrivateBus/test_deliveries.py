"""The fate of messages: answers, and notification servers and buses that misbehave."""

import signal
import time

import pytest
from gi.repository import Gio, GLib

from lib.machine import SYSTEMD, outcome
from lib.main_loop import RemoteError, connect, wait_until


@pytest.fixture
def standing(machine, logind, client, alice):
    """A call that waits for alice's answer, and her popup, which stands."""
    logind.add("1", alice)
    machine.start()
    call = client.start_send(alice.name, wait=True)
    popup = alice.server.popup()
    client.wait_for_change("1", "shown")
    return call, popup


def test_recipients_are_waited_for_in_parallel(machine, logind, client, alice, bob):
    carol = machine.desktop_user()
    for id, person in zip("123", (alice, bob, carol)):
        logind.add(id, person)
    machine.start()

    begin = time.monotonic()
    call = client.start_send(alice.name, bob.name, carol.name, wait=True, timeout=1)
    popups = [person.server.popup() for person in (alice, bob, carol)]
    for id in "12":
        client.wait_for_change(id, "shown")
    alice.server.invoke(popups[0], "ok")
    bob.server.dismiss(popups[1])
    deliveries = call.wait()[1]
    time_taken = time.monotonic() - begin

    assert {delivery[0]: delivery[3] for delivery in deliveries} == {"1": "acknowledged", "2": "dismissed", "3": "expired"}
    assert carol.server.closed == [popups[2].id]
    elapsed = {delivery[0]: delivery[4]["elapsed"] for delivery in deliveries}
    assert elapsed["1"] < 1 and elapsed["2"] < 1 <= elapsed["3"] <= time_taken < 2, (elapsed, time_taken)


def test_a_popup_is_raised_by_the_user_themselves(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    client.send(alice.name, body="Hello", timeout=0)
    popup = alice.server.popup()
    assert alice.server.bus("GetConnectionUnixUser", "(s)", popup.sender) == alice.account.pw_uid
    assert popup.body == "Hello"


def test_a_reply_button(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    call = client.start_send(alice.name, wait=True, replies=[("y", "Yes"), ("n", "No")])
    popup = alice.server.popup()
    assert popup.actions[-4:] == ["y", "Yes", "n", "No"]
    alice.server.invoke(popup, "unheard-of")
    alice.server.invoke(popup, "n")
    [delivery] = call.wait()[1]
    assert (delivery[3], delivery[4]["reply"]) == ("acknowledged", "n")


def test_only_the_server_that_took_a_popup_speaks_of_it(machine, alice, standing):
    call, popup = standing
    impostor = machine.impostor(alice)
    impostor.invoke(popup, "ok")
    impostor.bus("GetId", "()")
    alice.server.dismiss(popup)
    assert outcome(call.wait()[1]) == [("dismissed", "")]


# After five seconds msgd gives the silent ones up. The others neither wait for that nor suffer from it.
def test_servers_that_misbehave_are_reported_each(machine, logind, client, alice):
    hung, mute, absent, crashed, refusing = (machine.person() for _ in range(5))
    busless = machine.person(has_bus=False)
    hung.serve(hangs=True)
    mute.serve(mute=True)
    crashed.serve(crashes=True)
    refusing.serve(refuses="enough")
    people = {"hung": hung, "mute": mute, "absent": absent, "crashed": crashed, "busless": busless, "refusing": refusing}
    for id, person in {"alice": alice, **people}.items():
        logind.add(id, person)
    machine.start()

    call = client.start_send("*")
    client.wait_for_change("alice", "shown")
    for id in ("absent", "crashed", "busless", "refusing"):
        client.wait_for_change(id, "failed")
    assert not call.is_over
    deliveries = call.wait()[1]

    assert {delivery[0]: outcome([delivery])[0] for delivery in deliveries} == {
        "alice": ("shown", ""),
        "hung": ("failed", "the notification server does not answer"),
        "mute": ("failed", "the notification server does not answer"),
        "absent": ("failed", "there is no notification server on the desktop"),
        "crashed": ("failed", "the notification server left without an answer"),
        "busless": ("failed", f"{busless.name} has no session bus: {busless.folder}/bus does not exist"),
        "refusing": ("failed", "the notification server refused: enough"),
    }
    assert {delivery[4].get("error", "") for delivery in deliveries} == {"", "org.msgd.Error.Failed"}

    # A late popup is closed, because its delivery is reported as failed.
    hung.server.answer_late()
    hung.server.wait_for_close(hung.server.popup())


def test_the_next_message_comes_by_the_same_connection(machine, logind, client, alice):
    logind.add("a", alice)
    machine.start()
    for number in range(2):
        call = client.start_send(alice.name, wait=True)
        alice.server.invoke(alice.server.popup(number), "ok")
        assert outcome(call.wait()[1]) == [("acknowledged", "")]
    assert alice.server.popup(0).sender == alice.server.popup(1).sender


def test_the_servers_own_time_begins_before_its_answer(machine, logind, client, alice):
    """It answers after the popup's whole time, and lets the popup expire."""
    alice.server.hangs = True
    logind.add("a", alice)
    machine.start()
    call = client.start_send(alice.name, timeout=1, wait=True)
    popup = alice.server.popup()
    GLib.timeout_add_seconds(1, alice.server.answer_late)
    client.wait_for_change("a", "shown")
    alice.server.dismiss(popup, reason=1)
    assert outcome(call.wait()[1]) == [("expired", "")]


def test_the_server_leaves_while_the_popup_stands(client, alice, standing):
    call, _ = standing
    alice.server.leave()
    assert outcome(call.wait()[1]) == [("failed", "the notification server left while the popup stood")]
    # The next server is asked.
    alice.serve()
    assert outcome(client.send(alice.name)[1]) == [("shown", "")]


def test_the_session_bus_ends_while_the_popup_stands(alice, standing):
    call, _ = standing
    alice.bus.end()
    assert outcome(call.wait()[1]) == [("session-closed", "")]


def test_changes_are_told_to_the_sender_only(machine, logind, client, alice):
    stranger = machine.client()
    logind.add("1", alice)
    machine.start()
    call = client.start_send(alice.name, wait=True)
    popup = alice.server.popup()
    client.wait_for_change("1", "shown")
    alice.server.invoke(popup, "ok")
    id = call.wait()[0]

    details = client.wait_for_change("1", "acknowledged")
    assert (details["session-name"], details["user-name"]) == (":0", alice.name) and details["elapsed"] > 0
    assert [change[:3] for change in client.changes] == [(id, "1", "shown"), (id, "1", "acknowledged")]
    # Anything that msgd had sent to the stranger would have come before this answer.
    assert stranger.states(id) == {"1": "acknowledged"}
    assert stranger.changes == []


def test_a_caller_that_vanishes_while_it_waits(machine, logind, client, alice):
    logind.add("1", alice)
    service = machine.start()
    caller = machine.client()
    caller.start_send(alice.name, wait=True)
    caller.wait_for_change("1", "shown")
    id = caller.changes[0][0]
    popup = alice.server.popup()

    caller.leave()
    # The bus has reported its end before it passes this on.
    assert client.states(id) == {"1": "shown"}
    assert alice.server.closed == []

    alice.server.invoke(popup, "ok")
    alice.server.wait_for_close(popup)
    assert client.states(id) == {"1": "acknowledged"}
    assert alice.server.closed == [popup.id]
    # It would wait here for open calls.
    service.process.send_signal(signal.SIGTERM)
    assert service.wait() == 0, service.log()


def test_a_message_is_withdrawn(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    id = client.send(alice.name)[0]
    assert client.states(id) == {"1": "shown"}
    client.call("Withdraw", "(t)", id)
    client.wait_for_change("1", "withdrawn")
    assert client.states(id) == {"1": "withdrawn"}
    assert alice.server.closed == [1]
    # A final state doesn't change.
    client.call("Withdraw", "(t)", id)
    assert client.states(id) == {"1": "withdrawn"}


@pytest.mark.parametrize("method", ["GetDeliveries", "Withdraw"])
def test_a_message_that_is_not_there_or_not_ones_own(machine, logind, client, alice, method):
    logind.add("1", alice)
    machine.start()
    id = client.send(alice.name)[0]
    stranger = machine.client(uid=alice.account.pw_uid)
    for asker, message in ((client, id + 1), (stranger, id), (stranger, id + 1)):
        with pytest.raises(RemoteError, match=str(message)) as raised:
            asker.call(method, "(t)", message)
        assert raised.value.name == "org.msgd.Error.NoSuchMessage"
    assert client.states(id) == {"1": "shown"}


def test_the_simple_form_reaches_everyone(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    machine.start()
    [id] = client.call("SendMessage", "(ss)", "Tea is ready", "")
    assert client.states(id) == {"1": "shown", "2": "shown"}
    [id] = client.call("SendMessage", "(ss)", "For you", bob.name)
    assert client.states(id) == {"2": "shown"}
    assert [popup.body for popup in bob.server.popups] == ["Tea is ready", "For you"]


def test_a_recipient_that_is_not_there_does_not_stop_the_others(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    deliveries = client.send("nobody-at-all", alice.name)[1]
    assert {delivery[:4] for delivery in deliveries} == {
        ("1", alice.name, alice.account.pw_uid, "shown"),
        ("", "nobody-at-all", 4294967295, "failed"),
    }
    assert [delivery[4].get("user-name") for delivery in deliveries] == [alice.name, None]


def test_the_command_tells_what_became_of_it(machine, logind, alice):
    logind.add("1", alice)
    machine.start()
    command = machine.msg(alice.name, "/W", "Hello")
    alice.server.invoke(alice.server.popup(), "ok")
    assert machine.finish(command) == (0, "")
    command = machine.msg("nobody-at-all", "Hello")
    assert machine.finish(command) == (67, "nobody-at-all does not exist or is disconnected\n")


def test_of_the_messages_that_ended_a_senders_newest_thousand_are_remembered(machine, logind, client):
    logind.add("1", machine.person(has_bus=False))
    other = machine.client()
    machine.start()
    ids = [client.send("*")[0] for _ in range(1001)]
    with pytest.raises(RemoteError) as raised:
        client.states(ids[0])
    assert raised.value.name == "org.msgd.Error.NoSuchMessage"
    assert client.states(ids[1]) == other.states(ids[1000]) == {"1": "failed"}


def test_popups_come_in_the_order_of_sending(machine, logind, client, alice):
    """Nothing is known yet of sessions, callers and buses: each message waits for the same answers."""
    logind.add("1", alice)
    machine.start()
    texts = [f"number-{number}" for number in range(12)]
    for call in [client.start_send(alice.name, body=text) for text in texts]:
        call.wait()
    assert [popup.body for popup in alice.server.popups] == texts


def test_what_has_changed_is_signalled_before_the_answer(machine, logind, client, alice):
    """systemd lets the answer wait, by not saying which unit the sender is in, until alice has clicked."""
    logind.add("1", alice)
    machine.start()
    connection, questions = connect(machine.bus.address), []
    xml = f'''<node><interface name="{SYSTEMD}.Manager"><method name="GetUnitByPID">
      <arg type="u" direction="in"/><arg type="o" direction="out"/></method></interface></node>'''
    interface = Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0]
    connection.register_object("/org/freedesktop/systemd1", interface, lambda *call: questions.append(call[-1]), None, None)
    request = GLib.Variant("(su)", (SYSTEMD, 4))
    connection.call_sync(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", request, None, 0, -1, None
    )
    order = []
    client.connection.add_filter(lambda connection, message, incoming: order.append(message) or message)
    call = client.start_send(alice.name)
    popup = alice.server.popup()
    wait_until(lambda: questions, "a question for the sender's unit", lambda: questions)
    client.wait_for_change("1", "shown")
    alice.server.invoke(popup, "ok")
    alice.server.wait_for_close(popup)
    questions.pop().return_value(GLib.Variant("(o)", ("/org/freedesktop/systemd1/unit/test_2eservice",)))
    _, deliveries = call.wait()
    connection.close_sync()

    kinds = [message.get_message_type() for message in order]
    before = order[: kinds.index(Gio.DBusMessageType.METHOD_RETURN)]
    signals = [message.get_body().unpack() for message in before if message.get_member() == "DeliveriesChanged"]
    states = [state for _, changed in signals for _, _, _, state, _ in changed]
    # On a busy machine msgd answers before alice has clicked.
    assert states[-1] == deliveries[0][3]


def test_a_server_may_say_later_that_it_shows_nothing(machine, logind, client):
    """MATE's, while a window fills the screen: it takes a popup with a time, and closes it when it has nothing else to
    do. msgd waits for that, unless the popup has no time."""
    person = machine.desktop_user(identity=("Notification Daemon", "MATE"))
    logind.add("1", person)
    machine.start()
    begin = time.monotonic()
    assert outcome(client.send(person.name)[1]) == [("shown", "")]
    assert time.monotonic() - begin >= 0.1

    def seconds_for_one_without_a_time():
        begin = time.monotonic()
        assert outcome(client.send(person.name, timeout=0)[1]) == [("shown", "")]
        return time.monotonic() - begin

    # Other tests take the processors at times, which only adds to it.
    assert min(seconds_for_one_without_a_time() for _ in range(4)) < 0.1

    def close(server, popup):
        if popup.replaces:
            GLib.idle_add(lambda: server.dismiss(popup, 4))

    person.server.after_answer = close
    assert [delivery[3] for delivery in client.send(person.name)[1]] == ["suppressed"]
