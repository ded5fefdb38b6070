"""docs/FLEET.md: its commands run exactly as printed there, in the order of the page, on the machines and as the users that
it speaks of. The tests are one story, on machines that have the packages of `make deb`: RIG_PACKAGE=yes.

The first machine is the broker, whose administrator is bob, and alice's desk. The second one is pc7, and later pc8."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lib.desktop import Desktop
from lib.machine import HERE, SECOND, Machine, await_that, run
from lib.markdown_pages import Page
from lib.notification_recorder import Recorder

PAGE = Page("docs/FLEET.md")
BROKER = "mqtt.example.org"
PLACES = {"broker": (HERE, "bob"), "desk": (HERE, "alice"), "machine": (SECOND, "alice")}
BLOCKS = re.findall(r"^(?:<!-- on: (\w+) -->\n)?```(\w*)\n(.*?)^```$", PAGE.text, re.MULTILINE | re.DOTALL)

# The machines have no sudo. In its place the system's manager runs the command, and polkit lets these two have that.
SUDO = '#!/bin/sh\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\nexec systemd-run --quiet --pipe --wait --collect --same-dir -- "$@"\n'
RULE = """polkit.addRule(function (action, subject) {
    if (action.id == "org.freedesktop.systemd1.manage-units" && (subject.user == "alice" || subject.user == "bob"))
        return polkit.Result.YES;
});
"""


def shell(place: str, command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the home folder of the user of a place."""
    machine, user = PLACES[place]
    return machine.run("as-user", user, "env", "-C", f"/home/{user}", "bash", "-e", "-o", "pipefail", "-c", command, timeout=120)


def both(*command: str, input: str = "") -> None:
    """Runs a command on both machines at once."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda machine: machine.run(*command, input=input, timeout=120), (HERE, SECOND)))


@pytest.fixture(scope="module", autouse=True)
def office() -> Iterator[None]:
    """Three names for two machines without msg, ssh between them as the page has it, and the packages in everybody's folder."""
    addresses = dict(line.split()[1::-1] for line in Path("/etc/hosts").read_text().splitlines() if line.startswith("192.0.2."))
    both("dpkg", "--purge", "msg-bridge", "msg-fleet", "msg-relay", "msg")
    both("sh", "-c", "cat >>/etc/hosts", input=f"{addresses['refused']} {BROKER} desk\n{addresses['second']} pc7\n")
    both("sh", "-c", "cat >/usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo", input=SUDO)
    both("sh", "-c", "cat >/etc/polkit-1/rules.d/10-sudo.rules", input=RULE)
    for machine, user in PLACES.values():
        machine.run("sh", "-ec", f"cp /src/.build/deb/*.deb /home/{user}")

    key = Path("/root/.ssh/id_ed25519")
    own_host = run("serve-ssh", key.with_suffix(".pub").read_text()).stdout.strip()
    [second_host] = re.findall("^second (.*)$", Path("/root/.ssh/known_hosts").read_text(), re.MULTILINE)
    keys = Path("/home/bob/.ssh")
    run("install", "-d", "-m", "700", "-o", "bob", "-g", "bob", str(keys))
    run("install", "-m", "600", "-o", "bob", "-g", "bob", str(key), str(keys))
    (keys / "known_hosts").write_text(f"desk {own_host}\npc7 {second_host}\n")

    yield

    SECOND.run("sh", "-c", "! command -v msg-relay-enroll || msg-relay-enroll --remove")
    run("systemctl", "stop", "ssh", "mosquitto")
    run("sh", "-c", "rm -rf /home/*/.ssh /etc/ssh/ssh_host_* /var/lib/msg-fleet /root/msg-fleet.tar /etc/mosquitto/msg-fleet")
    run("sh", "-c", "rm -rf /etc/mosquitto/conf.d/msg-fleet.conf /etc/systemd/system/mosquitto.service.d /home/alice/.config/msg")
    both("sh", "-c", f"rm -f /home/*/*.deb /home/*/*.tar /etc/polkit-1/rules.d/[14]0-*; sed -i '/{BROKER}\\| pc7$/d' /etc/hosts")
    both("rm", "/usr/local/bin/sudo")
    both("sh", "-c", "apt-get install --yes /src/.build/deb/*.deb")


def machines() -> dict[str, str]:
    answer = shell("desk", "msg --machines office --json")
    return {entry["machine"]: entry["state"] for entry in map(json.loads, answer.stdout.splitlines())}


def await_machines(**states: str) -> None:
    await_that(lambda: machines() == states, lambda: f"{machines()}, not {states}", seconds=30)


def files(machine: Machine, folder: str) -> list[str]:
    return machine.run("find", folder, "-type", "f").stdout.split()


def reaches(popups: Recorder, text: str) -> None:
    """alice's messages come through from her desk, when the machine has found the broker again after its restart."""
    await_machines(pc7="online")
    assert shell("desk", f"msg alice /SERVER:office/pc7 /TIME:30 '{text}'").stderr == ""
    popups.popup(text)


# --- what is true after a block, which the line names ---


def the_agent_is_off(_: Recorder, output: str) -> None:
    assert SECOND.run("systemctl", "is-active", "msg-relay", check=False).stdout == "inactive\n"


def both_are_members(_: Recorder, output: str) -> None:
    assert "this machine is pc7 of office" in output
    await_machines(pc7="online")


def both_messages_are_shown(popups: Recorder, output: str) -> None:
    for text in ("Fire drill at 10:00", "This is for pc7 alone"):
        assert popups.popup(text).summary.startswith("Message from helpdesk@office ")


def the_file_is_a_bundle(_: Recorder, output: str) -> None:
    """It goes to the machine like a key, and there, and into a copy of a machine's files."""
    assert Path("/home/bob/pc8.tar").stat().st_mode & 0o777 == 0o600
    content = shell("broker", "base64 pc8.tar").stdout
    SECOND.run("as-user", "alice", "sh", "-c", "umask 077; base64 -d >/home/alice/pc8.tar", input=content)
    [there] = re.findall("and there: `(.*)`", PAGE.text)
    assert "this machine is pc8 of office" in shell("machine", there).stdout
    await_machines(pc7="offline", pc8="online")
    [copy] = re.findall("`(msg-relay-enroll --root FOLDER)` enrols one copy", PAGE.text)
    shell("machine", f"mkdir -p copy/etc; cp /etc/group copy/etc; sudo {copy.replace('FOLDER', '/home/alice/copy')} <pc8.tar")
    assert files(SECOND, "/home/alice/copy/etc/msgd") != []
    SECOND.run("rm", "-r", "/home/alice/copy")


def the_members_are_listed(_: Recorder, output: str) -> None:
    assert [line.split("\t")[:3] for line in output.splitlines()] == [
        ["sender", "helpdesk", "office"], ["machine", "pc7", "office"], ["machine", "pc8", "office"]
    ]  # fmt: skip
    now = shell("broker", "sudo msg-fleet-ca list").stdout
    assert "nightwatch\tlab" in now and "pc9" not in now


def the_machine_is_no_member(_: Recorder, output: str) -> None:
    assert SECOND.run("sh", "-c", "ls /etc/msgd /var/lib/msg-relay", check=False).stdout == ""
    assert SECOND.run("systemctl", "is-enabled", "msg-relay", check=False).stdout == "disabled\n"
    shell("broker", "sudo msg-fleet-ca remove pc8")
    await_machines(pc7="offline")


def the_machine_knows_the_senders(popups: Recorder, output: str) -> None:
    known = SECOND.run("sed", "/^#/d; s/ .*//", "/etc/msgd/allowed_signers").stdout
    assert known.split() == ["helpdesk", "nightwatch"]
    reaches(popups, "After a renewal")


def the_broker_has_another_certificate(popups: Recorder, output: str) -> None:
    served = run("sh", "-c", f"openssl s_client -connect {BROKER}:8883 </dev/null 2>/dev/null | openssl x509 -noout -serial").stdout
    assert served == run("openssl", "x509", "-noout", "-serial", "-in", "/var/lib/msg-fleet/broker/broker.crt").stdout
    assert served != PREVIOUS["serial"]
    reaches(popups, "The broker has another certificate")


def the_authority_is_kept(_: Recorder, output: str) -> None:
    copy = Path("/root/msg-fleet.tar")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert "msg-fleet/ca.key" in run("tar", "-t", "-f", str(copy)).stdout.split()


def only_helpdesk_comes_through(popups: Recorder, output: str) -> None:
    shell("broker", "sudo msg-fleet-ca sender frontdesk | ssh alice@desk 'mkdir -p front/msg; tar -x -C front/msg'")
    shell("broker", "sudo msg-fleet-ca signers | ssh root@pc7 msg-relay-enroll --signers")
    await_machines(pc7="online")
    answer = shell("desk", "XDG_CONFIG_HOME=$PWD/front msg alice /SERVER:office/pc7 'From another' || echo $?")
    assert answer.stdout == "77\n" and "office/pc7" in answer.stderr, answer
    reaches(popups, "From helpdesk")
    assert "From another" not in [event.body for event in popups.popups()]
    shell("desk", "rm -r front")
    shell("broker", "sudo msg-fleet-ca remove frontdesk")


def the_broker_has_descriptors(popups: Recorder, output: str) -> None:
    assert run("systemctl", "show", "--property=LimitNOFILE", "--value", "mosquitto").stdout == "65536\n"
    reaches(popups, "After a restart")


CHECKS: dict[str, Callable[[Recorder, str], None]] = {
    "sudo apt-get install -y ./msg_*.deb ./msg-relay_*.deb": the_agent_is_off,
    "sudo msg-fleet-ca machine pc7 | ssh root@pc7 msg-relay-enroll": both_are_members,
    'msg \'*\' /SERVER:office/pc7 "This is for pc7 alone"': both_messages_are_shown,
    "(umask 077; sudo msg-fleet-ca machine pc8 >pc8.tar)": the_file_is_a_bundle,
    "sudo msg-fleet-ca remove pc9": the_members_are_listed,
    "sudo msg-relay-enroll --remove": the_machine_is_no_member,
    "sudo msg-fleet-ca signers | ssh root@pc7 msg-relay-enroll --signers": the_machine_knows_the_senders,
    "sudo msg-fleet-ca broker --renew | sudo tar -x -C /etc/mosquitto": the_broker_has_another_certificate,
    "sudo tar -c -C /var/lib msg-fleet | sudo sh -c 'umask 077; cat >/root/msg-fleet.tar'": the_authority_is_kept,
    "});": only_helpdesk_comes_through,
    "sudo systemctl daemon-reload": the_broker_has_descriptors,
}
PREVIOUS: dict[str, str] = {}


def test_every_block_says_where() -> None:
    """A new one, without a marker or in another form, has to be run here, too."""
    assert len(BLOCKS) == len(re.findall("^ *```", PAGE.text, re.MULTILINE)) / 2 >= 13
    assert {language for _, language, _ in BLOCKS} == {"sh"} and {place for place, _, _ in BLOCKS} <= set(PLACES)
    indented = re.findall("^    .*$", re.sub("^```.*?^```$", "", PAGE.text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    assert len(indented) == 2 and indented[0].startswith("    msg on your desk ──")
    for line in CHECKS:
        assert sum(line in text.splitlines() for _, _, text in BLOCKS) == 1, line


@pytest.mark.parametrize("place, text", [pytest.param(place, text, id=f"{place}: {text.splitlines()[0]}") for place, _, text in BLOCKS])
def test_a_block(place: str, text: str, second: Desktop) -> None:
    popups = second.popups()
    if "broker --renew" in text:
        PREVIOUS["serial"] = run("openssl", "x509", "-noout", "-serial", "-in", "/var/lib/msg-fleet/broker/broker.crt").stdout
    answer = shell(place, text)
    for line in text.splitlines():
        if line in CHECKS:
            CHECKS[line](popups, answer.stdout)
