"""Who may do what, as polkit decides."""

import pytest

from lib.fake_polkit import CHALLENGE, NO, YES
from lib.main_loop import RemoteError, wait_until

REFUSED = "org.msgd.Error.NotAuthorized"
ABSENT = "polkit is not running, and without it only root may"


@pytest.fixture
def ann(machine, logind, alice):
    """alice as a caller, with a session."""
    logind.add("1", alice)
    return machine.client(uid=alice.account.pw_uid)


def refusal(client, *recipients):
    with pytest.raises(RemoteError) as raised:
        client.send(*recipients)
    assert raised.value.name == REFUSED
    return raised.value.message


@pytest.fixture
def absent(logind, bob):
    """Names of a user on a desktop, a user on a terminal, an account without a session, and nobody at all."""
    logind.add("2", bob, TTY="tty3")
    return [bob.name, "tty3", "2", "root", "nobody-at-all", "id:77"]


def test_without_polkit_users_message_themselves(machine, ann, alice, bob, absent):
    machine.start()
    for own in (alice.name, f"user:{alice.name}", "1"):
        assert [delivery[3] for delivery in ann.send(own)[1]] == ["shown"]
    for other in [*absent, f"{alice.name}*", "group:users"]:
        assert refusal(ann, other) == f"{alice.name} may not message {other}: {ABSENT}"
    assert refusal(ann, "*") == f"{alice.name} may not message everyone: {ABSENT}"
    assert [session[0] for session in ann.call("ListSessions")[0]] == ["1"]
    assert bob.server.popups == []


def test_root_needs_no_polkit(machine, logind, client, alice, bob):
    logind.add("1", alice)
    logind.add("2", bob)
    polkit = machine.polkit(lambda question: NO)
    machine.start()
    id, deliveries = client.send("*", f"{alice.name}*", bob.name)
    assert {delivery[3] for delivery in deliveries} == {"shown"}
    assert len(client.call("ListSessions")[0]) == 2
    client.call("Withdraw", "(t)", id)
    assert polkit.questions == []


def test_a_refusal_tells_nothing_of_who_is_there(machine, ann, alice, absent):
    bob_name = absent[0]
    polkit = machine.polkit(lambda question: NO)
    machine.start()
    sight = ("send-user", ())
    for other in absent:
        polkit.questions.clear()
        # A name says whom it means. Any other word is treated as if it meant everybody.
        action, who = ("send-user", other) if other in (bob_name, "root", "nobody-at-all") else ("broadcast", "*")
        assert refusal(ann, other) == f"{alice.name} may not message {other}: polkit refuses org.msgd.{action}"
        asked = [(question.action.removeprefix("org.msgd."), question.details) for question in polkit.questions]
        assert asked == [sight] * (who == "*") + [(action, (("recipients", who), ("words", other)))]
        assert {question.subject for question in polkit.questions} == {ann.connection.get_unique_name()}
    for many in (["*"], absent, [f"{alice.name}*"], ["group:nobody-at-all"]):
        assert "polkit refuses org.msgd.broadcast" in refusal(ann, *many)
    assert [session[0] for session in ann.call("ListSessions")[0]] == ["1"]


def test_who_may_reaches_others(machine, ann, alice, bob, absent):
    machine.polkit(lambda question: YES)
    machine.start()
    assert [(delivery[0], delivery[3]) for delivery in ann.send(bob.name)[1]] == [("2", "shown")]
    assert {delivery[0] for delivery in ann.send("*")[1]} == {"1", "2"}
    assert {session[0] for session in ann.call("ListSessions")[0]} == {"1", "2"}


def test_each_call_asks_for_its_own_action(machine, ann, alice, bob, absent):
    polkit = machine.polkit(lambda question: YES)
    machine.start()
    for recipients, action in {
        (alice.name,): "", ("1", alice.name): "", (bob.name, alice.name): "send-user",
        (bob.name, "tty3"): "send-user", ("2",): "send-user", (f"{bob.name}*",): "broadcast", (bob.name, "eve"): "broadcast",
    }.items():  # fmt: skip
        polkit.questions.clear()
        ann.send(*recipients)
        assert ["", *polkit.actions][-1] == action and set(polkit.actions[:-1]) <= {"send-user"}, recipients


@pytest.fixture
def shared(logind, machine, bob):
    """bob and another user at one seat."""
    carol = machine.desktop_user()
    logind.add("2", bob, seat="seat7", Display=":7", TTY="tty3")
    logind.add("3", carol, seat="seat7", Display=":8", TTY="tty4")
    return carol


@pytest.mark.parametrize("word", ["seat7", "session:SEAT7", "id:?", "ttyx"])
def test_one_word_for_several_needs_what_several_need(machine, ann, alice, bob, shared, word):
    """alice may message one other user, and nothing else. Nobody is at ttyx."""
    polkit = machine.polkit(lambda question: YES if question.action == "org.msgd.send-user" else NO)
    machine.start()
    if word == "ttyx":
        with pytest.raises(RemoteError, match="ttyx does not exist or is disconnected"):
            ann.send(word)
    else:
        assert refusal(ann, word) == f"{alice.name} may not message {word}: polkit refuses org.msgd.broadcast"
        assert dict(polkit.questions[-1].details) == {"recipients": ", ".join(sorted([bob.name, shared.name])), "words": word}
    assert bob.server.popups == shared.server.popups == []
    assert [delivery[0] for delivery in ann.send("tty3")[1]] == ["2"]


def test_a_rule_against_a_user_holds_for_each_of_their_names(machine, ann, alice, bob, shared):
    machine.polkit(lambda question: NO if bob.name in dict(question.details).get("recipients", "").split(", ") else YES)
    machine.start()
    names = (bob.name, f"user:{bob.name}", bob.name.upper(), "tty3", "TTY3", "session:tty3", "2", "id:2", ":7", "seat7", "*", "id:?")
    for word in names:
        assert "polkit refuses org.msgd." in refusal(ann, word), word
    assert [delivery[0] for delivery in ann.send("tty4")[1]] == ["3"]
    assert bob.server.popups == []


def test_who_may_not_see_who_is_there_learns_nothing_by_a_dialogue(machine, ann, bob, shared):
    """The question to polkit depends only on alice's words until it has said yes, because a program of hers shows the
    dialogue."""
    polkit = machine.polkit(lambda question: YES if question.allows_interaction else CHALLENGE)
    machine.start()
    ann.allows_interaction = True
    for word, reached in {"2": ["2"], "seat7": ["2", "3"], "id:77": [], "tty9": []}.items():
        polkit.questions.clear()
        if reached:
            assert [delivery[0] for delivery in ann.send(word)[1]] == reached
        else:
            with pytest.raises(RemoteError, match="does not exist or is disconnected"):
                ann.send(word)
        [dialogue] = [question for question in polkit.questions if question.allows_interaction]
        assert (dialogue.action, dict(dialogue.details)) == ("org.msgd.broadcast", {"recipients": "*", "words": word})


def test_who_comes_while_polkit_asks_does_not_get_the_message(machine, logind, ann, bob, shared):
    """The word that was judged now means somebody else."""
    sight = lambda question: question.details == ()
    polkit = machine.polkit(
        lambda question: YES if sight(question) else None if question.allows_interaction else CHALLENGE
    )
    machine.start()
    boss = machine.desktop_user()
    ann.allows_interaction = True
    call = ann.start_send("seat7")
    polkit.await_open_question()
    logind.remove("3")
    logind.add("4", boss, seat="seat7", Display=":9")
    logind.add("5", bob, seat="seat7", Display=":10")
    assert {session[0] for session in ann.call("ListSessions")[0]} == {"1", "2", "4", "5"}
    polkit.answer_late(YES)
    assert {delivery[0] for delivery in call.wait()[1]} == {"2", "5"}
    assert boss.server.popups == []

def test_an_own_word_means_nobody_else(machine, ann, alice, bob, absent):
    """Both sit at seat0. alice, who may message only herself, does not reach bob by that word."""
    polkit = machine.polkit(lambda question: NO)
    machine.start()
    assert [delivery[0] for delivery in ann.send("seat0")[1]] == ["1"]
    assert polkit.questions == []
    assert bob.server.popups == []


def test_others_messages_are_managed_by_who_may(machine, ann, client, bob, absent):
    may = False
    polkit = machine.polkit(lambda question: YES if may else NO)
    machine.start()
    id, _ = client.send(bob.name)
    for method in ("GetDeliveries", "Withdraw"):
        for message in (id, 77):
            with pytest.raises(RemoteError) as raised:
                ann.call(method, "(t)", message)
            assert (raised.value.name, raised.value.message) == (
                "org.msgd.Error.NoSuchMessage", f"there is no message {message}: it was never sent, or its record has ended",
            )  # fmt: skip
    assert [question.details for question in polkit.questions] == [(("message", str(n)),) for n in (id, 77)] * 2

    may = True
    assert ann.states(id) == {"2": "shown"}
    ann.call("Withdraw", "(t)", id)
    client.wait_for_change("2", "withdrawn")


def test_a_password_is_asked_for_where_the_call_allows_it(machine, ann, bob, absent):
    polkit = machine.polkit(lambda question: YES if question.allows_interaction else CHALLENGE)
    machine.start()
    assert "polkit wants a password for org.msgd.send-user" in refusal(ann, bob.name)
    assert [question.allows_interaction for question in polkit.questions] == [False]

    ann.allows_interaction = True
    assert [delivery[3] for delivery in ann.send(bob.name)[1]] == ["shown"]

    polkit.questions.clear()
    assert len(ann.call("ListSessions")[0]) == 1  # nobody is asked for a list
    assert polkit.actions == ["send-user", "relay"]
    assert not any(question.allows_interaction for question in polkit.questions)


def test_a_dialogue_delays_nobody_and_ends_with_its_caller(machine, ann, client, bob, absent):
    polkit = machine.polkit(lambda question: None if question.allows_interaction else CHALLENGE)
    machine.start()
    ann.allows_interaction = True
    ann.start_send(bob.name)
    polkit.await_open_question()
    assert [delivery[3] for delivery in client.send(bob.name)[1]] == ["shown"]
    ann.leave()
    wait_until(lambda: polkit.cancelled == [polkit.questions[-1].cancellation], "the dialogue's end", lambda: polkit.cancelled)
    polkit.answer_late(YES)
    assert [delivery[3] for delivery in client.send(bob.name, body="Hello again")[1]] == ["shown"]
    assert len(bob.server.popups) == 2


def test_polkit_that_leaves_is_gone(machine, ann, alice, bob, absent):
    polkit = machine.polkit(lambda question: YES)
    machine.start()
    ann.send(bob.name)
    polkit.leave()
    assert refusal(ann, bob.name) == f"{alice.name} may not message {bob.name}: {ABSENT}"
