"""A real mosquitto with TLS, its members, and msg-relay."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from gi.repository import Gio, GLib

from lib.machine import BUILT, as_installed, end, watching
from lib.main_loop import wait_for_exit, wait_until

FLEET = "office"
SENDERS = ("helpdesk", "other")
MACHINES = ("pc7", "pc8")

CONFIGURATION = """
user root
per_listener_settings false
allow_anonymous false
acl_file {folder}/rights
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes true
max_inflight_messages 100
max_queued_messages 20000
max_packet_size 1048576
log_dest stderr
log_type all
listener {port} 127.0.0.1
cafile {folder}/ca.crt
certfile {folder}/localhost.crt
keyfile {folder}/localhost.key
require_certificate true
use_identity_as_username true
"""

RIGHTS = "".join(
    f"user {name}\ntopic write msg/1/fleet/+/{name}\ntopic write msg/1/machine/+/{name}\n"
    f"topic read msg/1/receipt/{name}/#\ntopic read msg/1/presence/+\n"
    for name in SENDERS
) + "".join(
    f"user {name}\ntopic read msg/1/fleet/+/+\ntopic read msg/1/machine/{name}/+\n"
    f"topic write msg/1/receipt/+/+/{name}\ntopic readwrite msg/1/presence/{name}\n"
    for name in MACHINES
) + "user forger\ntopic readwrite #\n"


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)


class Certificates:
    """An authority, and the certificates and keys of all members."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl("req", "-x509", *key, "-subj", "/CN=authority", "-days", "2", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
        for name in ("localhost", *SENDERS, *MACHINES, "forger"):
            openssl("req", *key, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
            self.certify(name, folder)
        for name in MACHINES:
            (folder / f"{name}.key").chmod(0o644)  # the agent isn't root
        for name in ("helpdesk", "other", "forger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / f"{name}.sign"], check=True)
        lines = [f'{name} namespaces="msg@{FLEET}" {(folder / f"{name}.sign.pub").read_text()}' for name in SENDERS]
        (folder / "allowed_signers").write_text("".join(lines))

    def certify(self, name: str, folder: pathlib.Path, days: int = 2) -> None:
        """Makes a member's certificate in a folder. It ended with a negative number of days."""
        extension = folder / f"{name}.extension"
        extension.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n" if name == "localhost" else "basicConstraints=CA:FALSE\n")
        openssl(
            "x509", "-req", "-in", self.folder / f"{name}.csr", "-CA", self.folder / "ca.crt", "-CAkey", self.folder / "ca.key",
            "-CAcreateserial", "-days", days, "-extfile", extension, "-out", folder / f"{name}.crt",
        )  # fmt: skip


class Broker:
    """mosquitto, on a port of its own. It keeps what it has when it is killed."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (folder / "rights").write_text(RIGHTS)
        (folder / "rights").chmod(0o600)
        (folder / "mosquitto.conf").write_text(CONFIGURATION.format(folder=folder, port=self.port))
        self._log = folder / "mosquitto.log"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", self.folder / "mosquitto.conf"], stderr=self._log.open("w"), stdin=subprocess.DEVNULL
        )
        self.wait_for_log("running")

    def kill(self) -> None:
        end(self.process)

    def take_certificate(self, certificates: Certificates, days: int) -> None:
        """Gets another certificate, and reads it (SIGHUP)."""
        (self.folder / "localhost.crt").unlink()
        certificates.certify("localhost", self.folder, days)
        count = self.log().count("Reloading config")
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_log("Reloading config", count + 1)

    def log(self) -> str:
        return self._log.read_text()

    def wait_for_log(self, text: str, count: int = 1) -> None:
        with watching(self._log):
            wait_until(lambda: self.log().count(text) >= count, text, self.log)

    def arguments(self, name: str) -> list[str]:
        folder = self.folder
        return [
            "-h", "localhost", "-p", str(self.port), "-V", "5", "--cafile", f"{folder}/ca.crt",
            "--cert", f"{folder}/{name}.crt", "--key", f"{folder}/{name}.key",
        ]  # fmt: skip

    def publish(self, name: str, topic: str, payload: bytes, signature: str = "", retain: bool = False) -> None:
        """Publishes as a member, and waits until the broker has it."""
        options = ["-D", "publish", "user-property", "signature", signature] if signature else []
        options += ["-r"] if retain else []
        subprocess.run(
            ["mosquitto_pub", *self.arguments(name), "-q", "1", "-t", topic, "-s" if payload else "-n", *options], input=payload, check=True
        )


class Listener:
    """A member that reads topics. Its messages come on the main loop."""

    def __init__(self, broker: Broker, name: str, *topics: str):
        self.messages: list[dict[str, Any]] = []
        self._rest = b""
        filters = [word for topic in topics for word in ("-t", topic)]
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", *broker.arguments(name), "-q", "1", "-F", "%j", "-d", *filters],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._subscribed = False
        output = self.process.stdout.fileno()
        self._source = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, output, GLib.IOCondition.IN | GLib.IOCondition.HUP, self._read)
        wait_until(lambda: self._subscribed, "a subscription", lambda: self.messages)

    def _read(self, output: int, condition: GLib.IOCondition) -> bool:
        data = os.read(output, 1 << 20)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"Subscribed"):
                self._subscribed = True
            if line.startswith(b"{"):
                message = json.loads(line)
                self.messages.append({"topic": message["topic"], "retain": message["retain"], "payload": message["payload"]})
        if not data:
            self._source = 0
        return bool(data)

    def leave(self) -> None:
        end(self.process)
        if self._source:
            GLib.source_remove(self._source)
        self.process.stdout.close()


def new_id() -> str:
    """A UUID of version 7."""
    number = int(time.time() * 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    digits = f"{number:032x}"
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


class Sender:
    """Somebody who sends to the fleet, and hears what becomes of it."""

    def __init__(self, broker: Broker, name: str = "helpdesk"):
        self.broker, self.name = broker, name
        self.listener = Listener(broker, name, f"msg/1/receipt/{name}/#", "msg/1/presence/+")

    def message(self, *recipients: str, body: str = "Hello", machine: str | None = None, life: int = 600, **changes: Any) -> dict:
        now = int(time.time())
        message = {
            "v": 1, "id": new_id(), "sender": self.name, "sent": now, "expires": now + life, "fleet": FLEET, "do": "send",
            "recipients": list(recipients), "body": body, "options": {},
        }  # fmt: skip
        if machine:
            message["machine"] = machine
        return message | changes

    def ask(self, verb: str, machine: str | None = None, **fields: Any) -> dict:
        message = self.message(machine=machine, do=verb, **fields)
        return {key: value for key, value in message.items() if key not in ("recipients", "body", "options")}

    def sign(self, payload: bytes, fleet: str = FLEET, key: str = "") -> str:
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", f"msg@{fleet}", "-f", self.broker.folder / f"{key or self.name}.sign"]
        armored = subprocess.run(command, input=payload, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        return "".join(armored.decode().splitlines()[1:-1])

    def send(self, message: dict, topic: str = "", as_member: str = "", signature: str | None = None) -> str:
        """Sends a message, and returns its id."""
        payload = json.dumps(message).encode()
        if not topic:
            machine = message.get("machine")
            place = f"machine/{machine}" if machine else f"fleet/{message['fleet']}"
            topic = f"msg/1/{place}/{message['sender']}"
        signature = self.sign(payload) if signature is None else signature
        self.broker.publish(as_member or self.name, topic, payload, signature)
        return message["id"]

    def receipts(self, id: str, machine: str = "pc7") -> list[dict]:
        """All receipts of a message, in the order in which they came."""
        topic = f"msg/1/receipt/{self.name}/{id}/{machine}"
        return [json.loads(message["payload"]) for message in self.listener.messages if message["topic"] == topic]

    def final(self, id: str, machine: str = "pc7") -> dict:
        """Waits for the last receipt of a message."""
        return wait_until(
            lambda: next((receipt for receipt in self.receipts(id, machine) if receipt.get("final")), None),
            f"the last receipt of {id}", lambda: self.listener.messages,
        )  # fmt: skip

    def receipt(self, id: str, state: str, machine: str = "pc7") -> dict:
        """Waits for a receipt in which a delivery has a state."""

        def found() -> dict | None:
            for receipt in self.receipts(id, machine):
                if any(delivery[3] == state for delivery in receipt.get("deliveries", [])):
                    return receipt
            return None

        return wait_until(found, f"{id} {state}", lambda: self.listener.messages)

    def presences(self, machine: str = "pc7") -> list[str]:
        topic = f"msg/1/presence/{machine}"
        return [json.loads(message["payload"])["state"] for message in self.listener.messages if message["topic"] == topic]

    def await_presence(self, state: str, machine: str = "pc7", after: int = 0) -> None:
        wait_until(
            lambda: state in self.presences(machine)[after:], f"{machine} {state}", lambda: self.listener.messages
        )

    def leave(self) -> None:
        self.listener.leave()


@contextlib.contextmanager
def watching_folder(path: pathlib.Path) -> Iterator[None]:
    """Runs the main loop when something changes in a folder."""
    monitor = Gio.File.new_for_path(str(path)).monitor_directory(Gio.FileMonitorFlags.WATCH_MOVES)
    monitor.set_rate_limit(20)
    yield
    monitor.cancel()


class Relay:
    """msg-relay as built for debugging, run as in an installation."""

    def __init__(self, bus: str, broker: Broker, folder: pathlib.Path, name: str = "pc7", **environment: str):
        self.bus, self.broker, self.folder, self.name = bus, broker, folder, name
        self.environment = environment
        self.settings = {
            "Broker": f"localhost:{broker.port}", "Machine": name, "Fleets": FLEET,
            "Authorities": f"{broker.folder}/ca.crt", "Certificate": f"{broker.folder}/{name}.crt",
            "Key": f"{broker.folder}/{name}.key", "AllowedSigners": f"{broker.folder}/allowed_signers",
        }  # fmt: skip
        self.state = folder / f"relay-{name}"
        self.state.mkdir(mode=0o700, exist_ok=True)
        shutil.chown(self.state, "msg-relay", "msg-relay")
        self._log = folder / f"relay-{name}.log"
        self._log.touch()
        self.process: subprocess.Popen | None = None

    def start(self) -> "Relay":
        lines = "".join(f"{key}={value}\n" for key, value in self.settings.items())
        configuration = self.folder / f"relay-{self.name}.conf"
        configuration.write_text(f"[Relay]\n{lines}")
        self.process = subprocess.Popen(
            [*as_installed("msg-relay"), BUILT / "msg-relay", f"--config={configuration}", f"--state={self.state}"],
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.bus, **self.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log.open("a"),
        )  # fmt: skip
        return self

    def log(self) -> str:
        return self._log.read_text()

    def wait_for_log(self, text: str, count: int = 1) -> None:
        with watching(self._log):
            wait_until(lambda: self.log().count(text) >= count, text, self.log)

    def await_connection(self, count: int = 1) -> "Relay":
        self.wait_for_log("connected to", count)
        return self

    def files(self) -> list[str]:
        """The messages on its disk."""
        folder = self.state / "messages"
        return sorted(name for name in os.listdir(folder) if not name.startswith(".")) if folder.exists() else []

    def record(self, id: str) -> dict:
        [file] = [name for name in self.files() if name.startswith(id)]
        return json.loads((self.state / "messages" / file).read_text())

    def await_record(self, id: str, **values: Any) -> None:
        """Waits until the disk says this of a message."""
        with self.watched():
            wait_until(lambda: self._says(id, values), f"{id} {values}", lambda: (self.files(), self.log()))

    def _says(self, id: str, values: dict) -> bool:
        return any(name.startswith(id) for name in self.files()) and self.record(id).items() >= values.items()

    def is_confirmed(self, id: str) -> bool:
        """Whether the broker has the last receipt of a message, and the disk knows it."""
        return self._says(id, {"isConfirmed": True, "stage": "done"})

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Runs the main loop when it changes its disk, and when it ends."""
        descriptor = os.pidfd_open(self.process.pid)
        # It stays when the process has ended, so that there is always one to remove.
        source = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, descriptor, GLib.IOCondition.IN, lambda *_: True)
        folder = self.state / "messages"
        folder.mkdir(exist_ok=True)
        shutil.chown(folder, "msg-relay", "msg-relay")
        try:
            with watching_folder(folder):
                yield
        finally:
            GLib.source_remove(source)
            os.close(descriptor)

    def kill(self) -> None:
        end(self.process)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return wait_for_exit(self.process, "msg-relay", self.log)
