"""A fleet of two machines with real desktops, over a real broker with TLS, set up as docs/FLEET.md says."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.commands import msg, outcome
from lib.desktop import Desktop
from lib.machine import HERE, SECOND, await_that, run
from lib.notification_recorder import Recorder

BROKER = "mqtt.example.org"
OFFICE = "/SERVER:office"


def machines() -> dict[str, str]:
    """The state of each machine of the fleet."""
    answer = msg("--machines", "office", "--json")
    return {entry["machine"]: entry["state"] for entry in map(json.loads, answer.stdout.splitlines())}


def await_machines(**states: str) -> None:
    await_that(lambda: machines() == states, lambda: f"{machines()}, not {states}", seconds=30)


def restart_broker() -> None:
    run("systemctl", "restart", "mosquitto")
    await_machines(pc1="online", pc7="online")


@pytest.fixture(scope="module", autouse=True)
def fleet() -> Iterator[None]:
    address = socket.gethostbyname("refused")  # this machine, by its address on the cable
    for machine in (HERE, SECOND):
        machine.run("sh", "-c", f'echo "{address} {BROKER}" >>/etc/hosts')
    run("msg-fleet-ca", "init", "--broker", BROKER)
    run("systemctl", "restart", "mosquitto")
    run("sh", "-ec", "msg-fleet-ca sender helpdesk | tar -x -k -C /etc/msgd")
    run("sh", "-ec", "msg-fleet-ca machine pc1 | msg-relay-enroll")
    run("sh", "-ec", "msg-fleet-ca machine pc7 | ssh second msg-relay-enroll")
    await_machines(pc1="online", pc7="online")
    yield
    for machine in (HERE, SECOND):
        for line in machine.run("msg", "--held", check=False).stdout.splitlines()[1:]:
            machine.run("msg", "--withdraw", line.split()[0], check=False)
        machine.run("msg-relay-enroll", "--remove")
        machine.run("sed", "-i", f"/{BROKER}/d", "/etc/hosts")
    run("sh", "-c", "systemctl stop mosquitto; rm -rf /etc/msgd/fleets.conf /etc/msgd/fleets /var/lib/msg-fleet")


@pytest.fixture(autouse=True)
def _closed(desktops: dict[str, Desktop]) -> None:
    """Closes the popups of every test on this machine, too, which shows what goes to all."""


@pytest.fixture
def agent_away() -> Iterator[Callable[[], None]]:
    """Ends pc7's agent. Returns what starts it again."""
    SECOND.run("systemctl", "stop", "msg-relay")
    await_machines(pc1="online", pc7="offline")
    yield lambda: SECOND.run("systemctl", "start", "msg-relay")
    SECOND.run("systemctl", "start", "msg-relay")
    await_machines(pc1="online", pc7="online")


def results(answer: subprocess.CompletedProcess[str]) -> dict[tuple[str, str | None], str]:
    """The state of each delivery, by machine and user."""
    return {(entry["host"], entry["user"]): entry["state"] for entry in map(json.loads, answer.stdout.splitlines())}


@pytest.mark.each_release
def test_a_broadcast_reaches_every_desktop_of_both(alice: Desktop, bob: Desktop, second: Desktop) -> None:
    recorders = [alice.popups(), bob.popups(), second.popups()]
    assert outcome(msg("*", OFFICE, "/TIME:10", "Fire drill")) == (0, "", "")
    for popups in recorders:
        assert popups.popup("Fire drill").summary.startswith("Message from helpdesk@office ")
    second.screenshot("fleet")
    found = results(msg("*", OFFICE, "/TIME:10", "--json", "Fire drill again"))
    assert found["office/pc1", "alice"] == found["office/pc7", "alice"] == "shown"


def test_one_machine(alice: Desktop, second: Desktop) -> None:
    here, there = alice.popups(), second.popups()
    assert outcome(msg("*", f"{OFFICE}/pc7", "/TIME:30", "For pc7 alone")) == (0, "", "")
    there.popup("For pc7 alone")
    msg("*", OFFICE, "/TIME:10", "For all")
    here.popup("For all")
    assert [event.body for event in here.popups()] == ["For all"]


def test_one_user_wherever_she_is(carol: Desktop, alice: Desktop, second: Desktop) -> None:
    """carol is logged in on pc1 alone, and erin nowhere."""
    popups, others = carol.popups(), second.popups()
    assert outcome(msg("carol", OFFICE, "/TIME:30", "Call me")) == (0, "", "")
    popups.popup("Call me")
    assert others.popups() == []
    answer = msg("nobody-of-this-name", OFFICE, "hi")
    assert answer.returncode == 67 and "nobody-of-this-name does not exist or is disconnected" in answer.stderr


@pytest.mark.each_release
def test_waiting_for_a_click(second: Desktop, start: Callable[..., subprocess.Popen[str]]) -> None:
    popups = second.popups()
    sender = start("alice", f"{OFFICE}/pc7", "/W", "/V", "/TIME:60", "Please click")
    popups.popup("Please click")
    second.click_popup()
    output, errors = sender.communicate(timeout=20)
    assert (sender.returncode, errors) == (0, ""), output
    assert f"Message to session {second.session_name} responded to by user" in output


def test_a_reply(second: Desktop, start: Callable[..., subprocess.Popen[str]]) -> None:
    popups = second.popups()
    question = ("alice", f"{OFFICE}/pc7", "--reply", "yes=Yes", "--reply", "no=No", "--json", "/W", "/TIME:60", "Coming?")
    sender = start(*question)
    popups.popup("Coming?")
    second.click_popup(2)
    [delivery] = map(json.loads, sender.communicate(timeout=20)[0].splitlines())
    assert (delivery["host"], delivery["state"]) == ("office/pc7", "acknowledged") and delivery["reply"] in ("yes", "no")


@pytest.mark.each_release
def test_withdrawing(alice: Desktop, second: Desktop) -> None:
    recorders = [alice.popups(), second.popups()]
    id = msg("*", OFFICE, "--print-id", "/TIME:0", "Take this back").stdout.split()[-1]
    ids = [popups.popup("Take this back").id for popups in recorders]
    assert outcome(msg("--withdraw", id, OFFICE)) == (0, "", "")
    for popups, popup in zip(recorders, ids):
        popups.closed(popup)


@pytest.mark.each_release
def test_an_absent_machine_shows_it_when_it_is_back(agent_away: Callable[[], None], second: Desktop) -> None:
    popups = second.popups()
    answer = msg("*", OFFICE, "--hold", "1h", "/TIME:60", "--json", "For whoever comes")
    assert results(answer)["office/pc7", None] == "offline" and answer.returncode == 0
    agent_away()
    popups.popup("For whoever comes", timeout=30)


def test_an_absent_machine_shows_nothing_that_is_over_or_withdrawn(agent_away: Callable[[], None], second: Desktop) -> None:
    popups = second.popups()
    answer = msg("*", f"{OFFICE}/pc7", "/TIME:1", "Over soon")
    assert answer.returncode == 1 and "offline" in answer.stderr
    end = time.time() + 2
    id = msg("*", f"{OFFICE}/pc7", "--hold", "1h", "--print-id", "Never mind").stdout.split()[-1]
    msg("--withdraw", id, OFFICE)
    assert msg("*", f"{OFFICE}/pc7", "--hold", "1h", "/TIME:60", "The last one").returncode == 0
    await_that(lambda: time.time() > end, lambda: "the time stands still")
    agent_away()
    popups.popup("The last one", timeout=30)
    # Messages come in order, and what was withdrawn is known before the first is shown.
    assert [event.body for event in popups.popups()] == ["The last one"]


def test_an_absent_user(second: Desktop) -> None:
    answer = msg("frank", f"{OFFICE}/pc7", "--hold", "1h", "--json", "--print-id", "When you come")
    assert "held" in answer.stdout and answer.returncode == 0


def test_a_broker_that_restarts_loses_nothing(second: Desktop, start: Callable[..., subprocess.Popen[str]]) -> None:
    popups = second.popups()
    sender = start("alice", f"{OFFICE}/pc7", "/W", "/TIME:120", "Through a restart")
    popups.popup("Through a restart")
    run("systemctl", "kill", "--signal=KILL", "mosquitto")
    restart_broker()
    second.click_popup()
    assert sender.wait(timeout=60) == 0
    assert len([event for event in popups.popups() if event.body == "Through a restart"]) == 1


def plug(is_in: bool) -> None:
    """Plugs the cable between the machines in or out (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh14x", b"cable", 0))  # SIOCGIFFLAGS
        flags = struct.unpack("16sh14x", request)[1]
        up = 1  # IFF_UP
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"cable", flags | up if is_in else flags & ~up))


def test_a_network_that_is_cut(second: Desktop, start: Callable[..., subprocess.Popen[str]]) -> None:
    popups = second.popups()
    plug(False)
    sender = start("alice", f"{OFFICE}/pc7", "--hold", "1h", "/TIME:60", "Through a cut")
    plug(True)
    popups.popup("Through a cut", timeout=90)
    sender.wait(timeout=30)


@pytest.fixture
def soon_missed() -> Iterator[None]:
    """Lets pc7's agent write to the broker every 7 s in place of 60, so that the broker misses it sooner, and it the broker."""
    SECOND.run("sh", "-ec", "echo KeepAlive=7 >>/etc/msgd/relay.conf")
    yield
    SECOND.run("sh", "-ec", "sed -i /KeepAlive/d /etc/msgd/relay.conf; systemctl restart msg-relay")
    await_machines(pc1="online", pc7="online")


@contextlib.contextmanager
def sleep() -> Iterator[None]:
    """pc7 sleeps meanwhile. The rig freezes the whole machine, and its cable is out: it runs nothing, and answers nothing.

    Two things are not as in a real suspend: the clock that stops there goes on here (CLOCK_MONOTONIC), and the network is
    back at once, with the same address."""
    second_machine("freeze")
    plug(False)
    try:
        yield
    finally:
        plug(True)
        second_machine("thaw")


def second_machine(order: str) -> None:
    """Has the rig freeze or thaw the second machine, and returns when it has done so."""
    Path("/results/second-machine").write_text(f"{order}\n")
    assert Path("/results/second-machine-is").read_text() == f"{order}\n"


def test_a_machine_that_sleeps(soon_missed: None, second: Desktop) -> None:
    """At first nobody knows that it sleeps. After one and a half of its keep-alives the broker says that it is away."""
    popups = second.popups()
    SECOND.run("systemctl", "restart", "msg-relay")
    await_machines(pc1="online", pc7="online")
    with sleep():
        answer = msg("alice", f"{OFFICE}/pc7", "/TIME:1", "--json", "Over before anybody knows")
        assert results(answer) == {("office/pc7", None): "unknown"} and answer.returncode == 1
        await_machines(pc1="online", pc7="offline")
        answer = msg("alice", f"{OFFICE}/pc7", "/TIME:1", "--json", "Over soon")
        assert results(answer) == {("office/pc7", None): "offline"} and answer.returncode == 1
        end = time.time() + 2
        id = msg("alice", f"{OFFICE}/pc7", "--hold", "1h", "--print-id", "Never mind").stdout.split()[-1]
        answer = msg("alice", f"{OFFICE}/pc7", "--hold", "1h", "/TIME:60", "--json", "For when you wake")
        assert results(answer) == {("office/pc7", None): "offline"} and answer.returncode == 0
        msg("--withdraw", id, OFFICE)
        await_that(lambda: time.time() > end, lambda: "the time stands still")
    popups.popup("For when you wake", timeout=60)
    await_machines(pc1="online", pc7="online")
    assert outcome(msg("alice", f"{OFFICE}/pc7", "/TIME:60", "Good morning")) == (0, "", "")
    popups.popup("Good morning")
    assert [event.body for event in popups.popups()] == ["For when you wake", "Good morning"]


@pytest.fixture
def set_clock() -> Iterator[Callable[[int], None]]:
    """Moves the clock of pc7's agent by a number of seconds, forward or back, while it runs.

    It is a fake. The machines have the clock of the host's kernel, which no test may set, and Linux has no namespace for the
    time of day. So a library is loaded into the agent, and answers when it asks for the time (Tests/PrivateBus/lib/clock.c):
    the agent has the wrong time, and msgd, the broker and the sender have the right one."""

    def set(seconds: int) -> None:
        # Renamed, because the agent reads it at any time.
        SECOND.run("sh", "-ec", f"echo {seconds} >/etc/clock.new; mv /etc/clock.new /etc/clock")

    set(0)
    # The agent may run nothing of other folders.
    SECOND.run("cp", "/results/clock.so", "/usr/lib/clock.so")
    drop_in = "[Service]\nEnvironment=LD_PRELOAD=/usr/lib/clock.so CLOCK_OFFSET=/etc/clock\n"
    restart = "systemctl daemon-reload; systemctl restart msg-relay"
    folder = "/run/systemd/system/msg-relay.service.d"
    SECOND.run("sh", "-ec", f"mkdir {folder}; cat >{folder}/clock.conf; {restart}", input=drop_in)
    await_machines(pc1="online", pc7="online")
    yield set
    SECOND.run("sh", "-ec", f"rm -r {folder}; {restart}; rm /usr/lib/clock.so /etc/clock")
    await_machines(pc1="online", pc7="online")


def test_a_clock_that_is_ahead(set_clock: Callable[[int], None], second: Desktop) -> None:
    """By more than a message's life: the machine takes it for over, and says so."""
    popups = second.popups()
    set_clock(2 * 3600)
    answer = msg("alice", f"{OFFICE}/pc7", "/TIME:60", "Too late")
    assert outcome(answer) == (1, "", "office/pc7: it had expired when pc7 got it\n")
    assert outcome(msg("alice", f"{OFFICE}/pc7", "--hold", "3h", "/TIME:60", "In time")) == (0, "", "")
    popups.popup("In time")
    assert [event.body for event in popups.popups()] == ["In time"]


def test_a_clock_that_is_behind(
    set_clock: Callable[[int], None], agent_away: Callable[[], None], second: Desktop
) -> None:
    """By hours: the machine shows what it gets, and the broker, whose clock is right, keeps what is over."""
    popups = second.popups()
    set_clock(-5 * 3600)
    assert "offline" in msg("alice", f"{OFFICE}/pc7", "/TIME:1", "Over soon").stderr
    end = time.time() + 2
    await_that(lambda: time.time() > end, lambda: "the time stands still")
    agent_away()
    await_machines(pc1="online", pc7="online")
    assert outcome(msg("alice", f"{OFFICE}/pc7", "/TIME:60", "Still good")) == (0, "", "")
    popups.popup("Still good")
    assert [event.body for event in popups.popups()] == ["Still good"]


RIGHTS = Path("/etc/mosquitto/msg-fleet/rights")


@pytest.fixture
def attacker(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Somebody who took the broker over: they have its disk, its rights and what passes, and no sender's key. Returns
    what runs a program of mosquitto's with a certificate for which everything is allowed."""
    run("sh", "-ec", f"msg-fleet-ca sender mallory | tar -x -C {tmp_path}")
    rights = RIGHTS.read_text()
    RIGHTS.write_text(rights + "\nuser mallory\ntopic readwrite #\n")
    restart_broker()
    keys = tmp_path / "fleets"

    def program(name: str, *arguments: str) -> subprocess.Popen[str]:
        identity = ("--cafile", str(keys / "ca.crt"), "--cert", str(keys / "mallory.crt"), "--key", str(keys / "mallory.key"))
        return subprocess.Popen(
            ["stdbuf", "-oL", f"mosquitto_{name}", "-V", "5", "-h", BROKER, "-p", "8883", *identity, "-q", "1", *arguments],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    yield program
    run("msg-fleet-ca", "remove", "mallory")


def test_a_broker_that_is_taken_over_makes_nobody_show_anything(
    second: Desktop, attacker: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    popups = second.popups()
    topic = "msg/1/fleet/office/helpdesk"
    listener = attacker("sub", "-d", "-t", topic, "-C", "1", "-F", "%j")
    await_line(listener, "Subscribed")
    assert msg("alice", OFFICE, "/TIME:30", "Genuine").returncode == 0
    genuine = json.loads(await_line(listener, "{"))
    payload, signature = genuine["payload"], signature_of(genuine)
    popups.popup("Genuine")

    def forge(topic: str, text: str, signature: str | None) -> None:
        signed = ("-D", "publish", "user-property", "signature", signature) if signature else ()
        assert attacker("pub", "-t", topic, "-m", text, *signed).wait(timeout=20) == 0

    def altered(number: int) -> str:
        """Another message, which no machine has seen."""
        id = json.loads(payload)["id"]
        return payload.replace("Genuine", "Forged").replace(id, f"{id[:-1]}{(int(id[-1], 16) + number) % 16:x}")

    (tmp_path / "payload").write_text(altered(3))
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key"))
    run("ssh-keygen", "-q", "-Y", "sign", "-n", "msg@office", "-f", str(tmp_path / "key"), str(tmp_path / "payload"))
    armor = (tmp_path / "payload.sig").read_text().splitlines()
    forge(topic, payload, signature)  # again
    forge(topic, altered(1), None)
    forge(topic, altered(2), signature)
    forge(topic, altered(3), "".join(armor[1:-1]))  # by another key
    forge("msg/1/machine/pc7/helpdesk", payload, signature)
    forge("msg/1/fleet/office/mallory", payload, signature)
    assert msg("alice", OFFICE, "/TIME:30", "The end").returncode == 0
    popups.popup("The end")
    assert [event.body for event in popups.popups()] == ["Genuine", "The end"]
    log = SECOND.run("journalctl", "--unit=msg-relay", "--output=cat").stdout
    assert log.count("is not shown: the signature of helpdesk for office is not valid") == 3, log


def test_a_clock_that_is_corrected(
    set_clock: Callable[[int], None], attacker: Callable[..., subprocess.Popen[str]], second: Desktop
) -> None:
    """Messages come through whatever the agent's clock is at the time, and none is shown again: neither to a broker that
    repeats it, nor after the agent has started anew."""
    popups = second.popups()
    topic = "msg/1/machine/pc7/helpdesk"
    listener = attacker("sub", "-d", "-t", topic, "-F", "%j")
    await_line(listener, "Subscribed")
    genuine = []

    def say(body: str) -> None:
        assert outcome(msg("alice", f"{OFFICE}/pc7", "--hold", "1d", "/TIME:60", body)) == (0, "", "")
        popups.popup(body)
        genuine.append(json.loads(await_line(listener, "{")))

    def repeat() -> None:
        for message in list(genuine):
            signed = ("-D", "publish", "user-property", "signature", signature_of(message))
            assert attacker("pub", "-t", topic, "-m", message["payload"], *signed).wait(timeout=20) == 0
            await_line(listener, "{")

    set_clock(3 * 3600)
    say("Hours ahead")
    set_clock(0)
    repeat()
    say("Corrected")
    set_clock(-3 * 3600)
    repeat()
    say("Hours behind")
    set_clock(0)
    SECOND.run("systemctl", "restart", "msg-relay")
    await_machines(pc1="online", pc7="online")
    repeat()
    say("Corrected again")
    listener.kill()
    assert [event.body for event in popups.popups()] == ["Hours ahead", "Corrected", "Hours behind", "Corrected again"]


def signature_of(message: dict[str, Any]) -> str:
    """The signature of a message that mosquitto_sub has printed: before 2.1 with one object for all properties, later with
    one for each."""
    properties = message["properties"]["user-properties"]
    entries = properties if isinstance(properties, list) else [properties]
    return next(entry["signature"] for entry in entries if "signature" in entry)


def await_line(program: subprocess.Popen[str], beginning: str) -> str:
    """Reads what a program prints, up to the first line that begins so."""
    return next(line for line in program.stdout or () if line.startswith(beginning))


def test_sessions_and_machines() -> None:
    answer = msg("--sessions", OFFICE)
    assert answer.returncode == 0 and "office/pc1" in answer.stdout and "office/pc7" in answer.stdout
    assert "alice" in answer.stdout
    assert msg("--doctor", OFFICE).returncode == 0


def test_a_machine_that_is_removed(second: Desktop) -> None:
    SECOND.run("msg-relay-enroll", "--remove")
    run("msg-fleet-ca", "remove", "pc7")
    await_machines(pc1="online")
    run("sh", "-ec", "msg-fleet-ca machine pc7 | ssh second msg-relay-enroll")
    await_machines(pc1="online", pc7="online")


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[None]:
    """mosquitto's dynamic-security plugin in place of the file of rights, set up as its script and docs/FLEET.md say. A sender
    of another fleet is taken in after that."""
    settings, authority = Path("/etc/mosquitto/conf.d/msg-fleet.conf"), Path("/var/lib/msg-fleet/settings")
    former = {file: file.read_text() for file in (settings, authority)}
    state = "/var/lib/mosquitto/dynamic-security.json"
    [script] = (path for place in ("/usr", "/usr/local") for path in Path(place, "share/msg-fleet").glob("dynamic-security"))
    [library] = Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")
    [deploy] = re.findall("--deploy '(tar -x [^']*)'", Path("/src/docs/FLEET.md").read_text())
    own = "--cafile /var/lib/msg-fleet/ca.crt --cert /var/lib/msg-fleet/own.crt --key /var/lib/msg-fleet/own.key"
    add = f"msg-fleet-ca list | {script} add -h {BROKER} -p 8883 {own}"
    run("mosquitto_ctrl", "dynsec", "init", state, "msg-fleet-ca", "unused")
    run("chown", "mosquitto:", state)
    lines = f"plugin {library}\nplugin_opt_config_file {state}"
    settings.write_text(re.sub("^acl_file .*$", lines, former[settings], flags=re.MULTILINE))
    authority.write_text(re.sub("^deploy=.*$", f"deploy={deploy}", former[authority], flags=re.MULTILINE))
    run("systemctl", "restart", "mosquitto")
    run("sh", "-ec", add, timeout=60)
    run("sh", "-ec", f"msg-fleet-ca sender other --fleet lab | tar -x -C {tmp_path}; {add}", timeout=60)
    await_machines(pc1="online", pc7="online")
    yield
    for file, text in former.items():
        file.write_text(text)
    run("rm", state)
    run("msg-fleet-ca", "remove", "other")
    restart_broker()


def test_the_brokers_plugin(plugin: None, second: Desktop, start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """The same programs, without the file of rights: a message, its receipts, and a sender of another fleet."""
    popups = second.popups()
    sender = start("alice", f"{OFFICE}/pc7", "/W", "/TIME:60", "--json", "By the plugin")
    popups.popup("By the plugin")
    second.click_popup()
    [delivery] = map(json.loads, sender.communicate(timeout=20)[0].splitlines())
    assert (delivery["host"], delivery["state"]) == ("office/pc7", "acknowledged")
    configuration = tmp_path / "msg"
    configuration.mkdir()
    (tmp_path / "fleets").rename(configuration / "fleets")
    (configuration / "fleets.conf").write_text((tmp_path / "fleets.conf").read_text().replace("[lab]", "[office]"))
    answer = run("env", f"XDG_CONFIG_HOME={tmp_path}", "msg", "alice", OFFICE, "From another fleet", check=False)
    assert answer.returncode == 77 and "Not authorized" in answer.stderr, answer.stderr
    assert [event.body for event in popups.popups()] == ["By the plugin"]
