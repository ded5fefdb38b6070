"""Hosts for ssh: names of this machine, with an sshd of their own."""

from __future__ import annotations

import os
import pathlib
import pwd
import socket
import subprocess
import time

import programs

OPEN = "open"  # the host to which a connection is open already


HOST, QUICK = "host", "quick"  # the latter with the key exchange that takes the least of the processor


def names(count: int, kind: str = HOST) -> list[str]:
    return [f"{kind}{number + 1}" for number in range(count)]


class Hosts:
    """sshd on the loopback interface, and ssh's settings, which nobody sees outside of this mount namespace."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir(mode=0o700)
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / key], check=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._write_settings()
        os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"),
        )  # fmt: skip
        self._open()

    def _write_settings(self) -> None:
        path = f"{programs.BUILT}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        (self.folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.folder}/host\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/user.pub\nStrictModes no\nPermitRootLogin prohibit-password\n"
            f"PasswordAuthentication no\nMaxStartups 1000\nMaxSessions 1000\nPrintMotd no\nSetEnv PATH={path}\n"
        )
        ours = self.folder / "ssh_config"
        ours.write_text(
            f"Host {OPEN}\n  ControlPath {self.folder}/control\n"
            f"Host {QUICK}*\n  KexAlgorithms curve25519-sha256\n"
            f"Host {OPEN} {HOST}* {QUICK}*\n  HostName 127.0.0.1\n  Port {self.port}\n  User root\n"
            f"  IdentityFile {self.folder}/user\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            "  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  GlobalKnownHostsFile /dev/null\n"
            "  LogLevel ERROR\n"
        )
        subprocess.run(["mount", "--bind", ours, "/etc/ssh/ssh_config"], check=True)
        # Root's own settings of ssh would come first, and sshd's shell would run root's own start-up files.
        home = pwd.getpwuid(0).pw_dir
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", home], check=True)

    def _open(self) -> None:
        """Opens the connection that stays. Nothing reports that sshd listens, so it is tried again and again."""
        for _ in range(100):
            command = ["ssh", "-fMN", OPEN]
            if subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())
