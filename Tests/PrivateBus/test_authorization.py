"""Who may do what, by polkit's word."""

import pytest

from loop import RemoteError, wait_until
from polkit import CHALLENGE, NO, YES

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
    """Names that somebody with a desktop, somebody with a terminal, an account and nobody at all go by."""
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
    polkit = machine.polkit(lambda question: YES if question.action == "org.msgd.send-own" else NO)
    machine.start()
    for other in absent:
        assert refusal(ann, other) == f"{alice.name} may not message {other}: polkit refuses org.msgd.send-user"
    assert {question.action for question in polkit.questions} == {"org.msgd.send-user"}
    assert [question.details for question in polkit.questions] == [(("recipients", other),) for other in absent]
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
        (alice.name,): "send-own", ("1", alice.name): "send-own", (bob.name, alice.name): "send-user",
        (bob.name, "tty3"): "broadcast", (f"{bob.name}*",): "broadcast",
    }.items():  # fmt: skip
        polkit.questions.clear()
        ann.send(*recipients)
        assert polkit.actions == [action], recipients


def test_an_own_word_means_nobody_else(machine, ann, alice, bob, absent):
    """Both sit at seat0: alice, who may message herself only, does not reach bob by it."""
    machine.polkit(lambda question: YES if question.action == "org.msgd.send-own" else NO)
    machine.start()
    assert [delivery[0] for delivery in ann.send("seat0")[1]] == ["1"]
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
    assert len(ann.call("ListSessions")[0]) == 1  # for a list nobody is asked
    assert [question.allows_interaction for question in polkit.questions] == [False]


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
