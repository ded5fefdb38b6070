"""An authority, its members' files, and a real mosquitto on loopback, all in one folder."""

import os
import pwd
import re
import socket
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from pathlib import Path

import mqtt
from source import ROOT, VERSION, run

PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def script(folder, name):
    """A script of the fleet, which finds the broker's settings in the source, and systemd's in the folder."""
    file = folder / name
    text = (ROOT / f"fleet/{name}.in").read_text()
    text = text.replace("@fleetdir@", str(ROOT / "fleet")).replace("@version@", VERSION)
    file.write_text(text.replace("/etc/systemd/system", f"{folder}/systemd"))
    file.chmod(0o755)
    return file


def call(program, *words, check=True, stdin=b"", **variables):
    """Runs a program whose input and output are bytes."""
    environment = {**os.environ, "PATH": PATH, **variables}
    answer = subprocess.run([program, *map(str, words)], input=stdin, capture_output=True, env=environment, timeout=120)
    assert not check or answer.returncode == 0, f"{words}: {answer.returncode}\n{answer.stderr.decode()}"
    return answer


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Fleet:
    """msg-fleet-ca with a folder of its own, for the broker localhost."""

    def __init__(self, folder, *words, deploy=None):
        self.folder = folder
        self.port = free_port()
        self.ca = folder / "authority"
        self.files = folder / "mosquitto"
        self.files.mkdir()
        self._program = script(folder, "msg-fleet-ca")
        deploy = f"tar -x -C {self.files}" if deploy is None else deploy
        self("init", self.ca, "--broker", f"localhost:{self.port}", "--files", self.files, "--deploy", deploy, *words)

    def __call__(self, *words, check=True):
        return call(self._program, *words, check=check, MSG_FLEET_CA=str(self.ca))

    def errors(self, *words, status=1):
        answer = self(*words, check=False)
        assert answer.returncode == status, answer.stderr.decode()
        return answer.stderr.decode()

    def member(self, role, name, *words):
        """Takes a member in, and returns the folder with the files of its bundle."""
        folder = self.folder / f"files-{name}"
        folder.mkdir(exist_ok=True)
        bundle = self.folder / f"{name}.tar"
        bundle.write_bytes(self(role, name, *words).stdout)
        with tarfile.open(bundle) as archive:
            archive.extractall(folder)
        return folder

    def sender(self, name, *words):
        return Identity(self, name, self.member("sender", name, *words) / f"fleets/{name}")

    def machine(self, name, *words):
        return Identity(self, name, self.member("machine", name, *words) / "machine")

    def set_deploy(self, command):
        settings = self.ca / "settings"
        lines = settings.read_text().splitlines()
        settings.write_text("".join(f"{line}\n" for line in lines if not line.startswith("deploy=")) + f"deploy={command}\n")


class Identity:
    """A member, as the broker knows it by its certificate."""

    def __init__(self, fleet, name, files):
        self.name = name
        self._fleet = fleet
        self.certificate, self.key = Path(f"{files}.crt"), Path(f"{files}.key")

    def connect(self, **options):
        ca = self._fleet.ca / "ca.crt"
        return mqtt.Client(self._fleet.port, ca, self.certificate, self.key, **({"name": self.name} | options))


class Broker:
    """A mosquitto with a fleet's files, and what it has logged. Its user is the one who runs the tests."""

    def __init__(self, fleet, settings=None):
        folder = fleet.folder
        self._configuration = folder / "mosquitto.conf"
        own = f"persistence_location {folder}/\nlog_dest stderr\nlog_type all\nuser {pwd.getpwuid(os.geteuid()).pw_name}\n"
        self._configuration.write_text(own + (settings or f"include_dir {fleet.files}/conf.d\n"))
        self.start()

    def start(self):
        self._log = b""
        self._news = threading.Condition()
        command = ["mosquitto", "-c", str(self._configuration)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PATH": PATH})
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.logged(rb"mosquitto version \S+ running")

    def _read(self):
        """Reads always: a broker whose log nobody reads stands still."""
        while data := os.read(self._process.stdout.fileno(), 1 << 16):
            with self._news:
                self._log += data
                self._news.notify_all()

    def logged(self, pattern):
        """Waits until it has logged something new like this."""
        with self._news:
            assert self._news.wait_for(lambda: re.search(pattern, self._log), timeout=10), (
                f"mosquitto doesn't log {pattern}: {self._log.decode()}")
            self._log = self._log[re.search(pattern, self._log).end() :]

    def restart(self):
        """What `systemctl restart mosquitto` does."""
        assert self.stop() == 0
        self.start()

    @contextmanager
    def deploys(self, fleet):
        """Lets msg-fleet-ca restart it when it has got its files. The command ends when the broker runs again."""
        asks, answers = fleet.folder / "asks", fleet.folder / "answers"
        for pipe in (asks, answers):
            os.mkfifo(pipe)
        fleet.set_deploy(f"tar -x -C {fleet.files} && echo restart >{asks} && read _ <{answers}")

        def serve():
            while asks.read_text() == "restart\n":
                self.restart()
                answers.write_text("done\n")

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield
        asks.write_text("end\n")
        server.join()
        for pipe in (asks, answers):
            pipe.unlink()

    def stop(self):
        """Ends it, and returns its exit status."""
        self._process.terminate()
        self._reader.join()
        return self._process.wait()
