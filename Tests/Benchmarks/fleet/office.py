"""Fleets: a broker with the project's own settings, its members' files, simulated machines, and one real agent."""

from __future__ import annotations

import os
import pathlib
import select
import shutil
import socket
import subprocess
import threading
import time

import programs
from gi.repository import GLib
from lib.fake_polkit import NO, YES, Polkit
from lib.machine import as_installed
from lib.main_loop import connect

SENDER, PC = "helpdesk", "pc"
# libmosquitto takes three descriptors for each client, so a process bears some six thousand with the usual 20 000.
IN_A_PROCESS = 5000
CONNECTING = 120  # the most seconds that all machines take to connect
# What depends on where the broker is, and who its members are.
PLACE = (
    "allow_anonymous", "acl_file", "listener", "cafile", "certfile", "keyfile", "crlfile", "require_certificate",
    "use_identity_as_username", "persistence_location", "user",
)  # fmt: skip
# As in fleet/rights, but with a line for all machines in place of lines for each.
RIGHTS = f"""user {SENDER}
topic write msg/1/fleet/+/{SENDER}
topic write msg/1/machine/+/{SENDER}
topic read msg/1/receipt/{SENDER}/#
topic write msg/1/receipt/{SENDER}/+/{SENDER}
topic read msg/1/presence/+
pattern read msg/1/fleet/+/+
pattern read msg/1/machine/%u/+
pattern write msg/1/receipt/+/+/%u
pattern readwrite msg/1/presence/%u
"""


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)


def make_members(folder: pathlib.Path) -> None:
    """Makes an authority, the certificates of broker, sender and agent, and the sender's key, which signs."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-keyout", folder / "ca.key", "-out", folder / "ca.crt"]
    _openssl("req", "-x509", *key, "-subj", "/CN=authority", "-days", "2", *authority)
    for name in ("localhost", SENDER, PC):
        request, extension = folder / f"{name}.csr", folder / f"{name}.ext"
        extension.write_text("subjectAltName=DNS:localhost\n" if name == "localhost" else "basicConstraints=CA:FALSE\n")
        _openssl("req", *key, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", request)
        _openssl(
            "x509", "-req", "-in", request, "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", extension, "-out", folder / f"{name}.crt",
        )  # fmt: skip
    (folder / f"{PC}.key").chmod(0o644)  # the agent isn't root
    sign = folder / f"{SENDER}.sign"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", sign], check=True)
    public = sign.with_suffix(".sign.pub").read_text()
    (folder / "allowed_signers").write_text(f'{SENDER} namespaces="msg@office" {public}')


class Broker:
    """mosquitto with the project's settings. It has one fleet, so that no size is measured with the presences of
    another one."""

    def __init__(self, files: pathlib.Path, fleet: str, certificates: bool):
        self.files, self.fleet, self.certificates = files, fleet, certificates
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        folder = files / fleet
        folder.mkdir()
        (folder / "rights").write_text(RIGHTS)
        (folder / "rights").chmod(0o600)
        (folder / "mosquitto.conf").write_text(self._settings(folder))
        self.process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", folder / "mosquitto.conf"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._await_port()

    def _settings(self, folder: pathlib.Path) -> str:
        lines = (programs.ROOT / "fleet/mosquitto.conf").read_text().splitlines()
        kept = [line for line in lines if line and not line.startswith("#") and line.split()[0] not in PLACE]
        own = [f"{kind} {self.files}/{name}" for kind, name in (
            ("cafile", "ca.crt"), ("certfile", "localhost.crt"), ("keyfile", "localhost.key"),
        )]  # fmt: skip
        if self.certificates:
            own += ["require_certificate true", "use_identity_as_username true"]
        whole = [
            "user root", f"allow_anonymous {'false' if self.certificates else 'true'}", f"acl_file {folder}/rights",
            f"persistence_location {folder}/", "log_dest none", f"listener {self.port} 127.0.0.1", *own,
        ]  # fmt: skip
        return "\n".join([*whole, *kept, ""])

    def _await_port(self) -> None:
        """Nothing reports that it listens, so it is tried again and again."""
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, f"mosquitto ended with {self.process.returncode}"
            time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def group(self) -> str:
        """Its part of fleets.conf."""
        who = [f"Certificate={self.files}/{SENDER}.crt", f"Key={self.files}/{SENDER}.key"]
        return "\n".join([
            f"[{self.fleet}]", f"Broker=localhost:{self.port}", f"Authorities={self.files}/ca.crt", f"Sender={SENDER}",
            f"SigningKey={self.files}/{SENDER}.sign", *(who if self.certificates else [f"UserName={SENDER}"]), "",
        ])  # fmt: skip


class Simulated:
    """Machines that answer at once, and show nothing."""

    def __init__(self, broker: Broker, count: int):
        self.count = count
        shares = [min(IN_A_PROCESS, count - begun) for begun in range(0, count, IN_A_PROCESS)]
        self.processes = [
            subprocess.Popen(
                [programs.path("machines"), "localhost", str(broker.port), broker.files / "ca.crt", broker.fleet,
                 str(share), f"sim{number}x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            ) for number, share in enumerate(shares)
        ]  # fmt: skip
        self._answered = 0

    def await_ready(self) -> None:
        for line in self._lines():
            assert line == b"ready\n", line

    def await_answers(self) -> None:
        """Waits until each machine has answered one more message."""
        self._answered += 1
        for line in self._lines():
            assert line == b"answered %d\n" % self._answered, line

    def _lines(self) -> list[bytes]:
        lines = []
        for process in self.processes:
            assert select.select([process.stdout], [], [], CONNECTING)[0], "the simulated machines say nothing"
            lines.append(process.stdout.readline())
        return lines


def _start_polkit(bus: str) -> None:
    """On a thread of its own, because nothing else of the bench answers calls while it measures."""
    started = threading.Event()

    def serve() -> None:
        context = GLib.MainContext()
        context.push_thread_default()
        polkit = Polkit(connect(bus), lambda question: YES if question.action == "org.msgd.relay" else NO)
        started.set()
        GLib.MainLoop(context).run()
        polkit.leave()

    threading.Thread(target=serve, daemon=True).start()
    assert started.wait(10), "no polkit"


class Relay:
    """msg-relay as in an installation, with a polkit that lets it do what the package's rule does."""

    def __init__(self, broker: Broker, bus: str):
        _start_polkit(bus)
        state = broker.files / "relay"
        state.mkdir(mode=0o700)
        shutil.chown(state, "msg-relay", "msg-relay")
        settings = {
            "Broker": f"localhost:{broker.port}", "Machine": PC, "Fleets": broker.fleet,
            "Authorities": f"{broker.files}/ca.crt", "Certificate": f"{broker.files}/{PC}.crt",
            "Key": f"{broker.files}/{PC}.key", "AllowedSigners": f"{broker.files}/allowed_signers",
        }  # fmt: skip
        configuration = broker.files / "relay.conf"
        configuration.write_text("[Relay]\n" + "".join(f"{key}={value}\n" for key, value in settings.items()))
        log = broker.files / "relay.log"
        self.process = subprocess.Popen(
            [*as_installed("msg-relay"), programs.BUILT / "msg-relay", f"--config={configuration}", f"--state={state}"],
            env={"PATH": os.environ["PATH"], "G_SLICE": "always-malloc"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=log.open("w"),
        )  # fmt: skip
        for _ in range(500):  # until its log says so
            if "connected to" in log.read_text():
                return
            time.sleep(0.02)
        raise AssertionError(log.read_text())
