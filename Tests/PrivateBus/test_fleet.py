"""msg and msg-fleet with a real mosquitto. Its machines are stand-ins: see test_relay.py for real agents."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import time
from collections.abc import Iterator

import pytest

from lib.broker import Broker, Certificates, Relay, openssl
from lib.desk import Desk
from lib.fake_polkit import NO, YES
from lib.main_loop import look_until, wait_for_exit
from lib.stand_in import Machines, refused, shown


@pytest.fixture(scope="module")
def files(folder: pathlib.Path) -> pathlib.Path:
    """What all members have."""
    own = folder / "fleet"
    own.mkdir()
    Certificates(own)
    return own


@pytest.fixture
def broker(files: pathlib.Path) -> Iterator[Broker]:
    (files / "mosquitto.db").unlink(missing_ok=True)
    broker = Broker(files)
    rights = files / "rights"
    if "receipt/helpdesk/+/helpdesk" not in rights.read_text():
        with rights.open("a") as lines:
            lines.write("user helpdesk\ntopic write msg/1/receipt/helpdesk/+/helpdesk\n")
        broker.process.send_signal(signal.SIGHUP)
        broker.wait_for_log("Reloading config")
    yield broker
    broker.kill()


@pytest.fixture
def machines(broker: Broker, files: pathlib.Path) -> Iterator[Machines]:
    machines = Machines(broker.port, str(files))
    yield machines
    machines.leave()


@pytest.fixture
def desk(broker: Broker, files: pathlib.Path, tmp_path: pathlib.Path) -> Desk:
    return Desk(broker, files, tmp_path)


def test_reaches_all(machines: Machines, desk: Desk) -> None:
    for name in ("pc7", "pc8"):
        machines.enrol(name, shown())
    began = time.monotonic()
    assert desk.msg("*", "/SERVER:office", "Fire drill") == ("", "")
    assert time.monotonic() - began < 4, "it waited for more than the answers"
    [message] = machines.heard
    assert message["body"] == "Fire drill" and message["recipients"] == ["*"] and message["sender"] == "helpdesk"
    assert message["expires"] - message["sent"] == 60 and "machine" not in message
    output, _ = desk.msg("*", "/SERVER:office", "/V", "Fire drill")
    assert "office/pc8: Async message sent to alice (session seat0)\n" in output


def test_reaches_one_machine(machines: Machines, desk: Desk) -> None:
    for name in ("pc7", "pc8"):
        machines.enrol(name, shown())
    output, _ = desk.msg("alice", "/SERVER:office/pc7", "--json", "hi")
    [delivery] = [json.loads(line) for line in output.splitlines()]
    assert delivery["host"] == "office/pc7" and delivery["state"] == "shown" and delivery["id"] == machines.heard[0]["id"]
    assert machines.heard[0]["machine"] == "pc7"


def test_offline_unknown_and_not_there(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    machines.enrol("pc8", online=False)
    machines.enrol("pc9", None)
    machines.enrol("pc10", refused("NoSuchRecipient", "alice does not exist or is disconnected"))
    output, errors = desk.msg("alice", "/SERVER:office", "hi", status=1)
    lines = errors.splitlines()
    assert lines[0] == "office/pc9: online, but has not answered; nobody knows whether it shows the message"
    assert lines[1].startswith("office/pc8: offline; shows it when it is back, until ") and len(lines) == 2
    output, _ = desk.msg("alice", "/SERVER:office", "--json", "hi", status=1)
    states = {entry["host"]: entry["state"] for entry in map(json.loads, output.splitlines())}
    assert states == {"office/pc7": "shown", "office/pc8": "offline", "office/pc9": "unknown", "office/pc10": "nobody"}


def test_an_inventory_names_machines_that_were_never_there(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    machines.enrol("guest", None)
    _, errors = desk.msg("alice", "/SERVER:office", "hi", status=1, Machines="pc7 pc99")
    assert errors.startswith("office/pc99: never seen at the broker") and "guest" not in errors


def test_other_fleets_machines_are_not_waited_for(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown(), fleets=["office"])
    machines.enrol("till", None, fleets=["shop"])
    assert desk.msg("*", "/SERVER:office", "hi") == ("", "")


def test_nobody_is_subscribed(desk: Desk) -> None:
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=69)
    assert errors == f"msg: office: no machine of fleet office is enrolled at the broker localhost:{desk.broker.port}\n"
    _, errors = desk.msg("*", "/SERVER:office/pc7", "hi", status=69)
    assert "no machine pc7 is enrolled" in errors


def test_the_broker_is_down(broker: Broker, desk: Desk) -> None:
    broker.kill()
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=69)
    assert errors == f"msg: office: the broker localhost:{broker.port} can't be reached: Connection refused\n"


def test_the_brokers_certificate_is_anothers(desk: Desk, tmp_path: pathlib.Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-subj", "/CN=other", "-days", "2", "-keyout", tmp_path / "k", "-out", tmp_path / "ca.crt")
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=69, Authorities=tmp_path / "ca.crt")
    assert "certificate verify failed" in errors


def test_ones_own_certificate_has_expired(desk: Desk, files: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "index.txt").touch()
    (tmp_path / "ca.conf").write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndatabase={tmp_path}/index.txt\nnew_certs_dir={tmp_path}\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=p\n[p]\ncommonName=supplied\n"
    )
    openssl(
        "ca", "-batch", "-config", tmp_path / "ca.conf", "-cert", files / "ca.crt", "-keyfile", files / "ca.key",
        "-in", files / "helpdesk.csr", "-out", tmp_path / "old.crt", "-notext",
        "-startdate", "20200101000000Z", "-enddate", "20200102000000Z",
    )  # fmt: skip
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=69, Certificate=tmp_path / "old.crt")
    assert "certificate expired" in errors


def test_another_name_is_refused(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=77, Sender="boss")
    assert "Not authorized" in errors and not machines.heard


def test_settings_are_wrong(desk: Desk, files: pathlib.Path, tmp_path: pathlib.Path) -> None:
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=64, Sender=None)
    assert errors.startswith(f"msg: office: {tmp_path}/msg/fleets.conf, line 1: [office] Sender= is missing")
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=64, Key="missing.key")
    assert "can't read" in errors and "missing.key" in errors
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=64, SigningKey="missing.sign")
    assert errors.endswith("missing.sign: No such file or directory\n") and "can't read" in errors
    open_key = tmp_path / "open.sign"
    open_key.write_bytes((files / "helpdesk.sign").read_bytes())
    open_key.chmod(0o644)
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=64, SigningKey=open_key)
    assert errors.endswith(f": can't sign with {open_key}: others can read it: chmod 600 {open_key}\n")


def test_ones_own_files_are_named(desk: Desk, files: pathlib.Path, tmp_path: pathlib.Path) -> None:
    secret = tmp_path / "secret.key"
    openssl("pkey", "-in", files / "helpdesk.key", "-aes256", "-passout", "pass:x", "-out", secret)
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=64, Key=secret)
    assert f"{secret} has a passphrase" in errors
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=64, Key=files / "other.key")
    assert f"{files}/helpdesk.crt and {files}/other.key are no certificate and its key: TLS: key values mismatch" in errors
    os.mkfifo(tmp_path / "fifo")
    desk.msg("*", "/SERVER:office", "hi", status=69, Machines=f"@{tmp_path}/fifo")  # nobody writes to it


def test_no_machine_is_enrolled_any_more(machines: Machines, desk: Desk) -> None:
    """The broker still keeps a session for one."""
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=69)
    assert errors == f"msg: office: no machine of fleet office is enrolled at the broker localhost:{desk.broker.port}\n"


@pytest.fixture
def signing(desk: Desk, tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Somebody takes long to sign: until this FIFO is written to."""
    fifo, program = tmp_path / "touched", tmp_path / "slow/ssh-keygen"
    os.mkfifo(fifo)
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nread -r line <{fifo}\nexec {shutil.which("ssh-keygen")} "$@"\n')
    program.chmod(0o755)
    desk.environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    yield fifo


def test_a_message_that_is_over_when_it_is_signed_is_not_sent(machines: Machines, desk: Desk, signing: pathlib.Path) -> None:
    machines.enrol("pc7", shown())
    sender = desk.start("*", "/SERVER:office", "/TIME:1", "hi")
    with signing.open("w") as touch:  # somebody reads now
        began = time.time()
        look_until(lambda: time.time() > began + 2, "the end of its life")
        touch.write("\n")
    _, errors = sender.communicate(timeout=30)
    assert "signing took longer than the 1 s for which the message lives; nothing was sent" in errors
    assert sender.returncode == 64 and not machines.heard


def test_nothing_is_sent_for_a_sender_who_has_gone(machines: Machines, desk: Desk, signing: pathlib.Path) -> None:
    machines.enrol("pc7", shown())
    sender = desk.start("*", "/SERVER:office", "hi")
    with signing.open("w") as touch:
        sender.kill()
        sender.wait()
        touch.write("\n")
    sender.communicate(timeout=30)  # msg-fleet has its standard error, and ends
    assert not machines.heard


def test_what_the_broker_has_lost_is_asked_for(broker: Broker, machines: Machines, desk: Desk, files: pathlib.Path) -> None:
    machines.enrol("pc7", shown())
    sender = desk.start("*", "/SERVER:office", "/W", "/V", "hi")
    assert sender.stdout.readline().startswith("office/pc7: ")
    [child] = pathlib.Path(f"/proc/{sender.pid}/task/{sender.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGSTOP)  # it comes back after the machine
    broker.kill()
    (files / "mosquitto.db").unlink()
    broker.start()
    again = Machines(broker.port, str(files))
    [message] = machines.heard

    def tell(question: dict) -> None:
        assert (question["do"], question["message"]) == ("status", message["id"])
        again.receipt(message, "pc7", 1, stage="sent", final=True, deliveries=[["3", "alice", 1000, "acknowledged", {}]])

    again.answers["pc7"] = tell
    os.kill(int(child), signal.SIGCONT)
    _, errors = sender.communicate(timeout=60)
    again.leave()
    assert sender.returncode == 0, errors


def test_waits_for_answers(machines: Machines, desk: Desk) -> None:
    deliver = shown("acknowledged", True)
    machines.enrol("pc7", lambda message: shown()(message) + deliver(message))
    machines.enrol("pc8", shown("dismissed", True))
    _, errors = desk.msg("*", "/SERVER:office", "/W", "hi", status=3)
    assert errors == "office/pc8: Message to session seat0 closed without response\n"


def test_waits_until_the_message_expires(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown("acknowledged", True))
    machines.enrol("pc8", online=False)
    _, errors = desk.msg("*", "/SERVER:office", "/W", "/TIME:2", "hi", status=1)
    assert errors.startswith("office/pc8: was offline until ") and errors.endswith("and will not show it\n")


def test_the_broker_is_killed_while_it_waits(broker: Broker, machines: Machines, desk: Desk, files: pathlib.Path) -> None:
    machines.enrol("pc7", shown())
    sender = desk.start("*", "/SERVER:office", "/W", "/V", "hi")
    assert sender.stdout.readline().startswith("office/pc7: ")
    broker.kill()
    broker.start()
    again = Machines(broker.port, str(files))
    broker.wait_for_log("as msg-")
    again.receipt(machines.heard[0], "pc7", 1, stage="sent", final=True, deliveries=[["3", "alice", 1000, "acknowledged", {}]])
    _, errors = sender.communicate(timeout=60)
    again.leave()
    assert sender.returncode == 0, errors
    assert "can't be reached at the moment" in errors and "trying again" in errors


def test_ctrl_c_says_how_to_withdraw(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    sender = desk.start("*", "/SERVER:office", "/W", "/V", "hi")
    assert sender.stdout.readline().startswith("office/pc7: ")
    sender.send_signal(signal.SIGINT)
    _, errors = sender.communicate(timeout=10)
    id = machines.heard[0]["id"]
    assert sender.returncode == 130
    assert errors.endswith(f"nothing is withdrawn, which takes: msg --withdraw {id} /SERVER:office\n")
    desk.broker.wait_for_log("Client msg-")


def test_withdraws(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    id, _ = desk.msg("*", "/SERVER:office", "--print-id", "hi")
    machines.answers["pc7"] = lambda message: [{"stage": "done", "final": True}]
    machines.enrol("pc8", refused("NoSuchMessage", "there is no such message"))
    output, _ = desk.msg("--withdraw", id.strip(), "/SERVER:office", "/V")
    assert output == f"Message {id.strip()} withdrawn on 1 machine\n"
    assert machines.heard[-1]["do"] == "withdraw" and machines.heard[-1]["message"] == id.strip()


def test_lists_sessions_and_machines(machines: Machines, desk: Desk) -> None:
    session = ["3", 1000, "alice", "seat0", "active", {"graphical": True, "seat": "seat0"}]
    machines.enrol("pc7", lambda _: [{"stage": "done", "sessions": [session], "final": True}])
    machines.enrol("pc8", online=False)
    for program, words in (("msg", ["--sessions", "/SERVER:office"]), ("query-session", ["/SERVER:office"])):
        output, errors = desk.msg(*words, program=program)
        assert output.startswith("office/pc7:\n SESSIONNAME") and "alice" in output and errors == "office/pc8: offline\n"
    output, _ = desk.msg("--machines", "office", "--json")
    states = {entry["machine"]: entry["state"] for entry in map(json.loads, output.splitlines())}
    assert states == {"pc7": "online", "pc8": "offline"}


def test_net_send_and_the_doctor(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    assert desk.msg("/DOMAIN:office", "hi", program="net-send")[0] == "The message was successfully sent to office.\n"
    output, _ = desk.msg("--doctor", "/SERVER:office")
    assert [line.split(":")[0] for line in output.splitlines() if not line.startswith(" ")] == [
        "ok       fleet", "ok       signature", "ok       broker", "ok       machines",
    ]  # fmt: skip
    output, _ = desk.msg("--doctor", "/SERVER:office", status=1, Broker=f"localhost:{desk.broker.port + 1}")
    assert "wrong    broker" in output and "openssl s_client" in output


def test_one_machine_is_looked_at(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    machines.enrol("pc8", online=False)
    output, _ = desk.msg("--doctor", "/SERVER:office/pc7")
    assert "ok       machine: pc7 is online since " in output
    output, _ = desk.msg("--doctor", "/SERVER:office/pc8")
    assert "note     machine: pc8 is offline, since " in output
    output, _ = desk.msg("--doctor", "/SERVER:office/pc99", status=1)
    assert "wrong    machine: pc99 has never been seen at the broker" in output
    output, _ = desk.msg("--machines", "office/pc8", "--json")
    assert [json.loads(line)["host"] for line in output.splitlines()] == ["office/pc8"]
    output, _ = desk.msg("--machines", "/SERVER:office/pc99", status=1)
    assert "never seen" in output
    assert desk.msg("--machines") == ("office\n", "")
    assert not machines.heard


def test_a_typo_is_no_fleet(desk: Desk) -> None:
    _, errors = desk.msg("*", "/SERVER:ofice-of-nobody", "hi", status=69)
    assert errors.endswith("; and there is no fleet 'ofice-of-nobody', only office\n")


def test_a_machine_lies_and_floods(machines: Machines, desk: Desk) -> None:
    machines.enrol("pc7", shown())
    machines.enrol("pc8", lambda _: [{"stage": "sent", "deliveries": "many"}])
    machines.enrol("pc9", lambda _: [{"stage": "received"}] * 500)
    _, errors = desk.msg("*", "/SERVER:office", "hi", status=1)
    assert "pc7" not in errors
    assert "office/pc9: sends so many receipts that they are no longer read" in errors


def test_with_a_real_agent_and_msgd(machine, logind, alice, broker: Broker, desk: Desk, tmp_path: pathlib.Path) -> None:
    machine.polkit(lambda question: YES if question.action in ("org.msgd.relay", "org.msgd.send-user") else NO)
    machine.start()
    logind.add("1", alice)
    relay = Relay(machine.bus.address, broker, tmp_path).start().await_connection()
    try:
        sender = desk.start(alice.name, "/SERVER:office", "/V", "--print-id", "Lunch?")
        wait_for_exit(sender, "the sender's end", relay.log)
        output, errors = sender.communicate()
        assert sender.returncode == 0, output + errors + relay.log()
        id, *lines = output.splitlines()
        assert lines[-1].startswith(f"office/pc7: Async message sent to {alice.name}") and errors == ""
        assert [popup.body for popup in alice.server.popups] == ["Lunch?"]
        sender = desk.start("--withdraw", id, "/SERVER:office/pc7", "/V")
        wait_for_exit(sender, "the withdrawal's end", relay.log)
        assert sender.communicate()[0] == f"Message {id} withdrawn on 1 machine\n"
        sender = desk.start("--sessions", "/SERVER:office", "--json")
        wait_for_exit(sender, "the list's end", relay.log)
        assert json.loads(sender.communicate()[0])["host"] == "office/pc7"
        sender = desk.start("eve", "/SERVER:office", "hi")
        wait_for_exit(sender, "the sender's end", relay.log)
        assert sender.returncode == 67 and sender.communicate()[1] == "office: eve does not exist or is disconnected\n"
    finally:
        relay.kill()
