"""Answers in words, and choices: the options ask and choices, msg --ask and --choose."""

import pytest
from gi.repository import GLib

from lib.main_loop import RemoteError, look_until, wait_until

FIELD = ("actions", "body", "inline-reply")


@pytest.fixture
def carol(machine, logind):
    """A user, logged in, whose server has a field for text on popups."""
    person = machine.desktop_user(capabilities=FIELD)
    logind.add("1", person)
    return person


@pytest.fixture
def manager(alice, logind, programs):
    """alice's service manager, in a session on X11 with zenity and kdialog."""
    logind.add("1", alice)
    programs("zenity", "kdialog")
    return alice.manage("DISPLAY=:0")


def ask(machine, client, person, **options):
    """Asks, and returns the call, which waits, and the popup."""
    machine.start()
    call = client.start_send(person.name, wait=True, **{"ask": "Room?", **options})
    popup = person.server.popup()
    client.wait_for_change("1", "shown")
    return call, popup


def end_of(call):
    """The state, the answer and the reason."""
    [delivery] = call.wait()[1]
    return delivery[3], delivery[4].get("text"), delivery[4].get("error-message", "")


def test_an_answer_in_the_popup(machine, client, carol):
    call, popup = ask(machine, client, carol)
    assert popup.actions == ["inline-reply", "Answer"]
    assert popup.hints["x-kde-reply-placeholder-text"] == "Room?"
    carol.server.reply(popup, "Room 4")
    assert end_of(call) == ("acknowledged", "Room 4", "")
    carol.server.wait_for_close(popup)
    assert client.call("GetDeliveries", "(t)", client.changes[0][0])[0][0][4]["text"] == "Room 4"


def test_an_empty_answer_is_one(machine, client, carol):
    call, popup = ask(machine, client, carol, ask="")
    assert "x-kde-reply-placeholder-text" not in popup.hints
    carol.server.reply(popup, "")
    assert end_of(call) == ("acknowledged", "", "")


def test_the_popup_says_who_asks(machine, client, carol):
    assert ask(machine, client, carol, title="Moving")[1].summary == "root: Moving"
    client.call("Update", "(tsa{sv})", client.changes[0][0], "Where to?", {})
    popup = carol.server.popup(1)
    assert (popup.summary, popup.body, popup.actions) == ("root: Moving", "Where to?", ["inline-reply", "Answer"])


def test_a_closed_popup_is_no_answer(machine, client, carol):
    call, popup = ask(machine, client, carol)
    carol.server.dismiss(popup)
    carol.server.reply(popup, "too late")
    assert end_of(call) == ("dismissed", None, "")


def test_answers_are_cleaned(machine, client, carol):
    call, popup = ask(machine, client, carol)
    carol.server.reply(popup, " a\x1b]0;b\x07\tc\r\n\u202ed\u2066 ")
    assert end_of(call) == ("acknowledged", "a]0;b c d", "")


@pytest.mark.parametrize("length, state", [(4096, "acknowledged"), (4097, "failed"), (30_000, "failed")])
def test_a_longer_answer_is_not_taken(machine, client, carol, length, state):
    call, popup = ask(machine, client, carol)
    carol.server.reply(popup, length * "é")
    reason = "" if state == "acknowledged" else "the answer has more than 4096 characters, and was not taken"
    assert end_of(call) == (state, "é" * length if state == "acknowledged" else None, reason)


def test_an_answer_of_a_megabyte_ends_the_connection(machine, client, carol):
    call, popup = ask(machine, client, carol)
    carol.server.reply(popup, "x" * 1_000_000)
    state, text, reason = end_of(call)
    assert (state, text) == ("failed", None) and "at most 65536 are taken" in reason


def test_an_answer_before_the_popup_has_an_id_counts_for_nothing(machine, client, carol):
    carol.server.before_answer = lambda server, popup: server.reply(popup, "early")
    call, popup = ask(machine, client, carol)
    carol.server.reply(popup, "right")
    assert end_of(call) == ("acknowledged", "right", "")


def test_an_answer_at_once_after_the_id_counts(machine, client, carol):
    carol.server.after_answer = lambda server, popup: server.reply(popup, "at once")
    machine.start()
    assert end_of(client.start_send(carol.name, wait=True, ask="")) == ("acknowledged", "at once", "")


def test_the_first_answer_counts(machine, client, carol):
    call, popup = ask(machine, client, carol)
    for text in ("first", "second"):
        carol.server.reply(popup, text)
    assert end_of(call) == ("acknowledged", "first", "")
    carol.server.reply(popup, "third")
    assert client.send(carol.name)[1][0][3] == "shown"  # msgd has read it by now
    assert client.call("GetDeliveries", "(t)", client.changes[0][0])[0][0][4]["text"] == "first"


@pytest.mark.parametrize("options", [{}, {"replies": [("y", "Yes")]}, {"choices": ("4", "5")}])
def test_nobody_answers_in_words_who_was_not_asked(machine, logind, client, options):
    person = machine.desktop_user(capabilities=FIELD)
    logind.add("1", person)
    machine.start()
    call = client.start_send(person.name, wait=True, **options)
    popup = person.server.popup()
    assert "inline-reply" not in popup.actions
    client.wait_for_change("1", "shown")
    person.server.reply(popup, "unasked")
    person.server.dismiss(popup)
    assert end_of(call) == ("dismissed", None, "")


@pytest.mark.parametrize("key", ["ok", "default", "inline-reply", "choice-1"])
def test_no_button_answers_in_words(machine, client, carol, key):
    call, popup = ask(machine, client, carol)
    carol.server.invoke(popup, key)
    carol.server.reply(popup, "4")
    assert end_of(call) == ("acknowledged", "4", "")


def test_only_the_server_that_took_a_popup_answers(machine, client, carol):
    call, popup = ask(machine, client, carol)
    impostor = machine.impostor(carol)
    impostor.reply(popup, "false")
    impostor.connection.flush_sync()
    carol.server.reply(popup, "true")
    assert end_of(call) == ("acknowledged", "true", "")


@pytest.mark.parametrize(
    "capabilities, environment, installed, reason",
    [
        (("body",), ["DISPLAY=:0"], ["zenity"], "the desktop's popups have no buttons, so nobody could answer"),
        (("actions",), ["DISPLAY=:0"], ["xmessage"], "there is no program for answers: install zenity or kdialog"),
        (("actions",), [], ["zenity"], "there is no program for answers: install zenity or kdialog"),
        (
            ("actions",), None, ["zenity"],
            "no window for the answer can be opened: the user's systemd is not on the session bus",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("question", [{"ask": ""}, {"choices": ("1", "2", "3", "4")}])
def test_no_way_to_answer_is_told(
    machine, logind, client, programs, capabilities, environment, installed, reason, question
):
    person = machine.desktop_user(capabilities=capabilities)
    logind.add("1", person)
    programs(*installed)
    if environment is not None:
        person.manage(*environment)
    machine.start()
    assert end_of(client.start_send(person.name, wait=True, **question)) == ("failed", None, reason)
    assert person.server.popups == []


def test_few_choices_are_buttons(machine, logind, client, alice):
    logind.add("1", alice)
    call, popup = ask_choices(machine, client, alice, "Room 4", "Room 5")
    assert popup.actions == ["choice-1", "Room 4", "choice-2", "Room 5"]
    alice.server.invoke(popup, "default")
    alice.server.invoke(popup, "choice-2")
    assert end_of(call) == ("acknowledged", "Room 5", "")


def ask_choices(machine, client, person, *choices):
    machine.start()
    call = client.start_send(person.name, wait=True, choices=choices)
    popup = person.server.popup()
    client.wait_for_change("1", "shown")
    return call, popup


def test_questions_exclude_each_other(machine, client, carol):
    machine.start()
    with pytest.raises(RemoteError, match="the options ask and choices exclude each other"):
        client.send(carol.name, ask="", choices=("4",))


@pytest.mark.parametrize("question", [{"ask": "Room?"}, {"choices": ("Room 4", "Room 5")}])
def test_a_question_that_was_put_off_is_asked_by_the_next_msgd(machine, client, carol, question):
    service = machine.start()
    id, _ = client.send(carol.name, timeout=0, later=GLib.Variant("au", [1]), **question)
    first = carol.server.popup()
    assert first.actions[-2:] == ["later-1", "Later: 1 s"]
    carol.server.invoke(first, "later-1")
    client.wait_for_change("1", "deferred")
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")
    machine.start()
    popup = carol.server.popup(1)
    assert popup.actions == first.actions and popup.hints == first.hints
    if "ask" in question:
        carol.server.reply(popup, "Room 4")
    else:
        carol.server.invoke(popup, "choice-1")
    look_until(lambda: client.states(id) == {"1": "acknowledged"}, "the answer")
    assert client.call("GetDeliveries", "(t)", id)[0][0][4]["text"] == "Room 4"


def test_the_next_msgd_closes_the_window_for_an_answer(machine, client, alice, manager):
    service = machine.start()
    client.send(alice.name, ask="Room?", timeout=0)
    alice.server.invoke(alice.server.popup(), "answer")
    unit = manager.unit()
    assert "TimeoutStartUSec" not in unit.properties
    service.process.kill()
    service.process.wait()
    wait_until(lambda: not client.owner, "the name's release")
    machine.start()
    wait_until(lambda: unit.name in manager.stopped, "the end of the window", lambda: manager.stopped)
    client.send(alice.name, ask="Room?", timeout=0)
    alice.server.invoke(alice.server.popup(1), "answer")
    assert manager.unit(1).name != unit.name


def test_choices_that_become_buttons_count(machine, client, alice, manager):
    """At the end of putting off its button goes, and the choices have room."""
    machine.start()
    until = GLib.Variant("t", GLib.get_real_time() // 1_000_000 + 3)
    later = GLib.Variant("au", [2])
    id, _ = client.send(alice.name, choices=("4", "5", "6"), later=later, until=until, timeout=0)
    assert alice.server.popup().actions[0] == "answer"
    look_until(lambda: GLib.get_real_time() // 1_000_000 >= until.unpack() - 1, "the end of putting off")
    client.call("Update", "(tsa{sv})", id, "Which room?", {})
    popup = alice.server.popup(1)
    assert popup.actions[0] == "choice-1"
    alice.server.invoke(popup, "choice-2")
    assert client.wait_for_change("1", "acknowledged")["text"] == "5"


def test_choices_beside_later_are_buttons_if_all_have_room(machine, client, carol):
    machine.start()
    client.send(carol.name, choices=("4", "5"), later=GLib.Variant("au", [60]))
    assert carol.server.popup().actions == ["choice-1", "4", "choice-2", "5", "later-60", "Later: 1 min"]
    [delivery] = client.send(carol.name, choices=("4", "5"), later=GLib.Variant("au", [60, 120]))[1]
    assert delivery[3] == "failed"  # there is no program for a list


def test_an_answer_is_not_in_the_journal(machine, client, carol):
    service = machine.start()
    call = client.start_send(carol.name, wait=True, ask="hint-text")
    popup = carol.server.popup()
    carol.server.reply(popup, "secret-answer")
    assert end_of(call)[1] == "secret-answer"
    service.wait_for_log("acknowledged")
    assert "secret-answer" not in service.log() and "hint-text" not in service.log()


@pytest.mark.parametrize(
    "options, answer, output",
    [
        (["--ask=Room?", "/TIME:20"], lambda server, popup: server.reply(popup, "Room 4\x1b[2J"), "Room 4[2J"),
        (["--choose", "4", "--choose", "5"], lambda server, popup: server.invoke(popup, "choice-2"), "5"),
    ],
)
def test_msg_prints_the_answer(machine, carol, options, answer, output):
    machine.start()
    command = machine.msg(carol.name, *options, "Where?")
    popup = carol.server.popup()
    assert popup.hints.get("x-kde-reply-placeholder-text") == ("Room?" if "--ask=Room?" in options else None)
    answer(carol.server, popup)
    assert machine.finish(command) == (0, f"{carol.name}\t{output}\n")


LONG = "\n".join(f"line {number}" for number in range(1, 8))
MANY = ("Tea & <milk>", "Coffee", "Water", "Nothing")


def opened(machine, client, alice, manager, key="answer", **options):
    """Asks, and opens the window; returns the call, which waits, and the window's unit."""
    call, popup = ask(machine, client, alice, **options)
    alice.server.invoke(popup, key)
    return call, manager.unit()


@pytest.mark.parametrize("key", ["answer", "default"])
def test_a_button_or_a_click_opens_a_window(machine, client, alice, manager, key):
    call, unit = opened(machine, client, alice, manager, key)
    assert alice.server.popup().actions == ["answer", "Answer", "default", ""]
    alice.server.wait_for_close(alice.server.popup())
    assert unit.command[:2] == ["zenity", "--entry"] and "Message from root" in unit.command[2]
    # Others can read arguments: neither the question nor the hint is there.
    arguments = " ".join(unit.command) + unit.properties["Description"]
    assert "Hello" not in arguments and "Room?" not in arguments and unit.input == "\n"
    assert not call.is_over
    manager.finish(unit, printed="Room 4\n0\n")
    assert end_of(call) == ("acknowledged", "Room 4", "")


def test_what_the_window_prints_is_cleaned(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    manager.finish(unit, printed="a\x1b[2J\tb\u202e\nc\n0\n")
    assert end_of(call) == ("acknowledged", "a[2J b c", "")


def test_an_empty_field_is_an_answer(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    manager.finish(unit, printed="\n0\n")
    assert end_of(call) == ("acknowledged", "", "")


@pytest.mark.parametrize("answer, state", [(4096 * "\U0001f600", "acknowledged"), (4097 * "x", "failed")])
def test_what_the_window_prints_is_bounded(machine, client, alice, manager, answer, state):
    call, unit = opened(machine, client, alice, manager)
    manager.finish(unit, printed=f"{answer}\n0\n")
    reason = "" if state == "acknowledged" else "the answer has more than 4096 characters, and was not taken"
    assert end_of(call) == (state, answer if state == "acknowledged" else None, reason)


def test_a_window_that_prints_too_much_is_closed(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    manager.print(unit, 60_000 * "x")
    state, text, reason = end_of(call)
    assert (state, text) == ("failed", None)
    assert reason == f"the window for the answer failed: {unit.name} printed more than 17408 bytes"
    assert manager.stopped == [unit.name]


def test_a_closed_window_is_no_answer(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    manager.finish(unit, "failed", printed="10\n")
    assert end_of(call) == ("dismissed", None, "")


def test_the_next_program_asks_where_one_fails(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    manager.finish(unit, "failed", printed="1\n")
    second = manager.unit(1)
    assert second.command[:1] + second.command[3:4] == ["kdialog", "--inputbox"]
    manager.finish(second, printed="Room 4\n0\n")
    assert end_of(call) == ("acknowledged", "Room 4", "")


def test_a_window_that_can_not_open_is_told(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    manager.finish(unit, "failed", printed="1\n")
    second = manager.unit(1)
    manager.finish(second, "failed", printed="ABRT\n")
    assert end_of(call) == ("failed", None, f"the window for the answer failed: {second.name} failed")


def test_the_window_is_closed_when_the_time_is_over(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager, timeout=2)
    assert end_of(call) == ("expired", None, "")
    assert manager.stopped == [unit.name]


def test_a_new_question_closes_the_window(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager)
    client.call("Update", "(tsa{sv})", client.changes[0][0], "Another question", {})
    popup = alice.server.popup(1)
    assert popup.body == "Another question" and manager.stopped == [unit.name] and not call.is_over
    alice.server.invoke(popup, "answer")
    manager.finish(manager.unit(1), printed="Room 5\n0\n")
    assert end_of(call) == ("acknowledged", "Room 5", "")


def test_a_popup_that_has_a_window_takes_no_answer_itself(machine, client, alice, manager):
    call, popup = ask(machine, client, alice)
    alice.server.reply(popup, "unasked")
    alice.server.invoke(popup, "ok")
    alice.server.invoke(popup, "answer")
    unit = manager.unit()
    alice.server.reply(popup, "late")
    alice.server.connection.flush_sync()
    manager.finish(unit, printed="Room 4\n0\n")
    assert end_of(call) == ("acknowledged", "Room 4", "")


def test_a_long_question_has_a_window_before(machine, client, alice, manager):
    call, unit = opened(machine, client, alice, manager, body=LONG)
    assert [command[1] for command in unit.commands] == ["--text-info", "--entry"]
    assert unit.input == f"{LONG}\n" and "line" not in " ".join(sum(unit.commands, []))
    manager.finish(unit, printed="Room 4\n0\n")
    assert end_of(call) == ("acknowledged", "Room 4", "")


def test_a_field_that_may_be_hidden_is_not_relied_on(machine, logind, client, programs):
    person = machine.desktop_user(capabilities=FIELD, identity=("SwayNotificationCenter", "ErikReider"))
    logind.add("1", person)
    programs("zenity")
    person.manage("WAYLAND_DISPLAY=wayland-0")
    machine.start()
    client.send(person.name, ask="")
    assert person.server.popup().actions[:2] == ["answer", "Answer"]


def test_many_choices_are_a_list(machine, client, alice, manager):
    call, popup = ask_choices(machine, client, alice, *MANY)
    assert popup.actions == ["answer", "Choose…", "default", ""]
    alice.server.invoke(popup, "answer")
    unit = manager.unit()
    assert unit.command[1] == "--list" and unit.input.splitlines() == list(MANY)
    assert not any(choice in " ".join(unit.command) for choice in MANY)
    manager.finish(unit, printed=f"{MANY[0]}\n0\n")
    assert end_of(call) == ("acknowledged", MANY[0], "")


@pytest.mark.parametrize("printed, state", [("Milk\n0\n", "failed"), ("0\n", "dismissed"), ("10\n", "dismissed")])
def test_nothing_but_a_choice_is_one(machine, logind, client, alice, programs, printed, state):
    logind.add("1", alice)
    programs("zenity")
    manager = alice.manage("DISPLAY=:0")
    call, popup = ask_choices(machine, client, alice, *MANY)
    alice.server.invoke(popup, "default")
    manager.finish(manager.unit(), printed=printed)
    assert end_of(call)[:2] == (state, None)


def test_kdialog_lists_by_numbers(machine, logind, client, alice, programs):
    logind.add("1", alice)
    programs("kdialog")
    manager = alice.manage("WAYLAND_DISPLAY=wayland-0", "XDG_CURRENT_DESKTOP=KDE")
    call, popup = ask_choices(machine, client, alice, *MANY)
    alice.server.invoke(popup, "answer")
    manager.finish(manager.unit(), printed="2\n0\n")
    assert end_of(call) == ("acknowledged", "Water", "")
