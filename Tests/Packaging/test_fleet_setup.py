"""msg-fleet-ca and msg-relay-enroll: what they make, what they refuse, and what they say."""

import io
import os
import re
import subprocess
import tarfile

import pytest

from fleet_setup import PATH, Fleet, call, script
from source import ROOT, VERSION, run

MEMBERS = ["allowed_signers", "ca.crt", "machine.crt", "machine.key", "relay.conf"]
GROUP = os.getegid() if os.geteuid() else 991


@pytest.fixture
def fleet(tmp_path):
    return Fleet(tmp_path)


@pytest.fixture
def root(tmp_path):
    """A root with the group of msg-relay."""
    folder = tmp_path / "root"
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/group").write_text(f"msg-relay:x:{GROUP}:\n")
    return folder


@pytest.fixture
def enroll(tmp_path, root):
    def enroll(*words, stdin=b"", check=True):
        return call(script(tmp_path, "msg-relay-enroll"), "--root", root, *words, stdin=stdin, check=check)

    return enroll


def bundle(content):
    """A tar file of pairs: a name, and bytes, or a type with where it leads."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in content:
            member = tarfile.TarInfo(name)
            if isinstance(data, bytes):
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
            else:
                member.type, member.linkname = data
                archive.addfile(member)
    return buffer.getvalue()


def content(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def purpose(fleet, certificate, name):
    """Whether a certificate is one for a client or a server, by the authority and the list of the removed."""
    word = ["-purpose", name, "-crl_check", "-CRLfile", fleet.ca / "broker/revoked.pem"]
    return run("openssl", "verify", "-CAfile", fleet.ca / "ca.crt", *word, certificate, check=False).returncode == 0


def senders(fleet):
    """The list of senders, whose first line says that it is one even if there are none."""
    first, *lines = fleet("signers").stdout.decode().splitlines()
    assert first == "# Who may send to the fleets of localhost: written by msg-fleet-ca."
    return lines


def valid(fleet, name):
    """How many certificates of a name have not been revoked."""
    return len(re.findall(rf"^V.*/CN={name}$", (fleet.ca / "index.txt").read_text(), re.MULTILINE))


def stand_in(folder, name, script):
    """A program that takes the place of another one. Returns the path on which it is found."""
    (folder / "bin").mkdir(exist_ok=True)
    file = folder / "bin" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return f"{folder}/bin:{PATH}"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


# --- the authority ---------------------------------------------------------------------------------------------------


def test_certificates_are_good_for_one_thing(fleet):
    machine, broker = fleet.machine("pc7").certificate, fleet.ca / "broker/broker.crt"
    assert purpose(fleet, machine, "sslclient") and not purpose(fleet, machine, "sslserver")
    assert purpose(fleet, broker, "sslserver") and not purpose(fleet, broker, "sslclient")
    text = run("openssl", "x509", "-noout", "-text", "-in", machine).stdout
    assert "Subject: CN = pc7\n" in text or "Subject: CN=pc7\n" in text
    assert "ASN1 OID: prime256v1" in text and "CA:FALSE" in text
    assert "DNS:localhost" in run("openssl", "x509", "-noout", "-text", "-in", broker).stdout


def test_nobody_else_reads_the_authority_and_no_key_of_a_member_stays(fleet):
    fleet.machine("pc7"), fleet.sender("helpdesk")
    assert {path.stat().st_mode & 0o077 for path in (fleet.ca, *fleet.ca.rglob("*"))} == {0}
    keys = {str(path.relative_to(fleet.ca)) for path in fleet.ca.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()}
    assert keys == {"ca.key", "own.key", "broker/broker.key"}
    assert not list(fleet.ca.glob("work.*"))


def test_a_senders_bundle_signs_what_machines_check(fleet, tmp_path):
    """Nothing in it depends on where it is unpacked."""
    files_of = fleet.member("sender", "helpdesk", "--fleet", "office", "--fleet", "lab")
    settings = (files_of / "fleets.conf").read_text()
    assert re.findall(r"^\[(.*)\]$", settings, re.MULTILINE) == ["office", "lab"]
    assert f"Broker=localhost:{fleet.port}\n" in settings
    modes = {str(path.relative_to(files_of)): oct(path.stat().st_mode & 0o777) for path in files_of.rglob("*")}
    # Everybody may know the fleets, and nobody else has the keys.
    assert modes == {
        "fleets": "0o755", "fleets.conf": "0o644", "fleets/ca.crt": "0o644", "fleets/helpdesk.crt": "0o644",
        "fleets/helpdesk.key": "0o600", "fleets/helpdesk.sign": "0o600"}  # fmt: skip
    assert {path for path in modes if path.startswith("fleets/")} == set(re.findall(r"=(fleets/.*)$", settings, re.MULTILINE))
    signers = tmp_path / "signers"
    signers.write_bytes(content(fleet("machine", "pc7").stdout)["allowed_signers"])
    message = tmp_path / "message"
    message.write_text("Lunch?")
    run("ssh-keygen", "-q", "-Y", "sign", "-n", "msg@lab", "-f", files_of / "fleets/helpdesk.sign", message)

    def checks(name, namespace):
        command = ["ssh-keygen", "-q", "-Y", "verify", "-n", namespace, "-I", name, "-f", signers, "-s", f"{message}.sig"]
        return subprocess.run(command, stdin=message.open(), capture_output=True).returncode == 0

    assert checks("helpdesk", "msg@lab")
    assert not checks("helpdesk", "msg@office") and not checks("cellar", "msg@lab")


def test_a_sender_brings_a_key(fleet, tmp_path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "own")
    public = (tmp_path / "own.pub").read_text()
    files_of = fleet.member("sender", "helpdesk", "--signing-key", tmp_path / "own.pub")
    assert "SigningKey=fleets/helpdesk.pub\n" in (files_of / "fleets.conf").read_text()
    assert (files_of / "fleets/helpdesk.pub").read_text() == public
    assert senders(fleet) == [f'helpdesk namespaces="msg@office" {" ".join(public.split()[:2])}']
    for wrong, reason in ((tmp_path / "own", "no public key"), (tmp_path / "gone", "can't be read")):
        assert reason in fleet.errors("sender", "cellar", "--signing-key", wrong)
    # A line more in that file would be a sender more.
    (tmp_path / "own.pub").write_text(public + public)
    assert "no public key" in fleet.errors("sender", "cellar", "--signing-key", tmp_path / "own.pub")
    assert fleet("list").stdout.decode().split("\t")[:3] == ["sender", "helpdesk", "office"]


def test_a_name_is_one_members(fleet):
    fleet.machine("pc7"), fleet.sender("helpdesk")
    assert "pc7 is a machine: a sender needs another name" in fleet.errors("sender", "pc7")
    assert "helpdesk is a sender: a machine needs another name" in fleet.errors("machine", "helpdesk")
    assert "pc7 is a machine already: remove it first" in fleet.errors("machine", "pc7")
    assert "take another one" in fleet.errors("machine", "msg-fleet-ca")
    assert "take another one" in fleet.errors("sender", "ca")


def test_names_are_texts(fleet):
    """Also if they look like numbers that are the same."""
    for name in ("10", "010", "1e1"):
        fleet.machine(name)
    assert "the presence of 1e1" in fleet.errors("remove", "1e1")
    assert [line.split("\t")[1] for line in fleet("list").stdout.decode().splitlines()] == ["10", "010"]
    assert [valid(fleet, name) for name in ("10", "010", "1e1")] == [1, 1, 0]


@pytest.mark.parametrize("name", ["", "-pc7", ".pc7", "pc/7", "pc+", "#", "pc7\nuser pc8", "a" * 65, "pc 7", "pcü", "..", "$SYS"])
def test_names_that_are_none(fleet, name):
    before = files(fleet.ca)
    for command in ("machine", "sender", "remove"):
        fleet.errors(command, name, status=64)
    fleet.errors("machine", "pc7", "--fleet", name, status=64)
    assert files(fleet.ca) == before


@pytest.mark.parametrize(
    "words",
    [
        [], ["other"], ["machine"], ["machine", "pc7", "pc8"], ["machine", "--fleet"], ["machine", "pc7", "--signing-key", "x"],
        ["list", "more"], ["list", "--renew"], ["init", "/x"], ["init", "x", "--broker", "b"], ["init", "--broker", "b:x"],
        ["init", "--broker", "a b"], ["init", "--ca", "/x", "--broker", "b"], ["init", "--broker", "b:99999"],
        ["init", "--broker", "b:0"], ["init", "--broker", "b:"], ["init", "--broker", "a..b"], ["init", "--broker", "1.2.3"],
        ["init", "--broker", "1.2.3.256"], ["init", "--broker", f"{'a' * 64}.b"],
        ["init", "--broker", ".".join(["a" * 63] * 4)],
    ],
)  # fmt: skip
def test_wrong_usage(fleet, words):
    """Two lines: what is wrong, and where to read more."""
    first, second = fleet.errors(*words, status=64).splitlines()
    assert first.startswith("msg-fleet-ca: ") and second == "msg-fleet-ca: see msg-fleet-ca --help"


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["machine", "--help"], ["broker", "-h"], ["init", "--broker", "x y", "--help"]])
def test_help(fleet, words):
    text = fleet(*words).stdout.decode()
    assert text.startswith("Usage: msg-fleet-ca COMMAND\n") and "\n  broker [--renew] >FILES\n" in text
    page = re.sub(r"\\f.|\\", "", (ROOT / "docs/fleet/msg-fleet-ca.8").read_text())
    for option in set(re.findall(r"--([a-z-]+)", text)) - {"signers"}:
        assert f"Fl -{option}" in page, option
    for command in re.findall(r"^  ([a-z]+)", text, re.MULTILINE):
        assert f"It Cm {command}\n" in page, command


def test_the_version(fleet, enroll):
    assert fleet("--version").stdout.decode() == fleet("list", "--version").stdout.decode() == f"msg-fleet-ca {VERSION}\n"
    assert enroll("--version").stdout.decode() == f"msg-relay-enroll {VERSION}\n"


def test_a_long_name_of_a_broker(fleet, tmp_path):
    name = ".".join(["b" * 63] * 3)
    fleet("init", tmp_path / "other", "--broker", f"{name}:65535", "--deploy", "")
    certificate = tmp_path / "other/broker/broker.crt"
    assert f"DNS:{name}" in run("openssl", "x509", "-noout", "-text", "-in", certificate).stdout
    assert f"Broker={name}:65535\n" in content(fleet("machine", "pc7", "--ca", tmp_path / "other").stdout)["relay.conf"].decode()


def test_a_fleet_that_is_named_twice(fleet):
    settings = content(fleet("machine", "pc7", "--fleet", "lab", "--fleet", "office", "--fleet", "lab").stdout)["relay.conf"]
    assert b"\nFleets=lab;office\n" in settings


def test_an_authority_that_fails_to_begin_leaves_nothing(fleet, tmp_path):
    path = stand_in(tmp_path, "openssl", 'case $* in *-gencrl*) exit 1 ;; esac; exec /usr/bin/openssl "$@"')
    folder = tmp_path / "other"
    command = ["init", folder, "--broker", "b", "--deploy", ""]
    assert call(fleet._program, *command, check=False, PATH=path).returncode == 1 and not folder.exists()
    folder.mkdir()
    (folder / "file").touch()
    assert "isn't empty" in fleet.errors(*command) and files(folder) == ["file"]
    (folder / "file").unlink()
    assert call(fleet._program, *command, check=False, PATH=path).returncode == 1 and list(folder.iterdir()) == []
    fleet(*command)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's folder is root's")
def test_who_may_not_look_is_told_so(fleet):
    fleet.folder.chmod(0o755)
    for folder in list(fleet.folder.parents)[:2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    for command in (["list"], ["init", fleet.ca, "--broker", "b", "--deploy", ""]):
        become = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        answer = call("setpriv", *become, fleet._program, *command, check=False, MSG_FLEET_CA=str(fleet.ca))
        assert answer.returncode == 1 and b"you may not look into" in answer.stderr and b"run it as root" in answer.stderr


def test_a_second_authority_in_a_folder_is_none(fleet):
    before = (fleet.ca / "ca.key").read_bytes()
    assert "has an authority already" in fleet.errors("init", fleet.ca, "--broker", "b", "--deploy", "")
    assert (fleet.ca / "ca.key").read_bytes() == before
    assert "there is no authority in /nowhere" in fleet.errors("list", "--ca", "/nowhere")


def test_a_new_certificate_ends_the_old_one(fleet):
    old = fleet.machine("pc7", "--fleet", "lab").certificate
    kept = old.with_name("old.crt")
    kept.write_bytes(old.read_bytes())
    new = fleet.machine("pc7", "--renew").certificate
    assert purpose(fleet, new, "sslclient") and not purpose(fleet, kept, "sslclient")
    *member, last_day = fleet("list").stdout.decode().split("\t")
    assert member == ["machine", "pc7", "lab"] and re.fullmatch(r"20\d\d-\d\d-\d\d\n", last_day)
    assert (fleet.ca / "members").read_text().endswith(f" {run('openssl', 'x509', '-noout', '-serial', '-in', new).stdout[7:]}")


def test_a_machine_keeps_its_certificate_if_the_new_one_is_not_written(fleet):
    certificate = fleet.machine("pc7").certificate
    with open("/dev/full", "wb") as full:
        environment = {**os.environ, "PATH": PATH, "MSG_FLEET_CA": str(fleet.ca)}
        command = [fleet._program, "machine", "pc7", "--renew"]
        answer = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment)
    assert answer.returncode == 1 and b"pc7 keeps the certificate that it has" in answer.stderr
    assert purpose(fleet, certificate, "sslclient") and valid(fleet, "pc7") == 1
    assert not list(fleet.ca.glob("work.*"))


def test_a_bundle_of_a_renewal_is_written_before_the_broker_refuses_the_old_certificate(fleet, tmp_path):
    for renew in ([], ["--renew"]):
        bundle, seen = tmp_path / "bundle.tar", tmp_path / "seen"
        fleet.set_deploy(f"wc -c <{bundle} >{seen}")
        with bundle.open("wb") as output:
            environment = {**os.environ, "PATH": PATH, "MSG_FLEET_CA": str(fleet.ca)}
            answer = subprocess.run([fleet._program, "machine", "pc7", *renew], stdout=output, stderr=subprocess.PIPE, env=environment)
        assert answer.returncode == 0
        assert int(seen.read_text()) == (bundle.stat().st_size if renew else 0)
        assert (b"If the bundle has not arrived, run this again" in answer.stderr) == bool(renew)


def test_a_renewed_sender_keeps_the_signing_key(fleet):
    files_of = fleet.member("sender", "helpdesk")
    before, kept = senders(fleet), (files_of / "fleets/helpdesk.sign").read_bytes()
    certificate = (files_of / "fleets/helpdesk.crt").read_bytes()
    (files_of / "fleets.conf").write_text("changed")

    answer = fleet("sender", "helpdesk", "--renew")

    # It is unpacked over what is there.
    call("tar", "-x", "-C", files_of, stdin=answer.stdout)
    assert senders(fleet) == before and b"need the new list" not in answer.stderr
    assert (files_of / "fleets/helpdesk.sign").read_bytes() == kept and (files_of / "fleets.conf").read_text() == "changed"
    assert (files_of / "fleets/helpdesk.crt").read_bytes() != certificate
    assert sorted(content(answer.stdout)) == ["fleets/ca.crt", "fleets/helpdesk.crt", "fleets/helpdesk.key"]


def test_a_sender_gets_another_fleet_and_another_key(fleet, tmp_path):
    fleet.machine("pc7")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "own")
    fleet("sender", "helpdesk", "--signing-key", tmp_path / "own.pub")
    [line] = senders(fleet)
    answer = fleet("sender", "helpdesk", "--renew", "--fleet", "lab")
    assert senders(fleet) == [line.replace("office", "lab")] and b"need the new list" in answer.stderr
    settings = content(answer.stdout)["fleets.conf"].decode()
    assert "[lab]" in settings and "SigningKey=fleets/helpdesk.pub\n" in settings
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "new")
    assert "fleets.conf" in content(fleet("sender", "helpdesk", "--renew", "--signing-key", tmp_path / "new.pub").stdout)
    assert senders(fleet)[0].endswith(" ".join((tmp_path / "new.pub").read_text().split()[:2]))


INTERRUPTIONS = {
    "before it is revoked": ("openssl", 'case $* in *-revoke*) exit 1 ;; esac; exec /usr/bin/openssl "$@"'),
    "before the list of the revoked": ("openssl", 'case $* in *-gencrl*) exit 1 ;; esac; exec /usr/bin/openssl "$@"'),
    "before the senders' keys": ("mv", 'case $* in */signers) exit 1 ;; esac; exec /bin/mv "$@"'),
    "before the members": ("mv", 'case $* in */members) exit 1 ;; esac; exec /bin/mv "$@"'),
}


@pytest.mark.parametrize("place", INTERRUPTIONS)
@pytest.mark.parametrize("command", [["remove", "helpdesk"], ["sender", "helpdesk", "--renew"]])
def test_what_was_interrupted_is_repeated(fleet, tmp_path, command, place):
    old = fleet.sender("helpdesk").certificate
    signers = senders(fleet)
    path = stand_in(tmp_path, *INTERRUPTIONS[place])
    assert call(fleet._program, *command, check=False, PATH=path, MSG_FLEET_CA=str(fleet.ca)).returncode == 1
    fleet(*command)
    assert not purpose(fleet, old, "sslclient")
    members = fleet("list").stdout.decode().splitlines()
    if command[0] == "remove":
        assert (valid(fleet, "helpdesk"), members, senders(fleet)) == (0, [], [])
    else:
        assert (valid(fleet, "helpdesk"), len(members), senders(fleet)) == (1, 1, signers)


def test_an_index_between_two_names(fleet):
    """openssl renames twice, and may be interrupted in between."""
    fleet.sender("helpdesk")
    (fleet.ca / "index.txt").rename(fleet.ca / "index.txt.old")
    fleet("remove", "helpdesk")
    assert valid(fleet, "helpdesk") == 0


def test_who_is_removed_is_nowhere_any_more(fleet):
    fleet.sender("helpdesk")
    certificate = fleet.machine("pc7").certificate
    assert "Machines have helpdesk's key until they get the new list" in fleet("remove", "helpdesk").stderr.decode()
    assert senders(fleet) == []
    assert "the broker still has the presence of pc7" in fleet.errors("remove", "pc7")
    # Again, for the presence: no broker runs here.
    assert "the broker still has the presence of pc7" in fleet.errors("remove", "pc7")
    assert "there is no pc8" in fleet.errors("remove", "pc8")
    assert not purpose(fleet, certificate, "sslclient")
    assert fleet("list").stdout == b""
    assert "pc7" not in (fleet.files / "msg-fleet/rights").read_text()


def test_a_broker_that_does_not_get_its_files(fleet):
    fleet.set_deploy("exit 3")
    # The bundle is good: the machine tries until the broker knows it.
    answer = fleet("machine", "pc7", check=False)
    assert answer.returncode == 1 and sorted(content(answer.stdout)) == MEMBERS
    assert b"the broker does not have its files yet, because this failed: exit 3" in answer.stderr
    fleet.set_deploy("")
    answer = fleet("machine", "pc8")
    printed = f"msg-fleet-ca broker | ssh root@localhost 'tar -x -C {fleet.files} && systemctl restart mosquitto'"
    assert printed.encode() in answer.stderr and content(answer.stdout)
    before = (fleet.files / "msg-fleet/rights").read_text()
    fleet.set_deploy(f"tar -x -C {fleet.files}")
    fleet("machine", "pc9", "--later")
    assert (fleet.files / "msg-fleet/rights").read_text() == before
    fleet("deploy")
    assert re.findall("^user (pc.)$", (fleet.files / "msg-fleet/rights").read_text(), re.MULTILINE) == ["pc7", "pc8", "pc9"]


def test_a_broker_on_this_machine_is_restarted_and_never_reloaded(tmp_path):
    calls = tmp_path / "calls"
    path = stand_in(tmp_path, "systemctl", f'echo "$*" >>{calls}')
    program, files_of = script(tmp_path, "msg-fleet-ca"), tmp_path / "mosquitto"
    files_of.mkdir()
    call(program, "init", tmp_path / "ca", "--broker", "b", "--files", files_of, PATH=path)
    assert calls.read_text().splitlines() == ["daemon-reload", "restart mosquitto"]
    settings = (tmp_path / "systemd/mosquitto.service.d/msg-fleet.conf").read_text()
    assert settings == (files_of / "msg-fleet/mosquitto.service.conf").read_text()
    # The first takes the unit's own away.
    assert re.findall("^ExecReload=(.*)", settings, re.MULTILINE) == ["", "-+systemctl --no-block restart %n"]
    call(program, "machine", "pc7", PATH=path, MSG_FLEET_CA=str(tmp_path / "ca"))
    assert calls.read_text().splitlines()[2:] == ["restart mosquitto"]


def test_a_broker_elsewhere_is_told_about(fleet, tmp_path):
    answer = fleet("init", tmp_path / "other", "--broker", "mqtt.example.org", "--deploy", "")
    drop_in = f"install -D -m 644 /etc/mosquitto/msg-fleet/mosquitto.service.conf {tmp_path}/systemd/mosquitto.service.d/msg-fleet.conf"
    assert f"on mqtt.example.org, do this once, because to reload mosquitto loses messages: {drop_in}" in answer.stderr.decode()


def test_the_broker_may_not_change_its_key(fleet):
    with tarfile.open(fileobj=io.BytesIO(fleet("broker").stdout)) as archive:
        members = {member.name: (member.uname, member.gname, oct(member.mode)) for member in archive}
    assert members == {
        "conf.d/msg-fleet.conf": ("root", "mosquitto", "0o644"),
        "msg-fleet": ("root", "mosquitto", "0o755"),
        "msg-fleet/broker.crt": ("root", "mosquitto", "0o644"),
        "msg-fleet/broker.key": ("root", "mosquitto", "0o640"),
        "msg-fleet/ca.crt": ("root", "mosquitto", "0o644"),
        "msg-fleet/mosquitto.service.conf": ("root", "mosquitto", "0o644"),
        "msg-fleet/revoked.pem": ("root", "mosquitto", "0o644"),
        # mosquitto 2.0.16 and later want to own it.
        "msg-fleet/rights": ("mosquitto", "mosquitto", "0o600"),
    }


def test_several_at_once(fleet):
    command = [fleet._program, "machine"]
    environment = {**os.environ, "MSG_FLEET_CA": str(fleet.ca)}
    running = [subprocess.Popen([*command, f"pc{number}"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for number in range(8)]  # fmt: skip
    answers = [process.communicate(timeout=60)[0] for process in running]
    assert {process.returncode for process in running} == {0} and all(map(content, answers))
    assert sorted(line.split("\t")[1] for line in fleet("list").stdout.decode().splitlines()) == [f"pc{n}" for n in range(8)]


# --- the machine -----------------------------------------------------------------------------------------------------


def test_a_machine_comes_and_goes(fleet, root, enroll):
    fleet.sender("helpdesk")
    data = fleet("machine", "pc7", "--fleet", "office", "--fleet", "lab").stdout
    assert sorted(content(data)) == MEMBERS
    before = files(root)

    answer = enroll(stdin=data).stdout.decode()

    assert answer == f"msg-relay-enroll: this machine is pc7 of office;lab, at localhost:{fleet.port}\n"
    etc = root / "etc/msgd"
    assert (etc / "relay/machine.key").read_bytes() == content(data)["machine.key"]
    modes = {str(path.relative_to(etc)): (oct(path.stat().st_mode & 0o777), path.stat().st_gid) for path in etc.rglob("*")}
    assert {name: mode for name, (mode, _) in modes.items()} == {
        "allowed_signers": "0o644", "relay": "0o750", "relay.conf": "0o644", "relay/ca.crt": "0o640",
        "relay/machine.crt": "0o640", "relay/machine.key": "0o640"}  # fmt: skip
    assert {modes[name][1] for name in modes if name.startswith("relay/") or name == "relay"} == {GROUP}
    # Another bundle takes the place of the first.
    other = fleet("machine", "pc7", "--renew").stdout
    enroll(stdin=other)
    assert (etc / "relay/machine.key").read_bytes() == content(other)["machine.key"]
    fleet.sender("cellar")
    enroll("--signers", stdin=fleet("signers").stdout)
    assert (etc / "allowed_signers").read_bytes() == fleet("signers").stdout

    (root / "var/lib/msg-relay").mkdir(parents=True)
    assert "in no fleet any more" in enroll("--remove").stdout.decode()

    assert files(root) == before and not etc.exists() and not (root / "var/lib/msg-relay").exists()
    assert enroll("--remove").stdout == b"msg-relay-enroll: this machine was in no fleet\n"


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7PTrqyTrGmDGpmyXBBvDlnsmL7sgmoHGuWfBRSVTIH"


def test_lists_of_senders(fleet, root, enroll):
    """As ssh-keygen(1) has them, also without a sender: a machine has to learn that the last one was removed."""
    enroll(stdin=fleet("machine", "pc7").stdout)
    signers = root / "etc/msgd/allowed_signers"
    for text, said in (
        (f"# ours\n\nhelpdesk {KEY}\n*@lab,x cert-authority,valid-before=\"20300101\",namespaces=\"msg@a, b\" {KEY} a comment\n", "2 senders"),
        (f"h sk-{KEY.replace('ed25519', 'ed25519@openssh.com', 1)}", "one sender"),
        (fleet("signers").stdout.decode(), "no sender any more: this machine shows nothing"),
    ):
        assert said in enroll("--signers", stdin=text.encode()).stdout.decode(), text
        assert signers.read_text() == text


def test_what_is_no_list_of_senders(fleet, root, enroll):
    fleet.sender("helpdesk")
    data = fleet("machine", "pc7").stdout
    enroll(stdin=data)
    signers = root / "etc/msgd/allowed_signers"
    before = signers.read_bytes()
    for text, said in (
        (data, "probably the bundle of a machine: leave out --signers"),
        (content(data)["machine.key"], "probably the bundle of a machine: leave out --signers"),
        (f"helpdesk {KEY}\n\0".encode(), "leave out --signers"),
        (b"", "has msg-fleet-ca failed?"),
        (f"# one\nhelpdesk {KEY}\nhelpdesk\n".encode(), "line 3 of the list of senders"),
        (f"{KEY}\n".encode(), "line 1 "),
        (f"helpdesk wrong= {KEY}\n".encode(), "line 1 "),
        (b"helpdesk ssh-ed25519 !\n", "line 1 "),
        (b"msg-fleet-ca: command not found\n", "line 1 "),
    ):
        answer = enroll("--signers", stdin=text, check=False)
        assert answer.returncode == 1 and said in answer.stderr.decode(), text
        assert signers.read_bytes() == before
    answer = enroll(stdin=fleet("signers").stdout, check=False)
    assert b"A list of senders needs --signers" in answer.stderr
    assert sorted(os.listdir(root / "etc/msgd")) == ["allowed_signers", "relay", "relay.conf"]


def hostile(good):
    """Bundles that are refused, and why."""
    pairs = list(good.items())
    link, folder = (tarfile.SYMTYPE, "/etc/shadow"), (tarfile.DIRTYPE, "")
    without = [pair for pair in pairs if pair[0] != "ca.crt"]
    settings = good["relay.conf"].decode()

    def told(old, new):
        return [*(pair for pair in pairs if pair[0] != "relay.conf"), ("relay.conf", settings.replace(old, new).encode())]

    return {
        "a path upwards": [*pairs, ("../../tmp/evil", b"x")],
        "a path upwards to one of its files": [*without, ("../ca.crt", good["ca.crt"])],
        "an absolute path": [*without, ("/ca.crt", good["ca.crt"])],
        "a link": [*without, ("ca.crt", link)],
        "a hard link": [*without, ("ca.crt", (tarfile.LNKTYPE, "/etc/shadow"))],
        "a link to write through": [("relay", link), *pairs],
        "a device": [*without, ("ca.crt", (tarfile.CHRTYPE, ""))],
        "a folder": [*pairs, ("relay", folder)],
        "a file more": [*pairs, ("polkit.rules", b"x")],
        "a file twice": [*pairs, ("relay.conf", b"x")],
        "a file less": without,
        "a name with a line break": [*pairs, ("x\nca.crt", b"x")],
        "no certificate": [*without, ("ca.crt", b"x\n")],
        "a key in the list of senders": [
            *(pair for pair in pairs if pair[0] != "allowed_signers"), ("allowed_signers", good["machine.key"])],
        "a path of another file": told("/etc/msgd/relay/ca.crt", "/tmp/ca.crt"),
        "no signatures": told("[Relay]\n", "[Relay]\nSignatures=no\n"),
        "a key more": told("Fleets=office\n", "Fleets=office\nUserName=root\n"),
        "a broker that is none": told("Broker=", "Broker=a b"),
        "a group more": told("Fleets=office\n", "Fleets=office\n[Other]\n"),
        "a machine without a name": told("Machine=pc7", "Machine="),
    }


def test_a_hostile_bundle_changes_nothing(fleet, root, enroll):
    good = content(fleet("machine", "pc7").stdout)
    before = files(root)
    for reason, pairs in hostile(good).items():
        answer = enroll(stdin=bundle(pairs), check=False)
        assert (answer.returncode, answer.stdout) == (1, b""), reason
        assert answer.stderr.startswith(b"msg-relay-enroll: "), reason
        assert files(root) == before, reason
    for data in (b"", b"x" * 2048, b"\0" * (1 << 20) + b"x", bundle(good.items()) + b"x" * (1 << 20)):
        assert enroll(stdin=data, check=False).returncode == 1
        assert files(root) == before
    enroll(stdin=bundle(good.items()))


def test_a_link_in_the_place_of_a_file_is_replaced(fleet, root, enroll, tmp_path):
    data = fleet("machine", "pc7").stdout
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("")
    (root / "etc/msgd").mkdir()
    (root / "etc/msgd/relay").symlink_to(elsewhere)
    assert b"is a link" in enroll(stdin=data, check=False).stderr and files(elsewhere) == ["file"]
    (root / "etc/msgd/relay").unlink()
    (root / "etc/msgd/relay.conf").symlink_to(elsewhere / "file")
    enroll(stdin=data)
    assert (elsewhere / "file").read_text() == "" and not (root / "etc/msgd/relay.conf").is_symlink()


def test_a_machine_without_the_package(fleet, root, enroll):
    (root / "etc/group").write_text("")
    assert b"install the package msg-relay first" in enroll(stdin=fleet("machine", "pc7").stdout, check=False).stderr
    assert files(root) == ["etc/group"]


@pytest.mark.parametrize("words", [["--other"], ["more"], ["--signers", "--remove"], ["--root"]])
def test_wrong_usage_of_enroll(enroll, words):
    answer = enroll(*words, check=False)
    assert answer.returncode == 64 and answer.stderr.endswith(b"\nmsg-relay-enroll: see msg-relay-enroll --help\n")


def test_help_of_enroll(enroll):
    text = enroll("--help").stdout.decode()
    assert text.startswith("Usage: msg-relay-enroll ") and "It needs root" in text


def test_examples_of_settings_name_every_key():
    for page, example in (("relay.conf.5", "relay.conf"), ("fleets.conf.5", "fleets.conf")):
        keys = set(re.findall(r"^#?(\w+)=", (ROOT / "fleet" / example).read_text(), re.MULTILINE))
        told = set(re.findall(r"Cm (\w+) Ns =", (ROOT / "docs/fleet" / page).read_text()))
        assert keys == told, page
