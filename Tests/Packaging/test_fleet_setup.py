"""msg-fleet-ca and msg-relay-enroll: what they make, what they refuse, and what they say."""

import io
import os
import re
import subprocess
import tarfile

import pytest

from fleet_setup import Fleet, call, script
from source import ROOT, run

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
    for path in re.findall(r"=(fleets/.*)$", settings, re.MULTILINE):
        assert (files_of / path).stat().st_mode & 0o077 == 0
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
    assert fleet("signers").stdout.decode() == f'helpdesk namespaces="msg@office" {" ".join(public.split()[:2])}\n'
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
        ["init", "--broker", "a b"], ["init", "--ca", "/x", "--broker", "b"],
    ],
)  # fmt: skip
def test_wrong_usage(fleet, words):
    assert "Usage: msg-fleet-ca init" in fleet.errors(*words, status=64)


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
    assert fleet("list").stdout.decode().split("\t")[:3] == ["machine", "pc7", "lab"]


def test_who_is_removed_is_nowhere_any_more(fleet):
    fleet.sender("helpdesk")
    certificate = fleet.machine("pc7").certificate
    assert "Machines have helpdesk's key until they get the new list" in fleet("remove", "helpdesk").stderr.decode()
    assert fleet("signers").stdout == b""
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
    assert b"msg-fleet-ca broker | ssh root@localhost" in answer.stderr and content(answer.stdout)
    before = (fleet.files / "msg-fleet/rights").read_text()
    fleet.set_deploy(f"tar -x -C {fleet.files}")
    fleet("machine", "pc9", "--later")
    assert (fleet.files / "msg-fleet/rights").read_text() == before
    fleet("deploy")
    assert re.findall("^user (pc.)$", (fleet.files / "msg-fleet/rights").read_text(), re.MULTILINE) == ["pc7", "pc8", "pc9"]


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
    enroll("--remove")

    assert files(root) == before and not etc.exists() and not (root / "var/lib/msg-relay").exists()
    enroll("--remove")


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
    assert answer.returncode == 64 and b"Usage: msg-relay-enroll" in answer.stderr


def test_examples_of_settings_name_every_key():
    for page, example in (("relay.conf.5", "relay.conf"), ("fleets.conf.5", "fleets.conf")):
        keys = set(re.findall(r"^#?(\w+)=", (ROOT / "fleet" / example).read_text(), re.MULTILINE))
        told = set(re.findall(r"Cm (\w+) Ns =", (ROOT / "docs/fleet" / page).read_text()))
        assert keys == told, page
