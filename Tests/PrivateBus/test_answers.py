"""Answers in words, and choices: the options ask and choices, msg --ask and --choose."""

import pytest

from lib.main_loop import RemoteError

FIELD = ("actions", "body", "inline-reply")


@pytest.fixture
def carol(machine, logind):
    """A user, logged in, whose server has a field for text on popups."""
    person = machine.desktop_user(capabilities=FIELD)
    logind.add("1", person)
    return person


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


def test_no_field_is_told(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    reason = "the desktop's popups have no field for an answer"
    assert end_of(client.start_send(alice.name, wait=True, ask="")) == ("failed", None, reason)
    assert alice.server.popups == []


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
        (["--ask=Room?"], lambda server, popup: server.reply(popup, "Room 4\x1b[2J"), "Room 4[2J"),
        (["--choose", "4", "--choose", "5"], lambda server, popup: server.invoke(popup, "choice-2"), "5"),
    ],
)
def test_msg_prints_the_answer(machine, carol, options, answer, output):
    machine.start()
    command = machine.msg(carol.name, *options, "Where?")
    answer(carol.server, carol.server.popup())
    assert machine.finish(command) == (0, f"{carol.name}\t{output}\n")
