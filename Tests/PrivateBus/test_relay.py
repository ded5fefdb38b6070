"""msg-relay: messages that come through a real broker, with TLS and signatures."""

from __future__ import annotations

import json
import pathlib
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from lib.broker import Broker, Certificates, Listener, Relay, Sender
from lib.desk import Desk
from lib.fake_polkit import NO, YES
from lib.main_loop import look_until, wait_until


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory, folder: pathlib.Path) -> Certificates:
    own = folder / "certificates"
    own.mkdir()
    return Certificates(own)


@pytest.fixture
def broker(certificates: Certificates, tmp_path: pathlib.Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    for file in certificates.folder.iterdir():
        (folder / file.name).symlink_to(file)
    broker = Broker(folder)
    yield broker
    broker.kill()


@pytest.fixture
def sender(broker: Broker) -> Iterator[Sender]:
    sender = Sender(broker)
    yield sender
    sender.leave()


@pytest.fixture
def make_relay(machine, broker: Broker, tmp_path: pathlib.Path) -> Iterator[Callable[..., Relay]]:
    """Makes an agent that isn't started yet."""
    relays = []

    def make(name: str = "pc7", folder: pathlib.Path = tmp_path, **environment: str) -> Relay:
        relays.append(Relay(machine.bus.address, broker, folder, name, **environment))
        return relays[-1]

    yield make
    for relay in relays:
        if relay.process:
            relay.kill()


@pytest.fixture
def relay(make_relay) -> Relay:
    """An agent that is connected."""
    return make_relay().start().await_connection()


@pytest.fixture
def limits() -> str:
    """msgd's. The agent has limits of its own, and forgets them when it is killed."""
    return "MessagesPerMinute=600\nBurst=100\n"


@pytest.fixture
def session(machine, logind, alice, limits) -> str:
    """Alice at her desktop, msgd, and a polkit that lets the agent do what the package's rule does."""
    machine.polkit(lambda question: YES if question.action == "org.msgd.relay" else NO)
    machine.configuration.write_text(f"[Limits]\n{limits}")
    machine.start()
    return logind.add("1", alice)


def popups(person) -> list[str]:
    return [popup.body for popup in person.server.popups]


def await_popup(person, body: str):
    return wait_until(
        lambda: next((popup for popup in person.server.popups if popup.body == body), None), f"the popup {body}",
        lambda: person.server.popups,
    )  # fmt: skip


def states(receipt: dict) -> list[str]:
    return [delivery[3] for delivery in receipt.get("deliveries", [])]


def fence(sender: Sender, alice) -> None:
    """Sends a message that must be shown, and so everything before it is decided."""
    body = f"fence {time.monotonic_ns()}"
    sender.send(sender.message(alice.name, body=body))
    await_popup(alice, body)


def kill_while_msgd_is_called(machine, relay: Relay, sender: Sender, message: dict) -> str:
    """Kills the agent while it gives msgd a message, and starts it again. Returns the message's id."""
    [service] = machine._services
    with service.paused():
        id = sender.send(message)
        wait_until(lambda: sender.receipts(id), "the call of msgd")
        relay.kill()
    relay.start().await_connection(2)
    return id


# --- what is shown, and what is said of it ---


def test_a_message_is_shown_and_answered(session, alice, relay, sender):
    id = sender.send(sender.message(alice.name, body="Fire drill"))
    popup = await_popup(alice, "Fire drill")
    assert "helpdesk@office" in popup.summary
    sender.receipt(id, "shown")
    alice.server.invoke(popup, "default")
    last = sender.final(id)
    assert (last["stage"], states(last)) == ("sent", ["acknowledged"])
    assert last["deliveries"][0][:3] == [session, alice.name, alice.account.pw_uid]
    numbers = [receipt["number"] for receipt in sender.receipts(id)]
    assert numbers == sorted(set(numbers)) and numbers[0] == 0
    assert abs(last["at"] - time.time()) < 60


def test_a_message_whose_signature_cannot_be_checked_now_waits(session, alice, relay, sender, broker):
    """The broker has its acknowledgement, so it must not be lost."""
    signers, aside = broker.folder / "allowed_signers", broker.folder / "aside"
    signers.rename(aside)
    id = sender.send(sender.message(alice.name, body="It waits"))
    relay.wait_for_log("can't be checked")
    aside.rename(signers)
    await_popup(alice, "It waits")
    sender.receipt(id, "shown")


def test_to_one_machine(session, alice, relay, sender):
    id = sender.send(sender.message(alice.name, body="You alone", machine="pc7"))
    await_popup(alice, "You alone")
    assert states(sender.receipt(id, "shown")) == ["shown"]


def test_msgds_refusal_is_told_word_for_word(session, alice, relay, sender):
    last = sender.final(sender.send(sender.message("nobody-here")))
    assert (last["stage"], last["error"]) == ("refused", "org.msgd.Error.NoSuchRecipient")
    assert "nobody-here" in last["error-message"]
    last = sender.final(sender.send(sender.message(alice.name, options={"progress": 101})))
    assert last["error"] == "org.msgd.Error.InvalidArgument"


def test_64_kib(session, machine, alice, relay, sender):
    body = "x" * 65536
    last = sender.final(sender.send(sender.message(alice.name, body=body)))
    assert last["error"] == "org.msgd.Error.LimitExceeded", last


def test_a_withdrawal(session, alice, relay, sender):
    id = sender.send(sender.message(alice.name, body="Wrong"))
    await_popup(alice, "Wrong")
    sender.receipt(id, "shown")
    assert sender.final(sender.send(sender.ask("withdraw", message=id)))["stage"] == "done"
    assert states(sender.final(id)) == ["withdrawn"]


def test_what_cant_be_withdrawn_is_not_called_withdrawn(session, machine, alice, make_relay, sender):
    """What has ended, what never came, and what nobody knows."""
    relay = make_relay().start().await_connection()

    def withdrawal(id: str) -> tuple[str, str | None]:
        last = sender.final(sender.send(sender.ask("withdraw", message=id)))
        return last["stage"], last.get("error")

    ended = sender.send(sender.message(alice.name, body="Ends"))
    alice.server.invoke(await_popup(alice, "Ends"), "default")
    sender.final(ended)
    assert withdrawal(ended) == ("refused", "org.msgd.Error.NoSuchMessage")
    later = sender.message(alice.name, body="Not yet")
    assert withdrawal(later["id"]) == ("refused", "org.msgd.Error.NoSuchMessage")
    id = kill_while_msgd_is_called(machine, relay, sender, sender.message(alice.name, body="Who knows"))
    assert sender.final(id)["stage"] == "unknown"
    assert withdrawal(id) == ("refused", "org.msgd.Error.Failed")
    # The withdrawal of what never came counts, even after a restart.
    assert states(sender.final(sender.send(later))) == ["withdrawn"]


def test_what_became_of_it_is_told_again(session, alice, relay, sender):
    """Whoever asks for it gets the message's own last receipt once more: the broker may have lost it."""
    id = sender.send(sender.message(alice.name))
    alice.server.invoke(await_popup(alice, "Hello"), "default")
    last = sender.final(id)
    relay.await_record(id, stage="done", isConfirmed=True)
    sender.final(sender.send(sender.ask("status", message=id)))
    assert [receipt for receipt in sender.receipts(id) if receipt.get("final")] == [last, last]


def test_somebody_elses_message_cant_be_withdrawn(session, broker, alice, relay, sender):
    id = sender.send(sender.message(alice.name, body="Stays"))
    await_popup(alice, "Stays")
    other = Sender(broker, "other")
    other.final(other.send(other.ask("withdraw", message=id)))
    fence(sender, alice)
    assert "withdrawn" not in [state for receipt in sender.receipts(id) for state in states(receipt)]
    other.leave()


def test_status_and_sessions(session, alice, relay, sender):
    id = sender.send(sender.message(alice.name))
    sender.receipt(id, "shown")
    status = sender.final(sender.send(sender.ask("status", message=id)))
    assert (status["stage"], states(status)) == ("sent", ["shown"])
    unknown = sender.final(sender.send(sender.ask("status", message=sender.message()["id"])))
    assert (unknown["stage"], unknown["error"]) == ("refused", "org.msgd.Error.NoSuchMessage")
    listed = sender.final(sender.send(sender.ask("sessions", machine="pc7")))
    assert [(entry[0], entry[2]) for entry in listed["sessions"]] == [(session, alice.name)]


def test_received_is_said_if_msgd_takes_long(session, machine, alice, relay, sender):
    [service] = machine._services
    with service.paused():
        id = sender.send(sender.message(alice.name))
        wait_until(lambda: sender.receipts(id), "a receipt")
        assert sender.receipts(id)[0] | {"at": 0} == {"v": 1, "id": id, "at": 0, "number": 0, "stage": "received"}
    assert states(sender.receipt(id, "shown")) == ["shown"]


# --- what isn't shown ---


def refused(session, alice, relay, sender, send: Callable[[], str]) -> None:
    """Nothing is shown of a message, and nothing is said."""
    id = send()
    fence(sender, alice)
    assert len(alice.server.popups) == 1 and not sender.receipts(id)


def test_a_forged_signature(session, alice, relay, sender):
    for signature in ["", "nonsense", sender.sign(b"another text"), sender.sign(b"x", key="forger")]:
        sender.send(sender.message(alice.name, body="Forged"), signature=signature)
    message = sender.message(alice.name, body="Forged")
    refused(session, alice, relay, sender, lambda: sender.send(message, signature=sender.sign(json.dumps(message).encode(), key="forger")))
    assert "Forged" not in relay.log() and relay.log().count("is not shown") == 5
    relay.wait_for_log("is not valid")
    assert len(relay.files()) == 1


def test_another_fleets_signature(session, alice, relay, sender):
    message = sender.message(alice.name)
    refused(session, alice, relay, sender, lambda: sender.send(message, signature=sender.sign(json.dumps(message).encode(), "home")))


def test_another_sender_on_the_topic(session, alice, relay, sender):
    message = sender.message(alice.name)
    refused(session, alice, relay, sender, lambda: sender.send(message, topic="msg/1/fleet/office/other", as_member="forger"))


def test_another_machine_and_another_fleet(session, alice, relay, sender):
    for message, topic in [
        (sender.message(alice.name, machine="pc8"), "msg/1/machine/pc7/helpdesk"),
        (sender.message(alice.name, machine="pc7"), "msg/1/fleet/office/helpdesk"),
        (sender.message(alice.name, fleet="home"), "msg/1/fleet/office/helpdesk"),
    ]:
        sender.send(message, topic=topic, as_member="forger")
    refused(session, alice, relay, sender, lambda: sender.send(sender.message(alice.name), topic="msg/1/machine/pc7/helpdesk", as_member="forger"))
    relay.wait_for_log("doesn't count", 4)


def test_what_is_no_message(session, alice, relay, sender, broker):
    topic = "msg/1/fleet/office/helpdesk"
    good = sender.message(alice.name)
    bad = [b"", b"{", b"[" * 100_000, b"\xff", b"null", json.dumps(good | {"id": "../../x"}).encode(),
           json.dumps(good | {"expires": 2**63 - 1, "sent": -(2**63)}).encode(), json.dumps(good | {"expires": 1e300}).encode(),
           json.dumps({**good, "do": 7}).encode()]  # fmt: skip
    for payload in bad:
        broker.publish("helpdesk", topic, payload, sender.sign(payload))
    fence(sender, alice)
    assert len(alice.server.popups) == 1 and relay.log().count("doesn't count") == len(bad)


def test_what_a_newer_sender_asks_for(session, alice, relay, sender):
    for changes in [{"v": 2}, {"do": "dance"}, {"options": {"nonsense": 1}}, {"options": {"timeout": "long"}}, {"body": 7}]:
        last = sender.final(sender.send(sender.message(alice.name) | changes))
        assert (last["stage"], last["error"]) == ("refused", "org.msgd.Error.InvalidArgument")
        assert "doesn't understand" in last["error-message"]
    assert not alice.server.popups


def test_expired(session, alice, relay, sender):
    last = sender.final(sender.send(sender.message(alice.name, life=0)))
    assert last["stage"] == "refused" and "expired" in last["error-message"]
    last = sender.final(sender.send(sender.message(alice.name, life=8 * 86_400)))
    assert last["error"] == "org.msgd.Error.InvalidArgument"
    last = sender.final(sender.send(sender.message(alice.name, sent=int(time.time()) + 200_000, expires=int(time.time()) + 300_000)))
    assert "clock" in last["error-message"]
    assert not alice.server.popups


def test_a_replay(session, alice, make_relay, sender):
    relay = make_relay().start().await_connection()
    message = sender.message(alice.name, body="Once")
    sender.send(message)
    await_popup(alice, "Once")
    sender.send(message)
    fence(sender, alice)
    relay.stop()
    relay.start().await_connection(2)
    sender.send(message)
    fence(sender, alice)
    assert popups(alice).count("Once") == 1


# --- away, killed, alone ---


def test_what_waits_comes_late(session, alice, make_relay, sender):
    relay = make_relay().start().await_connection()
    assert relay.stop() == 0
    sender.await_presence("left")
    id = sender.send(sender.message(alice.name, body="Late", options={"hold": 600}))
    wrong = sender.send(sender.message(alice.name, body="Wrong"))
    sender.send(sender.ask("withdraw", message=wrong))
    relay.start()
    await_popup(alice, "Late")
    sender.receipt(id, "shown")
    last = sender.final(wrong)
    assert (last["stage"], states(last)) == ("done", ["withdrawn"]) and last["deliveries"][0][0] == ""
    assert popups(alice) == ["Late"]


def test_presence(session, broker, make_relay, sender):
    relay = make_relay().start()
    sender.await_presence("online")
    relay.kill()
    sender.await_presence("offline")
    relay.start()
    wait_until(lambda: sender.presences() == ["online", "offline", "online"], "online again", sender.presences)
    assert relay.stop() == 0
    sender.await_presence("left")
    [last] = [message["payload"] for message in sender.listener.messages if "left" in message["payload"]]
    assert json.loads(last)["fleets"] == ["office"]


def test_the_broker_is_killed(session, alice, broker, relay, sender):
    id = sender.send(sender.message(alice.name, body="Before"))
    popup = await_popup(alice, "Before")
    sender.receipt(id, "shown")
    broker.kill()
    relay.wait_for_log("no connection")
    alice.server.invoke(popup, "default")  # nobody can be told now
    relay.await_record(id, stage="done")
    sender.leave()
    relay.process.send_signal(signal.SIGSTOP)  # it comes back after the sender, who would have to ask otherwise
    broker.start()
    again = Sender(broker)
    relay.process.send_signal(signal.SIGCONT)
    relay.await_connection(2)
    assert states(again.final(id)) == ["acknowledged"]
    fence(again, alice)
    again.leave()


def test_the_brokers_certificate_is_over(session, alice, certificates, broker, make_relay, tmp_path):
    """Neither agent nor sender trusts it, and both say so. The agent connects by itself when the broker has another one."""
    name, reason = f"localhost:{broker.port}", "TLS: certificate verify failed"
    broker.take_certificate(certificates, days=-1)
    relay = make_relay().start()
    relay.wait_for_log(f"no connection to {name}: {reason}")
    _, errors = Desk(broker, broker.folder, tmp_path).msg(alice.name, "/SERVER:office", "Whom do you trust?", status=69)
    assert errors == f"msg: office: the broker {name} can't be reached: {reason}\n"
    assert relay.process.poll() is None and "connected to" not in relay.log()
    broker.take_certificate(certificates, days=2)
    relay.await_connection()
    assert relay.log().count("no connection") == 1
    sender = Sender(broker)
    fence(sender, alice)
    sender.leave()


def test_the_broker_has_lost_everything(session, alice, broker, relay, sender):
    """Also what the agent's last receipt was, which it had taken."""
    id = sender.send(sender.message(alice.name, body="Before"))
    alice.server.invoke(await_popup(alice, "Before"), "default")
    last = sender.final(id)
    relay.await_record(id, stage="done", isConfirmed=True)
    # As if another message was being written at the time.
    unfinished = relay.state / "messages" / f".new-{id}-helpdesk-1"
    unfinished.touch()
    sender.leave()
    relay.process.send_signal(signal.SIGSTOP)  # it comes back after the sender, who would have to ask otherwise
    broker.kill()
    (broker.folder / "mosquitto.db").unlink()
    broker.start()
    again = Sender(broker)
    relay.process.send_signal(signal.SIGCONT)
    assert again.final(id) == last and unfinished.exists()
    again.leave()


def test_killed_while_it_is_shown(session, alice, make_relay, sender):
    relay = make_relay().start().await_connection()
    id = sender.send(sender.message(alice.name, body="Once"))
    popup = await_popup(alice, "Once")
    sender.receipt(id, "shown")
    relay.kill()
    relay.start().await_connection(2)
    alice.server.invoke(popup, "default")
    last = sender.final(id)
    assert (last["stage"], states(last)) == ("sent", ["acknowledged"])
    assert popups(alice) == ["Once"]


def test_killed_while_msgd_is_called(session, machine, alice, make_relay, sender):
    relay = make_relay().start().await_connection()
    id = kill_while_msgd_is_called(machine, relay, sender, sender.message(alice.name, body="Once"))
    last = sender.final(id)
    assert last["stage"] == "unknown" and last["number"] > 0
    fence(sender, alice)
    assert popups(alice).count("Once") <= 1


def test_killed_at_each_step(session, alice, make_relay, sender, kill_library, tmp_path):
    """Whatever change of the disk it is killed before, the message is shown once, or said to be unknown."""
    relay, count = make_relay(), tmp_path / "count"
    number = 0
    while True:
        number += 1
        assert number < 200, "it never survives"
        count.write_bytes(b"")
        count.chmod(0o666)
        relay.environment = {
            "LD_PRELOAD": str(kill_library), "KILL_AT": str(number), "KILL_COUNT": str(count), "KILL_FOLDER": "/messages",
            "KILL_WHOLE": "yes",
        }  # fmt: skip
        relay.start().await_connection(2 * number - 1)
        body = f"Step {number}"
        id = sender.send(sender.message(alice.name, body=body))
        with relay.watched():
            answer_until(lambda: relay.process.poll() is not None or relay.is_confirmed(id), alice, body)
        relay.kill()
        relay.environment = {}
        relay.start().await_connection(2 * number)
        answer_until(lambda: any(receipt.get("final") for receipt in sender.receipts(id)), alice, body)
        last = sender.final(id)
        assert (last["stage"], states(last)) in [("sent", ["acknowledged"]), ("unknown", [])], last
        assert popups(alice).count(body) == 1 or (last["stage"] == "unknown" and body not in popups(alice))
        numbers = [receipt["number"] for receipt in sender.receipts(id)]
        assert numbers == sorted(numbers)
        relay.stop()
        if len(count.read_bytes()) < number:
            break
    # The file of the message, its content, its name, and so on, and again for each of its states.
    assert number > 20, number


def answer_until(condition: Callable[[], bool], person, body: str) -> None:
    """Waits, and clicks on the popup when it comes."""
    answered = False

    def step() -> bool:
        nonlocal answered
        found = [popup for popup in person.server.popups if popup.body == body]
        if found and not answered:
            answered = True
            person.server.invoke(found[0], "default")
        return condition()

    wait_until(step, f"the end of {body}", lambda: person.server.popups)


def test_msgd_is_killed(session, machine, alice, relay, sender):
    id = sender.send(sender.message(alice.name))
    sender.receipt(id, "shown")
    [service] = machine._services
    service.process.kill()
    service.process.wait()
    machine.start()
    last = sender.final(id)
    assert last["stage"] == "unknown" and "ended while" in last["error-message"]


def test_a_full_disk_loses_nothing(session, alice, make_relay, sender):
    """Neither while the agent runs, nor if it ends meanwhile: the broker keeps the message."""
    relay = make_relay()
    folder = relay.state / "messages"
    folder.mkdir()
    owner = pwd.getpwnam("msg-relay")
    options = f"size=16k,mode=700,uid={owner.pw_uid},gid={owner.pw_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        relay.start().await_connection()
        (folder / "full").write_bytes(b"x" * (16 << 10))
        id = sender.send(sender.message(alice.name, body="There is room"))
        relay.wait_for_log("a message waits at the broker")
        relay.stop()
        (folder / "full").unlink()
        relay.start()
        await_popup(alice, "There is room")
        sender.receipt(id, "shown")
    finally:
        relay.kill()
        subprocess.run(["umount", folder], check=True)


def test_what_is_withdrawn_while_the_machine_sleeps_is_not_shown(session, alice, bob, logind, broker, make_relay, sender):
    """The agent is stopped, which is a fake: a machine that sleeps stops it, too. It has messages that wait for their
    turn, and its connection doesn't outlive the sleep."""
    logind.add("2", bob)
    relay = make_relay().start().await_connection()
    # Signed before the first is sent, from which on another has its turn every two seconds.
    messages = [sender.message(bob.name, body=f"number {number}") for number in range(16)]
    ids = [sender.send(message) for message in messages]
    for id in ids:
        relay.await_record(id)
    with relay.watched():
        wait_until(lambda: all(relay.record(id)["stage"] != "stored" for id in ids[:10]), "those that don't wait for a turn")
    relay.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    # The agent may have had one in its hands.
    waiting = [id for id in ids if relay.record(id)["stage"] == "stored"][1:]
    assert len(waiting) > 2
    sender.leave()
    broker.kill()
    broker.start()
    again = Sender(broker)
    for id in ids:
        again.send(again.ask("withdraw", message=id))
    look_until(lambda: time.monotonic() > stopped + 5, "the time in which another message would have had its turn")
    relay.process.send_signal(signal.SIGCONT)
    fence(again, alice)
    assert [again.final(id)["stage"] for id in waiting] == ["done"] * len(waiting)
    again.leave()


def test_a_signature_that_cant_be_checked_now(session, alice, relay, sender, broker):
    """Nothing is lost meanwhile, and one that is checked lets all others be checked."""
    signers = broker.folder / "allowed_signers"
    lines = signers.read_text()
    signers.unlink()
    bodies = [f"waits {number}" for number in range(3)]
    for body in bodies:
        sender.send(sender.message(alice.name, body=body))
    relay.wait_for_log("waits: the signature of helpdesk for office can't be checked", 3)
    signers.write_text(lines)
    wait_until(lambda: set(popups(alice)) == set(bodies), "all of them", relay.log)


def test_two_agents_with_one_identity(session, alice, make_relay, sender, tmp_path):
    first = make_relay().start().await_connection()
    second_folder = tmp_path / "second"
    second_folder.mkdir()
    make_relay(folder=second_folder).start().await_connection()
    first.wait_for_log("each needs a name of its own")
    fence(sender, alice)
    assert first.log().count("<2>") == 1


# msgd itself would let five of a sender's popups stand.
@pytest.mark.parametrize("limits", ["MessagesPerMinute=600\nBurst=100\nOpenPopupsPerSenderAtRecipient=100\n"], ids=[""])
def test_a_flood_starves_nobody(session, machine, alice, bob, logind, broker, relay, sender):
    logind.add("2", bob)
    other = Sender(broker, "other")
    begin = time.monotonic()
    flood = [other.message(bob.name, body=f"flood {number}") for number in range(40)]
    for message in flood:
        other.send(message)
    id = sender.send(sender.message(alice.name, body="Important"))
    await_popup(alice, "Important")
    # Ten at once, then one every two seconds.
    assert len(bob.server.popups) <= 10 + (time.monotonic() - begin) / 2 + 1
    sender.receipt(id, "shown")
    other.leave()


def test_wrong_settings(session, make_relay):
    relay = make_relay()
    relay.settings["Fleets"] = "no/fleet"
    relay.start()
    relay.wait_for_log("no/fleet")
    assert look_until(lambda: relay.process.poll(), "its end") == 78
